"""The list at the deadline and the opening: what was dropped, altered or copied is found and named (selection.md §4)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.errors import Conflict, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import Role
from supermarket.core.unit import unit
from supermarket.gateways import current
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.projects import operations as projects
from supermarket.projects.models import Enrolment
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.bidder import seal_as_bidder
from supermarket.selection.commands import ReceiptShown
from supermarket.selection.models import Quote, QuoteList
from supermarket.selection.quotes_body import (
    ListedQuote,
    list_hash,
    parse_quote_list,
    quote_list,
    quote_receipt_body,
)
from supermarket.supervision.models import Finding, Level
from supermarket.supervision.tick import tick
from tests.factories.accounts import make_actor
from tests.factories.bidding import Bidding, make_bidding, refusal, written
from tests.factories.quotes import altered, sealed_by


def witness() -> MemoryWitness:
    """The fake at work."""
    found = current().witness
    assert isinstance(found, MemoryWitness)
    return found


def test_the_list_is_published_and_countersigned_before_anything_is_opened(session: Session, at: datetime) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000)
    made.quote(0, 7_900_000)
    listed = made.listed_at_deadline()
    _code, lines = parse_quote_list(listed.body.encode())
    assert len(lines) == 4
    assert listed.countersignature is not None
    assert listed.opens_at == listed.published_at + timedelta(minutes=10)
    assert made.opened() == {}
    made.pass_to(listed.opens_at - timedelta(seconds=1))
    assert made.opened() == {}
    made.pass_to(listed.opens_at)
    assert sorted(made.opened().values(), key=str) == [(7_900_000, None), (8_100_000, None), (8_200_000, None)]
    tags = [event.tag for event in session.scalars(sa.select(Event).order_by(Event.id)) if event.tag[:7] == "quotes."]
    assert tags == ["quotes.listed", "quotes.countersigned", "quotes.opened"]
    assert made.project.select_at is not None and made.project.select_at > listed.opens_at
    made.pass_to(made.project.select_at)
    assert made.project.state is ProjectState.ANNOUNCED


def test_a_failed_purchase_shows_its_list_too(session: Session, at: datetime) -> None:
    made = make_bidding(at, 8_000_000, bidders=2)
    made.pass_to(made.until)
    assert made.project.extended
    made.pass_to(made.until)
    assert made.project.state is ProjectState.FAILED
    assert made.listed.countersignature is not None
    assert len(parse_quote_list(made.listed.body.encode())[1]) == 1
    made.pass_to(made.until + timedelta(days=3))
    assert made.opened() == {}


def shown(row: Quote, **changes: object) -> ReceiptShown:
    """What a bidder shows of its receipt."""
    made = ReceiptShown(row.seq, row.commitment, row.received_at, row.receipt["signature"])
    return replace(made, **changes)  # type: ignore[arg-type]  # the caller names real fields


def signed_but_dropped(made: Bidding, place: int) -> ReceiptShown:
    """A receipt that the operator signed and then lost with its quote."""
    agency, actor = made.bidders[place]
    sealed = sealed_by(actor, made.code, 6_000_000).sealed
    moment = made.at.replace(microsecond=0)
    body = quote_receipt_body(made.code, agency.uscc, sealed.seq, sealed.commitment, moment)
    return ReceiptShown(sealed.seq, sealed.commitment, moment, current().keys.sign(body))


def test_a_receipt_that_is_not_on_the_list_stops_the_opening_for_good_and_names_it(
    session: Session, at: datetime
) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000)
    dropped = signed_but_dropped(made, 1)
    agency, actor = made.bidders[1]
    row = session.scalars(sa.select(Quote).where(Quote.agency_id == agency.id)).one()
    early, _words = refusal(lambda: selection.report_missing(made.code, dropped, actor=actor, at=made.at))
    assert early == "wrong_state"
    listed = made.listed_at_deadline()
    before = written(session)
    for wrong in (
        shown(row),
        replace(dropped, signature="0" * 128),
        replace(dropped, seq=9),
        replace(dropped, at=dropped.at + timedelta(seconds=1)),
        replace(dropped, commitment="ab" * 32),
    ):
        found, _words = refusal(lambda: selection.report_missing(made.code, wrong, actor=actor, at=made.until))  # noqa: B023
        assert found == "not_missing"
    stranger = made.bidders[2][1]
    assert (
        refusal(lambda: selection.report_missing(made.code, dropped, actor=stranger, at=made.until))[0] == "not_missing"
    )
    assert written(session) == before
    with unit():
        selection.report_missing(made.code, dropped, actor=actor, at=made.until)
    assert made.listed.stopped_at is not None
    assert made.listed.stopped_by == {
        "code": "receipt_not_listed",
        "agency": agency.uscc,
        "seq": 2,
        "commitment": dropped.commitment,
        "at": f"{dropped.at:%Y-%m-%dT%H:%M:%SZ}",
        "signature": dropped.signature,
    }
    assert made.project.state is ProjectState.FAILED
    card = session.scalars(sa.select(Finding).where(Finding.code == "quotes_not_whole")).one()
    assert (card.level, card.subject_code) == (Level.RED, made.code)
    assert card.evidence["agency_uscc"] == agency.uscc
    stopped = session.scalars(sa.select(Event).where(Event.tag == "quotes.opening_stopped")).one()
    assert stopped.public and stopped.data["commitment"] == dropped.commitment
    assert (
        refusal(lambda: selection.report_missing(made.code, dropped, actor=actor, at=made.until))[0]
        == "stopped_already"
    )
    made.pass_to(listed.opens_at + timedelta(days=5))
    assert made.opened() == {}


def test_after_the_opening_a_receipt_goes_to_the_supervisor(session: Session, at: datetime) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000)
    dropped = signed_but_dropped(made, 0)
    made.pass_to(made.listed_at_deadline().opens_at)
    with pytest.raises(WrongState):
        selection.report_missing(made.code, dropped, actor=made.bidders[0][1], at=made.until + timedelta(hours=1))


def test_a_suspension_leaves_the_bidders_their_right(session: Session, at: datetime) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000)
    dropped = signed_but_dropped(made, 0)
    made.pass_to(made.until)
    supervisor = make_actor(Role.SUPERVISOR, region_code="510000")
    with unit():
        projects.suspend(made.code, reason="投诉处理中", actor=supervisor, at=made.until)
    made.pass_to(made.until + timedelta(days=3))
    assert made.opened() == {}
    with unit():
        selection.report_missing(made.code, dropped, actor=made.bidders[0][1], at=made.until + timedelta(days=3))
    assert made.listed.stopped_at is not None
    with unit():
        projects.resume(made.code, reason="投诉不成立", actor=supervisor, at=made.until + timedelta(days=4))
    made.pass_to(made.until + timedelta(days=9))
    assert made.opened() == {}


@pytest.mark.parametrize("how", ["dropped", "altered", "added"])
def test_what_is_stored_otherwise_than_listed_is_found_and_named(session: Session, at: datetime, how: str) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000)
    agency = made.bidders[1][0]
    # The site's role can change neither quotes nor lists; so the list says beforehand what the store will not.
    rows = session.scalars(sa.select(Quote)).all()
    lines = [ListedQuote(row.agency.uscc, row.seq, row.commitment, row.received_at) for row in rows]
    mine = next(line for line in lines if line.uscc == agency.uscc)
    if how == "dropped":
        lines.append(replace(mine, seq=2, commitment="cd" * 32))
    elif how == "altered":
        lines = [replace(line, commitment="cd" * 32) if line is mine else line for line in lines]
    else:
        lines.remove(mine)
    body = quote_list(made.code, lines)
    until = made.until
    with unit():
        row = QuoteList(
            project_id=made.project.id,
            body=body.decode(),
            body_hash=list_hash(body),
            published_at=until,
            opens_at=until + timedelta(minutes=10),
            key_due_at=until + timedelta(days=3),
        )
        session.add(row)
    listed = made.listed_at_deadline()
    assert listed.countersignature is not None
    made.pass_to(listed.opens_at)
    stopped = made.listed.stopped_by
    assert stopped is not None
    assert (stopped["code"], stopped["agency"]) == (how, agency.uscc)
    assert made.project.state is ProjectState.FAILED
    assert made.opened() == {}


def test_what_a_bidder_sealed_wrongly_is_invalid_with_its_reason(session: Session, at: datetime) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000, bidders=8)
    other = make_bidding(at, bidders=1)
    keys = made.project.quote_keys
    assert keys is not None

    def hand_in(place: int, project: str, uscc: str, seq: int, amount: int) -> None:
        body = seal_as_bidder(project, uscc, seq, amount, keys)
        sealed = replace(body.sealed, seq=1)
        with unit():
            selection.submit_quote(made.code, sealed, actor=made.bidders[place][1], at=made.at)

    usccs = [agency.uscc for agency, _actor in made.bidders]
    hand_in(3, other.code, usccs[3], 1, 7_000_000)
    hand_in(4, made.code, usccs[0], 1, 7_000_000)
    hand_in(5, made.code, usccs[5], 2, 7_000_000)
    hand_in(6, made.code, usccs[6], 1, made.project.ceiling + 1)
    honest = sealed_by(made.bidders[7][1], made.code, 7_000_000)
    lied = replace(honest.sealed, commitment="ef" * 32)
    with unit():
        selection.submit_quote(made.code, lied, actor=made.bidders[7][1], at=made.at)
    made.pass_to(made.listed_at_deadline().opens_at)
    opened = made.opened()
    assert {place: opened[usccs[place]][1] for place in range(8)} == {
        0: None,
        1: None,
        2: None,
        3: "other_project",
        4: "other_uscc",
        5: "other_seq",
        6: "quote_above_ceiling",
        7: "other_commitment",
    }
    rows = session.scalars(sa.select(Enrolment).where(Enrolment.project_id == made.project.id))
    assert {row.agency.uscc: row.exclusion_code for row in rows if row.exclusion_code} == {
        uscc: code for uscc, (_amount, code) in opened.items() if code is not None
    }


def test_opening_twice_or_with_an_old_answer_changes_nothing(session: Session, at: datetime) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000)
    opens_at = made.listed_at_deadline().opens_at
    made.pass_to(opens_at)
    before = (made.opened(), written(session))
    assert tick(opens_at).total == 0
    made.pass_to(opens_at)
    assert (made.opened(), written(session)) == before


def test_a_list_that_nobody_countersigned_within_a_minute_is_carded(session: Session, at: datetime) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000)
    witness().down = True
    made.pass_to(made.until)
    made.pass_to(made.until + timedelta(seconds=60))
    witness().down = False
    card = session.scalars(sa.select(Finding).where(Finding.code == "quotes_not_countersigned")).one()
    assert card.subject_code == made.code
    made.pass_to(made.until + timedelta(minutes=2))
    assert made.listed.countersignature is not None
    made.pass_to(made.listed.opens_at)
    assert len(made.opened()) == 3


def test_the_ledger_refuses_every_change_of_what_came_in_and_was_listed(session: Session, at: datetime) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000)
    made.listed_at_deadline()
    for statement in (
        "UPDATE trade.quotes SET commitment = repeat('a', 64)",
        "DELETE FROM trade.quotes",
        "UPDATE trade.quote_lists SET body = 'x'",
        "UPDATE trade.quote_lists SET countersignature = NULL",
        "UPDATE trade.quote_lists SET opens_at = opens_at - interval '1 minute'",
        "DELETE FROM trade.quote_lists",
        "TRUNCATE trade.quote_lists",
    ):
        with pytest.raises(sa.exc.DBAPIError), session.begin_nested():
            session.execute(sa.text(statement))


def test_an_altered_box_is_named_and_its_bidder_asked(session: Session, at: datetime) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000, bidders=4)
    agency, actor = made.bidders[3]
    kept = sealed_by(actor, made.code, 7_500_000)
    with unit():
        selection.submit_quote(made.code, altered(kept.sealed), actor=actor, at=made.at)
    made.pass_to(made.listed_at_deadline().opens_at)
    assert agency.uscc not in made.opened()
    assert made.listed.opened_at is None
    with unit():
        selection.hand_in_body(made.code, kept.body, actor=actor, at=made.listed.opens_at + timedelta(hours=1))
    assert made.opened()[agency.uscc] == (7_500_000, None)
    assert made.listed.opened_at is not None


def test_between_the_stop_and_another_stop_only_one_takes_effect(session: Session, at: datetime) -> None:
    made = make_bidding(at, 8_000_000, 8_100_000, 8_200_000)
    first, second = signed_but_dropped(made, 0), signed_but_dropped(made, 1)
    made.pass_to(made.until)
    with unit():
        selection.report_missing(made.code, first, actor=made.bidders[0][1], at=made.until)
    with pytest.raises(Conflict):
        selection.report_missing(made.code, second, actor=made.bidders[1][1], at=made.until)
