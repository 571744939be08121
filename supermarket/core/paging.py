"""Pages of lists: by cursor for programs (nothing skipped or doubled while rows come), by number for people."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Generic, TypeVar

import orjson
import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import FieldError, InvalidInput
from supermarket.extensions import db

T = TypeVar("T")
MOST, USUAL = 100, 20
KeyValue = str | int | Decimal | datetime | date
SortColumn = (
    sa.ColumnElement[str]
    | sa.ColumnElement[int]
    | sa.ColumnElement[Decimal]
    | sa.ColumnElement[datetime]
    | sa.ColumnElement[date]
)


@dataclass(frozen=True)
class Slice:
    """What part of a list is wanted: `size` rows (1–100), after a cursor or the page of a number from 1."""

    size: int = USUAL
    after: str | None = None
    number: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MOST:
            message = _("A page has from 1 to %(most)s rows.", most=MOST)
            raise InvalidInput(message, errors=[FieldError("page[size]", "range", message)])
        if not 1 <= self.number <= 1_000_000:
            message = _("There is no page of this number.")
            raise InvalidInput(message, errors=[FieldError("page", "range", message)])


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of one page; `next` is the cursor of what follows (None: nothing), `total` counts all that match."""

    items: Sequence[T]
    total: int
    next: str | None
    number: int = 1
    size: int = USUAL

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True)
class SortKey:
    """One column of the order, never NULL; the last key of an order must be unique."""

    column: SortColumn
    descending: bool = False


_READERS: Mapping[str, Callable[[str], KeyValue]] = {
    "s": str,
    "i": int,
    "d": Decimal,
    "t": datetime.fromisoformat,
    "y": date.fromisoformat,
}
_LARGEST = 2**63 - 1


def _tagged(value: KeyValue) -> list[str]:
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["y", value.isoformat()]
    return [{str: "s", int: "i", Decimal: "d"}[type(value)], str(value)]


def encode_cursor(values: Sequence[KeyValue]) -> str:
    """The opaque cursor of a row's sort values."""
    return base64.urlsafe_b64encode(orjson.dumps([_tagged(value) for value in values])).decode().rstrip("=")


def decode_cursor(text: str, kinds: Sequence[type]) -> list[KeyValue]:
    """The sort values of a cursor of ours, of these types. Raises InvalidInput at `page[after]`."""
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        values = [_READERS[kind](value) for kind, value in raw]
    except (ValueError, KeyError, TypeError, binascii.Error, InvalidOperation) as error:
        raise _bad_cursor() from error
    if len(values) != len(kinds) or not all(_fits(value, kind) for value, kind in zip(values, kinds, strict=True)):
        raise _bad_cursor()
    return values


def _fits(value: KeyValue, kind: type) -> bool:
    """Whether the database can compare the value with a column of `kind`."""
    if type(value) is not kind:
        return False
    match value:
        case str():
            return "\x00" not in value
        case int():
            return abs(value) <= _LARGEST
        case Decimal():
            return value.is_finite()
        case datetime():
            return value.tzinfo is not None
        case _:
            return True


def _bad_cursor() -> InvalidInput:
    message = _("This is no cursor of this list. Begin without one.")
    return InvalidInput(message, errors=[FieldError("page[after]", "cursor", message)])


def _behind(keys: Sequence[SortKey], values: Sequence[KeyValue]) -> sa.ColumnElement[bool]:
    """Rows that come after `values`: (a > x) or (a = x and b > y) …, with < where the order descends."""
    branches = []
    for place, (key, value) in enumerate(zip(keys, values, strict=True)):
        same = [earlier.column == known for earlier, known in zip(keys[:place], values[:place], strict=True)]
        branches.append(sa.and_(*same, key.column < value if key.descending else key.column > value))
    return sa.or_(*branches)


def _python_type(column: SortColumn) -> type:
    kind = column.type
    return kind.impl_instance.python_type if isinstance(kind, sa.types.TypeDecorator) else kind.python_type


def fetch(query: "sa.Select[T]", keys: Sequence[SortKey], part: Slice, total: int) -> Page[T]:
    """One page of a query of one entity, in one statement. Raises InvalidInput for a cursor that is not ours."""
    ordered = query.add_columns(*(key.column.label(f"sort_{place}") for place, key in enumerate(keys)))
    ordered = ordered.order_by(*(key.column.desc() if key.descending else key.column.asc() for key in keys))
    if part.after:
        kinds = [_python_type(key.column) for key in keys]
        ordered = ordered.where(_behind(keys, decode_cursor(part.after, kinds)))
    else:
        ordered = ordered.offset((part.number - 1) * part.size)
    rows = db.session.execute(ordered.limit(part.size + 1)).all()
    shown = rows[: part.size]
    following = encode_cursor(shown[-1][1:]) if len(rows) > part.size else None
    return Page([row[0] for row in shown], total, following, part.number, part.size)
