"""Verification that goes on: nightly runs, cases of agencies whose checks fail, reminders before a certificate ends."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.agencies.models.agency import Agency
from supermarket.core.columns import Json, UtcDateTime, choice
from supermarket.extensions import Base


class NightlyRun(Base):
    """One night's verification of all agencies: how far it is, in the order of ids, and what it counted."""

    __tablename__ = "nightly_runs"
    __table_args__ = (
        sa.CheckConstraint("checked + passed_over + broken >= 0 AND cursor >= 0", name="counts_upwards"),
        {"schema": "agencies"},
    )

    slot: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The last agency that was done; it moves in the transaction that writes the findings.
    cursor: Mapped[int] = mapped_column(default=0)
    checked: Mapped[int] = mapped_column(default=0)
    # Of the checked: with a finding other than last night's; with a registry that did not answer.
    changed: Mapped[int] = mapped_column(default=0)
    silent: Mapped[int] = mapped_column(default=0)
    # Not checked in their batch, and due at once for the supervisor's tick: changed meanwhile, or failed.
    passed_over: Mapped[int] = mapped_column(default=0)
    broken: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReverificationState(StrEnum):
    """Where a case of re-verification is."""

    OPEN = "open"
    MENDED = "mended"
    FROZEN = "frozen"
    DISMISSED = "dismissed"


class Reverification(Base):
    """An agency in the market whose body fails its checks: its services are hidden, the operator decides."""

    __tablename__ = "reverifications"
    __table_args__ = (
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="open_is_undecided"),
        sa.CheckConstraint("state <> 'open' OR ended_at IS NULL", name="open_goes_on"),
        sa.CheckConstraint("state <> 'mended' OR ended_at IS NOT NULL", name="mended_has_ended"),
        # One case that has effect per agency: open or frozen it hides, dismissed it keeps the same findings from hiding.
        sa.Index("uq_reverifications_agency", "agency_id", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
        sa.Index("ix_reverifications_due", "due_at", postgresql_where=sa.text("state = 'open'")),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), index=True)
    state: Mapped[ReverificationState] = mapped_column(choice(ReverificationState, "state"))
    codes: Mapped[list[str]] = mapped_column(Json)
    # The failing findings (agencies.checks), which stay readable.
    check_ids: Mapped[list[int]] = mapped_column(Json)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    # When the checks passed again.
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agency: Mapped[Agency] = relationship()


class ExpiryReminder(Base):
    """That an agency was reminded, once, so many days before a certificate or licence ends."""

    __tablename__ = "expiry_reminders"
    __table_args__ = (
        sa.UniqueConstraint("subject", "until", "days", name="uq_expiry_reminders_once"),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), index=True)
    # "qualification:7" or "licence:12", as findings name it.
    subject: Mapped[str] = mapped_column(sa.String(64))
    until: Mapped[date]
    days: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
