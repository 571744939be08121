"""One purchase, from a draft to stars: read this first.

Everybody acts through the operations that the site and the API use; time passes as `flask supervise --at` lets it pass,
on a real PostgreSQL. First the life that goes well, then each way in which it goes otherwise.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.accounts.models import Organisation, OrganisationKind
from supermarket.contracts import operations as contracts
from supermarket.contracts.commands import Sign, Upload
from supermarket.contracts.models import Contract
from supermarket.contracts.queries import contract_of_project
from supermarket.contracts.states import ContractState
from supermarket.core import clock
from supermarket.core.draw import verify_record
from supermarket.core.events import verify_chain
from supermarket.core.permissions import SYSTEM, Actor, Role
from supermarket.core.unit import unit
from supermarket.credit.models import CreditEntry
from supermarket.credit.queries import star_level
from supermarket.deliverables import operations as deliverables
from supermarket.deliverables.commands import Submit
from supermarket.deliverables.queries import deliverable
from supermarket.deliverables.states import DeliverableState
from supermarket.gateways import current
from supermarket.payments import operations as payments
from supermarket.payments.commands import SubmitVoucher
from supermarket.payments.queries import item
from supermarket.projects import operations as projects
from supermarket.projects.commands import DeliverableWanted, Enrol, PaymentTerm
from supermarket.projects.models import Funding, Project
from supermarket.projects.queries import project_for
from supermarket.projects.states import ProjectState
from supermarket.ratings import operations as ratings
from supermarket.ratings.commands import Give
from supermarket.ratings.queries import score
from supermarket.ratings.score import Dimension
from supermarket.selection import operations as selection
from supermarket.selection.publication import sources_for
from supermarket.selection.queries import draw_record, live_award, public_quotes, ranks_of
from supermarket.supervision.demo_clock import set_clock
from supermarket.supervision.supervise import supervise
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.contracts import PDF
from tests.factories.matters import SOME_MATTER, make_published_version
from tests.factories.projects import SICHUAN, draft_command
from tests.factories.quotes import make_quote

YUAN = 100
T = TypeVar("T")


@dataclass(frozen=True)
class Market:
    """The people: an owner, three agencies by code, the operator, the matter's industry authority."""

    owner_body: Organisation
    owner: Actor
    agencies: Mapping[str, Actor]
    operator: Actor
    authority: Actor


@pytest.fixture
def market(session: Session, at: datetime) -> Iterator[Market]:
    """A market on a Monday morning."""
    industry = make_published_version(SOME_MATTER).industry
    owner = make_organisation(OrganisationKind.OWNER)
    operator = make_organisation(OrganisationKind.OPERATOR, region_code=SICHUAN)
    authority = make_organisation(OrganisationKind.AUTHORITY, region_code=SICHUAN, industry=industry)
    agencies = [make_agency() for _number in range(3)]
    set_clock(at)
    yield Market(
        owner_body=owner,
        owner=make_actor(Role.OWNER, owner),
        agencies={agency.uscc: make_agency_actor(agency) for agency in agencies},
        operator=make_actor(Role.OPERATOR, operator, region_code=SICHUAN),
        authority=make_actor(Role.REGULATOR, authority, region_code=SICHUAN, industries=[industry]),
    )


def test_a_purchase_from_draft_to_stars(market: Market) -> None:
    """Fiscal money, sealed quotes: review, publication, freeze, announcement, notice, contract, service, ratings, stars."""
    code = the_owner_drafts(market, mode="bidding", funding=Funding.FISCAL, budget=120_000 * YUAN)
    the_owner_submits(market, code)
    assert state(code) is ProjectState.IN_REVIEW
    the_operator_approves(market, code)
    assert state(code) is ProjectState.OPEN

    cheap, second, third = market.agencies
    for agency, yuan in ((cheap, 100_000), (second, 104_000), (third, 115_000)):
        an_agency_enrols(market, code, agency)
        an_agency_quotes(market, code, agency, yuan)
    assert public_quotes(project(code)) is None  # sealed: nobody sees anything yet

    time_passes_until(project(code).enrol_until)
    assert state(code) is ProjectState.FROZEN
    time_passes_until(project(code).select_at)
    assert state(code) is ProjectState.ANNOUNCED
    assert [rank.agency.uscc for rank in ranks_of(project(code))] == [cheap, second, third]
    quotes = public_quotes(project(code))
    assert quotes is not None
    assert [quote.amount for quote in quotes] == [100_000 * YUAN, 104_000 * YUAN, 115_000 * YUAN]

    time_passes_until(the_end_of_the_standstill(code))
    assert state(code) is ProjectState.AWARDED
    assert contract(code).state is ContractState.DRAFTED
    sides_sign(code, market.agencies[cheap], market.owner)
    assert state(code) is ProjectState.IN_SERVICE

    for number in (1, 2):
        the_agency_delivers(market, code, number)
        the_owner_accepts(market, code, number)
        the_owner_pays(market, code, number)
    assert contract(code).state is ContractState.COMPLETED
    assert state(code) is ProjectState.COMPLETED

    rates(code, market.owner, quality=4, compliance=4, attitude=3)
    rates(code, market.authority, quality=5, compliance=5, attitude=4)
    assert score(contract(code)) is None  # nobody sees another's first
    days_pass(20)  # the operator and the agency let the time run out
    published = score(contract(code))
    assert published is not None
    assert (published.score, published.share) == (Decimal("88.1250"), Decimal("0.80"))
    assert state(code) is ProjectState.ARCHIVED

    stars = star_level(cheap)
    assert stars is not None
    # (5 · 75 + 0.8 · 88.125) / 5.8: one contract of 100 000 CNY, two of three raters.
    assert (stars.score, stars.rating_count, stars.held_level) == (Decimal("76.8103"), 1, None)
    with unit():
        audit = verify_chain()
    assert (audit.broken_at, audit.unsealed) == (None, 0)


def test_a_random_draw_can_be_checked_by_everybody(market: Market) -> None:
    code = a_project_with_three_enrolments(market)
    time_passes_until(project(code).enrol_until)
    assert draw_record(code, "main").receipt is not None  # signed before anybody knew the value
    time_passes_until(project(code).select_at)
    record = draw_record(code, "main")
    witness = {current().witness.name(): bytes.fromhex(current().witness.verify_key())}
    assert verify_record(record.to_json(), witness).ok
    assert record.order is not None
    assert set(record.order) == set(market.agencies)
    assert the_winner(code) == record.order[0]


def test_too_few_agencies_extend_the_time_once_and_then_it_fails(market: Market) -> None:
    code = an_open_project(market)
    an_agency_enrols(market, code, next(iter(market.agencies)))
    first_end = project(code).enrol_until
    assert first_end is not None
    time_passes_until(first_end)
    assert state(code) is ProjectState.OPEN
    second_end = project(code).enrol_until
    assert second_end is not None and second_end > first_end
    time_passes_until(second_end)
    assert state(code) is ProjectState.FAILED


def test_who_declines_loses_credit_and_the_next_in_the_order_follows(market: Market) -> None:
    code = an_announced_project(market)
    first, second, _third = the_order(code)
    assert the_winner(code) == first
    act(selection.decline_award, code, reason="人手不足，无法承接", actor=market.agencies[first])
    assert state(code) is ProjectState.ANNOUNCED
    assert the_winner(code) == second
    assert credit_entries(first) == [("gave_up_award", -10)]


def test_a_contract_that_is_not_signed_in_time_goes_to_the_next_in_the_order(market: Market) -> None:
    code = an_awarded_project(market)
    first, second, _third = the_order(code)
    the_contract = contract(code)
    act(contracts.sign, the_contract.code, Sign(the_contract.document.sha256, True), actor=market.owner)
    time_passes_until(the_contract.sign_due_at)
    assert credit_entries(first) == [("did_not_sign", -8)]
    assert the_winner(code) == second
    time_passes_until(the_end_of_the_standstill(code))
    sides_sign(code, market.agencies[second], market.owner)
    assert state(code) is ProjectState.IN_SERVICE


def test_an_owner_withdraws_publicly_and_after_the_announcement_at_its_cost(market: Market) -> None:
    assert market.owner_body.uscc is not None
    for so_far, cost in ((an_open_project, []), (an_announced_project, [("withdrew_after_award", -10)])):
        code = so_far(market)
        act(projects.withdraw, code, reason="建设内容调整，不再采购", actor=market.owner)
        assert state(code) is ProjectState.WITHDRAWN
        assert credit_entries(market.owner_body.uscc) == cost


def test_a_void_project_is_reissued_as_a_new_linked_one(market: Market) -> None:
    code = a_project_with_three_enrolments(market)
    act(projects.void, code, reason="公告内容与批复不一致", actor=market.operator)
    assert state(code) is ProjectState.VOID
    new_code = act(projects.reissue, code, actor=market.owner).code
    assert state(new_code) is ProjectState.DRAFT
    reissued = project(new_code)
    assert reissued.reissue_of is not None
    assert reissued.reissue_of.code == code
    the_owner_submits(market, new_code)
    assert (state(new_code), state(code)) == (ProjectState.OPEN, ProjectState.VOID)


def test_a_returned_deliverable_is_counted_and_handed_in_again(market: Market) -> None:
    code = a_project_in_service(market)
    contract_code = contract(code).code
    the_agency_delivers(market, code, 1)
    act(deliverables.return_, contract_code, 1, reasons="数据与附表不一致", actor=market.owner)
    assert deliverable(contract_code, 1).state is DeliverableState.RETURNED
    the_agency_delivers(market, code, 1)
    the_owner_accepts(market, code, 1)
    row = deliverable(contract_code, 1)
    assert (row.state, row.returned_count, row.deemed) == (DeliverableState.ACCEPTED, 1, False)


def test_an_owner_who_says_nothing_has_accepted(market: Market) -> None:
    code = a_project_in_service(market)
    the_agency_delivers(market, code, 1)
    due = deliverable(contract(code).code, 1).decide_due_at
    time_passes_until(due)
    row = deliverable(contract(code).code, 1)
    assert (row.state, row.deemed, row.accepted_at) == (DeliverableState.ACCEPTED, True, due)


def test_a_named_agency_that_does_not_answer_lets_a_direct_selection_fail(market: Market) -> None:
    named = next(iter(market.agencies))
    code = the_owner_drafts(market, mode="direct", named_agency_uscc=named)
    the_owner_submits(market, code)
    assert state(code) is ProjectState.SELECTING
    days_pass(5)
    assert state(code) is ProjectState.FAILED
    assert credit_entries(named) == []


# What the people do


def the_owner_drafts(market: Market, **changes: object) -> str:
    command = replace(
        draft_command(market.owner_body, **changes),
        deliverables=(DeliverableWanted("初稿", 30), DeliverableWanted("报批稿", 60)),
        payment_terms=(PaymentTerm("首付款", 40, 1), PaymentTerm("尾款", 60, 2)),
    )
    return act(projects.draft, command, actor=market.owner).code


def the_owner_submits(market: Market, code: str) -> None:
    sources = sources_for(project(code), at=clock.now())
    act(projects.submit, code, sources=sources, actor=market.owner)


def the_operator_approves(market: Market, code: str) -> None:
    sources = sources_for(project(code), at=clock.now())
    act(projects.approve, code, sources=sources, actor=market.operator)


def an_agency_enrols(market: Market, code: str, agency: str) -> None:
    act(projects.enrol, code, Enrol(), actor=market.agencies[agency])


def an_agency_quotes(market: Market, code: str, agency: str, yuan: int) -> None:
    act(make_quote, code, yuan * YUAN, actor=market.agencies[agency])


def sides_sign(code: str, *sides: Actor) -> None:
    for actor in sides:
        act(contracts.sign, contract(code).code, Sign(contract(code).document.sha256, True), actor=actor)


def the_agency_delivers(market: Market, code: str, number: int) -> None:
    actor = market.agencies[contract(code).agency.uscc]
    act(deliverables.submit, contract(code).code, number, Submit(Upload(PDF, "成果.pdf")), actor=actor)


def the_owner_accepts(market: Market, code: str, number: int) -> None:
    act(deliverables.accept, contract(code).code, number, actor=market.owner)


def the_owner_pays(market: Market, code: str, number: int) -> None:
    contract_code = contract(code).code
    voucher = SubmitVoucher(f"支付凭证{number}", item(contract_code, number).amount)
    act(payments.submit_voucher, contract_code, number, voucher, actor=market.owner)
    act(payments.confirm, contract_code, number, actor=market.agencies[contract(code).agency.uscc])


def rates(code: str, actor: Actor, *, quality: int, compliance: int, attitude: int) -> None:
    points = {Dimension.QUALITY: quality, Dimension.COMPLIANCE: compliance, Dimension.ATTITUDE: attitude}
    act(ratings.give, contract(code).code, Give(points), actor=actor)


# How far a purchase has come


def an_open_project(market: Market) -> str:
    code = the_owner_drafts(market)
    the_owner_submits(market, code)
    return code


def a_project_with_three_enrolments(market: Market) -> str:
    code = an_open_project(market)
    for agency in market.agencies:
        an_agency_enrols(market, code, agency)
    return code


def an_announced_project(market: Market) -> str:
    code = a_project_with_three_enrolments(market)
    time_passes_until(project(code).select_at)
    return code


def an_awarded_project(market: Market) -> str:
    code = an_announced_project(market)
    time_passes_until(the_end_of_the_standstill(code))
    return code


def a_project_in_service(market: Market) -> str:
    code = an_awarded_project(market)
    sides_sign(code, market.agencies[contract(code).agency.uscc], market.owner)
    return code


# The clock, and what one sees


def act(operation: Callable[..., T], *args: object, actor: Actor, **more: object) -> T:
    """Somebody does something at the market's present time, as one unit of work."""
    with unit():
        return operation(*args, actor=actor, at=clock.now(), **more)


def time_passes_until(moment: datetime | None) -> None:
    """Everything that falls due up to then is done on the way, as by the supervisor's tick."""
    assert moment is not None
    assert supervise(moment).ticked.failures == []


def days_pass(days: int) -> None:
    time_passes_until(clock.now() + timedelta(days=days))


def project(code: str) -> Project:
    return project_for(code, SYSTEM)


def state(code: str) -> ProjectState:
    return project(code).state


def contract(code: str) -> Contract:
    row = contract_of_project(code)
    assert row is not None
    return row


def the_winner(code: str) -> str:
    award = live_award(project(code).id)
    assert award is not None
    return award.agency.uscc


def the_order(code: str) -> list[str]:
    return [rank.agency.uscc for rank in ranks_of(project(code))]


def the_end_of_the_standstill(code: str) -> datetime | None:
    award = live_award(project(code).id)
    assert award is not None
    return award.due_at


def credit_entries(uscc: str) -> list[tuple[str, int]]:
    query = sa.select(CreditEntry.event, CreditEntry.points).where(CreditEntry.uscc == uscc).order_by(CreditEntry.id)
    with unit() as session:
        return [(event, points) for event, points in session.execute(query)]
