"""Working days and time limits (lifecycle spec, "Time limits").

A limit of n working days from x: the Asia/Shanghai date of x does not count; it is due at 24:00 local of the n-th
working day after it, and at that instant it is late. 24:00 of a day is stored as 00:00 of the next one, so a moment
at exactly midnight belongs, as a due moment, to the day that ends there. All results are aware UTC datetimes.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
URGING_HOUR = time(9, 0)
CALENDAR_FOLDER = Path(__file__).resolve().parent.parent / "data" / "calendar"

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("a moment must carry its time zone")
    return moment


def _count(days: int) -> int:
    if days < 0:
        raise ValueError("a number of days must not be negative")
    return days


def local_date(moment: datetime) -> date:
    """The Asia/Shanghai date on which a moment falls. Raises ValueError for a naive one."""
    return _aware(moment).astimezone(SHANGHAI).date()


def due_date(due: datetime) -> date:
    """The Asia/Shanghai date at whose end (or during which) a due moment falls: 24:00 belongs to the ending day."""
    return local_date(_aware(due) - _INSTANT)


def local_moment(day: date, at: time = time(0, 0)) -> datetime:
    """The UTC moment of a local wall-clock time on a day."""
    return datetime.combine(day, at, SHANGHAI).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """24:00 local of a day, in UTC."""
    return local_moment(day + _DAY)


def due_after_calendar_days(start: datetime, days: int) -> datetime:
    """24:00 local of the n-th calendar day after the local date of ``start``; with 0 the same moment."""
    if _count(days) == 0:
        return _aware(start).astimezone(UTC)
    return end_of_day(local_date(start) + days * _DAY)


def shift_calendar_days(due: datetime, days: int) -> datetime:
    """The same local time, later by calendar days (resuming a calendar limit)."""
    return (_aware(due).astimezone(SHANGHAI) + _count(days) * _DAY).astimezone(UTC)


def calendar_days_between(start: datetime, end: datetime) -> int:
    """Whole local days from one moment's date to another's; negative if the second is earlier."""
    return (local_date(end) - local_date(start)).days


def _days_of(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


@dataclass(frozen=True, slots=True)
class Calendar:
    """Official working days by date; days that are not in it are working days from Monday to Friday."""

    official: Mapping[date, bool]
    _published: frozenset[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        counts: dict[int, int] = {}
        for day in self.official:
            counts[day.year] = counts.get(day.year, 0) + 1
        whole = frozenset(year for year, count in counts.items() if count == _days_of(year))
        object.__setattr__(self, "official", MappingProxyType(dict(self.official)))
        object.__setattr__(self, "_published", whole)

    def is_published(self, year: int) -> bool:
        """Whether every day of the year is official; if not, the page says that it was computed from weekends."""
        return year in self._published

    def is_working(self, day: date) -> bool:
        """Whether a local date is a working day."""
        known = self.official.get(day)
        return day.isoweekday() <= 5 if known is None else known

    def _walk(self, day: date, step: timedelta) -> Iterator[date]:
        while True:
            day += step
            if self.is_working(day):
                yield day

    def working_day_after(self, day: date, days: int) -> date:
        """The n-th working day after a date; with 0 the date itself, working or not."""
        walk = self._walk(day, _DAY)
        for _ in range(_count(days)):
            day = next(walk)
        return day

    def working_day_before(self, day: date, days: int) -> date:
        """The n-th working day before a date; with 0 the date itself, working or not."""
        walk = self._walk(day, -_DAY)
        for _ in range(_count(days)):
            day = next(walk)
        return day

    def due_after(self, start: datetime, days: int) -> datetime:
        """24:00 local of the n-th working day after the local date of ``start``, in UTC; with 0 the same moment.

        Raises ValueError for a naive moment or a negative number.
        """
        if _count(days) == 0:
            return _aware(start).astimezone(UTC)
        return end_of_day(self.working_day_after(local_date(start), days))

    def moment_before(self, due: datetime, days: int) -> datetime:
        """T−n: 09:00 local, n working days before the due date, in UTC."""
        return local_moment(self.working_day_before(due_date(due), days), URGING_HOUR)

    def shift(self, due: datetime, working_days: int) -> datetime:
        """The same local time, later by working days (resume, extension); 24:00 of a day stays 24:00 of a day."""
        if _count(working_days) == 0:
            return _aware(due).astimezone(UTC)
        old = due_date(due)
        wall = _aware(due).astimezone(SHANGHAI)
        midnight = wall.date() - old
        moved = self.working_day_after(old, working_days) + midnight
        return datetime.combine(moved, wall.time(), SHANGHAI).astimezone(UTC)

    def working_days_between(self, start: datetime, end: datetime) -> int:
        """Working days that a limit has used up: after the local date of ``start``, up to the day of ``end``.

        ``working_days_between(x, due_after(x, n)) == n``. Raises ValueError if ``end`` is before ``start``.
        """
        if _aware(end) < _aware(start):
            raise ValueError("the end must not be before the start")
        return self._working_in(local_date(start), due_date(end))

    def remaining(self, due: datetime, at: datetime) -> int:
        """Working days left after today: 0 on the due date itself, and 0 when it is late."""
        return self._working_in(local_date(at), due_date(due))

    def overdue(self, due: datetime, at: datetime) -> int:
        """Working days begun since the due date; 0 while it is not late. Late starts at the due moment itself."""
        return self._working_in(due_date(due), local_date(at)) if is_late(due, at) else 0

    def _working_in(self, after: date, until: date) -> int:
        days = (until - after).days
        return sum(self.is_working(after + number * _DAY) for number in range(1, days + 1))


def is_late(due: datetime, at: datetime) -> bool:
    """Whether a limit has run out: at the due instant it is late."""
    return _aware(at) >= _aware(due)


def read_days(path: Path) -> dict[date, bool]:
    """The days of one calendar file (columns ``date`` and ``is_workday``). Raises ValueError naming a bad row."""
    days: dict[date, bool] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            flag = row["is_workday"]
            if flag not in {"0", "1"}:
                raise ValueError(f"{path.name}, line {number}: is_workday must be 0 or 1")
            day = date.fromisoformat(row["date"])
            if day in days:
                raise ValueError(f"{path.name}, line {number}: {day} is there twice")
            days[day] = flag == "1"
    return days


@cache
def load_official() -> Calendar:
    """The official calendar that comes with the product: one file a year, from the State Council's notices."""
    days: dict[date, bool] = {}
    for path in sorted(CALENDAR_FOLDER.glob("workdays_*.csv")):
        days.update(read_days(path))
    return Calendar(days)
