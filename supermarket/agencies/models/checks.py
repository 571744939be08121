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


class Check(Base):
    """What one automatic check found at one moment, with the registry's own reference."""

    __tablename__ = "checks"
    __table_args__ = (sa.Index("ix_checks_agency_round", "agency_id", "round_at"), {"schema": "agencies"})

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.agencies.id"))
    round_at: Mapped[datetime] = mapped_column(UtcDateTime)
    code: Mapped[str] = mapped_column(sa.String(64))
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome, "outcome"))
    registry_name: Mapped[str] = mapped_column(sa.String(64))
    reference: Mapped[str] = mapped_column(sa.String(200))
    sentence: Mapped[str] = mapped_column(sa.Text)
    parameters: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


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
