"""A contract in the demonstration, from the first day of service to the ratings, by the temper of its agency."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from supermarket.contracts.commands import Upload
from supermarket.contracts.models import Contract
from supermarket.contracts.states import ContractState
from supermarket.core.permissions import Actor
from supermarket.core.working_days import local_date, local_moment
from supermarket.deliverables import operations as deliverables
from supermarket.deliverables.commands import RecordOutcome, Submit
from supermarket.deliverables.models import Deliverable
from supermarket.deliverables.queries import deliverable, deliverables_of
from supermarket.deliverables.states import ApprovalOutcome, DeliverableState
from supermarket.demo import words
from supermarket.demo.purchase import Moments, Purchase
from supermarket.demo.repertoire import BEGINS_BEFORE_END, Favourite, Plot
from supermarket.demo.stage import HOURS
from supermarket.gateways import current
from supermarket.payments import operations as payments
from supermarket.payments.commands import SubmitVoucher
from supermarket.payments.queries import item, items_of
from supermarket.payments.states import PaymentState
from supermarket.ratings import operations as ratings
from supermarket.ratings.commands import Give
from supermarket.ratings.models import RaterKind
from supermarket.ratings.queries import rows_of
from supermarket.ratings.score import Dimension
from supermarket.ratings.states import RatingState


@dataclass(frozen=True)
class Temper:
    """How an agency works: percent of the term by which it is early (or late), chances in percent, usual points."""

    early: tuple[int, int]
    returned: int
    points: tuple[int, int]
    comments: Sequence[str]
    outcomes: Sequence[ApprovalOutcome]


_O = ApprovalOutcome
GOOD = Temper((8, 25), 5, (4, 5), words.GOOD, (_O.PASSED_FIRST,))
BEST = Temper((15, 35), 0, (5, 5), words.GOOD, (_O.PASSED_FIRST,))
MIDDLING = Temper((-8, 10), 30, (3, 5), words.MIDDLING, (_O.PASSED_FIRST, _O.CORRECTED_ONCE))
BAD = Temper((-75, -55), 100, (1, 2), words.BAD, (_O.CORRECTED_MORE, _O.RETURNED))
LEFT_TO_VISITORS = {Plot.TO_RATE: frozenset({RaterKind.OWNER, RaterKind.AGENCY})}


def serve(life: Purchase) -> Moments:
    """Deliver, accept, pay, rate; stops where the plot leaves it to the visitor."""
    if life.plot is Plot.TO_DELIVER:
        return
    temper = temper_of(life)
    for row in deliverables_of(life.contract()):
        yield from _deliver(life, row, temper)
        if life.plot is Plot.TO_ACCEPT:
            return
        yield from _pay(life)
        if life.plot is Plot.TO_CONFIRM:
            return
    yield from _rate(life, temper)


def temper_of(life: Purchase) -> Temper:
    """The agency's way, the same in all its contracts."""
    uscc = life.winner
    if uscc == life.favourites[Favourite.POOR]:
        return BAD
    if uscc in (life.favourites[Favourite.EXCELLENT], life.favourites[Favourite.AGENCY_2]):
        return BEST
    return GOOD if random.Random(uscc).random() < 0.5 else MIDDLING  # noqa: S311 -- invented behaviour


def _agency(life: Purchase) -> Actor:
    return life.stage.crew.agencies[life.winner]


def _deliver(life: Purchase, row: Deliverable, temper: Temper) -> Moments:
    number, code = row.number, life.contract_code
    yield _when(life, row, temper)
    _submit(life, number)
    if life.plot is Plot.TO_ACCEPT:
        return
    if life.rng.randrange(100) < temper.returned:
        yield life.pause(1, 3)
        why = life.rng.choice(words.RESULT_RETURNED)
        life.stage.act(deliverables.return_, code, number, reasons=why, actor=life.owner)
        yield life.pause(2, 4)
        _submit(life, number)
    yield life.pause(1, 5)
    if deliverable(code, number).state is DeliverableState.SUBMITTED:
        life.stage.act(deliverables.accept, code, number, actor=life.owner)
    if life.rng.random() < 0.4:
        _record_outcome(life, number, temper)


def _when(life: Purchase, row: Deliverable, temper: Temper) -> datetime:
    """By the due day less (or plus) the agency's share of the term; a life in a hurry delivers after a few days."""
    if life.plot in BEGINS_BEFORE_END:
        return life.stage.later(2, life.rng)
    shift = timedelta(days=round(row.due_days * life.rng.randint(*temper.early) / 100))
    day = life.stage.days.working_day_before(local_date(row.due_at - shift), 1)
    return max(local_moment(day, life.rng.choice(HOURS)), life.stage.later(1, life.rng))


def _submit(life: Purchase, number: int) -> None:
    contract = life.contract()
    upload = Upload(_report(life, contract, number), f"成果-{contract.code}-{number}.pdf")
    command = Submit(upload, life.rng.choice(words.REMARKS))
    life.stage.act(deliverables.submit, contract.code, number, command, actor=_agency(life))


def _report(life: Purchase, contract: Contract, number: int) -> bytes:
    row = deliverable(contract.code, number)
    return current().pdf.render(
        "demo_report",
        {
            "title": row.name,
            "project_name": life.idea.name,
            "code": contract.code,
            "owner_name": contract.owner.name,
            "agency_name": contract.agency.name,
            "dated": local_date(life.stage.now).isoformat(),
        },
    )


def _record_outcome(life: Purchase, number: int, temper: Temper) -> None:
    authority = life.authority()
    outcome = life.rng.choice(temper.outcomes)
    command = RecordOutcome(outcome, agency_at_fault=outcome is ApprovalOutcome.RETURNED)
    life.stage.act(deliverables.record_outcome, life.contract_code, number, command, actor=authority)


def _pay(life: Purchase) -> Moments:
    """Every instalment that has fallen due: the owner's voucher, the agency's confirmation."""
    code = life.contract_code
    for row in items_of(life.contract()):
        number = row.number
        if row.state is not PaymentState.DUE:
            continue
        yield life.pause(2, 12)
        reference = f"{life.rng.choice(words.VOUCHERS)}{life.rng.randrange(10**8):08d}"
        amount = item(code, number).amount
        life.stage.act(payments.submit_voucher, code, number, SubmitVoucher(reference, amount), actor=life.owner)
        if life.plot is Plot.TO_CONFIRM:
            return
        yield life.pause(1, 3)
        life.stage.act(payments.confirm, code, number, actor=_agency(life))


def _rate(life: Purchase, temper: Temper) -> Moments:
    if life.contract().state is not ContractState.COMPLETED:
        return
    raters = [(row.rater, row.organisation_id) for row in rows_of(life.contract())]
    life.rng.shuffle(raters)
    for rater, organisation_id in raters:
        if rater in LEFT_TO_VISITORS.get(life.plot, frozenset()) or (
            rater is RaterKind.AGENCY and life.rng.random() < 0.2
        ):
            continue
        yield life.pause(0, 2)
        mine = next(row for row in rows_of(life.contract()) if row.rater is rater)
        if mine.state is not RatingState.OPEN:
            continue
        comments = words.ABOUT_OWNER if rater is RaterKind.AGENCY else temper.comments
        command = Give(_points(life, rater, temper), life.rng.choice(comments))
        actor = life.stage.crew.by_organisation[organisation_id]
        life.stage.act(ratings.give, life.contract_code, command, actor=actor)


def _points(life: Purchase, rater: RaterKind, temper: Temper) -> Mapping[Dimension, int]:
    least, most = (4, 5) if rater is RaterKind.AGENCY else temper.points
    return {dimension: life.rng.randint(least, most) for dimension in Dimension}
