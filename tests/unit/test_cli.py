"""The commands: what they print, how they end, what they refuse."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy.orm import Session

from supermarket.accounts.queries import user_by_email, user_of_token
from supermarket.agencies.models import Agency, Standing
from supermarket.cli.saying import Moment
from supermarket.core.log_tree import tree_root
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.supervision.sealing import sign_head
from supermarket.supervision.supervise import market_now
from supermarket.witnesses.models import KnownWitness, LogHead, LogSignature
from tests.factories.agencies import make_agency
from tests.factories.projects import make_open_project
from tests.factories.witnesses import witnessed_by
from tests.unit.test_draw_record import WITNESS, make_record


@pytest.fixture
def run(app: Flask, session: Session) -> FlaskCliRunner:
    """Commands in the test's own transaction."""
    return app.test_cli_runner()


def test_times_without_an_offset_are_beijing_time() -> None:
    moment = Moment()
    assert moment.convert("2026-11-27T18:00", None, None) == datetime(2026, 11, 27, 10, tzinfo=UTC)
    assert moment.convert("2026-11-27", None, None) == datetime(2026, 11, 26, 16, tzinfo=UTC)
    assert moment.convert("2026-11-27T18:00+02:00", None, None) == datetime(2026, 11, 27, 16, tzinfo=UTC)
    for refused in ("tomorrow", "0001-01-01", "9999-12-31T23:59:59+00:00"):
        with pytest.raises(click.UsageError):
            moment.convert(refused, None, None)


def test_an_account_is_made_and_gets_a_second_role_and_a_token(run: FlaskCliRunner) -> None:
    made = run.invoke(args=["accounts", "create", "New@Example.test", "--role", "operator", "--org-name", "运营中心"])
    assert made.exit_code == 0, made.output
    assert made.output.splitlines()[0] == "new@example.test is now operator of 运营中心"
    assert made.output.splitlines()[1].startswith("password: ")
    more = run.invoke(
        args=[
            "accounts",
            "create",
            "new@example.test",
            "--role",
            "supervisor",
            "--org-name",
            "监察室",
            "--region",
            "510100",
        ]
    )
    assert more.output == "new@example.test is now supervisor of 监察室\n"
    user = user_by_email("new@example.test")
    assert user is not None
    assert [(each.role.value, each.region_code) for each in user.memberships] == [
        ("operator", None),
        ("supervisor", "510100"),
    ]
    token = run.invoke(args=["accounts", "token", "new@example.test"]).output.strip()
    found = user_of_token(token)
    assert found is not None and found.id == user.id


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--role", "king"], "Invalid value for '--role'"),
        (["--role", "owner"], "there are 0 organisations of kind owner"),
        (["--role", "owner", "--org", "123"], "123 is not a unified social credit code"),
        (["--role", "operator", "--org-name", "x", "--region", "999999"], "there is no region 999999"),
        (["--role", "operator", "--org-name", "x", "--industry", "magic"], "there is no industry magic"),
    ],
)
def test_accounts_refuse_what_does_not_fit(run: FlaskCliRunner, more: list[str], sentence: str) -> None:
    result = run.invoke(args=["accounts", "create", "new@example.test", *more])
    assert result.exit_code != 0
    assert sentence in result.output
    assert user_by_email("new@example.test") is None


def test_a_record_is_checked_without_database_or_site(app: Flask, tmp_path: Path) -> None:
    run = app.test_cli_runner()
    file = tmp_path / "draw.json"
    file.write_bytes(make_record().to_json())
    key = f"witness={bytes(WITNESS.verify_key).hex()}"
    holds = run.invoke(args=["draw", "verify", str(file), "--witness", key])
    assert (holds.exit_code, holds.output) == (0, "the record holds\n")
    unseen = run.invoke(args=["draw", "verify", str(file), "--offline"])
    assert (unseen.exit_code, unseen.output) == (0, "not checked: receipt signature\nthe record holds\n")
    content = json.loads(file.read_bytes())
    content["order"] = content["order"][1:] + content["order"][:1]
    file.write_text(json.dumps(content), encoding="utf-8")
    differs = run.invoke(args=["draw", "verify", str(file), "--witness", key])
    assert differs.exit_code == 1
    assert differs.output.splitlines()[0].startswith("differs: order: computed ")
    assert differs.output.splitlines()[-1] == "the record does NOT hold"
    wrong = run.invoke(args=["draw", "verify", str(file), "--witness", "witness=12"])
    assert "is not NAME=KEY" in wrong.output
    file.write_bytes(b"{}")
    unread = run.invoke(args=["draw", "verify", str(file), "--offline"])
    assert (unread.exit_code, "cannot be read as the record of a draw" in unread.output) == (2, True)


def test_supervise_says_what_it_did(run: FlaskCliRunner) -> None:
    done = run.invoke(args=["supervise"])
    assert done.exit_code == 0, done.output
    assert "things were due and are done" in done.output
    back = run.invoke(args=["supervise", "--at", "2001-01-01"])
    assert back.exit_code == 1
    assert "2001" not in back.output


def test_a_real_markets_clock_is_not_moved(app: Flask, run: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "DEMO", False)
    for command in ("supervise", "review"):
        refused = run.invoke(args=[command, "--at", "2099-01-01"])
        assert refused.exit_code == 1
        assert refused.output.startswith("Error: ")


def test_the_audit_holds_until_a_row_is_changed(run: FlaskCliRunner, session: Session, at: datetime) -> None:
    make_open_project(at)
    session.commit()
    held = run.invoke(args=["audit", "verify"])
    assert (held.exit_code, held.output.splitlines()[-1]) == (0, "chain and tree hold")
    assert "0 heads, 0 signatures of witnesses" in held.output
    make_open_project(at)
    with witnessed_by(MemoryWitness("regulator")):
        size = sign_head(at)["seq"]
    session.commit()
    signed = run.invoke(args=["audit", "verify"])
    assert (signed.exit_code, "1 heads, 1 signatures of witnesses" in signed.output) == (0, True), signed.output
    assert f"tree of {size} events, root {tree_root(int(str(size)))}" in signed.output
    session.add(LogHead(size=1, root="0" * 64, made_at=at))
    session.flush()
    session.add(
        LogSignature(
            witness_id=session.scalars(sa.select(KnownWitness.id)).one(), size=1, at=at, signature="0" * 128, kept_at=at
        )
    )
    session.commit()
    forged = run.invoke(args=["audit", "verify"])
    assert forged.exit_code == 1
    assert "the head of size 1 is NOT the tree's" in forged.output
    assert "a signature of the head of size 1 does NOT hold" in forged.output


def test_agencies_come_in_as_applied_or_not_at_all(run: FlaskCliRunner, tmp_path: Path, session: Session) -> None:
    make_agency()  # brings the regions of Chengdu
    good = "四川测试测绘有限公司,91510100MA0TEST00X,510000,510100\n"
    file = tmp_path / "agencies.csv"
    file.write_text("name,uscc,province_code,city_code\n" + good, encoding="utf-8")
    result = run.invoke(args=["agencies", "import", str(file)])
    assert result.exit_code == 1
    assert "line 2" in result.output
    assert "nothing was written" in result.output
    assert db.session.query(Agency).filter_by(standing=Standing.APPLIED).count() == 0


def test_an_agency_is_checked_by_hand(run: FlaskCliRunner, session: Session) -> None:
    agency = make_agency()
    session.commit()
    result = run.invoke(args=["agencies", "check", agency.uscc])
    assert "uscc:" in result.output
    assert f"standing: {agency.standing.value}" in result.output
    missing = run.invoke(args=["agencies", "check", "91510000MA00000000"])
    assert missing.exit_code == 1


def test_registries_are_loaded_from_a_table(run: FlaskCliRunner, session: Session, tmp_path: Path) -> None:
    agency = make_agency()
    session.commit()
    file = tmp_path / "enterprises.csv"
    file.write_text(f"uscc,name,status\n{agency.uscc},{agency.name},存续\n", encoding="utf-8")
    assert run.invoke(args=["registries", "import", "data-sharing", str(file)]).output == (
        "data-sharing/enterprises: 1 rows\n"
    )
    wrong = tmp_path / "weather.csv"
    wrong.write_text(f"uscc\n{agency.uscc}\n", encoding="utf-8")
    assert run.invoke(args=["registries", "import", "data-sharing", str(wrong)]).exit_code == 1


def test_the_search_index_is_made_anew(run: FlaskCliRunner, session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    agency = make_agency()
    session.commit()
    result = run.invoke(args=["search", "rebuild"])
    assert result.exit_code == 0, result.output
    assert current().search.search(agency.name, kind="agency").ids[0] == agency.uscc
    assert project.code in current().search.search(project.name, kind="project").ids
    assert market_now() is not None
