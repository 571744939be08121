"""Agents on the server: step by step down to a floor that is erased afterwards, and no copy of the database shows it."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.auctions.models import AuctionAgent
from supermarket.auctions.operations import let_agents_bid, set_agent, withdraw_agent
from supermarket.auctions.queries import lines_of
from supermarket.auctions.states import BidBy
from supermarket.core.errors import Forbidden, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.permissions import Actor
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.modes.auction import Phase
from supermarket.projects.models import Project
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.auctions import after, auction_of, bid, make_running, make_scheduled, settle


def agent_for(project: Project, actor: Actor, floor: int, at: datetime) -> None:
    with unit():
        set_agent(project.code, floor=floor, actor=actor, at=at)


def agents_of(project: Project) -> list[tuple[bool, str | None]]:
    """(whether a floor is stored, why it ended) of every agent, oldest first."""
    rows = db.session.scalars(
        sa.select(AuctionAgent).order_by(AuctionAgent.id).execution_options(populate_existing=True)
    )
    return [(row.floor is not None, row.ended_why) for row in rows]


def play(project: Project, start: datetime, seconds: int) -> None:
    """Every second of so many: what is due happens."""
    for second in range(seconds):
        settle(start + timedelta(seconds=second))


def test_two_agents_bid_each_other_down_to_the_higher_floor(session: Session, at: datetime) -> None:
    project, _owner, bidders = make_scheduled(at)
    (_a, one), (_b, two), (_c, three) = bidders
    agent_for(project, one, 9_700_000, at)
    agent_for(project, two, 9_800_000, at)
    assert project.select_at is not None
    start = project.select_at
    play(project, start, 8)
    lines = [line for line in lines_of(auction_of(project).id, named=True) if line.alias]
    # 100 000 by the first, then in turn; at 98 000 the second's floor is reached, the first stays ahead.
    assert [(line.amount, line.agency_uscc) for line in lines] == [
        (10_000_000, bidders[0][0].uscc),
        (9_950_000, bidders[1][0].uscc),
        (9_900_000, bidders[0][0].uscc),
        (9_850_000, bidders[1][0].uscc),
        (9_800_000, bidders[0][0].uscc),
    ]
    assert all(line.by is BidBy.SERVER_AGENT for line in lines)
    assert [line.at for line in lines] == [start + timedelta(seconds=second) for second in range(5)]
    assert agents_of(project) == [(True, None), (False, "floor_reached")]
    # A person bids lower; the agent answers a second later.
    bid(project, three, 9_750_000, after(start, 20))
    settle(after(start, 20))
    assert auction_of(project).lowest == 9_750_000
    settle(after(start, 21))
    assert auction_of(project).lowest == 9_700_000
    settle(after(start, 700))
    assert auction_of(project).state is Phase.CLOSED
    assert agents_of(project) == [(False, "auction_over"), (False, "floor_reached")]


def test_the_floor_is_in_no_column_and_the_operator_could_read_it(session: Session, at: datetime) -> None:
    project, _owner, bidders = make_scheduled(at)
    agent_for(project, bidders[0][1], 9_123_456, at)
    row = session.scalars(sa.select(AuctionAgent)).one()
    assert row.floor is not None and b"9123456" not in row.floor
    assert current().keys.decrypt(row.floor) == "9123456"


def test_an_agent_is_replaced_or_withdrawn_and_its_floor_erased(session: Session, at: datetime) -> None:
    project, _owner, bidders, start = make_running(at)
    actor = bidders[0][1]
    agent_for(project, actor, 9_000_000, after(start, 1))
    agent_for(project, actor, 9_500_000, after(start, 2))
    assert (agents_of(project), auction_of(project).agents) == ([(False, "replaced"), (True, None)], 1)
    with unit():
        withdraw_agent(project.code, actor=actor, at=after(start, 3))
    row = auction_of(project)
    assert (agents_of(project)[-1], row.agents, row.agents_due_at) == ((False, "withdrawn"), 0, None)
    with pytest.raises(NotFound), unit():
        withdraw_agent(project.code, actor=actor, at=after(start, 4))
    settle(after(start, 5))
    assert auction_of(project).bids == 0


@pytest.mark.parametrize("floor", [0, -1, 5_999_999, 10_000_001])
def test_a_floor_that_cannot_be_is_refused_at_the_field(session: Session, at: datetime, floor: int) -> None:
    with unit():
        project, _owner, bidders = make_scheduled(at)
    with pytest.raises(InvalidInput) as caught:
        agent_for(project, bidders[0][1], floor, at)
    assert [(error.field, error.code) for error in caught.value.errors] == [("floor", "out_of_range")]
    assert agents_of(project) == []


def test_who_may_set_an_agent_and_when(session: Session, at: datetime) -> None:
    with unit():
        project, owner, bidders, start = make_running(at)
        outsider = make_agency_actor(make_agency())
    with pytest.raises(Forbidden):
        agent_for(project, owner, 9_000_000, at)
    with pytest.raises(RuleBroken) as caught:
        agent_for(project, outsider, 9_000_000, at)
    assert caught.value.code == "not_in_pool"
    settle(after(start, 602))
    with pytest.raises(WrongState):
        agent_for(project, bidders[0][1], 9_000_000, after(start, 603))
    with pytest.raises(WrongState), unit():
        withdraw_agent(project.code, actor=bidders[0][1], at=after(start, 603))


def test_agents_rest_while_nothing_is_to_be_done(session: Session, at: datetime) -> None:
    project, _owner, bidders, start = make_running(at)
    row = auction_of(project)
    machine = row.beat_real_at
    assert machine is not None
    assert not let_agents_bid(row.id, at=after(start, 1), real_at=machine)
    agent_for(project, bidders[0][1], 9_000_000, after(start, 1))
    assert let_agents_bid(row.id, at=after(start, 1), real_at=machine)
    # Ahead, it does not bid against itself.
    assert not let_agents_bid(row.id, at=after(start, 2), real_at=machine)
    assert auction_of(project).bids == 1
    assert not let_agents_bid(0, at=after(start, 2), real_at=machine)
