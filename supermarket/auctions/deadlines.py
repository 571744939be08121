"""What falls due in an auction: its beginning, its agents' next look, its end; and the owner's decisions on statements."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from supermarket.auctions.models import Auction, AuctionStatement
from supermarket.auctions.operations import close_auction, let_agents_bid, open_auction, statement_due
from supermarket.auctions.states import StatementState
from supermarket.core.clock import real_now
from supermarket.core.deadlines import DueKind, Found
from supermarket.extensions import db
from supermarket.modes.auction import Phase
from supermarket.projects.models import Project
from supermarket.projects.operations.common import END_STATES
from supermarket.projects.states import ProjectState

# A bid that arrived before the end may still wait for the lock.
GRACE = timedelta(seconds=2)


def _rows(query: sa.Select[datetime, int] | sa.Select[datetime | None, int], limit: int) -> Found:
    return [(due, number) for due, number in db.session.execute(query.limit(limit)) if due is not None]


def _opens(at: datetime, limit: int) -> Found:
    query = (
        sa.select(Auction.starts_at, Auction.id)
        .join(Project, Project.id == Auction.project_id)
        .where(Auction.state == Phase.SCHEDULED, Auction.starts_at <= at, Project.state == ProjectState.SELECTING)
        .order_by(Auction.starts_at, Auction.id)
    )
    return _rows(query, limit)


def _agents(at: datetime, limit: int) -> Found:
    query = (
        sa.select(Auction.agents_due_at, Auction.id)
        .where(Auction.agents_due_at <= at, Auction.state == Phase.RUNNING)
        .order_by(Auction.agents_due_at, Auction.id)
    )
    return _rows(query, limit)


def _ends(at: datetime, limit: int) -> Found:
    query = (
        sa.select(Auction.ends_at, Auction.id)
        .join(Project, Project.id == Auction.project_id)
        .where(Auction.state == Phase.RUNNING, Auction.ends_at <= at - GRACE, Project.state == ProjectState.SELECTING)
        .order_by(Auction.ends_at, Auction.id)
    )
    return [(due + GRACE, number) for due, number in _rows(query, limit)]


def _statements(at: datetime, limit: int) -> Found:
    query = (
        sa.select(AuctionStatement.decision_due_at, AuctionStatement.id)
        .join(Project, Project.id == AuctionStatement.project_id)
        .where(
            AuctionStatement.state == StatementState.GIVEN,
            AuctionStatement.decision_due_at <= at,
            Project.state.not_in({*END_STATES, ProjectState.SUSPENDED}),
        )
        .order_by(AuctionStatement.decision_due_at, AuctionStatement.id)
    )
    return _rows(query, limit)


def _machine_time(thing_id: int, at: datetime) -> datetime:
    """An outage is a gap in the machine's time too; operations ask no clock, so it is asked here."""
    return real_now()


def _machine_said(prepared: object) -> datetime:
    if not isinstance(prepared, datetime):
        raise TypeError("the machine's time is prepared")
    return prepared


# What goes on while people watch: the auctions' own job does it within a second, the tick where that is down.
LIVE: tuple[DueKind, ...] = (
    DueKind(
        "auction.open",
        _opens,
        lambda number, at, real: open_auction(number, at=at, real_at=_machine_said(real)),
        _machine_time,
    ),
    DueKind(
        "auction.agents",
        _agents,
        lambda number, at, real: let_agents_bid(number, at=at, real_at=_machine_said(real)),
        _machine_time,
    ),
    DueKind(
        "auction.close",
        _ends,
        lambda number, at, real: close_auction(number, at=at, real_at=_machine_said(real)),
        _machine_time,
    ),
)
DUE: tuple[DueKind, ...] = (
    *LIVE,
    DueKind("auction.statement", _statements, lambda number, at, _prepared: statement_due(number, at)),
)
