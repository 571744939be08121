"""Live auctions for tests, made through the operations: published, enrolled, frozen, opened."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from supermarket.agencies.models import Agency
from supermarket.auctions import deadlines as auction_deadlines
from supermarket.auctions.commands import PlaceBid
from supermarket.auctions.models import Auction
from supermarket.auctions.operations import place_bid
from supermarket.auctions.states import BidBy
from supermarket.core.permissions import Actor
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.modes.auction import Accepted
from supermarket.projects.models import Project
from supermarket.selection import deadlines as selection_deadlines
from tests.factories.projects import make_enrolled, make_open_project

KINDS = (*selection_deadlines.DUE, *auction_deadlines.DUE)
Bidders = list[tuple[Agency, Actor]]


def settle(at: datetime) -> None:
    """Everything of selections and auctions that is due at `at`."""
    again = True
    while again:
        again = False
        for kind in KINDS:
            for _due, number in kind.find(at, 100):
                prepared = kind.prepare(number, at) if kind.prepare else None
                with unit():
                    again = kind.act(number, at, prepared) or again


def auction_of(project: Project) -> Auction:
    """The project's auction as the database has it now."""
    query = sa.select(Auction).where(Auction.project_id == project.id).execution_options(populate_existing=True)
    return db.session.scalars(query).one()


def make_enrolled_live(at: datetime, count: int = 3, **changes: object) -> tuple[Project, Actor, Bidders]:
    """A published project with a live auction, its owner's actor and so many enrolled agencies; 100 000 CNY ceiling."""
    project, owner = make_open_project(at, **({"mode": "bidding", "live": True} | changes))
    return project, owner, make_enrolled(project, count, at)


def make_scheduled(at: datetime, count: int = 3, **changes: object) -> tuple[Project, Actor, Bidders]:
    """The pool is frozen and the auction announced."""
    project, owner, bidders = make_enrolled_live(at, count, **changes)
    assert project.enrol_until is not None
    settle(project.enrol_until)
    return project, owner, bidders


def make_running(at: datetime, count: int = 3, **changes: object) -> tuple[Project, Actor, Bidders, datetime]:
    """The auction runs; also the moment at which it began."""
    project, owner, bidders = make_scheduled(at, count, **changes)
    assert project.select_at is not None
    settle(project.select_at)
    return project, owner, bidders, project.select_at


def bid(
    project: Project,
    actor: Actor,
    amount: int,
    at: datetime,
    *,
    real_at: datetime | None = None,
    key: str | None = None,
    by: BidBy = BidBy.HAND,
) -> Accepted:
    """Place a bid; without another moment the machine's clock stands where it last stood."""
    row = auction_of(project)
    machine = real_at or row.beat_real_at or at
    with unit():
        return place_bid(project.code, PlaceBid(amount, by, key), actor=actor, at=at, real_at=machine)


def after(start: datetime, seconds: float) -> datetime:
    """So many seconds after the beginning."""
    return start + timedelta(seconds=seconds)
