"""Tables of the policies room, schema `platform`."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from supermarket.core.columns import Json, UtcDateTime
from supermarket.extensions import Base


class Region(Base):
    """A province, city or county of GB/T 2260 (行政区划)."""

    __tablename__ = "regions"
    __table_args__ = ({"schema": "platform"},)

    code: Mapped[str] = mapped_column(sa.String(6), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    parent_code: Mapped[str | None] = mapped_column(sa.ForeignKey("platform.regions.code"), index=True)
    level: Mapped[str] = mapped_column(sa.String(16))


class RegionSuccessor(Base):
    """An abolished code and a region that took it over; old data must still resolve."""

    __tablename__ = "region_successors"
    __table_args__ = ({"schema": "platform"},)

    old_code: Mapped[str] = mapped_column(sa.String(6), primary_key=True)
    successor_code: Mapped[str] = mapped_column(sa.ForeignKey("platform.regions.code"), primary_key=True)
    old_name: Mapped[str] = mapped_column(sa.String(64))


class Industry(Base):
    """An industry authority (行业主管部门) and its short code."""

    __tablename__ = "industries"
    __table_args__ = ({"schema": "platform"},)

    code: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(64), unique=True)


class Policy(Base):
    """One number or limit, for a region subtree (None: the country), from a date on."""

    __tablename__ = "policies"
    __table_args__ = (
        sa.UniqueConstraint("key", "region_code", "effective_from", postgresql_nulls_not_distinct=True),
        {"schema": "platform"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(64))
    region_code: Mapped[str | None] = mapped_column(sa.ForeignKey("platform.regions.code"))
    effective_from: Mapped[date]
    value: Mapped[int | str | bool | list[str]] = mapped_column(Json)
    basis: Mapped[str] = mapped_column(sa.Text, default="")


class CalendarDay(Base):
    """An official day: worked or not (国务院办公厅节假日安排)."""

    __tablename__ = "calendar_days"
    __table_args__ = ({"schema": "platform"},)

    day: Mapped[date] = mapped_column(primary_key=True)
    is_working: Mapped[bool]
    name: Mapped[str] = mapped_column(sa.String(64), default="")


class JobSlot(Base):
    """One run of one job: guard against a second and heartbeat at once."""

    __tablename__ = "job_slots"
    __table_args__ = ({"schema": "platform"},)

    job: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    slot: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[dict[str, int | str] | None] = mapped_column(Json)
