"""Panels through the API: plans, tasks, the blind room, sheets; everything public afterwards and nothing before."""

import io
from hashlib import sha256

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.accounts.models import User
from supermarket.core import clock
from supermarket.core.permissions import Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.selection.panels.states import SeatState
from tests.factories.api import Program, make_program, program_of
from tests.factories.experts import PanelWorld, make_expert, make_experts, make_panel, make_panel_project, settle
from tests.factories.pdfs import make_pdf

SENTENCE = "这句理由谁也不该提前看到。"


@pytest.fixture
def world(session: Session) -> PanelWorld:
    """A panel of three that is asked at the market's present."""
    made = make_panel(clock.now(), experts=4)
    with unit():
        clock.move_to(made.at)
    return made


def programs(client: FlaskClient, world: PanelWorld) -> list[Program]:
    """A program of each expert who is asked."""
    found = []
    for seat in world.seats(SeatState.INVITED):
        assert seat.expert.user_id is not None
        found.append(program_of(client, db.session.get_one(User, seat.expert.user_id)))
    return found


def sheet(room: dict[str, object], points: int = 80) -> dict[str, object]:
    """A whole sheet for a room."""
    plans, criteria = room["plans"], room["criteria"]
    assert isinstance(plans, list)
    assert isinstance(criteria, list)
    rows = [
        {"plan": plan["plan"], "criterion": item["name"], "points": points, "sentence": SENTENCE}
        for plan in plans
        for item in criteria
    ]
    return {"scores": rows, "sign": True}


def test_a_panel_from_invitation_to_public_scores(client: FlaskClient, world: PanelWorld) -> None:
    path = f"/projects/{world.code}"
    experts = programs(client, world)
    first = experts[0]
    assert [item["state"] for item in first.get("/panels").get_json()["items"]] == ["invited"]
    assert first.post(f"{path}/panel/accept", {"free": False}).status_code == 422
    for expert in experts:
        assert expert.post(f"{path}/panel/accept", {"free": True}).status_code == 200
    room = first.get(f"{path}/panel").get_json()
    assert [item["plan"] for item in sorted(room["plans"], key=lambda item: item["plan"])] == ["A", "B", "C"]
    text = first.get(f"{path}/panel").get_data(as_text=True)
    assert not [agency.uscc for agency, _actor in world.bidders if agency.uscc in text or agency.name in text]
    draft = {"scores": [{"plan": "A", "criterion": room["criteria"][0]["name"], "points": 40, "sentence": ""}]}
    assert first.post(f"{path}/panel/draft", draft).get_json()["draft"][0]["points"] == 40
    for number, expert in enumerate(experts):
        done = expert.post(f"{path}/scores", sheet(expert.get(f"{path}/panel").get_json(), 60 + 10 * number))
        assert done.status_code == 201
        assert len(done.get_json()["sheet_hash"]) == 64
    again = first.post(f"{path}/scores", sheet(room))
    assert (again.status_code, again.get_json()["state"]) == (409, "submitted")
    blind = first.get(f"{path}/panel").get_data(as_text=True)
    assert not [agency.uscc for agency, _actor in world.bidders if agency.uscc in blind]
    hidden = Program(client).get(f"{path}/scores").get_json()
    assert (hidden["state"], hidden["signed"], hidden["experts"], hidden["scores"]) == ("confirming", 3, None, None)
    for expert in experts[:2]:
        assert expert.post(f"{path}/panel/confirm").status_code == 200
    assert experts[2].post(f"{path}/panel/dissent", {"reason": "方案A更好。"}).status_code == 200
    settle(clock.now())
    public = Program(client).get(f"{path}/scores").get_json()
    assert [item["answer"] for item in public["experts"]] == ["confirmed", "confirmed", "dissented"]
    assert all(sha256(item["body"].encode()).hexdigest() == item["id"] for item in public["experts"])
    assert {line["mean"] for line in public["scores"]} == {"70.0000"}
    assert {plan["agency"] for plan in public["plans"]} == {agency.uscc for agency, _actor in world.bidders}
    plans = Program(client).get(f"{path}/proposals").get_json()["items"]
    assert [(item["text"], item["document"]) for item in plans] == [(None, None)] * 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"points": 101}, "scores.0.points"),
        ({"points": -1}, "scores.0.points"),
        ({"points": "80"}, "scores.0.points"),
        ({"points": 79.5}, "scores.0.points"),
        ({"points": None}, "scores.0.points"),
        ({"sentence": ""}, "scores.0.sentence"),
        ({"sentence": "长" * 501}, "scores.0.sentence"),
        ({"plan": "Z"}, "scores.0.plan"),
        ({"criterion": "价格"}, "scores.0.criterion"),
        ({"winner": "A"}, "scores.0.winner"),
    ],
)
def test_a_malformed_score_gets_one_sentence_at_its_field(
    client: FlaskClient, world: PanelWorld, change: dict[str, object], field: str
) -> None:
    expert = programs(client, world)[0]
    path = f"/projects/{world.code}"
    expert.post(f"{path}/panel/accept", {"free": True})
    body = sheet(expert.get(f"{path}/panel").get_json())
    rows = body["scores"]
    assert isinstance(rows, list)
    rows[0] |= change
    refused = expert.post(f"{path}/scores", body)
    assert refused.status_code == 422
    assert field in {error["field"] for error in refused.get_json()["errors"]}
    assert expert.get(f"{path}/panel").get_json()["state"] == "serving"
    assert Program(client).get(f"{path}/scores").get_json()["signed"] == 0


def test_an_unsigned_sheet_and_one_in_pieces_are_refused(client: FlaskClient, world: PanelWorld) -> None:
    expert = programs(client, world)[0]
    path = f"/projects/{world.code}"
    expert.post(f"{path}/panel/accept", {"free": True})
    body = sheet(expert.get(f"{path}/panel").get_json())
    rows = body["scores"]
    assert isinstance(rows, list)
    for wrong in (body | {"sign": False}, body | {"scores": rows[1:]}, body | {"scores": [*rows, rows[0]]}):
        assert expert.post(f"{path}/scores", wrong).status_code == 422


def test_who_is_not_asked_finds_no_room(client: FlaskClient, world: PanelWorld) -> None:
    outsider = make_expert()
    assert outsider.user_id is not None
    stranger = program_of(client, db.session.get_one(User, outsider.user_id))
    assert stranger.get(f"/projects/{world.code}/panel").status_code == 404
    assert stranger.post(f"/projects/{world.code}/panel/accept", {"free": True}).status_code == 404
    assert stranger.get("/panels").get_json()["items"] == []
    for role in (Role.OPERATOR, Role.OWNER, Role.AGENCY, Role.SUPERVISOR):
        assert make_program(client, role).get(f"/projects/{world.code}/panel").status_code == 403
    assert Program(client).get(f"/projects/{world.code}/panel").status_code == 401


def test_an_agency_hands_in_its_plan_and_reads_no_other(client: FlaskClient, session: Session) -> None:
    make_experts(3)
    world = make_panel_project(clock.now(), bidders=2)
    (_one, actor), (_two, other) = world.bidders
    mine, theirs = (program_of(client, db.session.get_one(User, item.user_id)) for item in (actor, other))
    path = f"/projects/{world.code}/proposals"
    assert mine.post(path, {"text": ""}).status_code == 422
    made = mine.post(path, {"text": "新的方案。"})
    assert made.status_code == 201
    assert made.get_json()["sha256"] == sha256("新的方案。\n".encode()).hexdigest()
    assert made.get_json()["removed"] == []
    assert [item["seq"] for item in mine.get(path).get_json()["items"]] == [2, 1]
    assert "新的方案" not in theirs.get(path).get_data(as_text=True)
    assert Program(client).get(path).get_json()["items"] == []
    file = (io.BytesIO(make_pdf({"/Author": "张三"})), "plan.pdf")
    told = client.post(f"/api/v1{path}", data={"file": file}, headers=mine.headers())
    assert (told.status_code, told.get_json()["removed"]) == (
        201,
        [{"what": "property", "name": "Author", "value": "张三", "count": 1}],
    )


def test_offices_see_the_pool_and_never_who_judges(client: FlaskClient, world: PanelWorld) -> None:
    operator = make_program(client, Role.OPERATOR, region_code="510000")
    items = operator.get("/experts").get_json()["items"]
    assert len(items) == 4
    assert world.code not in operator.get(f"/experts/{items[0]['code']}").get_data(as_text=True)
    industry = items[0]["industries"][0]
    entry = {
        "name": "李试验",
        "email": "li@example.test",
        "employer": "试验大学",
        "region": "510100",
        "industries": [industry],
    }
    made = operator.post("/experts", entry)
    assert (made.status_code, made.get_json()["standing"]) == (201, "applied")
    assert operator.post("/experts", entry).status_code == 409
    code = made.get_json()["code"]
    assert operator.post(f"/experts/{code}/suspend", {"reason": "早了"}).status_code == 409
    assert operator.post(f"/experts/{code}/admit").get_json()["standing"] == "active"
    assert Program(client).get("/experts").status_code == 401
    assert make_program(client, Role.AGENCY).get("/experts").status_code == 403
