"""Wording and exceptions on pages: found while typed, asked by the owner, decided in office, read by everybody."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.core.clock import now
from supermarket.core.permissions import Role
from supermarket.extensions import db
from supermarket.projects import operations
from supermarket.projects.exception_models import RequirementException
from supermarket.projects.models import Project
from supermarket.projects.states import ExceptionState, ProjectState
from supermarket.selection.publication import sources_for
from tests.factories.accounts import make_user
from tests.factories.exceptions import BASIS, SENTENCE, make_asked, make_granted
from tests.factories.matters import make_matter
from tests.factories.pages import counted_statements
from tests.factories.projects import make_operator, make_owner_actor
from tests.factories.web import make_browser, words_of
from tests.web.test_owner import WORDING

REFUSED = WORDING | {"requirements": f"按规范编制。{SENTENCE}。"}


@pytest.fixture
def owner(app: Flask, session: Session) -> FlaskClient:
    """The browser of an owner."""
    _body, actor = make_owner_actor()
    return make_browser(app, actor)


def only_project() -> Project:
    return db.session.scalars(sa.select(Project)).one()


def test_what_is_refused_stands_under_its_field_with_law_and_another_wording(owner: FlaskClient) -> None:
    answer = owner.post("/projects/new", data=REFUSED)
    assert answer.status_code == 422
    assert "<mark>注册资本不低于</mark>" in answer.text
    words = words_of(answer.text)
    assert (
        "“注册资本不低于”: Registered capital must not be demanded (《政府采购促进中小企业发展管理办法》第五条)."
        in words
    )
    assert "How to write it instead: Leave it out." in words
    assert "Keep it in the draft, save, and ask for an exception" in words


def test_the_button_checks_and_stores_nothing(owner: FlaskClient) -> None:
    answer = owner.post("/projects/new", data=REFUSED | {"act": "check"})
    assert answer.status_code == 200
    assert "<mark>注册资本不低于</mark>" in answer.text
    assert "Nothing in this text is refused." in answer.text, "the description is clean and says so"
    assert 'value="新图书馆工程土地勘测"' in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Project)) == 0


@pytest.mark.parametrize(
    ("field", "text", "seen"),
    [
        ("requirements", "须在本市设有分公司", "<mark>须在本市设有分公司</mark>"),
        ("description", "<b>注册资本不低于1元</b>", "&lt;b&gt;<mark>注册资本不低于</mark>1元&lt;/b&gt;"),
        ("requirements", "不要求注册资本", "Nothing in this text is refused."),
        ("requirements", "", "Nothing in this text is refused."),
        ("requirements", "指定由某某设计研究院承担", "This rule has no exception."),
    ],
)
def test_the_live_check_gives_one_fields_findings(owner: FlaskClient, field: str, text: str, seen: str) -> None:
    answer = owner.post("/projects/wording", data={"field": field, field: text})
    assert answer.status_code == 200
    assert seen in answer.text
    assert "<html" not in answer.text


def test_the_live_check_is_for_owners_and_their_own_purchases(app: Flask, owner: FlaskClient, session: Session) -> None:
    row, _actor = make_asked(now())
    session.commit()
    assert owner.post(f"/projects/wording?project={row.project.code}", data={"field": "name"}).status_code == 404
    assert owner.post("/projects/wording", data={"field": "budget"}).status_code == 404
    assert owner.post("/projects/wording").status_code == 404
    agency = make_browser(app, make_user(Role.AGENCY))
    assert agency.post("/projects/wording", data={"field": "name"}).status_code == 403


def test_a_kept_draft_asks_is_granted_and_published_with_the_exception(
    app: Flask, owner: FlaskClient, session: Session
) -> None:
    made = owner.post("/projects/new", data=REFUSED | {"keep_refused": "y"})
    assert made.status_code == 302
    code = only_project().code
    assert "This cannot be published yet" in owner.get(f"/projects/{code}/submit").text
    assert owner.post(f"/projects/{code}/submit", data={"confirm": "y"}).status_code == 422
    page = owner.get(f"/projects/{code}/exceptions")
    assert f"“{SENTENCE}” · Registered capital" in words_of(page.text)
    which = re.search(r'name="which"[^>]*value="(registered_capital:[0-9a-f]{64})"', page.text)
    assert which is not None
    wrong = owner.post(f"/projects/{code}/exceptions", data={"which": which[1], "reason": "短", "legal_basis": BASIS})
    assert wrong.status_code == 422
    asked = owner.post(
        f"/projects/{code}/exceptions",
        data={"which": which[1], "reason": "该项目由特别法规定资本条件", "legal_basis": BASIS},
    )
    assert asked.status_code == 303
    row = session.scalars(sa.select(RequirementException)).one()
    assert (row.text, row.state) == (SENTENCE, ExceptionState.ASKED)
    assert "Waiting for the operator" in words_of(owner.get(f"/projects/{code}/edit").text)

    operator = make_browser(app, make_operator())
    page = operator.get(f"/office/exceptions/{row.id}")
    assert page.status_code == 200
    assert "<mark>注册资本不低于</mark>500万元" in page.text
    assert BASIS in page.text
    assert operator.post(f"/office/exceptions/{row.id}/grant", data={"grant-reason": "短"}).status_code == 422
    granted = operator.post(f"/office/exceptions/{row.id}/grant", data={"grant-reason": "特别法有明确规定"})
    assert granted.status_code == 303
    assert operator.post(f"/office/exceptions/{row.id}/deny", data={"deny-reason": "特别法没有规定"}).status_code == 409

    public = app.test_client()
    assert SENTENCE not in public.get("/exceptions").text
    assert owner.post(f"/projects/{code}/submit", data={"confirm": "y"}).status_code == 302
    assert only_project().state is ProjectState.OPEN
    for address in ("/exceptions", f"/projects/{code}"):
        seen = public.get(address).text
        assert SENTENCE in seen
        assert BASIS in seen
    shown = public.get(f"/projects/{code}").text
    assert "特别法有明确规定" in shown
    assert row.decided_by_organisation is not None and row.decided_by_organisation.name in shown


def test_a_sentence_that_is_not_there_yet_can_be_asked_for(owner: FlaskClient, session: Session) -> None:
    owner.post("/projects/new", data=WORDING)
    code = only_project().code
    body = {"which": "other", "rule": "local_branch", "reason": "抢险须常驻当地", "legal_basis": BASIS}
    assert owner.post(f"/projects/{code}/exceptions", data=body | {"text": "按规范编制"}).status_code == 422
    assert owner.post(f"/projects/{code}/exceptions", data=body | {"text": "在当地设有分公司"}).status_code == 422
    body["reason"] = "抢险期间须常驻当地以便两小时内到场"
    assert owner.post(f"/projects/{code}/exceptions", data=body | {"text": "在当地设有分公司"}).status_code == 303
    row = session.scalars(sa.select(RequirementException)).one()
    back = owner.post(f"/projects/{code}/exceptions/{row.id}/withdraw")
    assert back.status_code == 303
    session.expire_all()
    assert row.state is ExceptionState.WITHDRAWN


def test_others_see_neither_the_request_nor_its_page(app: Flask, owner: FlaskClient, session: Session) -> None:
    row, _actor = make_asked(now())
    session.commit()
    code = row.project.code
    assert owner.get(f"/projects/{code}/exceptions").status_code == 404
    assert owner.post(f"/projects/{code}/exceptions/{row.id}/withdraw").status_code == 404
    far = make_browser(app, make_user(Role.OPERATOR, region_code="330000"))
    assert far.get(f"/office/exceptions/{row.id}").status_code == 404
    assert far.post(f"/office/exceptions/{row.id}/grant", data={"grant-reason": "特别法有规定"}).status_code == 404
    supervisor = make_browser(app, make_user(Role.SUPERVISOR, region_code="510000"))
    page = supervisor.get(f"/office/exceptions/{row.id}")
    assert page.status_code == 200
    assert "grant-reason" not in page.text
    assert supervisor.post(f"/office/exceptions/{row.id}/grant").status_code == 403


def published(session: Session) -> RequirementException:
    row, actor = make_granted(now())
    operations.submit(row.project.code, sources=sources_for(row.project, at=now()), actor=actor, at=now())
    session.commit()
    return row


def test_the_public_list_is_narrowed_sorted_and_downloaded(app: Flask, session: Session) -> None:
    row = published(session)
    public = app.test_client()
    for query in ("q=特别管理", "region=510100", "rule=registered_capital", "sort=project", "sort=oldest&page=1"):
        assert SENTENCE in public.get(f"/exceptions?{query}").text
    for query in ("q=没有的词", "rule=local_branch", "q=100%25"):
        assert SENTENCE not in public.get(f"/exceptions?{query}").text
    assert public.get("/exceptions?page=7").status_code == 302
    csv = public.get("/exceptions?format=csv")
    assert csv.mimetype == "text/csv"
    assert SENTENCE in csv.get_data(as_text=True)
    assert row.project.code in csv.get_data(as_text=True)
    assert public.get("/exceptions?format=xlsx").data[:2] == b"PK"


def test_the_list_takes_the_same_statements_however_long(app: Flask, session: Session) -> None:
    published(session)
    public = app.test_client()
    public.get("/exceptions")
    with counted_statements() as few:
        public.get("/exceptions")
    for _number in range(3):
        published(session)
    with counted_statements() as many:
        public.get("/exceptions")
    assert len(many) <= len(few)


def test_the_same_form_sent_twice_at_once_makes_one_draft(owner: FlaskClient) -> None:
    first = owner.post("/projects/new", data=WORDING | {"form_id": "twice-1"})
    with owner.session_transaction() as cookie:
        cookie.pop("drafted", None)
    second = owner.post("/projects/new", data=WORDING | {"form_id": "twice-1", "act": "next"})
    assert (first.status_code, second.status_code) == (302, 302)
    assert second.location == f"/projects/{only_project().code}/edit"


def test_the_qualifications_of_the_matter_are_offered_and_stated(owner: FlaskClient) -> None:
    make_matter("ZJ001")
    db.session.commit()
    offered = owner.get("/projects/qualifications?matter=ZJ001")
    assert offered.status_code == 200
    assert "<html" not in offered.text
    assert "Choose the matter first" in owner.get("/projects/qualifications?matter=ZJ999").text


def test_who_was_signed_out_comes_back_to_the_form_and_not_to_an_act(app: Flask, session: Session) -> None:
    stranger = app.test_client()
    assert stranger.post("/projects/new", data=WORDING).location == "/sign-in?next=/projects/new"
    assert stranger.post("/projects/P-2026-000001/delete").location == "/sign-in?next=/"
