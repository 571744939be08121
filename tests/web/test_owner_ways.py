"""The owner's form about the way of selection: what it will do in plain words, only what it asks for, the choice page."""

import io
import re
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.accounts.models import Organisation, OrganisationKind, User
from supermarket.core.permissions import SYSTEM, Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.modes.table import MODES
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.projects.states import ProjectState
from supermarket.selection.models import Choice
from supermarket.supervision.demo_clock import set_clock
from supermarket.supervision.supervise import supervise
from tests.factories.accounts import make_organisation, make_user
from tests.factories.agencies import make_agency
from tests.factories.contracts import PDF
from tests.factories.matters import SOME_MATTER, make_matter
from tests.factories.modes import make_released_mode
from tests.factories.pages import enter_as
from tests.factories.policies import make_region
from tests.factories.projects import make_enrolled, make_open_project
from tests.web.test_owner import WORDING


@pytest.fixture
def owner(client: FlaskClient, session: Session) -> Organisation:
    """An owner whose person is at the keyboard of `client`."""
    body = make_organisation(OrganisationKind.OWNER)
    make_matter(SOME_MATTER)
    user = make_user(Role.OWNER, body)
    session.commit()
    enter_as(client, user)
    return body


def drafted(client: FlaskClient, **changes: str) -> Project:
    answer = client.post("/projects/new", data=WORDING | changes)
    assert answer.status_code == 302, re.findall(r'class="sm-summary".*?</div>', answer.text, re.DOTALL)
    code = answer.location.split("/")[2]
    return db.session.scalars(sa.select(Project).where(Project.code == code)).one()


@pytest.mark.parametrize("mode", list(MODES))
def test_the_plan_tells_each_way_with_the_numbers_that_stand_in_the_form(
    client: FlaskClient, owner: Organisation, mode: str
) -> None:
    numbers = {"keep": "4", "draw_keep": "3", "criteria-0-criterion": "price", "criteria-0-weight": "100"}
    answer = client.post("/projects/plan", data=WORDING | numbers | {"mode": mode})
    assert answer.status_code == 200
    assert "sm-plan__topics" in answer.text
    assert "%(" not in answer.text
    if MODES[mode].needs_quotes:
        assert "¥120,000.00" in answer.text
        assert "¥72,000.00" in answer.text  # 60 % of the ceiling
    if mode == "credit_merit":
        assert "前 4 名入围" in answer.text or "best 4 stay" in answer.text


@pytest.mark.parametrize(
    "hostile",
    [
        {"mode": "lottery"},
        {"mode": ""},
        {"keep": "1e9", "draw_keep": "-1", "mode": "credit_merit"},
        {"budget": "viel", "ceiling": "-3", "mode": "bidding"},
        {"enrol_until": "9999-12-31T23:59", "select_at": "0001-01-01T00:00"},
        {"region": "999999", "funding": "mine"},
        {"agency": "<script>alert(1)</script>", "mode": "direct"},
        {"criteria-0-criterion": "looks", "criteria-0-weight": "x", "mode": "merit"},
    ],
)
def test_the_plan_takes_whatever_is_typed(client: FlaskClient, owner: Organisation, hostile: dict[str, str]) -> None:
    for path in ("/projects/plan", "/projects/ways"):
        answer = client.post(path, data=WORDING | hostile)
        assert answer.status_code == 200
        assert "<script>alert(1)" not in answer.text


def test_k_and_n_are_stored_or_refused_at_their_field(client: FlaskClient, owner: Organisation) -> None:
    project = drafted(client, mode="credit_merit", keep="6", draw_keep="")
    assert project.terms == {"keep": 6, "draw_keep": 3}
    stars = drafted(client, mode="merit_random", shortlist_by="stars", form_id="second")
    assert stars.terms == {"keep": 5, "shortlist_by": "stars"}
    shown = client.get(f"/projects/{project.code}/edit").text
    assert re.search(r'name="keep"[^>]*value="6"', shown)
    refused = client.post("/projects/new", data=WORDING | {"mode": "credit_merit", "keep": "2", "form_id": "third"})
    assert refused.status_code == 422
    assert 'href="#keep"' in refused.text
    assert re.search(r'name="keep"[^>]*value="2"', refused.text)


def test_a_regions_own_way_is_offered_where_it_holds(
    client: FlaskClient, owner: Organisation, session: Session, at: datetime
) -> None:
    make_released_mode(at)
    make_region("510600")
    session.commit()
    page = client.get("/projects/new").text
    assert 'value="m510100_1"' in page
    project = drafted(client, mode="m510100_1")
    assert (project.mode, project.terms) == ("m510100_1", {})
    elsewhere = client.post("/projects/ways", data=WORDING | {"region": "510600"}).text
    assert 'value="m510100_1"' not in elsewhere


def test_the_document_behind_an_emergency_comes_with_the_draft(client: FlaskClient, owner: Organisation) -> None:
    direct = {
        "mode": "direct",
        "funding": "fiscal",
        "agency": make_agency().uscc,
        "direct_ground": "emergency",
        "direct_document": "川应急〔2026〕12号",
    }
    without = drafted(client, **direct)
    db.session.commit()
    last_look = client.get(f"/projects/{without.code}/submit").text
    assert "文件本身" in last_look or "document itself" in last_look
    file = {"direct_file": (io.BytesIO(PDF), "依据.pdf")}
    made = client.post(
        "/projects/new", data=WORDING | direct | file | {"form_id": "second"}, content_type="multipart/form-data"
    )
    assert made.status_code == 302
    stored = db.session.scalars(sa.select(Project).order_by(Project.id.desc())).first()
    assert stored is not None and stored.direct_document_id is not None
    bad = {"direct_file": (io.BytesIO(b"MZ"), "依据.exe")}
    refused = client.post(
        "/projects/new", data=WORDING | direct | bad | {"form_id": "third"}, content_type="multipart/form-data"
    )
    assert refused.status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Project)) == 2


def test_the_owner_chooses_on_a_page_that_shows_facts(client: FlaskClient, session: Session, at: datetime) -> None:
    set_clock(at)
    with unit():
        project, actor = make_open_project(at, mode="credit_merit", keep=4, draw_keep=2)
        make_enrolled(project, 4, at)
        code = project.code
    enter_as(client, db.session.get_one(User, actor.user_id))
    path = f"/projects/{code}/choose"
    assert "sm-empty" in client.get(path).text
    for name in ("enrol_until", "select_at"):
        assert supervise(getattr(project_for(code, SYSTEM), name)).ticked.failures == []
    project = project_for(code, SYSTEM)
    members = db.session.get_one(Choice, (project.id, project.series)).members
    page = client.get(path).text
    assert all(uscc in page for uscc in members)
    assert f'href="{path}"' in client.get("/home").text
    public = client.application.test_client().get(f"/projects/{code}").text
    assert 'id="lists"' in public
    answer = {"agency": members[0], "reason": "同类业绩最多 <b>"}
    assert client.post(path, data=answer).status_code == 422  # the box is not ticked
    wrong = client.post(path, data=answer | {"agency": make_agency().uscc, "confirm": "y"})
    assert wrong.status_code == 422
    assert "同类业绩最多 &lt;b&gt;" in wrong.text
    assert client.post(path, data=answer | {"confirm": "y"}).status_code == 303
    assert project_for(code, SYSTEM).state is ProjectState.ANNOUNCED
    assert client.post(path, data=answer | {"confirm": "y"}).status_code == 409
    shown = client.application.test_client().get(f"/projects/{code}").text
    assert "同类业绩最多 &lt;b&gt;" in shown
    lists = client.get(f"/api/v1/projects/{code}/lists").get_json()["items"]
    assert [item["kind"] for item in lists] == ["big", "small"]
    assert client.get(f"/api/v1/projects/{code}/choice").get_json()["agency"] == members[0]
