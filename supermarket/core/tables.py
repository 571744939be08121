"""Tables that people hand in (CSV, XLSX): read strictly, reported row by row, written wholly or not at all."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from xml.etree.ElementTree import ParseError

from flask_babel import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from supermarket.core.errors import FieldError, InvalidInput

MOST_ROWS = 50_000
LONGEST_CELL = 10_000
# Bytes of all parts of a workbook once unpacked; a small file can unpack to gigabytes.
MOST_UNPACKED = 100 * 1024 * 1024
# What a damaged or forged workbook makes its readers raise.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    InvalidFileException,
    ParseError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
)


class RowOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    ALREADY_THERE = "already_there"
    REFUSED = "refused"


@dataclass(frozen=True)
class RowReport:
    """One row: its line in the file (the heading is 1), what it is about, what became of it, what to mend."""

    line: int
    subject: str
    outcome: RowOutcome
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True)
class ImportReport:
    """The whole file. `written` is False if a wrong row kept everything out."""

    rows: tuple[RowReport, ...]
    written: bool
    counts: Mapping[RowOutcome, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[RowReport], *, written: bool) -> "ImportReport":
        """The report with its counts."""
        counts = {outcome: sum(row.outcome is outcome for row in rows) for outcome in RowOutcome}
        return cls(tuple(rows), written, counts)

    @property
    def refused(self) -> tuple[RowReport, ...]:
        """The rows that are wrong."""
        return tuple(row for row in self.rows if row.outcome is RowOutcome.REFUSED)

    def as_csv(self) -> bytes:
        """The report as a table to keep: line, subject, outcome, field, code, what to mend; a line per error.

        UTF-8 with a mark, so that spreadsheets read Chinese; no cell can be taken for a formula.
        """
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow(("line", "subject", "outcome", "field", "code", "message"))
        for row in self.rows:
            for error in row.errors or (None,):
                told = ("", "", "") if error is None else (error.field, error.code, str(error.message))
                writer.writerow((row.line, plain_cell(row.subject), row.outcome.value, *map(plain_cell, told)))
        return b"\xef\xbb\xbf" + buffer.getvalue().encode()


# What a spreadsheet takes for the beginning of a formula, the full-width forms too.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")


def plain_cell(text: str) -> str:
    """A text that a spreadsheet shows as it is: what looks like a formula gets an apostrophe before it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


@dataclass(frozen=True)
class TableRow:
    """One row by heading; every text trimmed, absent cells empty."""

    line: int
    cells: Mapping[str, str]


def read_table(path: Path, *, needed: Sequence[str]) -> tuple[TableRow, ...]:
    """The rows of a CSV (UTF-8) or the first sheet of an XLSX file.

    Raises InvalidInput at `file`: unreadable, too long, a heading missing or there twice.
    """
    rows = list(_xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path))
    if not rows:
        raise _refused("empty", _("The file is empty."))
    heading = [cell.strip() for cell in rows[0]]
    while heading and not heading[-1]:
        heading.pop()
    if len(set(heading)) != len(heading):
        raise _refused("heading_twice", _("A column heading is there twice."))
    missing = [name for name in needed if name not in heading]
    if missing:
        raise _refused("heading_missing", _("These columns are missing: %(names)s.", names=", ".join(missing)))
    found = []
    for line, row in enumerate(rows[1:], start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if any(cells[len(heading) :]):
            raise _refused("too_many_cells", _("Line %(line)s has more cells than there are headings.", line=line))
        padded = cells + [""] * (len(heading) - len(cells))
        found.append(TableRow(line, dict(zip(heading, padded, strict=False))))
    return tuple(found)


def _refused(code: str, message: str) -> InvalidInput:
    return InvalidInput(message, errors=[FieldError("file", code, message)])


def _csv(path: Path) -> Iterator[list[str]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(
            "encoding", _("The text is not UTF-8. Save the file as “CSV UTF-8” and send it again.")
        ) from error
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True)):
            yield _limited(number, row)
    except csv.Error as error:
        raise _refused("csv", _("The file is not well-formed CSV: a quotation mark is not closed.")) from error


def _xlsx(path: Path) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(path) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > MOST_UNPACKED:
            raise _refused("too_large", _("The workbook is too large. Send it in parts."))
        # Opened here, so that it is closed too where the reader fails on it.
        with path.open("rb") as file:
            book = load_workbook(file, read_only=True, data_only=True)
            for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True)):
                yield _limited(number, ["" if cell is None else _cell(cell) for cell in row])
            book.close()
    except _DAMAGED as error:
        raise _refused("xlsx", _("The file is damaged or no XLSX workbook. Save it anew and send it again.")) from error


def _cell(value: object) -> str:
    text = str(value)
    # A date cell comes as a datetime at midnight.
    return text.removesuffix(" 00:00:00")


def _limited(number: int, row: list[str]) -> list[str]:
    if number > MOST_ROWS:
        raise _refused("too_long", _("The file has more than %(most)s rows. Send it in parts.", most=MOST_ROWS))
    if any(len(cell) > LONGEST_CELL or "\x00" in cell for cell in row):
        raise _refused("cell", _("Line %(line)s has a cell that cannot be stored.", line=number + 1))
    return row
