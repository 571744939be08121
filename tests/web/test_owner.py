"""The owner's pages: from the draft to the rating, with everything typed kept and everybody else kept out."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.accounts.models import Organisation, OrganisationKind, User
from supermarket.core.clock import now
from supermarket.core.permissions import Actor, Role
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from tests.factories.accounts import make_organisation, make_user
from tests.factories.matters import SOME_MATTER, make_matter
from tests.factories.pages import enter_as
from tests.factories.policies import CHENGDU_WUHOU
from tests.factories.projects import make_open_project

WORDING = {
    "name": "新图书馆工程土地勘测",
    "matter": SOME_MATTER,
    "region": CHENGDU_WUHOU,
    "funding": "social",
    "budget": "120,000.00",
    "mode": "random",
    "duration_days": "60",
    "deliverables-0-name": "报告",
    "deliverables-0-due_days": "45",
    "payment_terms-0-name": "价款",
    "payment_terms-0-percent": "100",
    "payment_terms-0-after_deliverable": "1",
    "description": "完成土地勘测定界。",
    "form_id": "once",
    "act": "save",
}


@pytest.fixture
def owner(client: FlaskClient, session: Session) -> Organisation:
    """An owner whose person is at the keyboard of `client`."""
    body = make_organisation(OrganisationKind.OWNER)
    make_matter(SOME_MATTER)
    user = make_user(Role.OWNER, body)
    session.commit()
    enter_as(client, user)
    return body


def person(actor: Actor) -> User:
    return db.session.get_one(User, actor.user_id)


def other_client(client: FlaskClient, role: Role | None) -> FlaskClient:
    """Somebody else: of another organisation, or nobody."""
    someone = client.application.test_client()
    if role is not None:
        user = make_user(role)
        db.session.commit()
        enter_as(someone, user)
    return someone


def make_draft(client: FlaskClient, **changes: str) -> str:
    """A draft made through the page; its code."""
    answer = client.post("/projects/new", data=WORDING | changes)
    assert answer.status_code == 302, re.findall(r'class="sm-summary".*?</div>', answer.text, re.DOTALL)
    return answer.location.split("/")[2]


def state_of(code: str) -> ProjectState:
    return db.session.execute(sa.select(Project.state).where(Project.code == code)).scalar_one()


PAGES_OF_AN_OWNER = (
    "/home",
    "/owner/projects",
    "/owner/contracts",
    "/projects/new",
)


@pytest.mark.parametrize("url", PAGES_OF_AN_OWNER)
def test_page_is_for_owners(client: FlaskClient, owner: Organisation, url: str) -> None:
    assert client.get(url).status_code == 200
    assert other_client(client, None).get(url).status_code == 302
    if url != "/home":
        assert other_client(client, Role.AGENCY).get(url).status_code == 403


def test_first_visit_offers_the_first_thing_to_do(client: FlaskClient, owner: Organisation) -> None:
    page = client.get("/home").text
    assert "sm-empty" in page
    assert 'href="/projects/new"' in page


def test_draft_is_saved_and_shown_again_as_typed(client: FlaskClient, owner: Organisation) -> None:
    code = make_draft(client, ceiling="100000", min_stars="3")
    project = db.session.scalars(sa.select(Project).where(Project.code == code)).one()
    assert (project.budget, project.ceiling, project.owner_id) == (12_000_000, 10_000_000, owner.id)
    page = client.get(f"/projects/{code}/edit").text
    for text in ("新图书馆工程土地勘测", "120000.00", "100000.00", "报告", "完成土地勘测定界。"):
        assert text in page


def test_same_form_sent_twice_makes_one_draft(client: FlaskClient, owner: Organisation) -> None:
    code = make_draft(client)
    assert client.post("/projects/new", data=WORDING).location == f"/projects/{code}/edit"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Project)) == 1


@pytest.mark.parametrize(
    ("field", "value", "field_id"),
    [
        ("budget", "3.5万", "budget"),
        ("budget", "-1", "budget"),
        ("ceiling", "130000", "ceiling"),
        ("matter", "ZJ999", "matter"),
        ("matter", "", "matter"),
        ("region", "999999", "region"),
        ("mode", "auction", "mode"),
        ("deliverables-0-due_days", "61", "deliverables"),
        ("deliverables-0-name", "", "deliverables-0-name"),
        ("payment_terms-0-percent", "99", "payment_terms"),
        ("practitioners_needed", "51", "practitioners_needed"),
        ("enrol_until", "yesterday", "enrol_until"),
        ("name", "\x00bad", "name"),
    ],
)
def test_mistake_is_named_and_nothing_typed_is_lost(
    client: FlaskClient, owner: Organisation, field: str, value: str, field_id: str
) -> None:
    answer = client.post("/projects/new", data=WORDING | {field: value, "description": "保留我写的每个字"})
    assert answer.status_code == 422
    assert 'class="sm-summary"' in answer.text
    assert f'id="{field_id}' in answer.text
    assert "保留我写的每个字" in answer.text
    assert "data-answered" in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Project)) == 0


def test_what_another_way_of_selection_asks_for_is_kept_on_the_page_and_not_sent_on(
    client: FlaskClient, owner: Organisation
) -> None:
    """Hidden parts of the form hold no one up; of the way that is chosen every mistake counts."""
    others = {"agency": "91510100MA61T2XX00", "keep": "1000", "draw_keep": "viele", "criteria-0-weight": "-4"}
    code = make_draft(client, **others)
    stored = db.session.scalars(sa.select(Project).where(Project.code == code)).one()
    assert (stored.terms, stored.named_agency_id) == ({}, None)
    answer = client.post("/projects/new", data=WORDING | others | {"mode": "direct", "form_id": "twice"})
    assert answer.status_code == 422
    assert 'value="91510100MA61T2XX00"' in answer.text


def test_rule_that_says_no_stands_in_the_summary(client: FlaskClient, owner: Organisation) -> None:
    answer = client.post("/projects/new", data=WORDING | {"requirements": "注册资本不低于1000万元"})
    assert answer.status_code == 422
    assert 'class="sm-summary"' in answer.text
    assert "注册资本不低于1000万元" in answer.text


def test_rows_are_added_and_dropped_without_javascript(client: FlaskClient, owner: Organisation) -> None:
    more = client.post("/projects/new", data=WORDING | {"act": "add-deliverables"})
    assert more.status_code == 200
    assert 'name="deliverables-1-name"' in more.text
    assert "新图书馆工程土地勘测" in more.text
    two = WORDING | {"deliverables-1-name": "第二项", "deliverables-1-due_days": "50", "act": "drop-deliverables-0"}
    fewer = client.post("/projects/new", data=two)
    assert "第二项" in fewer.text
    assert 'value="报告"' not in fewer.text
    assert client.post("/projects/new", data=WORDING | {"act": "drop-deliverables-99"}).status_code == 200


def test_merit_needs_weights_of_a_hundred(client: FlaskClient, owner: Organisation) -> None:
    weights = {"criteria-0-criterion": "price", "criteria-1-criterion": "stars", "criteria-2-criterion": "credit"}
    wrong = client.post(
        "/projects/new",
        data=WORDING | weights | {"mode": "merit", "criteria-0-weight": "60", "criteria-1-weight": "30"},
    )
    assert wrong.status_code == 422
    code = make_draft(client, mode="merit", **weights, **{"criteria-0-weight": "60", "criteria-1-weight": "40"})
    project = db.session.scalars(sa.select(Project).where(Project.code == code)).one()
    assert [(item["kind"], item["weight"]) for item in project.terms["criteria"]] == [("price", "60"), ("stars", "40")]
    assert 'value="60"' in client.get(f"/projects/{code}/edit").text


def test_stale_page_says_so_and_keeps_what_was_typed(client: FlaskClient, owner: Organisation) -> None:
    code = make_draft(client)
    version = db.session.execute(sa.select(Project.version).where(Project.code == code)).scalar_one()
    first = client.post(f"/projects/{code}/edit", data=WORDING | {"version": version, "name": "第一次修改"})
    assert first.status_code == 302
    second = client.post(f"/projects/{code}/edit", data=WORDING | {"version": version, "name": "第二次修改"})
    assert second.status_code == 409
    assert "第二次修改" in second.text
    assert 'class="sm-summary"' in second.text


def test_handing_in_needs_the_box_and_publishes_social_money_at_once(client: FlaskClient, owner: Organisation) -> None:
    code = make_draft(client)
    assert client.get(f"/projects/{code}/submit").status_code == 200
    assert client.post(f"/projects/{code}/submit").status_code == 422
    assert state_of(code) is ProjectState.DRAFT
    assert client.post(f"/projects/{code}/submit", data={"confirm": "y"}).status_code == 302
    assert state_of(code) is ProjectState.OPEN
    assert client.post(f"/projects/{code}/submit", data={"confirm": "y"}).status_code == 409


def test_fiscal_money_waits_for_the_review(client: FlaskClient, owner: Organisation) -> None:
    code = make_draft(client, funding="fiscal")
    client.post(f"/projects/{code}/submit", data={"confirm": "y"})
    assert state_of(code) is ProjectState.IN_REVIEW


def test_amendment_needs_a_reason_and_is_public(client: FlaskClient, owner: Organisation) -> None:
    code = make_draft(client)
    client.post(f"/projects/{code}/submit", data={"confirm": "y"})
    version = db.session.execute(sa.select(Project.version).where(Project.code == code)).scalar_one()
    wording = WORDING | {"version": version, "act": "amend", "duration_days": "90"}
    assert client.post(f"/projects/{code}/amend", data=wording).status_code == 422
    assert client.post(f"/projects/{code}/amend", data=wording | {"reason": "延长服务期限"}).status_code == 302
    assert "延长服务期限" in other_client(client, None).get(f"/projects/{code}").text
    fixed = client.post(f"/projects/{code}/amend", data=wording | {"reason": "改变选取方式", "mode": "bidding"})
    assert fixed.status_code in (409, 422)


def test_withdrawal_needs_reason_and_box_and_can_be_reissued(client: FlaskClient, owner: Organisation) -> None:
    code = make_draft(client)
    client.post(f"/projects/{code}/submit", data={"confirm": "y"})
    assert client.post(f"/projects/{code}/withdraw", data={"reason": "资金未落实"}).status_code == 422
    assert client.post(f"/projects/{code}/withdraw", data={"confirm": "y"}).status_code == 422
    assert client.post(f"/projects/{code}/withdraw", data={"reason": "资金未落实", "confirm": "y"}).status_code == 302
    assert state_of(code) is ProjectState.WITHDRAWN
    again = client.post(f"/projects/{code}/reissue")
    assert again.status_code == 302
    assert client.get(again.location).status_code == 200


def test_deleted_draft_is_gone_from_public_and_desk(client: FlaskClient, owner: Organisation) -> None:
    code = make_draft(client)
    assert client.post(f"/projects/{code}/delete").status_code == 302
    assert state_of(code) is ProjectState.WITHDRAWN
    assert other_client(client, None).get(f"/projects/{code}").status_code == 404


@pytest.mark.parametrize("what", ["edit", "submit", "amend", "withdraw", "accept-reduced", "low-quotes"])
@pytest.mark.parametrize(("role", "status"), [(None, 302), (Role.AGENCY, 403), (Role.OWNER, 404)])
def test_others_do_not_get_at_a_draft(
    client: FlaskClient, owner: Organisation, what: str, role: Role | None, status: int
) -> None:
    code = make_draft(client)
    someone = other_client(client, role)
    assert someone.get(f"/projects/{code}/{what}").status_code == status
    assert someone.post(f"/projects/{code}/{what}", data=WORDING).status_code == status
    assert state_of(code) is ProjectState.DRAFT


def test_small_number_is_accepted_in_writing(client: FlaskClient, session: Session) -> None:
    project, actor = make_open_project(now())
    project.due_what, project.due_at = "reduced_acceptance", now() + timedelta(days=1)
    code = project.code
    user = person(actor)
    session.commit()
    enter_as(client, user)
    assert f"/projects/{code}/accept-reduced" in client.get("/home").text
    assert client.post(f"/projects/{code}/accept-reduced", data={"reason": "工期紧"}).status_code == 422
    answer = client.post(f"/projects/{code}/accept-reduced", data={"reason": "工期紧，接受一家", "confirm": "y"})
    assert answer.status_code == 302
    assert (
        client.post(f"/projects/{code}/accept-reduced", data={"reason": "再来一次", "confirm": "y"}).status_code == 409
    )


def test_sent_without_a_token_changes_nothing(client: FlaskClient, owner: Organisation) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = client.post("/projects/new", data=WORDING)
    finally:
        client.application.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 400
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Project)) == 0
