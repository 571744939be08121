"""Bulk import of agencies: all or nothing, a report per row, quick."""

from datetime import datetime
from pathlib import Path

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


def test_a_file_as_large_as_a_province_comes_in_with_its_broken_rows_named(
    session: Session, at: datetime, tmp_path: Path
) -> None:
    """2 618 rows as a real list has, eight of them broken, each in another way."""
    make_region()
    make_agency(matters=())
    codes = [make_uscc("91510108", 20_000 + number) for number in range(2618)]
    rows = [good(code, f"生成咨询{number:04d}有限公司") for number, code in enumerate(codes)]
    last = codes[100][-1]
    broken = {
        100: (rows[100].replace(codes[100], codes[100][:-1] + ("1" if last == "0" else "0")), "uscc", "uscc"),
        300: (rows[300].replace(codes[300], codes[299]), "uscc", "twice"),
        500: (rows[500].replace("510000,510100,510107", "990000,999900,999999"), "city_code", "unknown"),
        700: (rows[700].replace("2013-02-05", "2013年2月5日"), "established", "form"),
        900: (rows[900].replace("2013-02-05", "2999-01-01"), "established", "future"),
        1100: (rows[1100].replace(",0,", ",是,"), "is_branch", "form"),
        1300: (rows[1300].replace("生成咨询1300有限公司", "名" * 201), "name", "length"),
        1500: (rows[1500].replace(codes[1500], codes[1500].lower() + " "), "uscc", "uscc"),
    }
    for number, (text, _field, _code) in broken.items():
        rows[number] = text
    path, operator = written(tmp_path, *rows), make_actor(Role.OPERATOR)
    looked = import_rows(path, actor=operator, at=at, check_only=True, keep_good=True)
    assert (looked.written, count(Agency)) == (False, 1)
    whole = import_rows(path, actor=operator, at=at)
    assert (whole.written, count(Agency)) == (False, 1)
    report = import_rows(path, actor=operator, at=at, keep_good=True)
    assert [(row.line, row.errors[0].field, row.errors[0].code) for row in report.refused] == [
        (number + 2, field, code) for number, (_text, field, code) in broken.items()
    ]
    assert (report.counts[RowOutcome.CREATED], count(Agency)) == (2610, 2611)
    told = report.as_csv().decode("utf-8-sig").splitlines()
    assert (len(told), told[0]) == (2619, "line,subject,outcome,field,code,message")
    assert told[101].startswith("102,9151010") and ",refused,uscc,uscc," in told[101]
    assert session.scalar(sa.select(sa.func.count()).where(Agency.standing != Standing.APPLIED)) == 1
    mended = written(tmp_path, *(good(code) for code in codes))
    again = import_rows(mended, actor=operator, at=at)
    assert (again.counts[RowOutcome.CREATED], again.counts[RowOutcome.ALREADY_THERE]) == (8, 2610)


def test_what_a_row_may_say_besides_is_kept_and_held_to_its_length(
    session: Session, at: datetime, tmp_path: Path
) -> None:
    make_region()
    head, branch = fresh_uscc(), fresh_uscc()
    path = tmp_path / "agencies.csv"
    columns = "name,uscc,province_code,city_code,is_branch,head_office_uscc,legal_representative,address,public_contact"
    row = "测试分公司,{uscc},510000,510100,1,{head},张三,成都市某路1号,028-1234"
    path.write_text(f"{columns}\n{row.format(uscc=branch, head=head)}\n", encoding="utf-8")
    operator = make_actor(Role.OPERATOR)
    assert import_rows(path, actor=operator, at=at).written
    kept = session.scalars(sa.select(Agency)).one()
    assert (kept.is_branch, kept.head_office_uscc, kept.legal_representative, kept.address, kept.public_contact) == (
        True,
        head,
        "张三",
        "成都市某路1号",
        "028-1234",
    )
    own = fresh_uscc()
    long = row.format(uscc=own, head=own).replace("张三", "三" * 65)
    path.write_text(f"{columns}\n{long}\n", encoding="utf-8")
    refused = import_rows(path, actor=operator, at=at).refused
    assert [(error.field, error.code) for error in refused[0].errors] == [
        ("head_office_uscc", "itself"),
        ("legal_representative", "too_long"),
    ]


def test_no_cell_of_a_report_is_a_formula(session: Session, at: datetime, tmp_path: Path) -> None:
    make_region()
    path = written(tmp_path, '"=HYPERLINK(1)",＝1+1,,510000,510100,510107,2013-02-05,0,x')
    told = import_rows(path, actor=make_actor(Role.OPERATOR), at=at).as_csv().decode("utf-8-sig").splitlines()
    assert told[1].split(",")[1] == "'＝1+1"
