"""/verify on the server: any public record handed in says itself what it is; the programs as one archive."""

import io
import json
import random
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories.projects import make_open_project
from tests.factories.selection_records import make_selection
from tests.unit.selection.test_quotes_proved import KEPT


def hand_in(client: FlaskClient, data: bytes) -> str:
    answer = client.post("/verify", data={"record": (io.BytesIO(data), "record.json")})
    assert answer.status_code == 200
    return answer.text


def as_auction(record: dict[str, object]) -> dict[str, object]:
    auction = record["auction"]
    assert isinstance(auction, dict)
    aliases = [{"alias": each["alias"], "id": each["uscc"], "salt": each["salt"]} for each in auction["bidders"]]
    named = {"version": "auction-v1", "project": record["project"], "state": "closed", "entries": auction["entries"]}
    return named | {"aliases": aliases, "statements": [], "refused": []}


def test_a_whole_selection_an_auction_and_a_kept_quote_hold(client: FlaskClient) -> None:
    record = make_selection(random.Random(8), "live")
    assert "中选结果可由这份记录推出" in hand_in(client, json.dumps(record).encode())
    said = hand_in(client, json.dumps(as_auction(record)).encode())
    assert "竞价在应当结束的时刻结束" in said
    assert "被拒绝的出价" in said
    assert "sm-seal" in hand_in(client, json.dumps(KEPT).encode())


def test_what_differs_is_said_in_the_readers_language_with_its_place(client: FlaskClient) -> None:
    record = make_selection(random.Random(8), "bidding")
    notice = record["notice"]
    assert isinstance(notice, dict)
    said = hand_in(client, json.dumps({**record, "notice": {**notice, "ceiling": 999_999}}).encode())
    assert "这份记录不成立" in said
    assert "不能由选取方式、业主设定和政策数值推出；环节 1 price bounds.ceiling" in said
    said = hand_in(client, json.dumps({**record, "winner": "x"}).encode())
    assert "winner" in said
    assert "sm-seal" not in said


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[" * 9_999, b"[]", b'{"version": "draw-v9"}', b'{"format": 7}', b"1" * 9_999]
)
def test_what_is_none_of_them_cannot_be_checked(client: FlaskClient, data: bytes) -> None:
    said = hand_in(client, data)
    assert "此文件无法核验" in said
    assert "sm-seal" not in said


def test_the_commands_end_with_0_1_and_2(client: FlaskClient, tmp_path: Path) -> None:
    record = make_selection(random.Random(8), "random")
    draws = record["draws"]
    assert isinstance(draws, list)
    files = {"good": record, "bad": {**record, "order": []}, "draw": draws[0], "turned": {**draws[0], "order": []}}
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "odd").write_bytes(b"\xff")
    run = client.application.test_cli_runner()

    def code(*command: str) -> int:
        return run.invoke(args=[*command[:-1], str(tmp_path / command[-1])]).exit_code

    assert [code("selection", "verify", name) for name in files] == [0, 1, 0, 1]
    assert [code("draw", "verify", "--offline", name) for name in files] == [2, 2, 0, 1]
    for command in (("selection", "verify"), ("draw", "verify", "--offline"), ("quotes", "check", "--offline")):
        assert [code(*command, name) for name in ("odd", "nowhere")] == [2, 2]


def test_a_published_purchase_is_checked_from_its_own_page(client: FlaskClient, session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    said = client.get(f"/verify?code={project.code}&purpose=selection")
    assert said.status_code == 200
    assert f"/projects/{project.code}/selection.json" in said.text
    assert "此文件无法核验" in said.text  # nothing is public yet
    assert client.get("/verify?code=P-2026-999999&purpose=selection").status_code == 404


def test_the_archive_is_the_one_whose_hash_stands_on_the_page(client: FlaskClient) -> None:
    answer = client.get("/verify/verify_programs.zip")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert sha256(answer.data).hexdigest() in client.get("/verify").text
