"""A region's list as a file: what goes out comes back as it was, a look without writing, wrong rows by name."""

import csv
import io
from datetime import date, datetime
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from supermarket.core.errors import Forbidden
from supermarket.core.permissions import SYSTEM, Role
from supermarket.core.tables import RowOutcome, read_table
from supermarket.data import catalogue
from supermarket.matters.commands import RegionalDraft
from supermarket.matters.exporting import (
    Format,
    as_bytes,
    cell,
    from_cell,
    own_table,
    regional_table,
)
from supermarket.matters.importing import import_rows
from supermarket.matters.models import MatterState, MatterVersion, RegionalVersion
from supermarket.matters.operations import draft_matter, load_catalogue, submit_matter
from supermarket.matters.queries import matter, newest_regional, regional_entry
from supermarket.policies.operations import load_facts
from tests.factories.accounts import make_actor
from tests.factories.matters import CHENGDU, SOME_MATTER, WUHOU, make_draft, make_matter, make_regional
from tests.factories.policies import count, make_region

FORMATS: tuple[Format, ...] = ("csv", "xlsx")


@pytest.mark.parametrize("kind", FORMATS)
def test_the_whole_list_goes_out_and_is_already_there(
    session: Session, at: datetime, tmp_path: Path, kind: Format
) -> None:
    load_facts(at)
    load_catalogue(at)
    odd = make_draft(
        name="＝名称", note="=1+1\r\n第二行", legal_basis="'=x", other_basis="'原文", valid_until=date(2030, 1, 1)
    )
    draft_matter(odd, code="SC001", region_code="510000", actor=SYSTEM, at=at)
    submit_matter("SC001", actor=SYSTEM, at=at)
    path = tmp_path / f"list.{kind}"
    path.write_bytes(as_bytes(kind, *own_table("510000")))
    before = count(MatterVersion)
    report = import_rows(path, region_code="510000", actor=SYSTEM, at=datetime(2027, 1, 1, tzinfo=at.tzinfo))
    assert {row.outcome for row in report.rows} == {RowOutcome.ALREADY_THERE}, report.refused
    assert (len(report.rows), report.written, count(MatterVersion)) == (139, True, before)
    first = read_table(path, needed=("code",))[-1].cells
    assert not any(text.startswith(("=", "+", "-", "@", "＝")) for text in first.values())


def test_the_products_own_file_is_already_there(session: Session, at: datetime) -> None:
    load_facts(at)
    load_catalogue(at)
    report = import_rows(
        Path(catalogue.__file__).with_name("matters.csv"), region_code="510000", actor=SYSTEM, at=at, check_only=True
    )
    assert report.counts[RowOutcome.ALREADY_THERE] == 138


@pytest.mark.parametrize("kind", FORMATS)
def test_regional_entries_go_out_and_are_already_there(
    session: Session, at: datetime, tmp_path: Path, kind: Format
) -> None:
    make_regional(CHENGDU, department="=市局", note="第一行\n第二行")
    make_regional(
        CHENGDU, "ZJ051", carried_out=False, not_carried_out_reason="不办", not_carried_out_basis="成办发〔2026〕1号"
    )
    path = tmp_path / f"list.{kind}"
    path.write_bytes(as_bytes(kind, *regional_table(CHENGDU)))
    report = import_rows(path, region_code=CHENGDU, actor=SYSTEM, at=at)
    assert [row.outcome for row in report.rows] == [RowOutcome.ALREADY_THERE] * 2
    assert count(RegionalVersion) == 2
    make_region(WUHOU)
    other = import_rows(path, region_code=WUHOU, actor=SYSTEM, at=at)
    assert [row.outcome for row in other.rows] == [RowOutcome.CREATED] * 2
    entry = regional_entry("ZJ051", WUHOU)
    assert entry is not None
    version = newest_regional(entry)
    assert version is not None
    assert (entry.state, version.carried_out, version.not_carried_out_reason) == (MatterState.DRAFT, False, "不办")


def table(path: Path, *rows: dict[str, str]) -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def test_wrong_regional_rows_are_named_and_keep_everything_out_unless_asked(
    session: Session, at: datetime, tmp_path: Path
) -> None:
    make_matter()
    make_matter("ZJ051")
    make_region(CHENGDU)
    usual = {"code": SOME_MATTER, "carried_out": "是", "department": "市局", "note": ""}
    path = table(
        tmp_path / "r.csv",
        usual,
        usual | {"code": "ZJ999"},
        usual | {"code": "ZJ051", "carried_out": "perhaps"},
        usual,
        usual | {"code": "ZJ051", "note": "须具备甲级资质"},
    )
    report = import_rows(path, region_code=CHENGDU, actor=SYSTEM, at=at)
    wrong = [(row.line, [error.code for error in row.errors]) for row in report.refused]
    assert wrong == [(3, ["not_inherited"]), (4, ["unknown"]), (5, ["twice"]), (6, ["twice", "adds_a_condition"])]
    assert (report.written, count(RegionalVersion)) == (False, 0)
    assert not import_rows(path, region_code=CHENGDU, actor=SYSTEM, at=at, keep_good=True, check_only=True).written
    assert count(RegionalVersion) == 0
    assert import_rows(path, region_code=CHENGDU, actor=SYSTEM, at=at, keep_good=True).written
    assert count(RegionalVersion) == 1
    home = import_rows(table(tmp_path / "h.csv", usual), region_code="510000", actor=SYSTEM, at=at)
    assert [error.code for error in home.rows[0].errors] == ["not_below"]
    with pytest.raises(Forbidden):
        import_rows(path, region_code=CHENGDU, actor=make_actor(Role.EDITOR, region_code=WUHOU), at=at)


def test_an_absent_column_leaves_what_stands(session: Session, at: datetime, tmp_path: Path) -> None:
    make_matter("ZJ051")
    stored = matter("ZJ051").published_version
    assert stored is not None
    row = {
        "code": "ZJ051",
        "name": "新名称",
        "approval_item": stored.approval_item,
        "department": stored.department,
        "industry": stored.industry,
        "stage": stored.stage,
        "commissioned_by": stored.commissioned_by.value,
        "fee_kind": stored.fee_kind.value,
    }
    path = table(tmp_path / "m.csv", row)
    assert not import_rows(path, region_code="510000", actor=SYSTEM, at=at, check_only=True).written
    report = import_rows(path, region_code="510000", actor=SYSTEM, at=at)
    assert (report.rows[0].outcome, report.written) == (RowOutcome.UPDATED, True)
    newest = session.query(MatterVersion).filter_by(number=2).one()
    same = ("legal_basis", "requirement_tree", "personal_licences", "valid_from", "fee_standard", "note")
    assert newest.name == "新名称"
    assert all(getattr(newest, name) == getattr(stored, name) for name in same)
    bad = table(tmp_path / "n.csv", row | {"valid_from": "soon", "legal_basis": "《法》\u202e"})
    refused = import_rows(bad, region_code="510000", actor=SYSTEM, at=at)
    assert [error.field for error in refused.rows[0].errors] == ["legal_basis", "valid_from"]


@given(st.text(alphabet="'=+-@＝a测\n", max_size=12).map(str.strip))
def test_a_cell_is_read_back_and_never_a_formula(text: str) -> None:
    assert from_cell(cell(text)) == text
    assert not cell(text).startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.builds(
        RegionalDraft,
        department=st.text(alphabet="'=成都市局", max_size=10).map(str.strip),
        note=st.text(alphabet="'+-一二\n ", max_size=10).map(str.strip),
        fee_standard=st.just("市价"),
    )
)
@pytest.mark.parametrize("kind", FORMATS)
def test_any_entry_goes_out_and_comes_back(tmp_path: Path, kind: Format, draft: RegionalDraft) -> None:
    path = tmp_path / f"one.{kind}"
    head = ("code", *draft.columns())
    path.write_bytes(as_bytes(kind, head, [("ZJ001", *map(str, draft.columns().values()))]))
    (row,) = read_table(path, needed=("code",))
    assert {name: from_cell(text) for name, text in row.cells.items() if name != "code"} == {
        name: str(value) for name, value in draft.columns().items()
    }


def test_the_command_line_writes_a_list_looks_at_it_and_keeps_the_report(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    make_matter()
    make_regional(CHENGDU)
    run = app.test_cli_runner()
    path, kept = tmp_path / "list.xlsx", tmp_path / "report.csv"
    assert run.invoke(args=["matters", "export", str(path), "--region", "510000"]).output == "510000: 1 rows\n"
    looked = run.invoke(
        args=["matters", "import", str(path), "--region", "510000", "--check-only", "--report", str(kept)]
    )
    assert looked.output.splitlines() == [
        "created 0, updated 0, already_there 1, refused 0",
        "nothing was written",
    ]
    assert kept.read_text(encoding="utf-8-sig").splitlines()[1] == f"2,{SOME_MATTER},already_there,,,"
    entries = tmp_path / "entries.csv"
    done = run.invoke(args=["matters", "export", str(entries), "--region", CHENGDU, "--entries"])
    assert done.output == f"{CHENGDU}: 1 rows\n"
    assert "成都市测试局" in entries.read_text(encoding="utf-8-sig")
