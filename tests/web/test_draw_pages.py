"""Pages about draws: the ceremony's state as JSON, what anybody may hand in, what two type from a bulletin."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.core.clock import LOCAL, now
from supermarket.core.draw import verify_record
from supermarket.core.permissions import Role
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.projects.states import ProjectState
from supermarket.selection.bulletins import sales_close_from
from supermarket.selection.models import BulletinEntry
from supermarket.selection.states import DrawState
from tests.factories.accounts import make_actor
from tests.factories.api import make_program
from tests.factories.api_world import SICHUAN
from tests.factories.web import make_browser, words_of
from tests.factories.witnesses import witnessed_by
from tests.rooms.drawing import Waiting, receipted, silent, witness
from tests.rooms.test_selection import present, settle

BEGUN = timedelta(days=30)
NUMBERS = " ".join(f"{number:02d}" for number in range(1, 21))


@pytest.fixture(autouse=True)
def witness_answers_again(app: Flask) -> object:
    """The next test finds it on."""
    yield
    app.extensions["gateways"].witness.down = False


def address(found: Waiting, page: str) -> str:
    return f"/projects/{found.project.code}/draws/main/{page}"


def typed(found: Waiting, prefix: str = "") -> dict[str, str]:
    """The true bulletin as a form has it."""
    closed = sales_close_from(found.draw) + timedelta(minutes=1)
    local = closed.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")
    return {f"{prefix}issue": "2026058", f"{prefix}closed_at": local, f"{prefix}numbers": NUMBERS}


def waiting_for_numbers() -> Waiting:
    found = receipted(now() - BEGUN, "published:kl8")
    settle(max(found.project.select_at or now(), found.draw.draw_at))
    return found


def test_the_state_is_small_json_and_304_while_nothing_happens(client: FlaskClient, session: Session) -> None:
    found = silent(now() - BEGUN)
    first = client.get(address(found, "live.json"))
    state = first.get_json()
    assert (state["state"], state["phase"], state["refused_at"]) == ("receipted", "revealing", None)
    assert [(each["name"], each["state"]) for each in state["parties"]] == [
        ("operator", "revealed"),
        ("witness-test", "bound"),
    ]
    assert state["record"]["value"] is None
    again = client.get(address(found, "live.json"), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert found.draw.reveal_until is not None
    settle(found.draw.reveal_until)
    after = client.get(address(found, "live.json"), headers={"If-None-Match": first.headers["ETag"]})
    assert (after.status_code, after.get_json()["state"], after.get_json()["lottery"]) == (200, "fallen_back", "kl8")
    assert client.get("/projects/P-2026-999999/draws/main/live.json").status_code == 404
    assert client.get(address(found, "live.json").replace("main", "tie9")).status_code == 404


def test_anybody_hands_a_reveal_in_and_nothing_else_passes(app: Flask, client: FlaskClient, session: Session) -> None:
    found = silent(now() - BEGUN)
    witness().down = False
    r = witness().reveal(found.project.code, "main")
    page = client.get(address(found, "reveal"), headers={"Accept-Language": "en"})
    assert page.status_code == 200
    for wrong in ("", "x", "0" * 64, "0" * 63 + "G", "' OR 1=1"):
        answer = client.post(address(found, "reveal"), data={"reveal": wrong})
        assert answer.status_code == 422
    assert found.draw.state is DrawState.RECEIPTED
    assert client.post(address(found, "reveal"), data={"reveal": r}).status_code == 303
    assert present(found.project).state is ProjectState.ANNOUNCED
    assert client.post(address(found, "reveal"), data={"reveal": r}).status_code == 409


def test_other_draws_have_no_such_page(client: FlaskClient, session: Session) -> None:
    found = waiting_for_numbers()
    assert client.get(address(found, "reveal")).status_code == 404
    assert client.get(address(found, "round")).status_code == 404
    assert client.get(address(found, "ceremony")).status_code == 200


def test_the_owner_types_on_its_page_and_the_regulator_in_its_office(app: Flask, session: Session) -> None:
    found = waiting_for_numbers()
    code = found.project.code
    owner = make_browser(app, found.owner)
    regulator = make_browser(app, make_actor(Role.REGULATOR, region_code=SICHUAN))
    assert "Type the numbers of the bulletin" in words_of(owner.get("/home").text)
    assert "Type the numbers of the bulletin" in words_of(owner.get(f"/projects/{code}").text)
    assert "Take the first issue of the lottery Happy 8" in words_of(owner.get(address(found, "numbers")).text)
    for field, value in (("numbers", "3 7"), ("issue", "x"), ("closed_at", "2001-01-01T00:00")):
        answer = owner.post(address(found, "numbers"), data=typed(found) | {field: value})
        assert answer.status_code == 422
        assert NUMBERS in answer.text or field == "numbers"  # nothing typed is lost
    assert owner.post(address(found, "numbers"), data=typed(found)).status_code == 302
    assert "Type the numbers of the bulletin" not in words_of(owner.get("/home").text)
    assert "You typed issue 2026058 already." in words_of(owner.get(address(found, "numbers")).text)
    page = regulator.get(f"/office/projects/{code}").text
    assert "2026058" not in page and NUMBERS not in page  # what the other typed is shown to nobody
    answer = regulator.post(f"/office/projects/{code}/draws/main", data=typed(found, "numbers-"))
    assert answer.status_code == 303
    assert present(found.project).state is ProjectState.ANNOUNCED
    record = app.test_client().get(f"/projects/{code}/draw.json").data
    assert verify_record(record).differences == ()
    assert len(session.scalars(sa.select(BulletinEntry)).all()) == 2


def test_a_program_types_the_bulletin(client: FlaskClient, session: Session) -> None:
    found = waiting_for_numbers()
    program = make_program(client, Role.REGULATOR, region_code=SICHUAN)
    path = f"/projects/{found.project.code}/draws/main/numbers"
    closed = (sales_close_from(found.draw) + timedelta(minutes=1)).isoformat()
    body = {"issue": "2026058", "closed_at": closed, "numbers": NUMBERS}
    for change in ({"issue": 5}, {"closed_at": "2026-01-01"}, {"numbers": "1"}, {"more": "x"}):
        assert program.post(path, body | change).status_code == 422
    assert program.post(path, body).status_code == 200
    assert [row.role for row in session.scalars(sa.select(BulletinEntry))] == ["regulator"]
    assert make_program(client, Role.OPERATOR, region_code=SICHUAN).post(path, body).status_code == 403


def test_a_program_without_a_token_hands_a_reveal_in(client: FlaskClient, session: Session) -> None:
    found = silent(now() - BEGUN)
    witness().down = False
    path = f"/api/v1/projects/{found.project.code}/draws/main/"
    r = witness().reveal(found.project.code, "main")
    assert client.post(path + "reveal", json={"reveal": "ab" * 32}).status_code == 422
    assert client.post(path + "reveal", json={"reveal": r, "party": "witness"}).status_code == 422
    assert client.post(path + "round", json={"signature": "ab" * 48}).status_code == 422  # no beacon in this draw
    answer = client.post(path + "reveal", json={"reveal": r})
    assert (answer.status_code, answer.get_json()["entered_by"]) == (200, ["operator", "witness-test"])
    assert client.post(path + "reveal", json={"reveal": r}).status_code == 409


class Named(MemoryWitness):
    """A witness with a name for people, as the market's settings give one."""

    def shown(self, language: str) -> str:
        return {"zh": "纪检监察室", "en": "Discipline office"}[language]


def test_a_further_witness_has_its_name_for_people(client: FlaskClient, session: Session) -> None:
    with witnessed_by(MemoryWitness("regulator"), Named("discipline")):
        found = receipted(now() - BEGUN, "parties")
        page = f"/projects/{found.project.code}/draws/main/ceremony"
        shown = words_of(client.get(page, headers={"Accept-Language": "zh-CN"}).get_data(as_text=True))
        assert "见证方纪检监察室" in shown and "见证方discipline" not in shown
        shown = words_of(client.get(f"/projects/{found.project.code}").get_data(as_text=True))
        assert "见证方 纪检监察室 已签收" in shown and "见证方 discipline" not in shown
