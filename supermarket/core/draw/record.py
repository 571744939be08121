"""The public record of one draw, `/projects/<code>/draw.json` and `/projects/<code>/draws/<purpose>.json`.

One JSON object with exactly these fields: `version, pool_file, pool_hash, receipt{at, by, signature}, source_time,
value, entered_by, refused, drawn_at, key, order, excluded[{id, code}]`. Hex is lower-case, times are
`YYYY-MM-DDTHH:MM:SSZ`, unknown fields are refused, what is not yet known is null. Rule: selection rules, section 3.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from supermarket.core.draw.errors import DrawError
from supermarket.core.draw.pool import VERSION
from supermarket.core.draw.times import format_time, parse_time

MAX_BYTES = 8 * 1024 * 1024
_HEX64 = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """When which witness (by its published name) signed; `signature` is 128 hex digits over `receipt.receipt_body`."""

    at: datetime
    by: str
    signature: str

    def content(self) -> dict[str, str]:
        """The receipt as the record's JSON has it."""
        return {"at": format_time(self.at, "receipt.at"), "by": self.by, "signature": self.signature}


@dataclass(frozen=True, slots=True)
class Excluded:
    """An enrolment that is not in the pool, and the code of the rule that kept it out."""

    id: str
    code: str


@dataclass(frozen=True, slots=True)
class Record:
    """A draw as it stands; the fields of the public record, None where not yet known.

    `source_time`: when the value came into being (a drand round's time, the close of a lottery's sales, the last
    reveal). `entered_by`: the roles that handed the value in (`owner` and `regulator` for a bulletin, the parties for
    `parties`). `refused`: the parties that did not reveal in time; empty after a draw in which all did.
    """

    pool_file: str
    pool_hash: str
    receipt: Receipt | None = None
    source_time: datetime | None = None
    value: str | None = None
    entered_by: tuple[str, ...] | None = None
    refused: tuple[str, ...] | None = None
    drawn_at: datetime | None = None
    key: str | None = None
    order: tuple[str, ...] | None = None
    excluded: tuple[Excluded, ...] = ()
    version: str = VERSION

    def to_json(self) -> bytes:
        """The record as UTF-8 JSON in the order of the rules, two spaces of indent, LF at the end: always the same
        bytes.
        """
        receipt = self.receipt
        content: dict[str, object] = {
            "version": self.version,
            "pool_file": self.pool_file,
            "pool_hash": self.pool_hash,
            "receipt": None if receipt is None else receipt.content(),
            "source_time": None if self.source_time is None else format_time(self.source_time, "source_time"),
            "value": self.value,
            "entered_by": self.entered_by,
            "refused": self.refused,
            "drawn_at": None if self.drawn_at is None else format_time(self.drawn_at, "drawn_at"),
            "key": self.key,
            "order": self.order,
            "excluded": [{"id": e.id, "code": e.code} for e in self.excluded],
        }
        return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


_FIELDS = frozenset(f.name for f in fields(Record))


def parse_record(data: bytes) -> Record:
    """The record in `data`, read strictly. Raises DrawError with the first field that breaks the format.

    Whether its parts agree with each other is `verify_record`'s question, not this one's.
    """
    content = _object(_load(data), "record", _FIELDS)
    if content["version"] != VERSION:
        raise DrawError("version", f"only {VERSION} is known")
    return Record(
        version=VERSION,
        pool_file=_text(content["pool_file"], "pool_file"),
        pool_hash=_matching(content["pool_hash"], "pool_hash", _HEX64),
        receipt=None if content["receipt"] is None else _receipt(content["receipt"]),
        source_time=_time(content["source_time"], "source_time"),
        value=None if content["value"] is None else _text(content["value"], "value"),
        entered_by=_names(content["entered_by"], "entered_by"),
        refused=_names(content["refused"], "refused"),
        drawn_at=_time(content["drawn_at"], "drawn_at"),
        key=None if content["key"] is None else _matching(content["key"], "key", _HEX64),
        order=_names(content["order"], "order"),
        excluded=tuple(_excluded(item) for item in _list(content["excluded"], "excluded")),
    )


def _load(data: bytes) -> Json:
    if len(data) > MAX_BYTES:
        raise DrawError("record", f"it is larger than {MAX_BYTES} bytes")
    try:
        loaded: Json = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise DrawError("record", "it is not UTF-8") from None
    except DrawError:
        raise
    except (ValueError, RecursionError):  # RecursionError: lists in lists without end
        raise DrawError("record", "it is not JSON") from None
    return loaded


def _unique(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    content: dict[str, Json] = {}
    for name, value in pairs:
        if not name.isascii():
            raise DrawError("record", "a field's name is not ASCII")
        if name in content:
            raise DrawError(name, "the field stands in it twice")
        content[name] = value
    return content


def _no_constant(name: str) -> Json:
    raise DrawError("record", f"{name} is not JSON")


def _object(value: Json, field: str, names: frozenset[str]) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise DrawError(field, "an object is due here")
    above = "" if field == "record" else f"{field}."
    for name in sorted(value.keys() - names):
        raise DrawError(above + name, "unknown field")
    for name in sorted(names - value.keys()):
        raise DrawError(above + name, "the field is missing")
    return value


def _text(value: Json, field: str) -> str:
    if not isinstance(value, str):
        raise DrawError(field, "a text is due here")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise DrawError(field, "half a surrogate pair is no letter")
    return value


def _matching(value: Json, field: str, pattern: re.Pattern[str]) -> str:
    text = _text(value, field)
    if not pattern.fullmatch(text):
        raise DrawError(field, f"it does not look like {pattern.pattern}")
    return text


def _time(value: Json, field: str) -> datetime | None:
    return None if value is None else parse_time(_text(value, field), field)


def _list(value: Json, field: str) -> list[Json]:
    if not isinstance(value, list):
        raise DrawError(field, "a list is due here")
    return value


def _names(value: Json, field: str) -> tuple[str, ...] | None:
    return None if value is None else tuple(_text(item, field) for item in _list(value, field))


def _receipt(value: Json) -> Receipt:
    content = _object(value, "receipt", frozenset({"at", "by", "signature"}))
    return Receipt(
        at=parse_time(_text(content["at"], "receipt.at"), "receipt.at"),
        by=_text(content["by"], "receipt.by"),
        signature=_matching(content["signature"], "receipt.signature", _SIGNATURE),
    )


def _excluded(value: Json) -> Excluded:
    content = _object(value, "excluded", frozenset({"id", "code"}))
    return Excluded(_text(content["id"], "excluded"), _matching(content["code"], "excluded", _CODE))
