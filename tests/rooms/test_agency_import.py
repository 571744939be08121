"""Bulk import of agencies: all or nothing, a report per row, quick."""

from datetime import datetime
from pathlib import Path
from time import perf_counter

import pytest
import sqlalchemy as sa
from openpyxl import Workbook
from sqlalchemy.orm import Session

from supermarket.agencies.models import Agency, Onboarding, Standing
from supermarket.agencies.operations import import_rows
from supermarket.core.errors import Forbidden, InvalidInput
from supermarket.core.identifiers import make_uscc
from supermarket.core.permissions import Role
from supermarket.core.tables import RowOutcome
from tests.factories.accounts import fresh_uscc, make_actor
from tests.factories.agencies import make_agency
from tests.factories.policies import count, make_region

HEADING = "name,uscc,category_inferred,province_code,city_code,district_code,established,is_branch,business_scope\n"


def written(folder: Path, *rows: str) -> Path:
    path = folder / "agencies.csv"
    path.write_text(HEADING + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def good(uscc: str, name: str = "测试咨询有限公司") -> str:
    return f'{name},{uscc},工程咨询,510000,510100,510107,2013-02-05,0,"工程管理服务；工程设计"'


def test_rows_come_in_as_applied_and_a_second_import_finds_them_there(
    session: Session, at: datetime, tmp_path: Path
) -> None:
    make_region()
    codes = [fresh_uscc(), fresh_uscc()]
    path, operator = written(tmp_path, *(good(code) for code in codes)), make_actor(Role.OPERATOR)
    report = import_rows(path, actor=operator, at=at)
    assert (report.written, [row.outcome for row in report.rows]) == (True, [RowOutcome.CREATED] * 2)
    rows = session.scalars(sa.select(Agency).order_by(Agency.id)).all()
    assert [row.uscc for row in rows] == codes
    assert {(row.standing, row.onboarding, row.region_code) for row in rows} == {
        (Standing.APPLIED, Onboarding.DRAFT, "510107")
    }
    again = import_rows(path, actor=operator, at=at)
    assert [row.outcome for row in again.rows] == [RowOutcome.ALREADY_THERE] * 2
    assert count(Agency) == 2


def test_a_broken_row_keeps_everything_out_unless_asked(session: Session, at: datetime, tmp_path: Path) -> None:
    make_region()
    code, operator = fresh_uscc(), make_actor(Role.OPERATOR)
    rows = [
        good(code),
        good("91510107MAX000001X"),
        good(code),
        f",{fresh_uscc()},,510000,510199,,2013-13-05,2,",
    ]
    path = written(tmp_path, *rows)
    report = import_rows(path, actor=operator, at=at)
    assert (report.written, count(Agency)) == (False, 0)
    assert [(row.line, [error.field for error in row.errors]) for row in report.refused] == [
        (3, ["uscc"]),
        (4, ["uscc"]),
        (5, ["name", "city_code", "established", "is_branch"]),
    ]
    kept = import_rows(path, actor=operator, at=at, keep_good=True)
    assert (kept.written, kept.counts[RowOutcome.CREATED], count(Agency)) == (True, 1, 1)


def test_only_the_operator_imports(session: Session, at: datetime, tmp_path: Path) -> None:
    make_region()
    path = written(tmp_path, good(fresh_uscc()))
    for role in (Role.AGENCY, Role.OWNER, Role.REGULATOR, Role.EDITOR):
        with pytest.raises(Forbidden):
            import_rows(path, actor=make_actor(role), at=at)
    assert count(Agency) == 0


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"name,uscc\n", "heading_missing"),
        (b"name,name\n", "heading_twice"),
        ("name,uscc\n测".encode("gb18030"), "encoding"),
        (HEADING.encode() + b'"a', "csv"),
        (HEADING.encode() + b",,,,,,,,,too many\n", "too_many_cells"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(
    session: Session, at: datetime, tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "agencies.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        import_rows(path, actor=make_actor(Role.OPERATOR), at=at)
    assert [(error.field, error.code) for error in refused.value.errors] == [("file", code)]


def test_a_workbook_is_read_too_and_a_renamed_file_is_not(session: Session, at: datetime, tmp_path: Path) -> None:
    make_region()
    book = Workbook()
    book.active.append(HEADING.strip().split(","))
    book.active.append(["测试公司", fresh_uscc(), "", 510000, 510100, None, "2013-02-05", 0, "工程设计"])
    book.save(tmp_path / "agencies.xlsx")
    operator = make_actor(Role.OPERATOR)
    assert import_rows(tmp_path / "agencies.xlsx", actor=operator, at=at).counts[RowOutcome.CREATED] == 1
    (tmp_path / "text.xlsx").write_text(HEADING, encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        import_rows(tmp_path / "text.xlsx", actor=operator, at=at)
    assert refused.value.errors[0].code == "xlsx"


def test_thousands_of_rows_take_seconds_and_few_statements(session: Session, at: datetime, tmp_path: Path) -> None:
    make_region()
    make_agency(matters=())
    path = written(tmp_path, *(good(make_uscc("91510107", 20_000 + number)) for number in range(2618)))
    started = perf_counter()
    report = import_rows(path, actor=make_actor(Role.OPERATOR), at=at)
    assert report.counts[RowOutcome.CREATED] == 2618
    assert count(Agency) == 2619
    assert perf_counter() - started < 10
