"""The market's time: real time, or in demo and test databases a stored clock that only moves forward (lifecycle.md)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Mapped, mapped_column

from supermarket.core.columns import UtcDateTime
from supermarket.core.errors import RuleBroken
from supermarket.extensions import Base, db

LOCAL = ZoneInfo("Asia/Shanghai")


class DemoClock(Base):
    """How far the market's clock stands from real time; one row, only in demo and test databases."""

    __tablename__ = "demo_clock"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"), {"schema": "platform"})

    id: Mapped[int] = mapped_column(primary_key=True)
    offset_microseconds: Mapped[int] = mapped_column(sa.BigInteger)
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime)


def real_now() -> datetime:
    """The machine's time in UTC, whatever the market's clock says; for sessions and heartbeats."""
    return datetime.now(UTC)


def offset() -> timedelta:
    """The market's clock less real time; zero where no demo clock is set."""
    if not current_app.config["DEMO"]:
        return timedelta(0)
    microseconds = db.session.scalar(sa.select(DemoClock.offset_microseconds).where(DemoClock.id == 1))
    return timedelta(microseconds=microseconds or 0)


def now() -> datetime:
    """The market's time in UTC."""
    return real_now() + offset()


def move_to(moment: datetime) -> None:
    """Set the demo clock forward to `moment`. Raises RuleBroken outside a demo, or for an earlier moment."""
    if not current_app.config["DEMO"]:
        raise RuleBroken(_("The clock of a real market cannot be moved."), code="not_a_demo")
    row = db.session.get(DemoClock, 1, with_for_update=True)
    real = real_now()
    if row is not None and moment < real + timedelta(microseconds=row.offset_microseconds):
        raise RuleBroken(
            _("The demo clock only moves forward; it stands at %(now)s already.", now=local_text(now())),
            code="clock_backwards",
        )
    microseconds = int((moment - real) / timedelta(microseconds=1))
    if row is None:
        db.session.add(DemoClock(id=1, offset_microseconds=microseconds, moved_at=real))
    else:
        row.offset_microseconds, row.moved_at = microseconds, real
    db.session.flush()


def local_text(moment: datetime) -> str:
    """`moment` as people in China read it: 2026-11-27 18:00."""
    return moment.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
