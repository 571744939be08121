"""The agency and what it files about itself."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.core.columns import UtcDateTime, choice
from supermarket.documents.models import Document
from supermarket.extensions import Base

if TYPE_CHECKING:
    from supermarket.agencies.models.practitioners import Practitioner


class Standing(StrEnum):
    """Where an agency stands in the market (onboarding.md)."""

    APPLIED = "applied"
    ACTIVE = "active"
    RECTIFYING = "rectifying"
    FROZEN = "frozen"
    SERVICE_WITHDRAWN = "service_withdrawn"
    BLACKLISTED = "blacklisted"
    EXPELLED = "expelled"
    LEFT = "left"


class StandingAction(StrEnum):
    """What changes a standing."""

    ADMIT = "admit"
    RECTIFY = "rectify"
    RECTIFIED = "rectified"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    WITHDRAW_SERVICE = "withdraw_service"
    RESTORE_SERVICE = "restore_service"
    BLACKLIST = "blacklist"
    UNLIST = "unlist"
    EXPEL = "expel"
    LEAVE = "leave"
    COME_BACK = "come_back"


class Onboarding(StrEnum):
    """Where an agency's onboarding form is (onboarding.md, The checks)."""

    DRAFT = "draft"
    CHECKING = "checking"
    WAITING = "waiting"
    REFUSED = "refused"
    ADMITTED = "admitted"


class Agency(Base):
    """An intermediary agency (中介服务机构); one entry serves the whole province."""

    __tablename__ = "agencies"
    __table_args__ = (
        sa.CheckConstraint("standing <> 'active' OR onboarding = 'admitted'", name="active_was_admitted"),
        sa.CheckConstraint("(onboarding = 'waiting') = (decision_due_at IS NOT NULL)", name="waiting_has_due"),
        sa.Index("ix_agencies_standing_name", "standing", "name"),
        sa.Index("ix_agencies_body", sa.text("substr(uscc, 9, 9)")),
        sa.Index("ix_agencies_expiry_due", "expiry_due_at", postgresql_where=sa.text("expiry_due_at IS NOT NULL")),
        sa.Index("ix_agencies_checks_due", "checks_due_at", postgresql_where=sa.text("checks_due_at IS NOT NULL")),
        sa.Index("ix_agencies_standing_ends", "standing_until", postgresql_where=sa.text("standing_until IS NOT NULL")),
        sa.Index(
            "ix_agencies_head_office", "head_office_uscc", postgresql_where=sa.text("head_office_uscc IS NOT NULL")
        ),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uscc: Mapped[str] = mapped_column(sa.String(18), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200), index=True)
    kind: Mapped[str] = mapped_column(sa.String(64))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.organisations.id"), unique=True)
    region_code: Mapped[str] = mapped_column(sa.ForeignKey("platform.regions.code"), index=True)
    address: Mapped[str] = mapped_column(sa.String(300), default="")
    public_contact: Mapped[str] = mapped_column(sa.String(200), default="")
    introduction: Mapped[str] = mapped_column(sa.Text, default="")
    legal_representative: Mapped[str] = mapped_column(sa.String(64), default="")
    established: Mapped[date | None]
    business_scope: Mapped[str] = mapped_column(sa.Text, default="")
    standing: Mapped[Standing] = mapped_column(choice(Standing, "standing"))
    standing_since: Mapped[datetime] = mapped_column(UtcDateTime)
    standing_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    onboarding: Mapped[Onboarding] = mapped_column(choice(Onboarding, "onboarding"), default=Onboarding.DRAFT)
    refusal: Mapped[str] = mapped_column(sa.Text, default="")
    is_branch: Mapped[bool] = mapped_column(default=False)
    head_office_uscc: Mapped[str | None] = mapped_column(sa.String(18))
    branch_authority_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.documents.id"))
    # The head office took its authority back; a newly filed paper does not bring it back, only the head office does.
    authority_revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pledge_signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    checks_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # 00:00 local after the last day of the certificate or licence that ends next.
    expiry_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    branch_authority: Mapped[Document | None] = relationship()
    # What was ended stays in the tables and is read by `queries.ended_*`; these hold what is filed now.
    services: Mapped[list["Service"]] = relationship(
        primaryjoin="and_(Agency.id == Service.agency_id, Service.ended_at.is_(None))",
        back_populates="agency",
        order_by="Service.matter_code",
    )
    qualifications: Mapped[list["Qualification"]] = relationship(
        primaryjoin="and_(Agency.id == Qualification.agency_id, Qualification.ended_at.is_(None))",
        back_populates="agency",
        order_by="Qualification.id",
    )
    practitioners: Mapped[list["Practitioner"]] = relationship(back_populates="agency", order_by="Practitioner.id")
    related_parties: Mapped[list["RelatedParty"]] = relationship(
        primaryjoin="and_(Agency.id == RelatedParty.agency_id, RelatedParty.ended_at.is_(None))",
        back_populates="agency",
        order_by="RelatedParty.id",
    )

    __mapper_args__ = {"version_id_col": version}


class Service(Base):
    """A matter that an agency offers, its fee standard in words and the days it promises."""

    __tablename__ = "services"
    __table_args__ = (
        sa.Index(
            "uq_services_offered_once",
            "agency_id",
            "matter_code",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.CheckConstraint("promised_days >= 1", name="promised_days_positive"),
        sa.CheckConstraint("ended_at IS NULL OR hidden_reason IS NOT NULL", name="ended_is_hidden"),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), index=True)
    matter_code: Mapped[str] = mapped_column(sa.ForeignKey("matters.matters.code"), index=True)
    fee_standard: Mapped[str] = mapped_column(sa.Text)
    promised_days: Mapped[int]
    # A new service is hidden until its checks have passed.
    hidden_reason: Mapped[str | None] = mapped_column(sa.String(64))
    # Changed or no longer offered since then; the row stays readable.
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agency: Mapped[Agency] = relationship(back_populates="services")


class Qualification(Base):
    """A certificate that an agency filed; valid through `valid_until` (None: without end)."""

    __tablename__ = "qualifications"
    __table_args__ = (
        # One certificate may list several specialities; whose a number is says the registry, not who filed it first.
        sa.Index(
            "uq_qualifications_filed",
            "agency_id",
            "kind_code",
            "number",
            "speciality",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=sa.text("ended_at IS NULL AND replaces_id IS NULL"),
        ),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), index=True)
    kind_code: Mapped[str] = mapped_column(sa.ForeignKey("matters.qualification_kinds.code"))
    speciality: Mapped[str | None] = mapped_column(sa.String(100))
    level: Mapped[str | None] = mapped_column(sa.String(64))
    number: Mapped[str] = mapped_column(sa.String(64))
    issuer: Mapped[str] = mapped_column(sa.String(200))
    valid_until: Mapped[date | None]
    # Since when a registry confirms it; None: not confirmed yet, or no longer. Only then does it count.
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.documents.id"))
    # The certificate that this one renews or corrects; that one ends once this one is verified.
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agencies.qualifications.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    document: Mapped[Document | None] = relationship()
    agency: Mapped[Agency] = relationship(back_populates="qualifications")


class RelatedParty(Base):
    """The head, a controller or a manager of an agency, by the registry; `party_hash` links the same party across agencies."""

    __tablename__ = "related_parties"
    __table_args__ = ({"schema": "agencies"},)

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), index=True)
    relation: Mapped[str] = mapped_column(sa.String(32))
    name: Mapped[str] = mapped_column(sa.String(200))
    party_uscc: Mapped[str | None] = mapped_column(sa.String(18), index=True)
    party_hash: Mapped[str] = mapped_column(sa.String(64), index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agency: Mapped[Agency] = relationship(back_populates="related_parties")


class StandingChange(Base):
    """One change of standing with its basis, proposer, executor, period, statement, effect and way back; append-only.

    With a matter it is about that one service, and the standing stays as it was.
    """

    __tablename__ = "standing_changes"
    __table_args__ = (
        sa.CheckConstraint(
            "matter_code IS NULL OR action IN ('withdraw_service', 'restore_service')",
            name="only_a_service_names_a_matter",
        ),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), index=True)
    before: Mapped[Standing] = mapped_column(choice(Standing, "before"))
    after: Mapped[Standing] = mapped_column(choice(Standing, "after"))
    action: Mapped[StandingAction] = mapped_column(choice(StandingAction, "action"))
    matter_code: Mapped[str | None] = mapped_column(sa.ForeignKey("matters.matters.code"))
    basis: Mapped[str] = mapped_column(sa.Text)
    proposer: Mapped[str] = mapped_column(sa.String(200))
    executor: Mapped[str] = mapped_column(sa.String(200))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    statement: Mapped[str] = mapped_column(sa.Text, default="")
    effect: Mapped[str] = mapped_column(sa.Text, default="")
    way_back: Mapped[str] = mapped_column(sa.Text, default="")
