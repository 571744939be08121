"""Tables of the auctions room, schema `trade`."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.agencies.models import Agency
from supermarket.auctions.states import BidBy, EntryKind, StatementState
from supermarket.core.columns import Fen, Json, UtcDateTime, choice
from supermarket.extensions import Base
from supermarket.modes.auction import Phase
from supermarket.projects.models import Project


class Auction(Base):
    """A project's live auction and where it stands: the last entry of its chain in columns, under one row lock."""

    __tablename__ = "auctions"
    __table_args__ = (
        sa.CheckConstraint("(seq >= 0) = (opened_at IS NOT NULL)", name="opened_has_entries"),
        sa.CheckConstraint("(opened_at IS NULL) = (ends_at IS NULL)", name="opened_has_end"),
        sa.CheckConstraint("state NOT IN ('running', 'paused', 'closed') OR opened_at IS NOT NULL", name="opened"),
        sa.CheckConstraint("(state IN ('closed', 'cancelled')) = (ended_at IS NOT NULL)", name="ended_has_moment"),
        sa.CheckConstraint("(bids = 0) = (lowest IS NULL) AND (lowest IS NULL) = (leader IS NULL)", name="lowest"),
        sa.Index("ix_auctions_starts", "starts_at", postgresql_where=sa.text("state = 'scheduled'")),
        sa.Index("ix_auctions_ends", "ends_at", postgresql_where=sa.text("state = 'running'")),
        sa.Index("ix_auctions_agents", "agents_due_at", postgresql_where=sa.text("agents_due_at IS NOT NULL")),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"), unique=True)
    state: Mapped[Phase] = mapped_column(choice(Phase, "state"))
    terms: Mapped[dict[str, int]] = mapped_column(Json)
    scheduled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # How long it could not be used while it ran; that time doubles no step.
    stood: Mapped[timedelta] = mapped_column(sa.Interval, default=timedelta(0))
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seq: Mapped[int] = mapped_column(default=-1)
    bids: Mapped[int] = mapped_column(default=0)
    lowest: Mapped[int | None] = mapped_column(Fen)
    leader: Mapped[str | None] = mapped_column(sa.String(6))
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    head: Mapped[str | None] = mapped_column(sa.String(64))
    # When bids could last be taken, by the market's clock and by the machine's: an outage is a gap in both.
    beat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    beat_real_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outage_seconds: Mapped[int]
    # How many agents work on the server, and when the next of them looks whether to bid.
    agents: Mapped[int] = mapped_column(default=0)
    agents_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    project: Mapped[Project] = relationship(lazy="raise_on_sql")


class AuctionBidder(Base):
    """Who may bid, under which alias; the salt and the agency are public from the announcement on. Append-only."""

    __tablename__ = "auction_bidders"
    __table_args__ = (
        sa.UniqueConstraint("auction_id", "agency_id"),
        sa.UniqueConstraint("auction_id", "alias"),
        sa.Index("ix_auction_bidders_agency", "agency_id"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    auction_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.auctions.id"))
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"))
    alias: Mapped[str] = mapped_column(sa.String(6))
    salt: Mapped[str] = mapped_column(sa.String(64))
    commitment: Mapped[str] = mapped_column(sa.String(64))
    agency: Mapped[Agency] = relationship(lazy="joined")


class AuctionEntry(Base):
    """One entry of an auction's chain (modes/auction_chain.py); a trigger checks number, moment, step and hash. Append-only."""

    __tablename__ = "auction_entries"
    __table_args__ = (
        sa.UniqueConstraint("auction_id", "seq"),
        sa.Index(
            "uq_auction_entries_key",
            "auction_id",
            "bidder_id",
            "key",
            unique=True,
            postgresql_where=sa.text("key IS NOT NULL"),
        ),
        sa.CheckConstraint(
            "(kind = 'bid') = (amount IS NOT NULL) AND (kind = 'bid') = (step IS NOT NULL) "
            "AND (kind = 'bid') = (bidder_id IS NOT NULL) AND (kind = 'bid') = (by IS NOT NULL)",
            name="bid_is_whole",
        ),
        sa.CheckConstraint("amount >= 1 AND step >= 1", name="amount_positive"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    auction_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.auctions.id"))
    seq: Mapped[int]
    kind: Mapped[EntryKind] = mapped_column(choice(EntryKind, "kind"))
    bidder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("trade.auction_bidders.id"))
    amount: Mapped[int | None] = mapped_column(Fen)
    step: Mapped[int | None] = mapped_column(Fen)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    body: Mapped[str] = mapped_column(sa.Text)
    hash: Mapped[str] = mapped_column(sa.String(64))
    by: Mapped[BidBy | None] = mapped_column(choice(BidBy, "by"))
    # Of the page or client that sent the bid: sent again, it is not a second bid.
    key: Mapped[str | None] = mapped_column(sa.String(64))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    bidder: Mapped[AuctionBidder | None] = relationship(lazy="raise_on_sql")


class RefusedBid(Base):
    """A bid that was refused, why, and what would have been accepted. Append-only; no part of the chain."""

    __tablename__ = "refused_bids"
    __table_args__ = (
        sa.Index("ix_refused_bids_auction", "auction_id", "id"),
        sa.Index("ix_refused_bids_agency", "agency_id", "auction_id", "id"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    auction_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.auctions.id"))
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"))
    amount: Mapped[int] = mapped_column(Fen)
    code: Mapped[str] = mapped_column(sa.String(32))
    would_be_accepted: Mapped[int | None] = mapped_column(Fen)
    # How many entries the chain had when it was refused.
    after_seq: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[BidBy] = mapped_column(choice(BidBy, "by"))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    agency: Mapped[Agency] = relationship(lazy="joined")


class AuctionAgent(Base):
    """A bidder's agent on the server: bids the step down to a floor, which is erased when the agent ends."""

    __tablename__ = "auction_agents"
    __table_args__ = (
        sa.CheckConstraint("(ended_at IS NULL) = (floor IS NOT NULL)", name="floor_while_it_works"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name="ended_has_reason"),
        sa.Index("uq_auction_agents_one_live", "bidder_id", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bidder_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.auction_bidders.id"))
    # Encrypted with the operator's field key: a copy of the database shows no floor, the operator could read it.
    floor: Mapped[bytes | None]
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_why: Mapped[str | None] = mapped_column(sa.String(32))
    bidder: Mapped[AuctionBidder] = relationship(lazy="joined")


class AuctionStatement(Base):
    """A cost statement for bids below the 60 % line, given and decided before they are placed (selection.md §5)."""

    __tablename__ = "auction_statements"
    __table_args__ = (
        sa.CheckConstraint("explains_from >= 1", name="explains_from_positive"),
        sa.CheckConstraint("(state = 'given') = (decided_at IS NULL)", name="decided_has_moment"),
        sa.Index(
            "uq_auction_statements_one",
            "project_id",
            "agency_id",
            unique=True,
            postgresql_where=sa.text("state <> 'rejected'"),
        ),
        sa.Index("ix_auction_statements_due", "decision_due_at", postgresql_where=sa.text("state = 'given'")),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"))
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"))
    state: Mapped[StatementState] = mapped_column(choice(StatementState, "state"))
    explains_from: Mapped[int] = mapped_column(Fen)
    text: Mapped[str] = mapped_column(sa.Text)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agency: Mapped[Agency] = relationship(lazy="joined")
