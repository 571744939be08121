"""One bid, one short transaction: the auction's row lock orders them, whatever the number of web servers."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.auctions.commands import PlaceBid
from supermarket.auctions.models import Auction, AuctionBidder, AuctionEntry, AuctionStatement, RefusedBid
from supermarket.auctions.operations.common import (
    append,
    go_on_after_outage,
    locked_or_none,
    note_beat,
    standing_of,
    terms_of,
)
from supermarket.auctions.refusals import BidRefused
from supermarket.auctions.states import BidBy, EntryKind, StatementState
from supermarket.core.errors import NotFound, RuleBroken
from supermarket.core.permissions import Actor, P
from supermarket.core.unit import after_refusal, unit
from supermarket.extensions import db
from supermarket.modes.auction import Accepted, Bidder, Refused, Standing, after_bid, judge
from supermarket.modes.auction_chain import EntryBody
from supermarket.modes.table import StageName
from supermarket.projects.models import Project
from supermarket.projects.operations.enrolling import acting_agency
from supermarket.projects.ways import auction_terms_of, mode_of

# An agent on the server looks this long after a bid whether to answer it.
AGENT_PAUSE = timedelta(seconds=1)


def place_bid(code: str, command: PlaceBid, *, actor: Actor, at: datetime, real_at: datetime) -> Accepted:
    """Place a bid for the actor's agency; `at` is its arrival by the market's clock, `real_at` by the machine's.

    Raises Forbidden, NotFound, RuleBroken (no auction here), BidRefused with the reason and what would be accepted.
    """
    agency = acting_agency(actor, P.QUOTE)
    found = locked_or_none(Project.code == code)
    if found is None:
        raise _no_auction(code)
    row, _code = found
    go_on_after_outage(row, code, at=at, real_at=real_at)
    bidder_id, bidder, earlier = _bidder(row, agency, command.key)
    judged = judge(terms_of(row), standing_of(row), bidder, command.amount, at, earlier=earlier)
    if isinstance(judged, Refused):
        keep_refusal(row, agency, command, judged, at=at, user_id=actor.user_id)
        raise BidRefused(judged, lowest=row.lowest, seq=row.seq)
    enter_bid(row, code, judged, bidder_id, command.by, key=command.key, user_id=actor.user_id)
    note_beat(row, at=at, real_at=real_at)
    return judged


def enter_bid(
    row: Auction,
    code: str,
    bid: Accepted,
    bidder_id: int | None,
    by: BidBy,
    *,
    key: str | None = None,
    user_id: int | None = None,
) -> None:
    """Write an accepted bid into the chain; agents of others look at it in a second."""
    body = EntryBody(code, bid.seq, EntryKind.BID.value, bid.at, bid.ends_at, bid.alias, bid.amount, bid.step).text()
    after = after_bid(standing_of(row), bid)
    append(row, EntryKind.BID, after, body, bid=bid, bidder_id=bidder_id, by=by, key=key, user_id=user_id)
    if row.agents:
        row.agents_due_at = bid.at + AGENT_PAUSE


def _bidder(row: Auction, agency: Agency, key: str | None) -> tuple[int | None, Bidder, int | None]:
    """The agency as a bidder of this auction, and the seq of a bid that it sent under the same key: one statement."""
    explained = (
        sa.select(AuctionStatement.explains_from)
        .where(
            AuctionStatement.project_id == row.project_id,
            AuctionStatement.agency_id == agency.id,
            AuctionStatement.state == StatementState.ACCEPTED,
        )
        .scalar_subquery()
    )
    earlier = (
        sa.select(AuctionEntry.seq)
        .where(
            AuctionEntry.auction_id == row.id,
            AuctionEntry.bidder_id == AuctionBidder.id,
            AuctionEntry.key == key,
        )
        .scalar_subquery()
    )
    found = db.session.execute(
        sa.select(AuctionBidder.id, AuctionBidder.alias, explained, earlier if key else sa.null()).where(
            AuctionBidder.auction_id == row.id, AuctionBidder.agency_id == agency.id
        )
    ).first()
    if found is None:
        return None, Bidder("", in_pool=False), None
    bidder_id, alias, explained_from, seq = found
    return bidder_id, Bidder(alias, explained_from=explained_from), seq


def keep_refusal(
    row: Auction, agency: Agency, command: PlaceBid, refused: Refused, *, at: datetime, user_id: int | None
) -> None:
    """Have the refused bid kept, once its own transaction is rolled back: it changes nothing else."""
    values = {
        "auction_id": row.id,
        "agency_id": agency.id,
        "amount": command.amount,
        "code": refused.code.value,
        "would_be_accepted": refused.would_be_accepted,
        "after_seq": row.seq,
        "at": at,
        "by": command.by,
        "user_id": user_id,
    }

    def keep() -> None:
        with unit():
            db.session.execute(sa.insert(RefusedBid).values(values))

    after_refusal(keep)


def _no_auction(code: str) -> BidRefused | RuleBroken | NotFound:
    """Why there is nothing to bid in: none yet, or never."""
    project = db.session.scalar(sa.select(Project).where(Project.code == code, Project.published_at.is_not(None)))
    if project is None:
        return NotFound(_("There is no such project."))
    if not mode_of(project).uses(StageName.AUCTION):
        return RuleBroken(_("This project has no live auction."), code="no_auction")
    judged = judge(auction_terms_of(project), Standing(), Bidder(""), 1, project.select_at or project.created_at)
    if isinstance(judged, Accepted):
        raise TypeError("a bid before the opening was accepted")
    return BidRefused(judged, lowest=None, seq=-1)
