"""What an agency changes after its admission, numbered and kept; and forms that it has begun and not finished."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.agencies.models.agency import Agency
from supermarket.core.columns import Json, UtcDateTime, choice
from supermarket.extensions import Base


class ChangeState(StrEnum):
    """Where a change of profile is."""

    CHECKING = "checking"
    WAITING = "waiting"
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ProfileChange(Base):
    """One change of an admitted agency's profile: only the changed fields, before and after, and what became of it."""

    __tablename__ = "profile_changes"
    __table_args__ = (
        sa.UniqueConstraint("agency_id", "number"),
        sa.CheckConstraint("(state = 'waiting') = (decision_due_at IS NOT NULL)", name="waiting_has_due"),
        sa.CheckConstraint("(state IN ('checking', 'waiting')) = (checks_due_at IS NOT NULL)", name="open_has_checks"),
        sa.CheckConstraint("(state IN ('checking', 'waiting')) = (decided_at IS NULL)", name="open_is_undecided"),
        sa.Index(
            "ix_profile_changes_checks_due", "checks_due_at", postgresql_where=sa.text("checks_due_at IS NOT NULL")
        ),
        sa.Index(
            "ix_profile_changes_decision_due",
            "decision_due_at",
            postgresql_where=sa.text("decision_due_at IS NOT NULL"),
        ),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"))
    # Counts the agency's changes from 1.
    number: Mapped[int]
    state: Mapped[ChangeState] = mapped_column(choice(ChangeState, "state"))
    before: Mapped[dict[str, str | bool | None]] = mapped_column(Json)
    after: Mapped[dict[str, str | bool | None]] = mapped_column(Json)
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proposed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    # What the checks found, as `operations.changes.kept` writes it; the agency's own findings are in `checks`.
    findings: Mapped[list[dict[str, object]]] = mapped_column(Json, default=list)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checks_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    agency: Mapped[Agency] = relationship(lazy="joined", innerjoin=True)


class FormDraft(Base):
    """A form that an organisation began: what was typed, as typed; no secret number and no file is in it."""

    __tablename__ = "form_drafts"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "form"), {"schema": "agencies"})

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.organisations.id"))
    form: Mapped[str] = mapped_column(sa.String(64))
    fields: Mapped[dict[str, str]] = mapped_column(Json)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
