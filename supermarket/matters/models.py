"""Tables of register 1, schema `matters`."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.core.columns import Json, UtcDateTime, choice
from supermarket.extensions import Base


class MatterState(StrEnum):
    """Where a matter's present wording stands with its list office."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    RETURNED = "returned"


class CommissionedBy(StrEnum):
    """Who orders the service (onboarding.md)."""

    APPLICANT_MAY_DO_IT_ALONE = "applicant_may_do_it_alone"
    APPLICANT = "applicant"
    AUTHORITY = "authority"


class FeeKind(StrEnum):
    """How the price comes about."""

    GOVERNMENT_PRICE = "government_price"
    GUIDED = "guided"
    MARKET = "market"


class QualificationKind(Base):
    """A kind of qualification or personal licence and its levels, highest first; abolished kinds stay readable."""

    __tablename__ = "qualification_kinds"
    __table_args__ = ({"schema": "matters"},)

    code: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    of_person: Mapped[bool]
    name: Mapped[str] = mapped_column(sa.String(100))
    levels: Mapped[list[str]] = mapped_column(ARRAY(sa.String(64)))
    issuing_authority: Mapped[str] = mapped_column(sa.String(200))
    status: Mapped[str] = mapped_column(sa.String(16))
    status_effective: Mapped[str] = mapped_column(sa.String(16))
    basis: Mapped[str] = mapped_column(sa.Text)
    note: Mapped[str] = mapped_column(sa.Text)
    uncertain: Mapped[bool]


class Matter(Base):
    """An intermediary service that an approval needs (中介服务事项)."""

    __tablename__ = "matters"
    __table_args__ = (
        sa.CheckConstraint("state <> 'published' OR published_version_id IS NOT NULL", name="published_has_version"),
        {"schema": "matters"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(16), unique=True)
    region_code: Mapped[str] = mapped_column(sa.ForeignKey("platform.regions.code"))
    state: Mapped[MatterState] = mapped_column(choice(MatterState, "state"))
    version: Mapped[int] = mapped_column(default=1)
    return_reason: Mapped[str] = mapped_column(sa.Text, default="")
    published_version_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("matters.matter_versions.id", use_alter=True)
    )
    published_version: Mapped["MatterVersion | None"] = relationship(
        foreign_keys=[published_version_id], lazy="joined", post_update=True
    )
    versions: Mapped[list["MatterVersion"]] = relationship(
        foreign_keys="MatterVersion.matter_id", back_populates="matter", order_by="MatterVersion.number"
    )

    __mapper_args__ = {"version_id_col": version}


class MatterVersion(Base):
    """One wording of a matter; a project keeps the one that it was published under."""

    __tablename__ = "matter_versions"
    __table_args__ = (
        sa.UniqueConstraint("matter_id", "number"),
        sa.CheckConstraint("published_at IS NULL OR legal_basis <> ''", name="published_has_legal_basis"),
        {"schema": "matters"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matters.matters.id"), index=True)
    number: Mapped[int]
    change_kind: Mapped[str] = mapped_column(sa.String(32))
    change_reason: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.String(200))
    approval_item: Mapped[str] = mapped_column(sa.String(200))
    department: Mapped[str] = mapped_column(sa.String(200))
    industry: Mapped[str] = mapped_column(sa.ForeignKey("platform.industries.code"), index=True)
    stage: Mapped[str] = mapped_column(sa.String(32), index=True)
    legal_basis: Mapped[str] = mapped_column(sa.Text)
    other_basis: Mapped[str] = mapped_column(sa.Text)
    citation_check: Mapped[str] = mapped_column(sa.String(64))
    agency_type: Mapped[str] = mapped_column(sa.String(200))
    commissioned_by: Mapped[CommissionedBy] = mapped_column(choice(CommissionedBy, "commissioned_by"))
    fee_bearer: Mapped[str] = mapped_column(sa.String(200))
    fee_kind: Mapped[FeeKind] = mapped_column(choice(FeeKind, "fee_kind"))
    fee_standard: Mapped[str] = mapped_column(sa.Text)
    fee_reference: Mapped[str] = mapped_column(sa.String(32))
    requirement_tree: Mapped[dict[str, object] | None] = mapped_column(Json)
    requirement_text: Mapped[str] = mapped_column(sa.Text)
    requirement_source: Mapped[str] = mapped_column(sa.Text)
    personal_licences: Mapped[list[dict[str, object]]] = mapped_column(Json)
    service_time: Mapped[str] = mapped_column(sa.Text)
    approval_time: Mapped[str] = mapped_column(sa.Text)
    result_document: Mapped[str] = mapped_column(sa.String(200))
    note: Mapped[str] = mapped_column(sa.Text)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    matter: Mapped[Matter] = relationship(foreign_keys=[matter_id], back_populates="versions", lazy="joined")


class RegionalEntry(Base):
    """A region's own entry over a matter that it inherits from a list above: one per region and matter."""

    __tablename__ = "regional_entries"
    __table_args__ = (
        sa.UniqueConstraint("region_code", "matter_id"),
        sa.CheckConstraint("state <> 'published' OR published_version_id IS NOT NULL", name="regional_published"),
        {"schema": "matters"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(sa.ForeignKey("platform.regions.code"))
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matters.matters.id"), index=True)
    state: Mapped[MatterState] = mapped_column(choice(MatterState, "regional_state"))
    version: Mapped[int] = mapped_column(default=1)
    return_reason: Mapped[str] = mapped_column(sa.Text, default="")
    published_version_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("matters.regional_versions.id", use_alter=True)
    )
    matter: Mapped[Matter] = relationship(foreign_keys=[matter_id], lazy="joined")
    published_version: Mapped["RegionalVersion | None"] = relationship(
        foreign_keys=[published_version_id], lazy="joined", post_update=True
    )

    __mapper_args__ = {"version_id_col": version}


class RegionalVersion(Base):
    """One wording of a regional entry; an empty text is what the list above says. Never a word on qualifications."""

    __tablename__ = "regional_versions"
    __table_args__ = (
        sa.UniqueConstraint("entry_id", "number"),
        sa.CheckConstraint(
            "carried_out OR (not_carried_out_reason <> '' AND not_carried_out_basis <> '')",
            name="not_carried_out_has_reason",
        ),
        {"schema": "matters"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("matters.regional_entries.id"), index=True)
    number: Mapped[int]
    change_kind: Mapped[str] = mapped_column(sa.String(32))
    change_reason: Mapped[str] = mapped_column(sa.Text)
    carried_out: Mapped[bool]
    not_carried_out_reason: Mapped[str] = mapped_column(sa.Text)
    not_carried_out_basis: Mapped[str] = mapped_column(sa.Text)
    department: Mapped[str] = mapped_column(sa.String(200))
    service_time: Mapped[str] = mapped_column(sa.Text)
    approval_time: Mapped[str] = mapped_column(sa.Text)
    fee_standard: Mapped[str] = mapped_column(sa.Text)
    result_document: Mapped[str] = mapped_column(sa.String(200))
    note: Mapped[str] = mapped_column(sa.Text)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    entry: Mapped[RegionalEntry] = relationship(foreign_keys=[entry_id], lazy="joined")
