"""Every single change of a record: each leaf another value, each field and item left out, each item twice or in another place."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

Made = dict[str, object]
Path = tuple[str | int, ...]
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_USCC = re.compile(r"[0-9A-Z]{18}")
# Words of which another one of the same list is put in the place of one.
WORDS = (
    ("announced", "awarded", "in_service", "completed", "archived", "failed", "withdrawn", "void", "suspended"),
    ("live", "cancelled", "excluded"),
    ("offered", "contracted", "declined", "lapsed", "disqualified", "closed"),
    ("shortlist", "draw", "price", "auction", "score", "choose"),
    ("credit", "stars"),
    ("equal", "credit"),
    ("lowest", "highest_discount", "nearest_mean", "second_lowest"),
    ("A", "B", "C", "D"),
    ("enrolment", "freeze", "award"),
    ("accepted", "rejected", "absent"),
    ("confirmed", "deemed", "dissented"),
)


@dataclass(frozen=True, slots=True)
class Damage:
    """One change: `set`, `add`, `remove`, `double` or `swap` at a path."""

    how: str
    path: Path
    value: object = None

    @property
    def name(self) -> str:
        """The same for every item of a list and every agency: `set quotes.[].opened_at`."""
        parts = ["[]" if isinstance(part, int) else _USCC.sub("<uscc>", part) for part in self.path]
        return f"{self.how} {'.'.join(parts)}"

    def done_to(self, record: Made) -> Made:
        """The record with the change."""
        changed = copy.deepcopy(record)
        place: object = changed
        for part in self.path[:-1]:
            place = place[part]  # type: ignore[index] # – a path through lists and objects
        last = self.path[-1]
        if isinstance(place, list) and isinstance(last, int):
            if self.how == "remove":
                del place[last]
            elif self.how == "double":
                place.insert(last, copy.deepcopy(place[last]))
            elif self.how == "swap":
                place[last], place[last + 1] = place[last + 1], place[last]
            else:
                place[last] = self.value
        elif isinstance(place, dict):
            if self.how == "remove":
                del place[last]
            else:
                place[last] = self.value
        return changed


def damages(value: object, path: Path = ()) -> Iterator[Damage]:
    """Every change."""
    if isinstance(value, dict):
        for name in value:
            yield Damage("remove", (*path, name))
            yield from damages(value[name], (*path, name))
        yield Damage("add", (*path, "zzz"), 1)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield Damage("remove", (*path, place))
            yield Damage("double", (*path, place))
            if place + 1 < len(value) and item != value[place + 1]:
                yield Damage("swap", (*path, place))
            yield from damages(item, (*path, place))
    else:
        for other in _others(value):
            yield Damage("set", path, other)


def _others(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif value is None:
        yield from ("2026-11-27T10:00:00Z", 1, "x")
    elif isinstance(value, str):
        yield from _texts(value)


def _texts(value: str) -> Iterator[object]:
    known = [word for words in WORDS if value in words for word in words if word != value]
    if _TIME.fullmatch(value):
        at = datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 – all are UTC
        for away in (timedelta(seconds=1), timedelta(seconds=-1), timedelta(days=400), timedelta(days=-400)):
            yield (at + away).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield None
    elif _INSTANT.fullmatch(value):
        yield value[:-8] + ("1" if value[-8] != "1" else "2") + value[-7:]
    elif known:
        yield from known
    elif re.fullmatch(r"[0-9a-f]{64,128}|[0-9A-Z]{18}|-?\d+(\.\d+)?", value):
        yield _flipped(value, len(value) - 1)
    elif "\n" in value:
        middle = len(value) // 2
        yield _flipped(value, middle if value[middle] != "\n" else middle + 1)
    else:
        yield f"{value}x"
        yield None


def _flipped(text: str, at: int) -> str:
    sign = text[at]
    other = "1" if sign == "0" else "0" if sign.isdigit() else "b" if sign == "a" else "a" if sign.islower() else "A"
    return text[:at] + (other if other != sign else "B") + text[at + 1 :]
