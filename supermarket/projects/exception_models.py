"""Table of exceptions to the rules on requirements, schema `trade`."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.accounts.models import Organisation
from supermarket.core.columns import UtcDateTime, choice
from supermarket.documents.models import Document
from supermarket.extensions import Base
from supermarket.projects.models import Project
from supermarket.projects.requirement_rules import Barred
from supermarket.projects.states import ExceptionState


class RequirementException(Base):
    """An owner's request to demand what a rule refuses, for one project and one exact sentence, and its decision."""

    __tablename__ = "requirement_exceptions"
    __table_args__ = (
        sa.CheckConstraint("text_hash ~ '^[0-9a-f]{64}$'", name="text_hash_is_sha256"),
        sa.CheckConstraint("(state IN ('asked', 'withdrawn')) OR decided_at IS NOT NULL", name="decided"),
        sa.CheckConstraint("decided_at IS NULL OR decided_by_organisation_id IS NOT NULL", name="decided_by_an_office"),
        sa.CheckConstraint("(state = 'in_force') = (in_force_at IS NOT NULL)", name="in_force"),
        sa.Index(
            "uq_requirement_exceptions_one_live",
            "project_id",
            "rule",
            "text_hash",
            unique=True,
            postgresql_where=sa.text("state IN ('asked', 'granted', 'in_force')"),
        ),
        sa.Index("ix_requirement_exceptions_project", "project_id", "id"),
        sa.Index("ix_requirement_exceptions_waiting", "due_at", postgresql_where=sa.text("state = 'asked'")),
        sa.Index(
            "ix_requirement_exceptions_public", "in_force_at", "id", postgresql_where=sa.text("state = 'in_force'")
        ),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"))
    state: Mapped[ExceptionState] = mapped_column(choice(ExceptionState, "state"))
    rule: Mapped[Barred] = mapped_column(choice(Barred, "rule"))
    text: Mapped[str] = mapped_column(sa.Text)
    text_hash: Mapped[str] = mapped_column(sa.String(64))
    reason: Mapped[str] = mapped_column(sa.Text)
    legal_basis: Mapped[str] = mapped_column(sa.Text)
    document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.documents.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    decided_by_organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.organisations.id"))
    decision_reason: Mapped[str] = mapped_column(sa.Text, default="")
    in_force_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str] = mapped_column(sa.Text, default="")
    project: Mapped[Project] = relationship(lazy="joined")
    document: Mapped[Document | None] = relationship()
    decided_by_organisation: Mapped[Organisation | None] = relationship(
        foreign_keys=[decided_by_organisation_id], lazy="joined"
    )
