"""Who comes at once: one bid of an amount counts, one closing closes, one statement is kept; a refusal keeps its note."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from supermarket.auctions.commands import GiveStatement, PlaceBid
from supermarket.auctions.models import AuctionAgent, AuctionEntry, RefusedBid
from supermarket.auctions.operations import close_auction, give_statement, place_bid, set_agent
from supermarket.core.permissions import Actor
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.selection.models import Award
from tests.factories.auctions import auction_of, make_enrolled_live, settle
from tests.threads import at_once, committing_app


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application where commits are real."""
    with committing_app(f"{worker_id}_auctions", redis_address, Path(tmp_path_factory.mktemp("auctions"))) as made:
        yield made


def running(app: Flask, at: datetime, count: int = 6) -> tuple[str, int, datetime, datetime, list[Actor]]:
    """A running auction: code, id, beginning, the machine's time of its heart, the bidders."""
    with app.app_context():
        with unit():
            project, _owner, bidders = make_enrolled_live(at, count)
            code, until, start = project.code, project.enrol_until, project.select_at
            actors = [actor for _agency, actor in bidders]
        assert until is not None and start is not None
        settle(until)
        settle(start)
        with unit():
            row = auction_of(project)
            number, machine = row.id, row.beat_real_at
        db.session.remove()
    assert machine is not None
    return code, number, start, machine, actors


def test_of_six_equal_bids_at_once_one_counts_and_five_are_told_why(market: Flask, at: datetime) -> None:
    code, number, start, machine, actors = running(market, at)
    moment = start + timedelta(seconds=5)
    acts = [
        lambda actor=actor: place_bid(code, PlaceBid(9_000_000), actor=actor, at=moment, real_at=machine)
        for actor in actors
    ]
    assert Counter(at_once(market, acts)) == Counter({"done": 1, "409 too_high": 5})
    with market.app_context():
        entries = db.session.scalars(sa.select(AuctionEntry.seq).where(AuctionEntry.auction_id == number)).all()
        kept = db.session.scalars(sa.select(RefusedBid.code).where(RefusedBid.auction_id == number)).all()
    assert (sorted(entries), list(kept)) == ([0, 1], ["too_high"] * 5)


def test_the_same_bid_sent_six_times_at_once_is_one_bid(market: Flask, at: datetime) -> None:
    code, number, start, machine, actors = running(market, at)
    moment = start + timedelta(seconds=5)
    acts = [
        lambda: place_bid(code, PlaceBid(9_000_000, key="once"), actor=actors[0], at=moment, real_at=machine)
        for _each in range(6)
    ]
    assert Counter(at_once(market, acts)) == Counter({"done": 1, "409 replayed": 5})
    with market.app_context():
        assert db.session.scalar(sa.select(sa.func.max(AuctionEntry.seq)).where(AuctionEntry.auction_id == number)) == 1


def test_closed_by_four_at_once_it_is_closed_once(market: Flask, at: datetime) -> None:
    code, number, start, machine, actors = running(market, at)
    with market.app_context(), unit():
        place_bid(code, PlaceBid(9_000_000), actor=actors[0], at=start + timedelta(seconds=5), real_at=machine)
    end = start + timedelta(seconds=603)
    assert at_once(market, [lambda: close_auction(number, at=end, real_at=machine)] * 4) == ["done"] * 4
    with market.app_context():
        kinds = db.session.scalars(
            sa.select(AuctionEntry.kind).where(AuctionEntry.auction_id == number).order_by(AuctionEntry.seq)
        ).all()
        awards = db.session.scalars(sa.select(Award.price).where(Award.price == 9_000_000)).all()
    assert [kind.value for kind in kinds] == ["opened", "bid", "closed"]
    assert len(awards) == 1


def test_one_agent_and_one_statement_however_often_they_are_sent_at_once(market: Flask, at: datetime) -> None:
    code, _number, start, _machine, actors = running(market, at, 3)
    moment = start + timedelta(seconds=5)
    acts = [lambda: set_agent(code, floor=9_000_000, actor=actors[0], at=moment)] * 4
    assert at_once(market, acts) == ["done"] * 4  # each replaces the one before
    with market.app_context(), unit():
        live = db.session.scalars(sa.select(AuctionAgent.id).where(AuctionAgent.ended_at.is_(None))).all()
        assert len(live) == 1
        project, _owner, bidders = make_enrolled_live(at)
        other, actor = project.code, bidders[0][1]
    gives = [lambda: give_statement(other, GiveStatement(5_000_000, "测算见附表"), actor=actor, at=at)] * 4
    assert Counter(at_once(market, gives)) == Counter({"done": 1, "409 already_given": 3})
