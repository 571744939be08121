"""The witness's own clock, UTC, whole seconds; for demos it may stand apart from real time by what a file says."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from witness.errors import Refused

_OFFSET = re.compile(r"[+-]?[0-9]{1,11}(\.[0-9]{1,6})?")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


# How far the date may differ from the count of seconds: a clock that is set little by little never goes this fast.
JUMP = timedelta(seconds=60)
DRIFT = 0.001


def parse_time(text: str) -> datetime:
    """The moment of `YYYY-MM-DDTHH:MM:SSZ`; raises ValueError for any other spelling."""
    if not _TIME.fullmatch(text):
        raise ValueError("a time is written YYYY-MM-DDTHH:MM:SSZ")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def format_time(at: datetime) -> str:
    """`at` (UTC) as `YYYY-MM-DDTHH:MM:SSZ`."""
    return f"{at.year:04d}-{at:%m-%dT%H:%M:%S}Z"


class Clock:
    """Real time, or with `file` the demo's: the file holds the seconds to add, or the moment at which the clock
    stands.

    The file is read at every question; while it does not exist, real time counts. Without a file the machine's date is
    held against its uninterrupted count of seconds: a date that is set forward or back while the witness runs stops it,
    since it would open quotes early, or sign times that never were.
    """

    def __init__(
        self,
        file: Path | None = None,
        wall: Callable[[], datetime] | None = None,
        steady: Callable[[], float] | None = None,
    ) -> None:
        self._file = file
        self._wall = wall or (lambda: datetime.now(UTC))
        self._steady = steady or _steady
        self._began = self._wall(), self._steady()

    def now(self) -> datetime:
        """The time now, rounded down to the second. Raises Refused(503) where it cannot be known."""
        real = self._wall()
        if self._file is None:
            self._hold_against_the_count(real)
            return real.replace(microsecond=0)
        try:
            text = self._file.read_text("ascii").strip()
        except FileNotFoundError:
            text = "0"
        except (OSError, UnicodeDecodeError):
            raise Refused(503, "clock_unreadable", "The clock file cannot be read.") from None
        try:
            if _OFFSET.fullmatch(text):
                real += timedelta(microseconds=int(Decimal(text) * 1_000_000))
            else:
                real = parse_time(text)
        except (ValueError, OverflowError):
            raise Refused(
                503, "clock_unreadable", "The clock file holds neither seconds nor YYYY-MM-DDTHH:MM:SSZ."
            ) from None
        return real.replace(microsecond=0)

    def _hold_against_the_count(self, real: datetime) -> None:
        began, count = self._began
        passed = timedelta(seconds=self._steady() - count)
        off = real - began - passed
        if abs(off) > JUMP + passed * DRIFT:
            raise Refused(
                503,
                "clock_jumped",
                f"This machine's clock was set by {round(off.total_seconds())} seconds while the witness ran. "
                "Set it right, then restart the witness.",
            )


def _steady() -> float:
    """Seconds that nobody can set, sleep of the machine included where the system counts it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
