"""A live auction of the demonstration: whoever can go lower does, some seconds apart; the favourite stays lowest."""

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from supermarket.auctions.commands import PlaceBid
from supermarket.auctions.operations import place_bid
from supermarket.auctions.queries import auction_by_id, auction_of, bidders_of, view_of
from supermarket.auctions.refusals import BidRefused
from supermarket.auctions.states import BidBy
from supermarket.core.clock import real_now
from supermarket.demo.stage import Stage
from supermarket.modes.auction import Phase
from supermarket.projects.models import Project

# A first bid of this share of the ceiling; nobody goes below the last one, which needs no cost statement.
FIRST_PERCENT, LOWEST_PERCENT = (94, 99), 66
SECONDS = (12, 55)


def bid_live(stage: Stage, project: Project, favourite: str | None, rng: random.Random) -> Iterator[datetime]:
    """Bids until nobody wants to go lower, then the wait for the end."""
    row = auction_of(project.id)
    while row is not None and row.state is Phase.SCHEDULED:
        yield max(row.starts_at, stage.now + timedelta(seconds=1))
        row = auction_by_id(row.id)
    if row is None:
        return
    number, code, ceiling = row.id, project.code, project.ceiling
    usccs = sorted((bidder.agency.uscc for bidder in bidders_of(number)), key=lambda uscc: uscc == favourite)
    # How low each would go, in percent of the ceiling; the favourite, who comes last, the lowest.
    floors = sorted((rng.randint(LOWEST_PERCENT + 4, 92) for _each in usccs), reverse=True)
    floors[-1] = min(floors[-1], rng.randint(LOWEST_PERCENT, LOWEST_PERCENT + 8))
    amount = ceiling * rng.randint(*FIRST_PERCENT) // 100
    last = ""
    while (now := auction_by_id(number)).state is Phase.RUNNING:
        view = view_of(now, code, stage.now)
        offer = amount if now.lowest is None else view.next_amount
        able = [
            uscc
            for uscc, floor in zip(usccs, floors, strict=True)
            if uscc != last and offer is not None and offer * 100 >= ceiling * floor
        ]
        if not able or offer is None:
            yield (now.ends_at or stage.now) + timedelta(seconds=3)
            continue
        last = rng.choice(able)
        wanted = max(ceiling * floors[usccs.index(last)] // 100, offer - view.step * rng.choice((0, 0, 1, 3, 6)))
        by = BidBy.PAGE_AGENT if rng.random() < 0.3 else BidBy.HAND
        _place(stage, code, PlaceBid(min(offer, wanted), by), last)
        yield stage.now + timedelta(seconds=rng.randint(*SECONDS))


def _place(stage: Stage, code: str, command: PlaceBid, uscc: str) -> None:
    # Where the end came first the market says so, and the bid is kept among the refused ones.
    with suppress(BidRefused):
        stage.act(place_bid, code, command, actor=stage.crew.agencies[uscc], real_at=real_now())
