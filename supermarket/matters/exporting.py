"""A region's list as a table: CSV and XLSX that come back in unchanged (importing.py)."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal, TypeAlias

from openpyxl import Workbook

from supermarket.matters.models import MatterVersion
from supermarket.matters.queries import own_list, own_regional_list
from supermarket.matters.regional import FIELDS

Format: TypeAlias = Literal["csv", "xlsx"]
# Columns of text: heading → field of the wording and its most characters.
TEXTS: Mapping[str, tuple[str, int]] = {
    "name": ("name", 200),
    "approval_item": ("approval_item", 200),
    "department": ("department", 200),
    "industry": ("industry", 32),
    "stage": ("stage", 32),
    "legal_basis": ("legal_basis", 10_000),
    "other_basis": ("other_basis", 10_000),
    "citation_check": ("citation_check", 64),
    "agency_type": ("agency_type", 200),
    "fee_bearer": ("fee_bearer", 200),
    "fee_text": ("fee_standard", 10_000),
    "fee_reference": ("fee_reference", 32),
    "qualification_text": ("requirement_text", 10_000),
    "requirement_source": ("requirement_source", 10_000),
    "service_time": ("service_time", 10_000),
    "statutory_time": ("approval_time", 10_000),
    "result_document": ("result_document", 200),
    "note": ("note", 10_000),
}
COLUMNS = (
    "code",
    *TEXTS,
    "commissioned_by",
    "fee_kind",
    "requirement",
    "licences",
    "valid_from",
    "valid_until",
    "state",
)
REGIONAL_TEXTS: Mapping[str, int] = {
    "not_carried_out_reason": 10_000,
    "not_carried_out_basis": 10_000,
    **{name: 200 if name in ("department", "result_document") else 10_000 for name in FIELDS},
}
REGIONAL_COLUMNS = ("code", "carried_out", *REGIONAL_TEXTS, "state")

# What a spreadsheet takes for a formula; an apostrophe before it keeps it a text and is taken off again.
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠]")
_KEPT_APART = re.compile(r"'+[=+\-@＝＋－＠]")
# A workbook holds no control characters; no form lets one in.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def cell(text: str) -> str:
    """A text as a cell that no program takes for a formula."""
    plain = _CONTROL.sub("", text)
    return f"'{plain}" if _FORMULA.match(plain) else plain


def from_cell(text: str) -> str:
    """The text that `cell` was given."""
    return text[1:] if _KEPT_APART.match(text) else text


def own_table(region_code: str) -> tuple[Sequence[str], list[list[str]]]:
    """Heading and rows of a region's own matters, each in its newest wording; one statement."""
    return COLUMNS, [
        [row.code, *_texts(version), *_others(version), row.state.value] for row, version in own_list(region_code)
    ]


def _texts(version: MatterVersion) -> list[str]:
    return [str(getattr(version, field)) for field, _most in TEXTS.values()]


def _others(version: MatterVersion) -> list[str]:
    return [
        version.commissioned_by.value,
        version.fee_kind.value,
        json.dumps(version.requirement_tree, ensure_ascii=False),
        json.dumps(version.personal_licences, ensure_ascii=False),
        version.valid_from.isoformat(),
        _day(version.valid_until),
    ]


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def regional_table(region_code: str) -> tuple[Sequence[str], list[list[str]]]:
    """Heading and rows of a region's own entries over inherited matters, each in its newest wording; one statement."""
    return REGIONAL_COLUMNS, [
        [
            code,
            "yes" if version.carried_out else "no",
            *(str(getattr(version, name)) for name in REGIONAL_TEXTS),
            entry.state.value,
        ]
        for code, entry, version in own_regional_list(region_code)
    ]


def as_bytes(kind: Format, head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The table as a file; CSV is UTF-8 with a mark, so that spreadsheets read Chinese."""
    return _xlsx(head, rows) if kind == "xlsx" else _csv(head, rows)


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(head)
    writer.writerows([cell(text) for text in row] for row in rows)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _xlsx(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("matters")
    sheet.append(list(head))
    for row in rows:
        sheet.append([cell(text) for text in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
