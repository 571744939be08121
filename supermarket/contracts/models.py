"""Tables of the contracts room, schema `trade`."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.accounts.models import Organisation
from supermarket.agencies.models import Agency
from supermarket.contracts.states import ContractState
from supermarket.core.columns import Fen, Json, UtcDateTime, choice
from supermarket.documents.models import Document
from supermarket.extensions import Base
from supermarket.projects.models import Project

CONTRACT_SERIAL = sa.Sequence("contract_serial", schema="trade", metadata=Base.metadata)


class Party(StrEnum):
    """The two sides of a contract."""

    OWNER = "owner"
    AGENCY = "agency"

    @property
    def other(self) -> "Party":
        """The other side."""
        return Party.AGENCY if self is Party.OWNER else Party.OWNER


class UrgeAbout(StrEnum):
    """What one side may remind the other of."""

    SIGNATURE = "signature"
    DELIVERABLE = "deliverable"
    ACCEPTANCE = "acceptance"
    PAYMENT = "payment"
    CONFIRMATION = "confirmation"


class Contract(Base):
    """A contract (合同) drafted from an award; its text is a PDF whose hash both sides sign."""

    __tablename__ = "contracts"
    __table_args__ = (
        sa.CheckConstraint("price >= 1", name="price_positive"),
        sa.CheckConstraint(
            "state NOT IN ('in_force', 'completed') OR in_force_at IS NOT NULL", name="in_force_has_moment"
        ),
        sa.Index("ix_contracts_state", "state", "id"),
        sa.Index("ix_contracts_sign_due", "sign_due_at"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(32), unique=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.projects.id"), index=True)
    award_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.awards.id"), unique=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.organisations.id"), index=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), index=True)
    state: Mapped[ContractState] = mapped_column(choice(ContractState, "state"))
    price: Mapped[int] = mapped_column(Fen)
    duration_days: Mapped[int]
    terms: Mapped[dict[str, object]] = mapped_column(Json)
    document_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.documents.id"))
    signed_document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.documents.id"))
    drafted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sign_urge_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sign_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    urged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    in_force_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    public_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    public_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str] = mapped_column(sa.Text, default="")
    project: Mapped[Project] = relationship(lazy="joined")
    owner: Mapped[Organisation] = relationship(lazy="joined")
    agency: Mapped[Agency] = relationship(lazy="joined")
    document: Mapped[Document] = relationship(foreign_keys=[document_id], lazy="joined")
    signed_document: Mapped[Document | None] = relationship(foreign_keys=[signed_document_id])
    signatures: Mapped[list["Signature"]] = relationship(order_by="Signature.id", lazy="selectin")


class Signature(Base):
    """A recorded consent: which account, when, to which bytes; append-only."""

    __tablename__ = "signatures"
    __table_args__ = (sa.UniqueConstraint("contract_id", "party"), {"schema": "trade"})

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.contracts.id"))
    party: Mapped[Party] = mapped_column(choice(Party, "party"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.users.id"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.organisations.id"))
    document_sha256: Mapped[str] = mapped_column(sa.String(64))
    consent: Mapped[str] = mapped_column(sa.Text)
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Urge(Base):
    """One side reminds the other of what it owes (催办); once a working day."""

    __tablename__ = "urges"
    __table_args__ = (sa.UniqueConstraint("contract_id", "by_party", "day"), {"schema": "trade"})

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.contracts.id"))
    by_party: Mapped[Party] = mapped_column(choice(Party, "by_party"))
    day: Mapped[date]
    about: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
