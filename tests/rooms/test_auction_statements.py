"""Cost statements for bids below the 60 % line: given beforehand, decided by the owner, silence accepts."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.auctions.commands import GiveStatement
from supermarket.auctions.models import AuctionStatement
from supermarket.auctions.operations import decide_statement, give_statement
from supermarket.auctions.queries import own_statement, statements_of
from supermarket.auctions.refusals import BidRefused
from supermarket.auctions.states import STATEMENT, StatementAction, StatementState
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.unit import unit
from supermarket.projects.models import Project
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.auctions import Bidders, after, auction_of, bid, make_enrolled_live, settle
from tests.factories.projects import make_open_project, make_owner_actor

TEXT = "驻地已有设备与人员，测算见附表，成本低于常规项目。"


def give(project: Project, actor: object, at: datetime, explains_from: int = 5_000_000) -> AuctionStatement:
    with unit():
        return give_statement(
            project.code,
            GiveStatement(explains_from, TEXT),
            actor=actor,  # type: ignore[arg-type]  # handed through
            at=at,
        )


def decide(project: Project, owner: object, uscc: str, at: datetime, *, accept: bool) -> AuctionStatement:
    with unit():
        return decide_statement(
            project.code,
            agency_uscc=uscc,
            accept=accept,
            reason="测算合理" if accept else "测算不合理",
            actor=owner,  # type: ignore[arg-type]  # handed through
            at=at,
        )


def started(project: Project) -> datetime:
    assert project.enrol_until is not None and project.select_at is not None
    settle(project.enrol_until)
    settle(project.select_at)
    return project.select_at


def made(at: datetime) -> tuple[Project, object, Bidders]:
    with unit():
        return make_enrolled_live(at)


def test_an_accepted_statement_opens_the_way_down_to_what_it_explains(session: Session, at: datetime) -> None:
    project, owner, bidders = made(at)
    (one, actor), (_two, other), _three = bidders
    row = give(project, actor, at)
    assert (row.state, row.decision_due_at) == (StatementState.GIVEN, at.replace(day=4, hour=16))
    assert decide(project, owner, one.uscc, at, accept=True).state is StatementState.ACCEPTED
    start = started(project)
    bid(project, actor, 5_000_000, after(start, 1))
    with pytest.raises(BidRefused) as caught:
        bid(project, other, 4_950_000, after(start, 2))
    assert (caught.value.code, caught.value.would_be_accepted) == ("below_line", None)
    with pytest.raises(BidRefused) as caught:
        bid(project, actor, 4_950_000, after(start, 3))
    assert caught.value.code == "below_line"
    assert auction_of(project).lowest == 5_000_000


def test_silence_of_the_owner_accepts(session: Session, at: datetime) -> None:
    project, _owner, bidders = made(at)
    give(project, bidders[0][1], at)
    due = own_statement(project.id, bidders[0][0].id)
    assert due is not None
    settle(due.decision_due_at - timedelta(seconds=1))
    session.refresh(due)
    assert due.state is StatementState.GIVEN
    settle(due.decision_due_at)
    session.refresh(due)
    assert (due.state, due.decided_at) == (StatementState.ACCEPTED, due.decision_due_at)
    assert due.reason


def test_a_statement_that_is_not_decided_helps_nobody_and_a_rejected_one_may_be_given_anew(
    session: Session, at: datetime
) -> None:
    project, owner, bidders = made(at)
    (one, actor) = bidders[0]
    give(project, actor, at)
    with pytest.raises(Conflict):
        give(project, actor, at)
    decide(project, owner, one.uscc, at, accept=False)
    again = give(project, actor, at, 5_500_000)
    assert [row.state for row in statements_of(project.id)] == [StatementState.REJECTED, StatementState.GIVEN]
    session.execute(
        sa.update(AuctionStatement)
        .where(AuctionStatement.id == again.id)
        .values(decision_due_at=at + timedelta(days=60))
    )
    start = started(project)
    with pytest.raises(BidRefused, match=r"60,000\.00"):
        bid(project, actor, 5_900_000, after(start, 1))


def test_who_gives_a_statement_when_and_for_which_amount(session: Session, at: datetime) -> None:
    project, owner, bidders = made(at)
    with unit():
        stranger = make_agency_actor(make_agency())
        sealed, _other = make_open_project(at, mode="bidding")
    actor = bidders[0][1]
    with pytest.raises(Forbidden):
        give(project, owner, at)
    with pytest.raises(RuleBroken) as caught:
        give(project, stranger, at)
    assert caught.value.code == "not_enrolled"
    with pytest.raises(RuleBroken) as caught:
        give(sealed, actor, at)
    assert caught.value.code == "no_auction"
    for amount in (0, 6_000_000, 7_000_000):
        with pytest.raises(InvalidInput) as wrong:
            give(project, actor, at, amount)
        assert [error.field for error in wrong.value.errors] == ["explains_from"]
    start = started(project)
    with pytest.raises(WrongState):
        give(project, actor, after(start, 1))
    assert list(statements_of(project.id)) == []


def test_who_decides_and_only_once(session: Session, at: datetime) -> None:
    project, owner, bidders = made(at)
    uscc = bidders[0][0].uscc
    with unit():
        _other, foreign = make_owner_actor()
    with pytest.raises(NotFound):
        decide(project, owner, uscc, at, accept=True)
    give(project, bidders[0][1], at)
    for actor in (foreign, bidders[0][1]):
        with pytest.raises(Forbidden):
            decide(project, actor, uscc, at, accept=True)
    decide(project, owner, uscc, at, accept=True)
    with pytest.raises(WrongState):
        decide(project, owner, uscc, at, accept=False)


@pytest.mark.parametrize("state", list(StatementState))
@pytest.mark.parametrize("action", list(StatementAction))
def test_every_action_in_every_state(session: Session, state: StatementState, action: StatementAction) -> None:
    if state is StatementState.GIVEN:
        wanted = StatementState.ACCEPTED if action is StatementAction.ACCEPT else StatementState.REJECTED
        assert STATEMENT.next(state, action) is wanted
    else:
        with pytest.raises(WrongState):
            STATEMENT.next(state, action)
