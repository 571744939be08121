"""What the automatic checks found, and registries loaded by command."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from supermarket.core.columns import Json, UtcDateTime, choice
from supermarket.extensions import Base


class Outcome(StrEnum):
    """What a check found."""

    PASS = "pass"  # noqa: S105 - an outcome, no secret
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class RegistryAnswer(Base):
    """An answer of a registry as it came: kept once for its bytes, compressed; findings point at it as evidence."""

    __tablename__ = "registry_answers"
    __table_args__ = (
        sa.UniqueConstraint("sha256", "registry_name", "question", name="uq_registry_answers_content"),
        sa.CheckConstraint("last_at >= first_at", name="answers_in_time"),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    # Of the rows alone: a reference or a time beside them makes no new evidence.
    rows_sha256: Mapped[str] = mapped_column(sa.String(64))
    registry_name: Mapped[str] = mapped_column(sa.String(64))
    question: Mapped[str] = mapped_column(sa.String(64))
    body: Mapped[bytes]
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Check(Base):
    """A finding for as long as it was found unchanged: from `first_at` to `last_at`; `present` while nothing followed it.

    The database lets only `last_at`, the registry's reference and answer, the place and the end of `present` change.
    """

    __tablename__ = "checks"
    __table_args__ = (
        sa.CheckConstraint("last_at >= first_at", name="found_in_time"),
        sa.Index("ix_checks_agency_first", "agency_id", "first_at"),
        # None of its columns changes from night to night, so the nightly update touches no index.
        sa.Index("ix_checks_present", "agency_id", postgresql_where=sa.text("present")),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"))
    code: Mapped[str] = mapped_column(sa.String(64))
    # The filed row that it is about (checks.base.Found.subject); "" for the body itself.
    subject: Mapped[str] = mapped_column(sa.String(64), default="")
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome, "outcome"))
    registry_name: Mapped[str] = mapped_column(sa.String(64))
    reference: Mapped[str] = mapped_column(sa.String(200))
    sentence: Mapped[str] = mapped_column(sa.Text)
    parameters: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agencies.registry_answers.id"))
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    present: Mapped[bool] = mapped_column(default=True)
    # Its place in the round, in the order of the checks.
    place: Mapped[int] = mapped_column(sa.SmallInteger, default=0)


class RegistryList(Base):
    """A list of a registry that was loaded by command: when, and what the file was."""

    __tablename__ = "registry_lists"
    __table_args__ = ({"schema": "agencies"},)

    registry_name: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    question: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(200))
    loaded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RegistryRow(Base):
    """One row of a loaded list, found by the agency's code."""

    __tablename__ = "registry_rows"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["registry_name", "question"],
            ["agencies.registry_lists.registry_name", "agencies.registry_lists.question"],
            name="fk_registry_rows_list",
        ),
        sa.Index("ix_registry_rows_found", "registry_name", "question", "uscc"),
        {"schema": "agencies"},
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    registry_name: Mapped[str] = mapped_column(sa.String(64))
    question: Mapped[str] = mapped_column(sa.String(64))
    uscc: Mapped[str] = mapped_column(sa.String(18))
    row: Mapped[dict[str, str]] = mapped_column(Json)
