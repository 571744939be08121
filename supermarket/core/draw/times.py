"""The one time format of a record: `YYYY-MM-DDTHH:MM:SSZ`, UTC, whole seconds."""

import re
from datetime import UTC, datetime

from supermarket.core.draw.errors import DrawError

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def parse_time(text: str, field: str = "time") -> datetime:
    """The aware UTC moment that `text` names; raises DrawError for any other spelling and for dates that do not
    exist.
    """
    if not _TIME.fullmatch(text):
        raise DrawError(field, "a time is written YYYY-MM-DDTHH:MM:SSZ")
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise DrawError(field, "no such moment in the calendar") from None


def format_time(at: datetime, field: str = "time") -> str:
    """`at` in the record's format; raises DrawError for a naive time or one with a fraction of a second."""
    if at.tzinfo is None:
        raise DrawError(field, "a time needs its zone")
    if at.microsecond:
        raise DrawError(field, "a time has whole seconds")
    at = at.astimezone(UTC)
    return f"{at.year:04d}-{at:%m-%dT%H:%M:%S}Z"
