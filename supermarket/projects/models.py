"""Tables of the projects room, schema `trade`."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.accounts.models import Organisation
from supermarket.agencies.models import Agency, Practitioner
from supermarket.core.columns import Fen, Json, UtcDateTime, choice
from supermarket.extensions import Base
from supermarket.matters.models import MatterVersion
from supermarket.projects.money_rules import Ground
from supermarket.projects.states import EnrolmentState, ProjectState

PROJECT_SERIAL = sa.Sequence("project_serial", schema="trade", metadata=Base.metadata)


class Funding(StrEnum):
    """Whose money: the treasury's (财政资金) or society's (社会资金)."""

    FISCAL = "fiscal"
    SOCIAL = "social"


class Project(Base):
    """One purchase (采购项目): what an owner needs, under which matter, how the agency is selected."""

    __tablename__ = "projects"
    __table_args__ = (
        sa.CheckConstraint("budget >= 1", name="budget_positive"),
        sa.CheckConstraint("ceiling BETWEEN 1 AND budget", name="ceiling_within_budget"),
        sa.CheckConstraint("floor IS NULL OR floor BETWEEN 1 AND ceiling", name="floor_within_ceiling"),
        sa.CheckConstraint("(state = 'suspended') = (suspended_from IS NOT NULL)", name="suspended_from"),
        sa.CheckConstraint(
            "state IN ('draft', 'in_review', 'withdrawn') OR published_at IS NOT NULL", name="published"
        ),
        sa.Index("ix_projects_state_published", "state", "published_at"),
        sa.Index("ix_projects_owner", "owner_id", "id"),
        sa.Index("ix_projects_published", "published_at", "id"),
        sa.Index("ix_projects_due", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
        sa.Index(
            "uq_projects_draft_key",
            "owner_id",
            "draft_key",
            unique=True,
            postgresql_where=sa.text("draft_key IS NOT NULL"),
        ),
        sa.Index(
            "ix_projects_witness_untold",
            "enrol_until",
            postgresql_where=sa.text("quote_keys IS NOT NULL AND witness_opens_at IS DISTINCT FROM enrol_until"),
        ),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(32), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[ProjectState] = mapped_column(choice(ProjectState, "state"))
    suspended_from: Mapped[ProjectState | None] = mapped_column(choice(ProjectState, "suspended_from_state"))
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.organisations.id"))
    region_code: Mapped[str] = mapped_column(sa.ForeignKey("platform.regions.code"), index=True)
    matter_code: Mapped[str] = mapped_column(sa.ForeignKey("matters.matters.code"), index=True)
    matter_version_id: Mapped[int] = mapped_column(sa.ForeignKey("matters.matter_versions.id"))
    # The wordings of the regions' own lists over it, from the top down, that held at the publication.
    regional_version_ids: Mapped[list[int]] = mapped_column(ARRAY(sa.Integer), default=list, server_default="{}")
    investment_project_code: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    description: Mapped[str] = mapped_column(sa.Text, default="")
    funding: Mapped[Funding] = mapped_column(choice(Funding, "funding"))
    budget: Mapped[int] = mapped_column(Fen)
    ceiling: Mapped[int] = mapped_column(Fen)
    floor: Mapped[int | None] = mapped_column(Fen)
    mode: Mapped[str] = mapped_column(sa.String(32))
    # What the owner chose besides the mode; the mode's row and the whole pipeline as they were published.
    terms: Mapped[dict[str, object]] = mapped_column(Json, default=dict, server_default=sa.text("'{}'::jsonb"))
    mode_rules: Mapped[dict[str, object] | None] = mapped_column(Json)
    stages: Mapped[list[dict[str, object]]] = mapped_column(Json, default=list)
    # How often the selection was computed: 1, and one more for each proven typing error in a draw's value.
    series: Mapped[int] = mapped_column(default=1, server_default=sa.text("1"))
    policy: Mapped[dict[str, int | str | bool | list[str]]] = mapped_column(Json, default=dict)
    requirement_tree: Mapped[dict[str, object] | None] = mapped_column(Json)
    requirement_notes: Mapped[str] = mapped_column(sa.Text, default="")
    practitioners_needed: Mapped[int] = mapped_column(default=0)
    min_stars: Mapped[int | None]
    min_credit: Mapped[str | None] = mapped_column(sa.String(1))
    duration_days: Mapped[int]
    deliverables_wanted: Mapped[list[dict[str, str | int]]] = mapped_column(Json)
    payment_terms: Mapped[list[dict[str, str | int]]] = mapped_column(Json)
    draw_source: Mapped[str | None] = mapped_column(sa.Text)
    # With a source of parties: their names, in the order of its commitments (selection.parties).
    draw_parties: Mapped[list[str]] = mapped_column(ARRAY(sa.String(64)), default=list, server_default="{}")
    quote_keys: Mapped[dict[str, str] | None] = mapped_column(Json)
    # The moment before which the witness opens no quote, as it has last confirmed.
    witness_opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    draw_locked: Mapped[bool] = mapped_column(default=False)
    direct_ground: Mapped[Ground | None] = mapped_column(choice(Ground, "direct_ground"))
    direct_document: Mapped[str] = mapped_column(sa.String(100), default="")
    direct_document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.documents.id"))
    named_agency_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agencies.agencies.id"))
    winner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agencies.agencies.id"), index=True)
    award_price: Mapped[int | None] = mapped_column(Fen)
    decliners: Mapped[list[str]] = mapped_column(Json, default=list)
    enrol_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    select_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    announced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    extended: Mapped[bool] = mapped_column(default=False)
    due_what: Mapped[str | None] = mapped_column(sa.String(32))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    return_reason: Mapped[str] = mapped_column(sa.Text, default="")
    end_reason: Mapped[str] = mapped_column(sa.Text, default="")
    reissue_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("trade.projects.id"), unique=True)
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    # Of the form that made the draft: the same form sent twice makes one.
    draft_key: Mapped[str | None] = mapped_column(sa.String(64))
    owner: Mapped[Organisation] = relationship(lazy="joined")
    matter_version: Mapped[MatterVersion] = relationship(lazy="joined")
    named_agency: Mapped[Agency | None] = relationship(foreign_keys=[named_agency_id])
    winner: Mapped[Agency | None] = relationship(foreign_keys=[winner_id])
    reissue_of: Mapped["Project | None"] = relationship(remote_side=[id])
    enrolments: Mapped[list["Enrolment"]] = relationship(back_populates="project", order_by="Enrolment.id")
    avoided: Mapped[list["AvoidedAgency"]] = relationship(order_by="AvoidedAgency.id")

    __mapper_args__ = {"version_id_col": version}


class ProjectVersion(Base):
    """The published wording, and each amendment of it (修订)."""

    __tablename__ = "project_versions"
    __table_args__ = (sa.UniqueConstraint("project_id", "number"), {"schema": "trade"})

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"))
    number: Mapped[int]
    reason: Mapped[str] = mapped_column(sa.Text)
    wording: Mapped[dict[str, object]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class AvoidedAgency(Base):
    """An agency that the owner must avoid (回避), with the reason."""

    __tablename__ = "avoided_agencies"
    __table_args__ = (sa.UniqueConstraint("project_id", "agency_uscc"), {"schema": "trade"})

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"))
    agency_uscc: Mapped[str] = mapped_column(sa.String(18))
    reason: Mapped[str] = mapped_column(sa.Text)


class Enrolment(Base):
    """An agency's enrolment (报名) in a project; the figures of the freeze stand beside it once frozen."""

    __tablename__ = "enrolments"
    __table_args__ = (
        sa.Index(
            "uq_enrolments_one_live",
            "project_id",
            "agency_id",
            unique=True,
            postgresql_where=sa.text("state <> 'cancelled'"),
        ),
        sa.Index("ix_enrolments_agency", "agency_id", "id"),
        sa.CheckConstraint("offered_days IS NULL OR offered_days >= 1", name="offered_days_positive"),
        sa.CheckConstraint("state <> 'excluded' OR exclusion_code IS NOT NULL", name="excluded_has_code"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"))
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"))
    state: Mapped[EnrolmentState] = mapped_column(choice(EnrolmentState, "state"))
    # The agency's name when it enrolled: the public record of the selection keeps it, whatever the agency is called later.
    agency_name: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    enrolled_by: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.users.id"))
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    offered_days: Mapped[int | None]
    exclusion_code: Mapped[str | None] = mapped_column(sa.String(64))
    exclusion_reason: Mapped[str] = mapped_column(sa.Text, default="")
    figures: Mapped[dict[str, object]] = mapped_column(Json, default=dict)
    project: Mapped[Project] = relationship(back_populates="enrolments")
    agency: Mapped[Agency] = relationship(lazy="joined")
    practitioners: Mapped[list[Practitioner]] = relationship(secondary="trade.enrolment_practitioners")
    eligibility: Mapped[list["EligibilityCheck"]] = relationship(order_by="EligibilityCheck.id")


class EnrolmentPractitioner(Base):
    """A practitioner named in an enrolment."""

    __tablename__ = "enrolment_practitioners"
    __table_args__ = ({"schema": "trade"},)

    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.enrolments.id"), primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.practitioners.id"), primary_key=True)


class EligibilityCheck(Base):
    """All eligibility rules run over one enrolment at one of the three moments: enrolment, freeze, award."""

    __tablename__ = "eligibility_checks"
    __table_args__ = (sa.Index("ix_eligibility_checks_enrolment", "enrolment_id"), {"schema": "trade"})

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.enrolments.id"))
    moment: Mapped[str] = mapped_column(sa.String(16))
    ok: Mapped[bool]
    findings: Mapped[list[dict[str, object]]] = mapped_column(Json)
    # Against the run before: which rules say something else, or the same on other grounds (projects/changes.py).
    changes: Mapped[list[dict[str, object]]] = mapped_column(Json, default=list, server_default=sa.text("'[]'::jsonb"))
    ran_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WeakLink(Base):
    """What two agencies of one pool have in common that is no reason to exclude them: for a supervisor's eye (selection.md §2)."""

    __tablename__ = "weak_links"
    __table_args__ = (
        sa.UniqueConstraint("project_id", "first", "second", "kind"),
        sa.CheckConstraint("first < second", name="in_order"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"))
    first: Mapped[str] = mapped_column(sa.String(18))
    second: Mapped[str] = mapped_column(sa.String(18))
    kind: Mapped[str] = mapped_column(sa.String(32))
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
