"""Tables of the supervision room, schema `platform`."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from supermarket.core.columns import Json, UtcDateTime, choice
from supermarket.extensions import Base


class Level(StrEnum):
    """How grave a finding is; for one thing and code it only rises."""

    REMINDER = "reminder"
    YELLOW = "yellow"
    RED = "red"

    @property
    def weight(self) -> int:
        """0 for a reminder, 2 for a red card."""
        return list(Level).index(self)


class Finding(Base):
    """A reminder or card of the electronic supervision (电子监察): on what, for which step, whose step it is."""

    __tablename__ = "findings"
    __table_args__ = (
        sa.UniqueConstraint("subject_kind", "subject_code", "code", "level"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn_with_reason"),
        sa.CheckConstraint("(feedback_at IS NULL) = (feedback = '')", name="feedback_has_moment"),
        sa.Index("ix_findings_project", "project_code", "id"),
        sa.Index("ix_findings_region", "region_code", "id"),
        sa.Index("ix_findings_organisation", "organisation_id", "id"),
        sa.Index(
            "ix_findings_feedback_due",
            "feedback_due_at",
            postgresql_where=sa.text("feedback_at IS NULL AND withdrawn_at IS NULL"),
        ),
        {"schema": "platform"},
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    subject_kind: Mapped[str] = mapped_column(sa.String(32))
    subject_code: Mapped[str] = mapped_column(sa.String(64))
    code: Mapped[str] = mapped_column(sa.String(64))
    level: Mapped[Level] = mapped_column(choice(Level, "level"))
    project_code: Mapped[str | None] = mapped_column(sa.String(32))
    region_code: Mapped[str | None] = mapped_column(sa.ForeignKey("platform.regions.code"))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.organisations.id"))
    limit_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    evidence: Mapped[dict[str, object]] = mapped_column(Json, default=dict)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    feedback_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    feedback: Mapped[str] = mapped_column(sa.Text, default="")
    feedback_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    feedback_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    withdrawn_reason: Mapped[str] = mapped_column(sa.Text, default="")
