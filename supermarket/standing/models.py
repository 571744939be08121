"""Tables of the standing room, schema `credit`. Reviews are append-only: a trigger refuses UPDATE, DELETE and TRUNCATE."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.core.columns import Json, UtcDateTime, choice
from supermarket.extensions import Base
from supermarket.standing.decisions import Move, Office
from supermarket.standing.states import OpinionState, RectificationState, RemovalState


class Review(Base):
    """One agency's monthly review: everything that it looked at, what it did, and the state it left to the next."""

    __tablename__ = "reviews"
    __table_args__ = (
        sa.UniqueConstraint("agency_uscc", "period"),
        sa.CheckConstraint("held_before BETWEEN 1 AND 5 AND held_after BETWEEN 1 AND 5", name="levels"),
        {"schema": "credit"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_uscc: Mapped[str] = mapped_column(sa.String(18))
    period: Mapped[str] = mapped_column(sa.String(7))
    review_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ran_at: Mapped[datetime] = mapped_column(UtcDateTime)
    move: Mapped[Move] = mapped_column(choice(Move, "move"))
    held_before: Mapped[int | None]
    held_after: Mapped[int | None]
    reasons: Mapped[list[dict[str, object]]] = mapped_column(Json)
    inputs: Mapped[dict[str, object]] = mapped_column(Json)
    outcome: Mapped[dict[str, object]] = mapped_column(Json)


class Rectification(Base):
    """A task to mend what led to a demotion (整改), within the policy's working days."""

    __tablename__ = "rectifications"
    __table_args__ = (
        sa.CheckConstraint("(state IN ('accepted', 'refused')) = (decided_at IS NOT NULL)", name="decided_has_moment"),
        sa.Index("ix_rectifications_agency", "agency_uscc", "id"),
        sa.Index("ix_rectifications_due", "due_at", postgresql_where=sa.text("state = 'open'")),
        {"schema": "credit"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_uscc: Mapped[str] = mapped_column(sa.String(18))
    review_id: Mapped[int] = mapped_column(sa.ForeignKey("credit.reviews.id"), unique=True)
    state: Mapped[RectificationState] = mapped_column(choice(RectificationState, "state"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    statement: Mapped[str] = mapped_column(sa.Text, default="")
    document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.documents.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    decision_reason: Mapped[str] = mapped_column(sa.Text, default="")
    review: Mapped[Review] = relationship(lazy="joined")


class Opinion(Base):
    """An industry authority's reasoned opinion; accepted by the operator it demotes at the next review."""

    __tablename__ = "opinions"
    __table_args__ = (
        sa.UniqueConstraint("agency_uscc", "document_number"),
        sa.CheckConstraint("(state = 'filed') = (decided_at IS NULL)", name="decided_has_moment"),
        {"schema": "credit"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_uscc: Mapped[str] = mapped_column(sa.String(18), index=True)
    state: Mapped[OpinionState] = mapped_column(choice(OpinionState, "state"))
    document_number: Mapped[str] = mapped_column(sa.String(100))
    reason: Mapped[str] = mapped_column(sa.Text)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.organisations.id"))
    filed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    filed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    decision_reason: Mapped[str] = mapped_column(sa.Text, default="")


class RemovalCase(Base):
    """A removal case (清退案): grounds, the agency's statement, two approvals, and what was carried out."""

    __tablename__ = "removal_cases"
    __table_args__ = (
        sa.Index(
            "uq_removal_cases_one_open",
            "agency_uscc",
            unique=True,
            postgresql_where=sa.text("state IN ('hearing', 'deciding', 'approved')"),
        ),
        sa.CheckConstraint("(state = 'carried_out') = (carried_out_at IS NOT NULL)", name="carried_out_has_moment"),
        {"schema": "credit"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_uscc: Mapped[str] = mapped_column(sa.String(18), index=True)
    state: Mapped[RemovalState] = mapped_column(choice(RemovalState, "state"))
    grounds: Mapped[list[dict[str, object]]] = mapped_column(Json)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    statement_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    statement: Mapped[str] = mapped_column(sa.Text, default="")
    statement_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    overdue_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    carried_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    appeal_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    notice_document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.documents.id"))
    approvals: Mapped[list["RemovalApproval"]] = relationship(order_by="RemovalApproval.id", lazy="selectin")


class RemovalApproval(Base):
    """One office's answer; an office, a person and a body answer once in a case."""

    __tablename__ = "removal_approvals"
    __table_args__ = (
        sa.UniqueConstraint("case_id", "office"),
        sa.UniqueConstraint("case_id", "user_id"),
        sa.UniqueConstraint("case_id", "organisation_id"),
        {"schema": "credit"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("credit.removal_cases.id"))
    office: Mapped[Office] = mapped_column(choice(Office, "office"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.users.id"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.organisations.id"))
    approved: Mapped[bool]
    reason: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
