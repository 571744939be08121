"""Services withdrawn one by one, runs of checks that an officer started for many agencies, notes of the offices."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.accounts.models import Organisation
from supermarket.agencies.models.agency import Agency, StandingChange
from supermarket.core.columns import UtcDateTime, choice
from supermarket.extensions import Base


class ServiceWithdrawal(Base):
    """A matter that an agency may not offer (取消服务资格) until its end or until it is restored; the others go on."""

    __tablename__ = "service_withdrawals"
    __table_args__ = (
        sa.Index(
            "uq_service_withdrawals_one_live",
            "agency_id",
            "matter_code",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index(
            "ix_service_withdrawals_ends",
            "until_at",
            postgresql_where=sa.text("ended_at IS NULL AND until_at IS NOT NULL"),
        ),
        sa.CheckConstraint("until_at IS NULL OR until_at > from_at", name="ends_after_it_began"),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"))
    matter_code: Mapped[str] = mapped_column(sa.ForeignKey("matters.matters.code"))
    change_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.standing_changes.id"))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    change: Mapped[StandingChange] = relationship()


class RunKind(StrEnum):
    """What a run does with each agency."""

    START = "start"
    AGAIN = "again"


class RunItemState(StrEnum):
    """Where an agency of a run stands; passed over: it was no longer what the run is for."""

    WAITING = "waiting"
    DONE = "done"
    PASSED_OVER = "passed_over"
    FAILED = "failed"


class CheckRun(Base):
    """Checks started for many agencies by one officer, done in batches behind the page."""

    __tablename__ = "check_runs"
    __table_args__ = (
        sa.Index("ix_check_runs_open", "beat_at", postgresql_where=sa.text("finished_at IS NULL")),
        sa.CheckConstraint("total >= 1", name="not_empty"),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RunKind] = mapped_column(choice(RunKind, "kind"))
    total: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by: Mapped[int] = mapped_column(sa.ForeignKey("platform.users.id"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.organisations.id"))
    # When a worker last did something for it: a run that stands still is taken up again.
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CheckRunItem(Base):
    """One agency of a run."""

    __tablename__ = "check_run_items"
    __table_args__ = (
        sa.Index("ix_check_run_items_state", "run_id", "state", "agency_id"),
        sa.CheckConstraint("(state = 'waiting') = (done_at IS NULL)", name="done_has_moment"),
        {"schema": "agencies"},
    )

    run_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.check_runs.id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), primary_key=True)
    state: Mapped[RunItemState] = mapped_column(choice(RunItemState, "state"), default=RunItemState.WAITING)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agency: Mapped[Agency] = relationship()


class AgencyNote(Base):
    """What an office noted about an agency for its own colleagues; kept as it was written, never public."""

    __tablename__ = "agency_notes"
    __table_args__ = (sa.CheckConstraint("text <> ''", name="says_something"), {"schema": "agencies"})

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.users.id"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.organisations.id"))
    text: Mapped[str] = mapped_column(sa.Text)
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
