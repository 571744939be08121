"""What the operations of this room share: the lock, the standing, the next entry of the chain."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.auctions import events
from supermarket.auctions.models import Auction, AuctionAgent, AuctionBidder, AuctionEntry
from supermarket.auctions.states import AUCTION, AuctionAction, BidBy, EntryKind
from supermarket.core.clock import local_text
from supermarket.core.errors import NotFound
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db
from supermarket.modes.auction import Accepted, AuctionTerms, Standing, resumed
from supermarket.modes.auction_chain import GENESIS, EntryBody, chained
from supermarket.projects.models import Project

_ACTIONS = {
    EntryKind.OPENED: AuctionAction.OPEN,
    EntryKind.BID: AuctionAction.BID,
    EntryKind.PAUSED: AuctionAction.PAUSE,
    EntryKind.RESUMED: AuctionAction.RESUME,
    EntryKind.CLOSED: AuctionAction.CLOSE,
}


def locked_or_none(which: sa.ColumnElement[bool], *, skip_locked: bool = False) -> tuple[Auction, str] | None:
    """The auction with its project's code, its row locked until the end of the transaction; rows may still refer to it."""
    row = db.session.execute(
        sa.select(Auction, Project.code)
        .join(Project, Project.id == Auction.project_id)
        .where(which)
        .with_for_update(of=Auction, key_share=True, skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    ).first()
    return None if row is None else (row[0], row[1])


def locked(which: sa.ColumnElement[bool]) -> tuple[Auction, str]:
    """The same. Raises NotFound."""
    found = locked_or_none(which)
    if found is None:
        raise NotFound(_("There is no live auction here."))
    return found


def terms_of(row: Auction) -> AuctionTerms:
    """The terms, as fixed at publishing."""
    return AuctionTerms(**row.terms)


def standing_of(row: Auction) -> Standing:
    """Where it stands, for the pure core."""
    return Standing(
        phase=row.state,
        opened_at=row.opened_at,
        ends_at=row.ends_at,
        stood=row.stood,
        seq=row.seq,
        bids=row.bids,
        lowest=row.lowest,
        leader=row.leader,
        last_at=row.last_at,
    )


def append(
    row: Auction,
    kind: EntryKind,
    after: Standing,
    body: str,
    *,
    bid: Accepted | None = None,
    bidder_id: int | None = None,
    by: BidBy | None = None,
    key: str | None = None,
    user_id: int | None = None,
) -> str:
    """Write the next entry and let the auction stand where it ends; gives its hash. Raises WrongState."""
    state = AUCTION.next(row.state, _ACTIONS[kind])
    head = chained(row.head or GENESIS, body)
    db.session.execute(
        sa.insert(AuctionEntry).values(
            auction_id=row.id,
            seq=after.seq,
            kind=kind,
            bidder_id=bidder_id,
            amount=None if bid is None else bid.amount,
            step=None if bid is None else bid.step,
            at=after.last_at,
            ends_at=after.ends_at,
            body=body,
            hash=head,
            by=by,
            key=key,
            user_id=user_id,
        )
    )
    row.state, row.head, row.seq, row.bids = state, head, after.seq, after.bids
    row.opened_at, row.ends_at, row.stood = after.opened_at, after.ends_at, after.stood
    row.lowest, row.leader, row.last_at = after.lowest, after.leader, after.last_at
    return head


def append_plain(row: Auction, code: str, kind: EntryKind, after: Standing) -> str:
    """An entry that is no bid: the auction was paused, went on, or is over."""
    if after.last_at is None or after.ends_at is None:
        raise ValueError(f"the auction of {code} was never opened")
    return append(row, kind, after, EntryBody(code, after.seq, kind.value, after.last_at, after.ends_at).text())


def note_beat(row: Auction, *, at: datetime, real_at: datetime) -> None:
    """Bids can be taken at this moment."""
    row.beat_at, row.beat_real_at = at, real_at


def was_out(row: Auction, *, at: datetime, real_at: datetime) -> bool:
    """Whether nobody could bid for longer than the policy's gap: by the market's clock and by the machine's.

    Both, since a demonstration's clock jumps over days in an instant of real time, and a play stops it for a while.
    """
    if row.beat_at is None or row.beat_real_at is None:
        return False
    return min(at - row.beat_at, real_at - row.beat_real_at) > timedelta(seconds=row.outage_seconds)


def go_on_after_outage(row: Auction, code: str, *, at: datetime, real_at: datetime) -> bool:
    """Resume with a full extension where it was out, and say so; whether it was. Never void for that (selection.md §5)."""
    if not was_out(row, at=at, real_at=real_at) or row.beat_at is None:
        return False
    go_on(row, code, since=row.beat_at, at=at, real_at=real_at)
    return True


def go_on(row: Auction, code: str, *, since: datetime, at: datetime, real_at: datetime) -> None:
    """It could not be used since then and goes on now. Raises WrongState."""
    after = resumed(terms_of(row), standing_of(row), since, at)
    append_plain(row, code, EntryKind.RESUMED, after)
    note_beat(row, at=at, real_at=real_at)
    row.paused_at = None
    if row.agents:
        row.agents_due_at = at
    record(
        events.RESUMED,
        code,
        actor=SYSTEM,
        at=at,
        data={
            "seconds": max(0, (at - since) // timedelta(seconds=1)),
            "ends_at": local_text(after.ends_at or at),
            "seq": after.seq,
        },
    )


def end_agents(row: Auction, code: str, *, why: str, at: datetime, only: int | None = None) -> None:
    """End the auction's agents on the server (or one bidder's): their floors are erased."""
    query = (
        sa.select(AuctionAgent)
        .join(AuctionBidder, AuctionBidder.id == AuctionAgent.bidder_id)
        .where(AuctionBidder.auction_id == row.id, AuctionAgent.ended_at.is_(None))
        .order_by(AuctionAgent.id)
    )
    for agent in db.session.scalars(query if only is None else query.where(AuctionAgent.bidder_id == only)).all():
        agent.floor, agent.ended_at, agent.ended_why = None, at, why
        row.agents -= 1
        agency = agent.bidder.agency
        record(
            events.AGENT_ENDED,
            code,
            actor=SYSTEM,
            at=at,
            data={"agency_uscc": agency.uscc, "why": why},
            agency_uscc=agency.uscc,
            organisation_id=agency.organisation_id,
        )
    if not row.agents:
        row.agents_due_at = None
    db.session.flush()
