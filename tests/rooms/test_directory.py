"""The public list of agencies: filters, sorts, facets, cursors, and a fixed number of statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies.models import Standing
from supermarket.core.errors import InvalidInput
from supermarket.core.paging import Slice
from supermarket.credit.directory import SORTS, DirectoryFilter, directory
from supermarket.credit.points import CreditLevel
from tests.factories.agencies import make_agency
from tests.factories.credit import make_stars

SURVEY, DESIGN = "ZJ051", "ZJ004"


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """The SQL statements sent inside."""
    seen: list[str] = []
    connection = session.connection()

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    sa.event.listen(connection, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(connection, "before_cursor_execute", note)


def market() -> None:
    """Four active agencies and one frozen."""
    first = make_agency("甲测绘", matters=(SURVEY, DESIGN))
    make_stars(first, 5, credit=CreditLevel.A, points=110, score=Decimal("95.0000"))
    make_stars(make_agency("乙测绘", matters=(SURVEY,), region_code="510300"), 3, score=Decimal("70.0000"))
    make_stars(make_agency("丙设计", matters=(DESIGN,), region_code="500103"), 3, score=Decimal("71.5000"), points=70)
    make_agency("丁新", matters=())
    make_stars(make_agency("戊冻", standing=Standing.FROZEN, matters=()), 5)


def names(chosen: DirectoryFilter) -> list[str]:
    return [row.agency.name for row in directory(chosen, Slice())[0].items]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (DirectoryFilter(), ["甲测绘", "丙设计", "乙测绘", "丁新"]),
        (DirectoryFilter(q="测绘"), ["甲测绘", "乙测绘"]),
        (DirectoryFilter(q="%"), []),
        (DirectoryFilter(matter=DESIGN), ["甲测绘", "丙设计"]),
        (DirectoryFilter(region="510000"), ["甲测绘", "乙测绘", "丁新"]),
        (DirectoryFilter(region="510300"), ["乙测绘"]),
        (DirectoryFilter(min_stars=4), ["甲测绘"]),
        (DirectoryFilter(credit="A"), ["甲测绘"]),
        (DirectoryFilter(standing=Standing.FROZEN), ["戊冻"]),
        (DirectoryFilter(sort="credit"), ["甲测绘", "乙测绘", "丁新", "丙设计"]),
    ],
)
def test_the_list_is_narrowed_and_sorted(session: Session, chosen: DirectoryFilter, expected: list[str]) -> None:
    market()
    assert names(chosen) == expected


def test_a_row_has_stars_credit_and_the_services_that_are_shown(session: Session) -> None:
    market()
    row = directory(DirectoryFilter(q="甲"), Slice())[0].items[0]
    assert (row.stars, row.score, row.credit_points, row.credit_level) == (5, Decimal("95.0000"), 110, CreditLevel.A)
    assert [service.matter_code for service in row.services] == [DESIGN, SURVEY]
    new = directory(DirectoryFilter(q="丁"), Slice())[0].items[0]
    assert (new.stars, new.credit_points, new.credit_level, new.rating_count) == (None, 100, CreditLevel.B, 0)


def test_each_facet_ignores_its_own_choice(session: Session) -> None:
    market()
    counts = directory(DirectoryFilter(region="510000", min_stars=3), Slice())[1]
    assert (counts.total, dict(counts.stars)) == (2, {5: 1, 3: 1, 0: 1})
    assert dict(counts.cities) == {"510100": 1, "510300": 1, "500100": 1}
    assert dict(counts.credit) == {"A": 1, "B": 1}


@pytest.mark.parametrize("sort", SORTS)
def test_cursors_go_through_the_list_without_skipping_or_doubling(session: Session, sort: str) -> None:
    market()
    chosen, whole = DirectoryFilter(sort=sort), names(DirectoryFilter(sort=sort))
    seen, after = list[str](), None
    for _step in range(4):
        page = directory(chosen, Slice(size=1, after=after))[0]
        seen += [row.agency.name for row in page.items]
        after = page.next
    assert (seen, after) == (whole, None)
    second = directory(chosen, Slice(size=2, number=2))[0]
    assert ([row.agency.name for row in second.items], second.pages) == (whole[2:], 2)


@pytest.mark.parametrize(
    ("chosen", "part", "field"),
    [
        (DirectoryFilter(sort="x"), Slice(), "sort"),
        (DirectoryFilter(credit="E"), Slice(), "credit"),
        (DirectoryFilter(min_stars=6), Slice(), "min_stars"),
        (DirectoryFilter(), Slice(after="!!"), "page[after]"),
        (DirectoryFilter(), Slice(after="W10"), "page[after]"),
    ],
)
def test_what_cannot_be_shown_is_refused_at_its_field(
    session: Session, chosen: DirectoryFilter, part: Slice, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        directory(chosen, part)
    assert [error.field for error in refused.value.errors] == [field]


def test_a_page_takes_four_statements_whatever_its_size(session: Session, at: datetime) -> None:
    market()
    for size in (1, 100):
        session.expire_all()
        with statements(session) as seen:
            directory(DirectoryFilter(q="测", region="510000"), Slice(size=size))
        assert len(seen) == 4, seen
