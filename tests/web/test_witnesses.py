"""The pages of the witnesses: equal, different and silent ones in words, downloads, and the log that a witness takes back."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.core.events import seal
from supermarket.gateways.witness import HttpWitness
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.gateways.witness_log import follow, read_state
from supermarket.projects.models import Project
from supermarket.selection.queries import draws_of
from supermarket.supervision.sealing import sign_head
from supermarket.supervision.witnessing import watch_witnesses
from supermarket.witnesses.operations import visit
from tests.factories.policies import make_policy
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.web import words_of
from tests.factories.witnesses import make_witnesses, witnessed_by
from tests.rooms.test_selection import present, settle
from tests.rooms.test_witnesses import LyingWitness
from tests.unit.witness.conftest import Witness, command
from tests.unit.witness.test_witness_draws import make_pool


def page(client: FlaskClient, path: str, language: str = "en") -> str:
    client.get(f"/language/{language}?next=/")
    answer = client.get(path)
    assert answer.status_code == 200, path
    return unescape(answer.get_data(as_text=True))


def frozen(at: datetime, **policies: int | str) -> Project:
    for key, value in {"draw_source_social": "published:kl8", **policies}.items():
        make_policy(key, value)
    project, _owner = make_open_project(at)
    make_enrolled(project, 3, at + timedelta(hours=1))
    until = present(project).enrol_until
    assert until is not None
    settle(until)
    return present(project)


@pytest.fixture
def liar(session: Session) -> Iterator[MemoryWitness]:
    made = LyingWitness("discipline")
    with witnessed_by(MemoryWitness("regulator"), made):
        yield made


def test_with_nothing_signed_the_page_says_what_comes(client: FlaskClient, session: Session) -> None:
    shown = page(client, "/witnesses")
    assert "Nothing has been drawn yet." in shown and "not visited yet" in shown
    assert "Nothing was signed for this project." in page(client, "/witnesses?project=P-NONE")
    assert "见证方" in page(client, "/witnesses", "zh_CN")


def test_a_lying_witness_is_named_on_the_pages(liar, client: FlaskClient, session: Session, at: datetime) -> None:
    project = frozen(at)
    watch_witnesses(at + timedelta(days=5))
    sentence = "The witness's own log shows another pool or another receipt than this market."
    for path in ("/witnesses", f"/witnesses?project={project.code}", f"/projects/{project.code}/witnesses"):
        shown = page(client, path)
        assert sentence in shown, path
        assert "discipline" in shown and "different" in shown and "equal" in shown
        assert "ffffffffffffffff…" in shown, "the hash that it signed"
    found = json.loads(client.get("/witnesses.json").data)
    (row,) = found["rows"]
    assert [each["verdict"] for each in row["witnesses"]] == ["equal", "differs"]
    assert row["witnesses"][1]["shown_by_witness"]["pool_hash"] == "f" * 64
    assert found["witnesses"][0]["key"] and found["next"] is None
    lines = client.get("/witnesses?format=csv").get_data(as_text=True).splitlines()
    assert len(lines) == 3 and project.code in lines[1]
    assert "A witness shows another receipt" not in page(client, "/witnesses"), "cards are the supervisor's"


def test_the_receipts_of_a_project_are_public(client: FlaskClient, session: Session, at: datetime) -> None:
    three = make_witnesses("regulator", "discipline", "city")
    with witnessed_by(*three):
        three[2].down = True
        project = frozen(at, receipts_needed=3)
        shown = page(client, f"/projects/{project.code}/witnesses")
        assert "2 of 3 receipts are there. Without them nothing is drawn." in shown
        found = json.loads(client.get(f"/projects/{project.code}/witnesses.json").data)
        assert (found["receipts_needed"], len(found["draws"])) == (3, 1)
        assert [each["by"] for each in found["draws"][0]["receipts"]] == ["regulator", "discipline"]
        assert sorted(found["keys"]) == ["city", "discipline", "regulator"]
        one = json.loads(client.get(f"/projects/{project.code}/draws/main/witnesses.json").data)
        assert one["receipts"] == found["draws"][0]["receipts"]
        assert one["pool_hash"] == draws_of(project.id)[0].pool_hash
        for path in (f"/projects/{project.code}/draws/tie1/witnesses.json", "/projects/P-NONE/witnesses"):
            assert client.get(path).status_code == 404


def test_a_draft_shows_nothing_of_its_witnesses(client: FlaskClient, session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    assert client.get(f"/projects/{project.code}/witnesses").status_code == 404, "nothing is drawn yet"


def test_status_says_who_is_behind_or_silent(client: FlaskClient, session: Session, at: datetime) -> None:
    with witnessed_by(*make_witnesses("regulator", "discipline")):
        shown = page(client, "/status")
        assert shown.count("not visited yet") >= 2
        watch_witnesses(datetime.fromisoformat("2020-01-01T00:00:00+00:00"))
        assert page(client, "/status").count("silent") >= 2


def test_odd_addresses_harm_nothing(client: FlaskClient, session: Session) -> None:
    for path in (
        "/witnesses?before=x",
        "/witnesses?before=999999999",
        "/witnesses.json?before=-1",
        "/witnesses?project=%00",
    ):
        assert client.get(path).status_code == 200, path
    for path in ("/witnesses/none/log.json", "/witnesses/none/state.json"):
        assert client.get(path).status_code == 404, path


@pytest.fixture
def start_witness(tmp_path: Path) -> Iterator[Callable[[str], Witness]]:
    started: list[Witness] = []

    def start(home: str) -> Witness:
        started.append(Witness(tmp_path / home, "--name", "regulator"))
        return started[-1]

    yield start
    for each in started:
        if each.process.returncode is None:
            each.stop()


def test_a_witness_takes_its_log_back_from_this_market(
    start_witness: Callable[[str], Witness], client: FlaskClient, session: Session, at: datetime, tmp_path: Path
) -> None:
    """The real program, the real pages: what the market keeps is enough to go on after a broken disk."""
    (tmp_path / "words").write_text("a long enough passphrase\n")
    words = ("--passphrase-file", tmp_path / "words")
    process = start_witness("home")
    witness = HttpWitness(f"http://127.0.0.1:{process.port}", process.key.hex(), name="regulator")
    with witnessed_by(witness):
        assert command("backup", "--home", tmp_path / "home", "--to", tmp_path / "backup", *words)[0] == 0
        receipts = [witness.receipt(make_pool(f"P-{number}").encode(), at=at) for number in range(5)]
        assert visit(witness, at) is None
        log = json.loads(client.get("/witnesses/regulator/log.json").data)["log"]
        state = read_state(json.loads(client.get("/witnesses/regulator/state.json").data)["state"])
        assert state is not None and state.holds()
        assert follow(log, key=process.key.hex()) == state.head
        assert json.loads(client.get("/witnesses/regulator/log.json?after=4").data)["log"] == log[4:]
        places: list[object] = []
        for name in ("log", "state"):
            (tmp_path / f"{name}.json").write_bytes(client.get(f"/witnesses/regulator/{name}.json").data)
            places += ["--from", tmp_path / f"{name}.json"]
        process.kill()
        assert command("restore", tmp_path / "backup", "--home", tmp_path / "new", *words)[0] == 0
        code, said, trouble = command("catch-up", "--home", tmp_path / "new", *places)
        assert code == 0, said + trouble
        again = start_witness("new")
        back = HttpWitness(f"http://127.0.0.1:{again.port}", process.key.hex(), name="regulator")
        assert [back.receipt(make_pool(f"P-{number}").encode(), at=at) for number in range(5)] == receipts
        assert visit(back, at + timedelta(hours=1)) is None


def test_nobody_reads_off_how_the_log_grows_within_the_hour(
    client: FlaskClient, session: Session, at: datetime
) -> None:
    """Before a deadline that would tell how many enrol and quote: only the signed head is told (ADR 36)."""
    with witnessed_by(*make_witnesses("regulator", "discipline")):
        assert "No witness has signed a head yet." in page(client, "/status")
        project, _owner = make_open_project(at)
        signed = sign_head(at)["seq"]
        watch_witnesses(at)
        before = {path: words_of(page(client, path)) for path in ("/status", "/witnesses")}
        assert f"Head after {signed} events" in before["/status"]
        make_enrolled(project, 3, at)
        seal()
        assert {path: words_of(page(client, path)) for path in before} == before
