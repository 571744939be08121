"""The witness's own clock, UTC, whole seconds; for demos it may stand apart from real time by what a file says."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from witness.errors import Refused

_OFFSET = re.compile(r"[+-]?[0-9]{1,11}(\.[0-9]{1,6})?")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


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

    The file is read at every question; while it does not exist, real time counts.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file

    def now(self) -> datetime:
        """The time now, rounded down to the second. Raises Refused(503) where the file cannot be understood."""
        real = datetime.now(UTC)
        try:
            text = "0" if self._file is None else self._file.read_text("ascii").strip()
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
