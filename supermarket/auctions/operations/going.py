"""What happens to an auction by itself: scheduled, opened, kept alive, paused with its project, closed."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime, timedelta

import sqlalchemy as sa

from supermarket.agencies.models import Agency
from supermarket.auctions import events
from supermarket.auctions.models import Auction, AuctionBidder
from supermarket.auctions.operations.common import (
    append,
    append_plain,
    end_agents,
    go_on,
    go_on_after_outage,
    locked,
    locked_or_none,
    note_beat,
    standing_of,
    terms_of,
)
from supermarket.auctions.states import AUCTION, AuctionAction, EntryKind
from supermarket.core.clock import local_text
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db
from supermarket.modes.auction import Phase, closed, opened, paused
from supermarket.modes.auction_chain import alias_commitment, new_aliases, new_salt, opening_body
from supermarket.policies.queries import number
from supermarket.projects.models import Project
from supermarket.projects.operations.common import locked_by_id
from supermarket.projects.states import ProjectState
from supermarket.projects.ways import auction_terms_of


def schedule(project: Project, usccs: Collection[str], *, starts_at: datetime, at: datetime) -> Auction:
    """Fix who may bid, under which aliases, and when it begins; called again it changes nothing."""
    known = db.session.scalar(sa.select(Auction).where(Auction.project_id == project.id))
    if known is not None:
        return known
    agencies = db.session.scalars(sa.select(Agency).where(Agency.uscc.in_(usccs)).order_by(Agency.uscc)).all()
    row = Auction(
        project_id=project.id,
        state=Phase.SCHEDULED,
        terms=asdict(auction_terms_of(project)),
        scheduled_at=at,
        starts_at=starts_at,
        outage_seconds=number(project.policy, "auction_outage_seconds"),
    )
    db.session.add(row)
    db.session.flush()
    for agency, alias in zip(agencies, new_aliases(len(agencies)), strict=True):
        salt = new_salt()
        commitment = alias_commitment(project.code, alias, agency.uscc, salt)
        db.session.add(AuctionBidder(auction_id=row.id, agency=agency, alias=alias, salt=salt, commitment=commitment))
    db.session.flush()
    record(
        events.SCHEDULED,
        project.code,
        actor=SYSTEM,
        at=at,
        data={"starts_at": local_text(starts_at), "bidders": len(agencies)},
    )
    return row


def open_auction(auction_id: int, *, at: datetime, real_at: datetime) -> bool:
    """Its moment has come and the selection has reached it: entry 0. False if there is nothing to do (any more)."""
    project = _project_of(auction_id)
    row, code = locked(Auction.id == auction_id)
    if project.state is not ProjectState.SELECTING or row.state is not Phase.SCHEDULED or row.starts_at > at:
        return False
    terms = terms_of(row)
    after = opened(terms, at)
    bidders = db.session.execute(
        sa.select(AuctionBidder.alias, AuctionBidder.commitment).where(AuctionBidder.auction_id == row.id)
    ).all()
    ends_at = after.ends_at or at
    commitments = {bidder.alias: bidder.commitment for bidder in bidders}
    head = append(row, EntryKind.OPENED, after, opening_body(code, terms, commitments, at, ends_at))
    note_beat(row, at=at, real_at=real_at)
    row.agents_due_at = at if row.agents else None
    db.session.flush()
    record(events.OPENED, code, actor=SYSTEM, at=at, data={"ends_at": local_text(ends_at), "opening_hash": head})
    return True


def close_auction(auction_id: int, *, at: datetime, real_at: datetime) -> bool:
    """Its end has come: the last entry; whoever waits for the result hears of it. False if it is not (any more) due.

    Where nobody could bid before the end, it goes on with a full extension instead.
    """
    project = _project_of(auction_id)
    row, code = locked(Auction.id == auction_id)
    if project.state is not ProjectState.SELECTING or row.state is not Phase.RUNNING:
        return False
    if row.ends_at is None or row.ends_at > at:
        return False
    if go_on_after_outage(row, code, at=at, real_at=real_at):
        db.session.flush()
        return True
    end_agents(row, code, why="auction_over", at=at)
    head = append_plain(row, code, EntryKind.CLOSED, closed(standing_of(row), at))
    row.ended_at = at
    db.session.flush()
    record(events.CLOSED, code, actor=SYSTEM, at=at, data={"bids": row.bids, "head": head, "seq": row.seq})
    return True


def keep_alive(auction_id: int, *, at: datetime, real_at: datetime) -> bool:
    """Note that bids can be taken now; whether it had been out and goes on with a full extension.

    An auction whose row somebody holds is left alone: a bid is at work there.
    """
    found = locked_or_none(Auction.id == auction_id, skip_locked=True)
    if found is None or found[0].state is not Phase.RUNNING:
        return False
    row, code = found
    resumed = go_on_after_outage(row, code, at=at, real_at=real_at)
    note_beat(row, at=at, real_at=real_at)
    db.session.flush()
    return resumed


def pause_with_project(code: str, *, at: datetime) -> None:
    """The project was suspended: a running auction stands still."""
    found = locked_or_none(Project.code == code)
    if found is None or found[0].state is not Phase.RUNNING:
        return
    row, _code = found
    append_plain(row, code, EntryKind.PAUSED, paused(standing_of(row), at))
    row.paused_at = at
    db.session.flush()
    record(events.PAUSED, code, actor=SYSTEM, at=at)


def go_on_with_project(code: str, *, at: datetime, real_at: datetime) -> None:
    """The project goes on: its auction with a full extension; one that had not begun is announced anew beforehand."""
    found = locked_or_none(Project.code == code)
    if found is None:
        return
    row, _code = found
    if row.state is Phase.PAUSED and row.paused_at is not None:
        go_on(row, code, since=row.paused_at, at=at, real_at=real_at)
    elif row.state is Phase.SCHEDULED:
        project = locked_by_id(row.project_id)
        earliest = at + notice_time(project)
        planned = project.select_at if project.state is ProjectState.FROZEN else None
        row.starts_at = max(row.starts_at, planned or earliest, earliest)
        bidders = db.session.scalar(
            sa.select(sa.func.count()).select_from(AuctionBidder).where(AuctionBidder.auction_id == row.id)
        )
        record(
            events.SCHEDULED,
            code,
            actor=SYSTEM,
            at=at,
            data={"starts_at": local_text(row.starts_at), "bidders": bidders or 0},
        )
    db.session.flush()


def cancel_with_project(code: str, *, at: datetime) -> None:
    """The project ended before its auction did."""
    found = locked_or_none(Project.code == code)
    if found is None or AUCTION.is_end(found[0].state):
        return
    row, _code = found
    end_agents(row, code, why="auction_cancelled", at=at)
    row.state = AUCTION.next(row.state, AuctionAction.CANCEL)
    row.ended_at, row.paused_at = at, None
    db.session.flush()
    record(events.CANCELLED, code, actor=SYSTEM, at=at)


def _project_of(auction_id: int) -> Project:
    """The auction's project, locked before the auction is. Raises NotFound."""
    return locked_by_id(db.session.scalar(sa.select(Auction.project_id).where(Auction.id == auction_id)) or 0)


def notice_time(project: Project) -> timedelta:
    """How long before it begins an auction is announced, where its moment was not in the notice."""
    return timedelta(seconds=number(project.policy, "auction_notice_seconds"))
