"""All reads of the auctions room. Who stands behind an alias is given to nobody before the announcement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from supermarket.agencies.models import Agency
from supermarket.auctions.models import (
    Auction,
    AuctionAgent,
    AuctionBidder,
    AuctionEntry,
    AuctionStatement,
    RefusedBid,
)
from supermarket.auctions.operations.common import standing_of, terms_of
from supermarket.auctions.states import BidBy, EntryKind, StatementState
from supermarket.extensions import db
from supermarket.modes.auction import AuctionTerms, Bidder, Phase, Standing, least_of, offer_to, step_at
from supermarket.modes.auction_chain import write_time
from supermarket.modes.stages import AcceptedBid, AuctionFact
from supermarket.projects.models import Project


@dataclass(frozen=True)
class Line:
    """One entry of the chain as everybody sees it; amounts in fen. `agency_*` only from the announcement on."""

    seq: int
    kind: EntryKind
    alias: str | None
    amount: int | None
    step: int | None
    at: datetime
    ends_at: datetime
    body: str
    hash: str
    agency_uscc: str | None = None
    agency_name: str | None = None
    by: BidBy | None = None


@dataclass(frozen=True)
class View:
    """An auction as everybody sees it at one moment. `next_amount`: the most a bid may be; None: nobody can bid lower."""

    auction_id: int
    project: str
    phase: Phase
    terms: AuctionTerms
    standing: Standing
    starts_at: datetime
    bidders: int
    agents: int
    step: int
    next_amount: int | None
    head: str | None


@dataclass(frozen=True)
class Own:
    """What an agency sees of its own part."""

    alias: str
    leads: bool
    least: int
    next_amount: int | None
    explained_from: int | None
    lowest: int | None
    refused: Sequence[RefusedBid]
    agent: AuctionAgent | None


def auction_of(project_id: int) -> Auction | None:
    """The project's auction."""
    return db.session.scalar(sa.select(Auction).where(Auction.project_id == project_id))


def auction_by_id(auction_id: int) -> Auction:
    """The auction as it stands in the database now. Raises NoResultFound."""
    query = sa.select(Auction).where(Auction.id == auction_id).execution_options(populate_existing=True)
    return db.session.scalars(query).one()


def auction_ids_of(codes: Sequence[str]) -> dict[str, int]:
    """Auctions by the codes of their projects."""
    rows = db.session.execute(
        sa.select(Project.code, Auction.id)
        .join(Auction, Auction.project_id == Project.id)
        .where(Project.code.in_(codes))
    )
    return {row.code: row.id for row in rows}


def view_of(row: Auction, code: str, at: datetime) -> View:
    """The auction as it stands at `at`."""
    terms, standing = terms_of(row), standing_of(row)
    count = db.session.scalar(
        sa.select(sa.func.count()).select_from(AuctionBidder).where(AuctionBidder.auction_id == row.id)
    )
    # What anybody with every statement could bid.
    free = Bidder("", explained_from=terms.floor)
    return View(
        auction_id=row.id,
        project=code,
        phase=row.state,
        terms=terms,
        standing=standing,
        starts_at=row.starts_at,
        bidders=count or 0,
        agents=row.agents,
        step=step_at(terms, standing, at),
        next_amount=offer_to(terms, standing, free, at),
        head=row.head,
    )


def lines_of(auction_id: int, *, after: int = -1, named: bool = False, limit: int | None = None) -> list[Line]:
    """Entries with a seq above `after`, in order: one statement. `named` only once the selection is announced."""
    query = (
        sa.select(AuctionEntry, AuctionBidder.alias, Agency.uscc, Agency.name)
        .outerjoin(AuctionBidder, AuctionBidder.id == AuctionEntry.bidder_id)
        .outerjoin(Agency, Agency.id == AuctionBidder.agency_id)
        .where(AuctionEntry.auction_id == auction_id, AuctionEntry.seq > after)
        .order_by(AuctionEntry.seq)
        .limit(limit)
    )
    return [
        Line(
            seq=entry.seq,
            kind=entry.kind,
            alias=alias,
            amount=entry.amount,
            step=entry.step,
            at=entry.at,
            ends_at=entry.ends_at,
            body=entry.body,
            hash=entry.hash,
            agency_uscc=uscc if named else None,
            agency_name=name if named else None,
            by=entry.by if named else None,
        )
        for entry, alias, uscc, name in db.session.execute(query)
    ]


def bidders_of(auction_id: int) -> Sequence[AuctionBidder]:
    """Who stands behind each alias, for the public record after the announcement."""
    query = sa.select(AuctionBidder).where(AuctionBidder.auction_id == auction_id).order_by(AuctionBidder.alias)
    return db.session.scalars(query).all()


def refused_of(auction_id: int, *, agency_id: int | None = None, limit: int | None = None) -> Sequence[RefusedBid]:
    """Refused bids, newest first: an agency's own, or after the announcement everybody's."""
    query = sa.select(RefusedBid).where(RefusedBid.auction_id == auction_id).order_by(RefusedBid.id.desc()).limit(limit)
    return db.session.scalars(query if agency_id is None else query.where(RefusedBid.agency_id == agency_id)).all()


def own_part(row: Auction, agency_id: int, at: datetime) -> Own | None:
    """An agency's own part in an auction; None for one that is not in the pool."""
    bidder = db.session.scalar(
        sa.select(AuctionBidder).where(AuctionBidder.auction_id == row.id, AuctionBidder.agency_id == agency_id)
    )
    if bidder is None:
        return None
    terms, standing = terms_of(row), standing_of(row)
    accepted = own_statement(row.project_id, agency_id)
    explained = accepted.explains_from if accepted is not None and accepted.state is StatementState.ACCEPTED else None
    judged = Bidder(bidder.alias, explained_from=explained)
    agent = db.session.scalar(
        sa.select(AuctionAgent).where(AuctionAgent.bidder_id == bidder.id).order_by(AuctionAgent.id.desc()).limit(1)
    )
    lowest = db.session.scalar(
        sa.select(sa.func.min(AuctionEntry.amount)).where(
            AuctionEntry.auction_id == row.id, AuctionEntry.bidder_id == bidder.id
        )
    )
    return Own(
        alias=bidder.alias,
        leads=row.leader == bidder.alias,
        least=least_of(terms, judged),
        next_amount=offer_to(terms, standing, judged, at),
        explained_from=explained,
        lowest=lowest,
        refused=refused_of(row.id, agency_id=agency_id, limit=20),
        agent=agent,
    )


def own_statement(project_id: int, agency_id: int) -> AuctionStatement | None:
    """The agency's latest cost statement for low bids."""
    return db.session.scalar(
        sa.select(AuctionStatement)
        .where(AuctionStatement.project_id == project_id, AuctionStatement.agency_id == agency_id)
        .order_by(AuctionStatement.id.desc())
        .limit(1)
    )


def statements_of(project_id: int) -> Sequence[AuctionStatement]:
    """All cost statements for low bids, oldest first: for the owner, and after the announcement for everybody."""
    query = sa.select(AuctionStatement).where(AuctionStatement.project_id == project_id).order_by(AuctionStatement.id)
    return db.session.scalars(query).all()


def public_statements(project_id: int) -> list[dict[str, object]]:
    """The cost statements for bids below the line, as the public records have them from the announcement on."""
    return [
        {
            "uscc": row.agency.uscc,
            "explains_from": row.explains_from,
            "accepted": None if row.state is StatementState.GIVEN else row.state is StatementState.ACCEPTED,
            "given_at": write_time(row.given_at),
            "decided_at": None if row.decided_at is None else write_time(row.decided_at),
        }
        for row in statements_of(project_id)
    ]


def auction_fact(project_id: int) -> AuctionFact | None:
    """The accepted bids once the auction is closed, for the stage that ranks them."""
    row = auction_of(project_id)
    if row is None or row.state is not Phase.CLOSED or row.head is None:
        return None
    rows = db.session.execute(
        sa.select(Agency.uscc, AuctionEntry.amount)
        .join(AuctionBidder, AuctionBidder.id == AuctionEntry.bidder_id)
        .join(Agency, Agency.id == AuctionBidder.agency_id)
        .where(AuctionEntry.auction_id == row.id, AuctionEntry.kind == EntryKind.BID)
        .order_by(AuctionEntry.seq)
    )
    return AuctionFact(tuple(AcceptedBid(uscc, amount) for uscc, amount in rows if amount is not None), row.head)


def running_auctions() -> Sequence[int]:
    """Auctions that run now: those whose heart must be felt."""
    return db.session.scalars(sa.select(Auction.id).where(Auction.state == Phase.RUNNING).order_by(Auction.id)).all()
