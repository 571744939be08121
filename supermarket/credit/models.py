"""Tables of register 3, schema `credit`. Entries are append-only: a trigger refuses UPDATE, DELETE and TRUNCATE."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from supermarket.core.columns import Fen, Json, UtcDateTime, choice
from supermarket.extensions import Base


class Ledger(StrEnum):
    """Whose ledger an entry stands in."""

    AGENCY = "agency"
    OWNER = "owner"


class ListKind(StrEnum):
    """Lists of serious dishonesty and of good faith (rating-and-credit.md)."""

    BLACK = "black"
    RED = "red"


class CreditEntry(Base):
    """One line of the ledger, in force on local days `from_date` ≤ d < `until_date`; mended only by a reversing entry."""

    __tablename__ = "entries"
    __table_args__ = (
        sa.CheckConstraint("until_date > from_date", name="period"),
        sa.Index("ix_entries_subject", "ledger", "uscc", "from_date"),
        sa.UniqueConstraint("ledger", "uscc", "event", "evidence", name="uq_entries_once"),
        {"schema": "credit"},
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    ledger: Mapped[Ledger] = mapped_column(choice(Ledger, "ledger"))
    uscc: Mapped[str] = mapped_column(sa.String(18))
    event: Mapped[str] = mapped_column(sa.String(48))
    points: Mapped[int]
    source: Mapped[str] = mapped_column(sa.String(200))
    basis: Mapped[str] = mapped_column(sa.Text)
    document_number: Mapped[str] = mapped_column(sa.String(100))
    evidence: Mapped[str] = mapped_column(sa.String(200))
    project_code: Mapped[str | None] = mapped_column(sa.String(32))
    from_date: Mapped[date]
    until_date: Mapped[date]
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("credit.entries.id"), unique=True)
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ListEntry(Base):
    """An authority's decision that puts a party on a list until `until_date` (None: until ended)."""

    __tablename__ = "list_entries"
    __table_args__ = (sa.UniqueConstraint("kind", "uscc", "document_number"), {"schema": "credit"})

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ListKind] = mapped_column(choice(ListKind, "kind"))
    uscc: Mapped[str] = mapped_column(sa.String(18), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    authority: Mapped[str] = mapped_column(sa.String(200))
    basis: Mapped[str] = mapped_column(sa.Text)
    document_number: Mapped[str] = mapped_column(sa.String(100))
    from_date: Mapped[date]
    until_date: Mapped[date | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PastPerformance(Base):
    """One accepted contract: its score P (None: nobody rated), the share of rater weight present, its price in fen."""

    __tablename__ = "past_performances"
    __table_args__ = (
        sa.Index("ix_past_performances_agency", "agency_uscc", "published_at"),
        sa.Index("ix_past_performances_industry", "industry", "published_at"),
        {"schema": "credit"},
    )

    contract_code: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    agency_uscc: Mapped[str] = mapped_column(sa.String(18))
    owner_uscc: Mapped[str] = mapped_column(sa.String(18))
    matter_code: Mapped[str] = mapped_column(sa.String(16))
    industry: Mapped[str] = mapped_column(sa.String(32))
    amount: Mapped[int] = mapped_column(Fen)
    score: Mapped[Decimal | None] = mapped_column(sa.Numeric(7, 4))
    share: Mapped[Decimal] = mapped_column(sa.Numeric(4, 2))
    accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StarLevel(Base):
    """The agency's stars as they stand: S and its level now, the level held (moved only by reviews)."""

    __tablename__ = "star_levels"
    __table_args__ = (
        sa.CheckConstraint("held_level BETWEEN 1 AND 5", name="held_level_range"),
        sa.CheckConstraint("credit_points BETWEEN 0 AND 120", name="credit_points_range"),
        {"schema": "credit"},
    )

    agency_uscc: Mapped[str] = mapped_column(sa.String(18), primary_key=True)
    score: Mapped[Decimal | None] = mapped_column(sa.Numeric(7, 4))
    score_level: Mapped[int | None]
    held_level: Mapped[int | None] = mapped_column(index=True)
    rating_count: Mapped[int] = mapped_column(default=0)
    credit_points: Mapped[int] = mapped_column(default=100)
    credit_level: Mapped[str] = mapped_column(sa.String(1), default="B")
    explanation: Mapped[dict[str, object]] = mapped_column(Json, default=dict)
    computed_at: Mapped[datetime] = mapped_column(UtcDateTime)
