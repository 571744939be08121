"""Tables of panels and proposals, schema `trade`."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.agencies.models import Agency
from supermarket.core.columns import Json, UtcDateTime, choice
from supermarket.documents.models import Document
from supermarket.experts.models import Expert
from supermarket.extensions import Base
from supermarket.projects.models import Project
from supermarket.selection.panels.states import PanelState, SeatState


class Proposal(Base):
    """An agency's plan (服务方案) for a project that a panel scores; append-only, the highest seq of an agency counts."""

    __tablename__ = "proposals"
    __table_args__ = (
        sa.UniqueConstraint("project_id", "agency_id", "seq"),
        sa.CheckConstraint("text <> '' OR document_id IS NOT NULL", name="says_something"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"))
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"))
    seq: Mapped[int]
    text: Mapped[str] = mapped_column(sa.Text, default="")
    document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.documents.id"))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agency: Mapped[Agency] = relationship(lazy="joined")
    document: Mapped[Document | None] = relationship(lazy="joined")


class Panel(Base):
    """The panel of a project, once; its record is what the experts confirm."""

    __tablename__ = "panels"
    __table_args__ = (
        sa.CheckConstraint("size >= 1", name="size_positive"),
        sa.CheckConstraint("(state IN ('confirming', 'closed')) = (record IS NOT NULL)", name="record_when_complete"),
        sa.CheckConstraint("(state = 'closed') = (record_document_id IS NOT NULL)", name="closed_has_document"),
        sa.Index("ix_panels_confirm", "confirm_due_at", postgresql_where=sa.text("confirm_due_at IS NOT NULL")),
        {"schema": "trade"},
    )

    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"), primary_key=True)
    state: Mapped[PanelState] = mapped_column(choice(PanelState, "state"))
    size: Mapped[int]
    # Region in whose subtree the pool was found (None: everywhere).
    scope: Mapped[str | None] = mapped_column(sa.String(6))
    convened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    complete_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirm_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    record: Mapped[dict[str, object] | None] = mapped_column(Json)
    record_document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.documents.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    project: Mapped[Project] = relationship(lazy="joined")
    document: Mapped[Document | None] = relationship()


class PanelPlan(Base):
    """A plan before the panel, under a letter that says nothing of its agency."""

    __tablename__ = "panel_plans"
    __table_args__ = (sa.UniqueConstraint("project_id", "alias"), {"schema": "trade"})

    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.panels.project_id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), primary_key=True)
    alias: Mapped[str] = mapped_column(sa.String(4))
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.proposals.id"))
    agency: Mapped[Agency] = relationship(lazy="joined")
    proposal: Mapped[Proposal] = relationship(lazy="joined")


class PanelSeat(Base):
    """An expert in the pool of a panel: the id in the pool file with what it stands for, and what became of it."""

    __tablename__ = "panel_seats"
    __table_args__ = (
        sa.UniqueConstraint("project_id", "expert_id"),
        sa.UniqueConstraint("project_id", "pool_id"),
        sa.UniqueConstraint("project_id", "position", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("(state = 'excluded') = (exclusion_code IS NOT NULL)", name="excluded_has_code"),
        sa.CheckConstraint(
            "(state IN ('submitted', 'confirmed', 'dissented')) <= (sheet_hash IS NOT NULL)", name="scored_has_sheet"
        ),
        sa.CheckConstraint("(state IN ('invited', 'serving')) = (due_at IS NOT NULL)", name="asked_has_limit"),
        sa.CheckConstraint("(state = 'dissented') = (dissent <> '')", name="dissent_says_why"),
        sa.Index("ix_panel_seats_due", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
        sa.Index("ix_panel_seats_remind", "remind_at", postgresql_where=sa.text("remind_at IS NOT NULL")),
        sa.Index("ix_panel_seats_expert", "expert_id", "id"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.panels.project_id"))
    expert_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.experts.id"))
    pool_id: Mapped[str] = mapped_column(sa.String(64))
    body: Mapped[str] = mapped_column(sa.Text)
    exclusion_code: Mapped[str | None] = mapped_column(sa.String(64))
    # Place in the drawn order, from 1; None until the draw.
    position: Mapped[int | None]
    state: Mapped[SeatState] = mapped_column(choice(SeatState, "state"))
    invited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remind_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sheet_hash: Mapped[str | None] = mapped_column(sa.String(64))
    # Why the expert declined or stepped back; for the offices, never public.
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deemed: Mapped[bool] = mapped_column(default=False)
    dissent: Mapped[str] = mapped_column(sa.Text, default="")
    panel: Mapped[Panel] = relationship()
    expert: Mapped[Expert] = relationship(lazy="joined")


class PanelDraft(Base):
    """What an expert has typed and not signed yet; their own alone."""

    __tablename__ = "panel_drafts"
    __table_args__ = (
        sa.CheckConstraint("points BETWEEN 0 AND 100", name="points_in_range"),
        {"schema": "trade"},
    )

    seat_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.panel_seats.id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), primary_key=True)
    criterion: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    points: Mapped[int | None]
    sentence: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PanelScore(Base):
    """A score of a signed sheet; written once, never changed."""

    __tablename__ = "panel_scores"
    __table_args__ = (
        sa.CheckConstraint("points BETWEEN 0 AND 100", name="points_in_range"),
        {"schema": "trade"},
    )

    seat_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.panel_seats.id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), primary_key=True)
    criterion: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    points: Mapped[int]
    sentence: Mapped[str] = mapped_column(sa.Text)
    agency: Mapped[Agency] = relationship(lazy="joined")
    seat: Mapped[PanelSeat] = relationship(lazy="joined")
