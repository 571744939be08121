"""People who work for agencies: where from when until when, with which licences, and requests to move."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.agencies.models.agency import Agency
from supermarket.core.columns import UtcDateTime, choice
from supermarket.extensions import Base


class Practitioner(Base):
    """A person's time at one agency, `since` until `released_at` (None: still there).

    The identity number is encrypted; the same person is found at another agency only by its keyed hash.
    """

    __tablename__ = "practitioners"
    __table_args__ = (
        sa.CheckConstraint("released_at >= since", name="released_after_since"),
        sa.Index(
            "uq_practitioners_one_agency",
            "identity_hash",
            unique=True,
            postgresql_where=sa.text("released_at IS NULL"),
        ),
        sa.Index("ix_practitioners_identity_hash", "identity_hash"),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    identity_cipher: Mapped[bytes]
    identity_hash: Mapped[str] = mapped_column(sa.String(64))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agency: Mapped[Agency] = relationship(back_populates="practitioners")
    licences: Mapped[list["PractitionerLicence"]] = relationship(
        back_populates="practitioner", order_by="PractitionerLicence.id"
    )

    @property
    def live_licences(self) -> list["PractitionerLicence"]:
        """The licences that have not been taken out of the file."""
        return [licence for licence in self.licences if licence.ended_at is None]


class PractitionerLicence(Base):
    """A personal licence as an agency filed it; it counts while `verified_at` is set and through `registered_until`."""

    __tablename__ = "practitioner_licences"
    __table_args__ = (
        sa.Index(
            "uq_practitioner_licences_live",
            "kind_code",
            "number",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index("ix_practitioner_licences_number", "number"),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.practitioners.id"), index=True)
    kind_code: Mapped[str] = mapped_column(sa.ForeignKey("matters.qualification_kinds.code"))
    number: Mapped[str] = mapped_column(sa.String(64))
    registered_until: Mapped[date]
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    practitioner: Mapped[Practitioner] = relationship(back_populates="licences")

    def counts_on(self, on: date) -> bool:
        """Whether the licence counts on a local day: verified, not run out, not taken out of the file."""
        return self.ended_at is None and self.verified_at is not None and self.registered_until >= on


class MoveState(StrEnum):
    """Where a request to move a person is."""

    ASKED = "asked"
    DISPUTED = "disputed"
    RELEASED = "released"
    GRANTED = "granted"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class PractitionerMove(Base):
    """An agency filed a person who is registered with another one: what it filed, and what became of the request."""

    __tablename__ = "practitioner_moves"
    __table_args__ = (
        sa.CheckConstraint("(state = 'asked') = (answer_due_at IS NOT NULL)", name="asked_has_due"),
        sa.CheckConstraint("(state IN ('asked', 'disputed')) = (ended_at IS NULL)", name="open_has_no_end"),
        sa.CheckConstraint("(state IN ('released', 'granted')) = (moved_id IS NOT NULL)", name="moved_has_person"),
        sa.Index(
            "uq_practitioner_moves_open",
            "practitioner_id",
            "to_agency_id",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index("ix_practitioner_moves_due", "answer_due_at", postgresql_where=sa.text("answer_due_at IS NOT NULL")),
        sa.Index("ix_practitioner_moves_lapse", "registered_until", postgresql_where=sa.text("ended_at IS NULL")),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.practitioners.id"), index=True)
    to_agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    kind_code: Mapped[str] = mapped_column(sa.ForeignKey("matters.qualification_kinds.code"))
    number: Mapped[str] = mapped_column(sa.String(64))
    registered_until: Mapped[date]
    state: Mapped[MoveState] = mapped_column(choice(MoveState, "state"), default=MoveState.ASKED)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disputed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refusal: Mapped[str] = mapped_column(sa.Text, default="")
    decision: Mapped[str] = mapped_column(sa.Text, default="")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    moved_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agencies.practitioners.id"), unique=True)
    practitioner: Mapped[Practitioner] = relationship(foreign_keys=[practitioner_id])
    moved: Mapped[Practitioner | None] = relationship(foreign_keys=[moved_id])
    to_agency: Mapped[Agency] = relationship()
