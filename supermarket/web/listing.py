"""Lists whose address holds their whole state: what is asked, facets, chips, sorting, pages, and CSV or XLSX of it all."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from urllib.parse import urlencode

from flask import Response, request, stream_with_context
from flask_babel import gettext as _
from openpyxl import Workbook

from supermarket.core.clock import LOCAL, local_text, now
from supermarket.core.tables import plain_cell

LONGEST_QUESTION = 100
LAST_PAGE = 10_000
MOST_ROWS = 20_000  # of one download
FORMATS = ("csv", "xlsx")
Row = TypeVar("Row")
Say = Callable[[str], str]
Cell = str | int | Decimal | datetime | date | None
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


def clean(text: str, most: int = LONGEST_QUESTION) -> str:
    """What a reader typed, without control characters, trimmed and cut; safe to hand to the database."""
    return _CONTROL.sub(" ", text).strip()[:most]


def address(path: str | None = None, **changes: str | int | None) -> str:
    """The present address with some arguments changed (None or "": dropped); the page number goes unless named."""
    args = [(key, value) for key, value in request.args.items(multi=True) if key not in changes and key != "page"]
    args += [(key, str(value)) for key, value in changes.items() if value not in (None, "")]
    query = urlencode(args)
    return (path or request.path) + (f"?{query}" if query else "")


def page_address(number: int) -> str:
    """The address of a page of the present list."""
    return address(page=number if number > 1 else None)


@dataclass(frozen=True)
class Asked:
    """What a list is asked for, read from the address; anything that it does not know counts as not asked."""

    q: str
    sort: str
    page: int
    chosen: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, key: str) -> str:
        """The chosen value of a facet, empty if none."""
        return self.chosen.get(key, "")


def asked(facets: Sequence[str], sorts: Sequence[str]) -> Asked:
    """Read the address; the first of `sorts` is the usual one."""
    sort = request.args.get("sort", "")
    number = request.args.get("page", "")
    page = int(number) if number.isascii() and number.isdecimal() and len(number) < 7 else 1
    return Asked(
        q=clean(request.args.get("q", "")),
        sort=sort if sort in sorts else sorts[0],
        page=max(1, min(page, LAST_PAGE)),
        chosen={key: value for key in facets if (value := clean(request.args.get(key, ""), 64))},
    )


def wanted_format() -> str:
    """csv or xlsx if the list is to be downloaded, else empty."""
    name = request.args.get("format", "")
    return name if name in FORMATS else ""


# -- what the templates draw


@dataclass(frozen=True)
class Option:
    """One value of a facet; its address chooses it, or lets it go where it is chosen."""

    label: str
    count: int | None
    url: str
    active: bool


@dataclass(frozen=True)
class Facet:
    """A group of options."""

    label: str
    options: Sequence[Option]
    more_url: str | None = None


@dataclass(frozen=True)
class Chip:
    """What the list is narrowed to, with the address without it."""

    label: str
    value: str
    remove_url: str


@dataclass(frozen=True)
class Sorting:
    """One order of the list."""

    label: str
    url: str
    active: bool
    direction: str | None = None


def facet(
    label: str,
    key: str,
    counts: Mapping[str, int],
    say: Say,
    *,
    order: Sequence[str] = (),
    most: int = 12,
) -> Facet:
    """The options of one facet: in `order`, or the largest first, at most `most` and always the chosen one."""
    chosen = request.args.get(key, "")
    names = [name for name in order if name in counts] or sorted(counts, key=lambda name: (-counts[name], name))
    shown = names[:most]
    if chosen in counts and chosen not in shown:
        shown.append(chosen)
    options = [
        Option(say(name), counts[name], address(**{key: None if name == chosen else name}), name == chosen)
        for name in shown
    ]
    return Facet(label, options)


def chips(wanted: Asked, labels: Mapping[str, tuple[str, Say]]) -> list[Chip]:
    """What was asked, each with the address without it: `labels` gives each facet's name and how to say its value."""
    found = [Chip(_("Search"), wanted.q, address(q=None))] if wanted.q else []
    for key, value in wanted.chosen.items():
        label, say = labels[key]
        found.append(Chip(label, say(value), address(**{key: None})))
    return found


def sortings(wanted: Asked, labels: Mapping[str, str]) -> list[Sorting]:
    """The orders of a list by name."""
    usual = next(iter(labels))
    return [
        Sorting(label, address(sort=None if name == usual else name), name == wanted.sort)
        for name, label in labels.items()
    ]


def shown_range(number: int, size: int, count: int, total: int) -> str:
    """“1–20 of 1,284”."""
    if not total:
        return ""
    first = (number - 1) * size + 1
    last = first + count - 1
    return str(_("%(first)s–%(last)s of %(total)s", first=f"{first:,}", last=f"{last:,}", total=f"{total:,}"))


def download_links() -> list[tuple[str, str]]:
    """CSV and XLSX of the list as it is asked for."""
    return [(name.upper(), address(format=name)) for name in FORMATS]


# -- downloads


def yuan(fen: int | None) -> Decimal | None:
    """An amount in yuan, as a number for a spreadsheet."""
    return None if fen is None else Decimal(fen).scaleb(-2)


def _plain(value: Cell) -> str | int | Decimal:
    """A cell that no spreadsheet program takes for a formula."""
    match value:
        case None:
            return ""
        case datetime():
            return local_text(value)
        case date():
            return value.isoformat()
        case str():
            return plain_cell(_CONTROL.sub(" ", value))
    return value


def batches(read: Callable[[int | None], Sequence[Row]], key: Callable[[Row], int]) -> Iterator[Row]:
    """Rows in batches, each read after the last one's key, up to MOST_ROWS."""
    after, count = None, 0
    while count < MOST_ROWS:
        rows = read(after)
        if not rows:
            return
        yield from rows[: MOST_ROWS - count]
        count += len(rows)
        after = key(rows[-1])


def download(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """The list as a file in the format that the address names; UTF-8 with a mark, so that spreadsheets read Chinese."""
    return _xlsx(name, head, rows) if wanted_format() == "xlsx" else _csv(name, head, rows)


def _headers(name: str, kind: str) -> dict[str, str]:
    stamp = now().astimezone(LOCAL).strftime("%Y%m%d")
    return {"Content-Disposition": f'attachment; filename="{name}-{stamp}.{kind}"'}


def _csv(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    def lines() -> Iterator[str]:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        yield "\ufeff"
        writer.writerow(head)
        for number, row in enumerate(rows, 1):
            writer.writerow([_plain(cell) for cell in row])
            if number % 200 == 0:
                yield _taken(buffer)
        yield _taken(buffer)

    return Response(stream_with_context(lines()), mimetype="text/csv", headers=_headers(name, "csv"))


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _xlsx(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(name[:31])
    sheet.append(list(head))
    for row in rows:
        sheet.append([_plain(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(out.getvalue(), mimetype=kind, headers=_headers(name, "xlsx"))
