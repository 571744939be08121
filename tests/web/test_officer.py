"""The offices' pages: review, agencies, credit, lists, contracts, matters, members, supervision."""

import csv
import io
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.accounts.models import Membership, OrganisationKind, User
from supermarket.agencies.models import Agency, Check, Onboarding, Standing
from supermarket.core.clock import now
from supermarket.core.permissions import Role
from supermarket.credit.models import CreditEntry, ListEntry
from supermarket.data import catalogue
from supermarket.deliverables.queries import deliverable
from supermarket.deliverables.states import ApprovalOutcome
from supermarket.extensions import db
from supermarket.matters.models import Matter, MatterState
from supermarket.projects import operations as projects
from supermarket.projects.models import Funding, Project
from supermarket.projects.states import ProjectState
from supermarket.ratings import operations as ratings
from supermarket.ratings.models import RaterKind, Rating
from supermarket.ratings.states import RatingState
from supermarket.selection.publication import sources_for
from supermarket.supervision.models import Finding, Level
from supermarket.supervision.operations import About, card
from tests.factories.accounts import fresh_uscc, make_organisation, make_user
from tests.factories.agencies import make_agency
from tests.factories.contracts import make_deal
from tests.factories.matters import SOME_MATTER, make_matter
from tests.factories.policies import count, make_region
from tests.factories.projects import draft_command, make_open_project, make_owner_actor
from tests.factories.ratings import make_rated
from tests.factories.web import make_browser, words_of

CHENGDU, MIANYANG = "510100", "510700"


def browser_of(app: Flask, role: Role, region: str = "510000") -> FlaskClient:
    """Somebody of an office of a region."""
    return make_browser(app, make_user(role, region_code=region))


def make_in_review() -> Project:
    owner, actor = make_owner_actor()
    at = now()
    project = projects.draft(draft_command(owner, funding=Funding.FISCAL), actor=actor, at=at)
    projects.submit(project.code, sources=sources_for(project, at=at), actor=actor, at=at)
    assert project.state is ProjectState.IN_REVIEW
    return project


def state_of(project: Project) -> ProjectState:
    return db.session.get_one(Project, project.id, populate_existing=True).state


def test_operator_finds_and_publishes_what_waits(app: Flask, session: Session) -> None:
    project = make_in_review()
    browser = browser_of(app, Role.OPERATOR)
    home = words_of(browser.get("/home").get_data(as_text=True))
    assert "Review a purchase" in home and project.name in home
    assert project.name in browser.get("/office/projects").get_data(as_text=True)
    url = f"/office/projects/{project.code}"
    assert "Nobody, and no office, can name the winner afterwards." in words_of(browser.get(url).get_data(as_text=True))
    assert browser.post(f"{url}/approve").status_code == 422
    assert state_of(project) is ProjectState.IN_REVIEW
    assert browser.post(f"{url}/approve", data={"approve-confirm": "y"}).status_code == 303
    assert state_of(project) is ProjectState.OPEN
    assert browser.post(f"{url}/approve", data={"approve-confirm": "y"}).status_code == 409


def test_operator_returns_with_reasons(app: Flask, session: Session) -> None:
    project = make_in_review()
    browser = browser_of(app, Role.OPERATOR)
    url = f"/office/projects/{project.code}/return"
    answer = browser.post(url, data={"return-reason": "no"})
    assert answer.status_code == 422
    assert 'id="return-reason-error"' in answer.get_data(as_text=True)
    assert browser.post(url, data={"return-reason": "请补充服务期限。"}).status_code == 303
    row = db.session.get_one(Project, project.id, populate_existing=True)
    assert (row.state, row.return_reason) == (ProjectState.DRAFT, "请补充服务期限。")


def test_operator_of_elsewhere_may_not(app: Flask, session: Session) -> None:
    project = make_in_review()
    browser = browser_of(app, Role.OPERATOR, MIANYANG)
    url = f"/office/projects/{project.code}"
    assert browser.get(url).status_code == 404
    assert browser.post(f"{url}/approve", data={"approve-confirm": "y"}).status_code == 404
    assert browser.post(f"{url}/return", data={"return-reason": "不属于本地。"}).status_code == 404
    assert state_of(project) is ProjectState.IN_REVIEW


def test_void_and_suspend_need_their_office_and_a_reason(app: Flask, session: Session) -> None:
    project, _owner = make_open_project(now())
    operator, supervisor = browser_of(app, Role.OPERATOR), browser_of(app, Role.SUPERVISOR)
    url = f"/office/projects/{project.code}"
    assert operator.post(f"{url}/suspend", data={"suspend-reason": "投诉调查。"}).status_code == 403
    assert supervisor.post(f"{url}/suspend", data={"suspend-reason": ""}).status_code == 422
    assert supervisor.post(f"{url}/suspend", data={"suspend-reason": "投诉调查。"}).status_code == 303
    assert state_of(project) is ProjectState.SUSPENDED
    assert operator.post(f"{url}/void", data={"void-reason": "发现虚假。"}).status_code == 409
    assert supervisor.post(f"{url}/resume", data={"resume-reason": "调查结束。"}).status_code == 303
    assert operator.post(f"{url}/disqualify", data={"disqualify-reason": "异议成立。"}).status_code == 404
    assert operator.post(f"{url}/void", data={"void-reason": "发现虚假。"}).status_code == 303
    assert state_of(project) is ProjectState.VOID


def test_agency_in_the_queue_is_decided_with_a_reason(app: Flask, session: Session) -> None:
    agency = make_agency(standing=Standing.APPLIED)
    agency.onboarding, agency.decision_due_at = Onboarding.WAITING, now()
    browser = browser_of(app, Role.OPERATOR)
    assert agency.name in browser.get("/office/agencies").get_data(as_text=True)
    url = f"/office/agencies/{agency.uscc}"
    assert browser.post(f"{url}/decide", data={"decide-reason": "查过原件。"}).status_code == 422
    assert browser.post(f"{url}/decide", data={"decide-decision": "admit"}).status_code == 422
    right = {"decide-decision": "admit", "decide-reason": "查过原件。"}
    assert browser.post(f"{url}/decide", data=right).status_code == 303
    assert db.session.get_one(Agency, agency.id, populate_existing=True).standing is Standing.ACTIVE
    assert browser.post(f"{url}/decide", data=right).status_code == 409


def test_checks_are_run_again_and_an_agency_is_frozen_and_freed(app: Flask, session: Session) -> None:
    agency = make_agency()
    browser = browser_of(app, Role.OPERATOR)
    url = f"/office/agencies/{agency.uscc}"
    assert browser.post(f"{url}/check").status_code == 303
    assert session.query(Check).filter_by(agency_id=agency.id).count() >= 5
    assert "Public pledge" in words_of(browser.get(url).get_data(as_text=True))
    act = {"act-basis": "信用 D 级", "act-proposer": "主管部门", "act-executor": "运营单位", "act-effect": "无"}
    freeze, unfreeze = f"{url}/standing/freeze", f"{url}/standing/unfreeze"
    assert browser.post(freeze, data=act | {"act-until": "2001-01-01T00:00"}).status_code == 422
    assert browser.post(freeze, data=act | {"act-until": "9999-12-31T23:59"}).status_code == 422
    assert browser.post(freeze, data=act).status_code == 303
    assert db.session.get_one(Agency, agency.id, populate_existing=True).standing is Standing.FROZEN
    assert browser.post(freeze, data=act).status_code == 409
    assert browser.post(unfreeze, data=act | {"act-basis": "期满"}).status_code == 303
    assert browser_of(app, Role.REGULATOR).get(url).status_code == 200
    assert browser.get("/office/agencies/unknown").status_code == 404


def test_credit_is_entered_once_and_reversed(app: Flask, session: Session) -> None:
    agency = make_agency()
    browser = browser_of(app, Role.REGULATOR)
    entry = {
        "entry-uscc": agency.uscc,
        "entry-event": "penalty_light",
        "entry-source": "成都市住建局",
        "entry-basis": "某条例第三条",
        "entry-document_number": "成住建罚〔2026〕1号",
        "entry-evidence": "卷1",
    }
    assert browser.post("/office/credit", data=entry | {"entry-uscc": "91510107MA0000000X"}).status_code == 422
    assert browser.post("/office/credit", data=entry | {"entry-event": "late_deliverable"}).status_code == 422
    assert browser.post("/office/credit", data=entry).status_code == 303
    assert browser.post("/office/credit", data=entry).status_code == 409
    row = session.query(CreditEntry).one()
    assert row.points == -10
    page = browser.get(f"/office/credit?uscc={agency.uscc}").get_data(as_text=True)
    assert "C = 90" in words_of(page)
    why = {"reversal-source": "成都市住建局", "reversal-basis": "复议撤销", "reversal-document_number": "2号"}
    assert browser.post(f"/office/credit/{row.id}/reverse", data={}).status_code == 422
    assert browser.post(f"/office/credit/{row.id}/reverse", data=why).status_code == 303
    assert browser.post(f"/office/credit/{row.id}/reverse", data=why).status_code == 409
    assert browser.post("/office/credit/99999999999999999999/reverse", data=why).status_code == 404


def test_listing_puts_an_agency_out_and_ends(app: Flask, session: Session) -> None:
    agency = make_agency()
    browser = browser_of(app, Role.REGULATOR)
    decision = {
        "kind": "black",
        "uscc": agency.uscc,
        "name": agency.name,
        "authority": "四川省某厅",
        "basis": "严重失信主体名单管理办法",
        "document_number": "川失信〔2026〕1号",
        "from_date": "2026-01-01",
    }
    assert browser.post("/office/lists", data=decision | {"from_date": "soon"}).status_code == 422
    assert browser.post("/office/lists", data=decision).status_code == 303
    assert db.session.get_one(Agency, agency.id, populate_existing=True).standing is Standing.BLACKLISTED
    assert browser.post("/office/lists", data=decision).status_code == 409
    assert agency.name in browser.get("/office/lists").get_data(as_text=True)
    row = session.query(ListEntry).one()
    assert browser.post(f"/office/lists/{row.id}/end").status_code == 303
    assert browser.post(f"/office/lists/{row.id}/end").status_code == 409
    assert browser_of(app, Role.OPERATOR).get("/office/lists").status_code == 403


def test_offices_rate_and_decide_an_appeal_of_the_other(app: Flask, session: Session) -> None:
    made = make_rated(make_deal(at=now()), at=now())
    code, url = made.deal.code, f"/office/contracts/{made.deal.code}"
    for rater in (RaterKind.OWNER, RaterKind.AGENCY):
        made.give(rater, at=now())
    authority, operator = make_browser(app, made.authority), make_browser(app, made.operator)
    assert code in authority.get("/office/ratings").get_data(as_text=True)
    points = {"rate-quality": "5", "rate-compliance": "4", "rate-attitude": "4"}
    assert authority.post(f"{url}/rating", data={"rate-quality": "5"}).status_code == 422
    assert authority.post(f"{url}/rating", data=points).status_code == 303
    assert authority.post(f"{url}/rating", data=points).status_code == 409
    assert operator.post(f"{url}/rating", data=points).status_code == 303
    ratings.appeal(code, RaterKind.AUTHORITY, reason="与事实不符。", actor=made.deal.agency, at=now())
    session.commit()
    decision = {"appeal-rater": "authority", "appeal-reason": "核对记录，维持。"}
    assert authority.post(f"{url}/appeal", data=decision).status_code == 403
    assert "与事实不符。" in operator.get(url).get_data(as_text=True)
    assert operator.post(f"{url}/appeal", data=decision | {"appeal-reason": ""}).status_code == 422
    assert operator.post(f"{url}/appeal", data=decision).status_code == 303
    row = session.query(Rating).filter_by(rater=RaterKind.AUTHORITY).populate_existing().one()
    assert row.state is RatingState.UPHELD


def test_authority_records_an_outcome(app: Flask, session: Session) -> None:
    made = make_rated(make_deal(at=now()), at=now())
    url = f"/office/contracts/{made.deal.code}/deliverables"
    browser = make_browser(app, made.authority)
    assert browser.post(f"{url}/1/outcome", data={"outcome-outcome": "fine"}).status_code == 422
    assert browser.post(f"{url}/1/outcome", data={"outcome-outcome": "corrected_once"}).status_code == 303
    assert browser.post(f"{url}/1/outcome", data={"outcome-outcome": "corrected_once"}).status_code == 409
    assert browser.post(f"{url}/77/outcome", data={"outcome-outcome": "corrected_once"}).status_code == 404
    assert deliverable(made.deal.code, 1).approval_outcome is ApprovalOutcome.CORRECTED_ONCE
    assert browser_of(app, Role.REGULATOR, MIANYANG).get(f"/office/contracts/{made.deal.code}").status_code == 404


def test_list_office_drafts_submits_publishes_and_returns(app: Flask, session: Session) -> None:
    make_matter(SOME_MATTER)
    browser = browser_of(app, Role.EDITOR)
    item = catalogue.matter(SOME_MATTER)
    draft = {
        "code": "ZJ901",
        "region": "510000",
        "name": "测试事项",
        "approval_item": "某审批",
        "department": "某厅",
        "industry": item.industry,
        "stage": item.stage,
        "commissioned_by": "applicant",
        "fee_bearer": "applicant",
        "fee_kind": "market",
        "valid_from": "2026-01-01",
    }
    assert browser.post("/office/matters/new", data=draft | {"requirement": "{"}).status_code == 422
    assert browser.post("/office/matters/new", data=draft | {"code": "x1"}).status_code == 422
    assert browser.post("/office/matters/new", data=draft).status_code == 303
    assert browser.post("/office/matters/new", data=draft).status_code == 409
    url = "/office/matters/ZJ901"
    assert "Lawfulness" in words_of(browser.get(url).get_data(as_text=True))
    assert browser.post(f"{url}/submit").status_code == 303
    assert browser.post(f"{url}/publish").status_code == 422
    assert browser.post(f"{url}/return", data={"returning-reason": "缺少法律依据。"}).status_code == 303
    row = session.query(Matter).filter_by(code="ZJ901").one()
    change = draft | {"legal_basis": "《测绘法》第五条", "change_kind": "basis", "version": str(row.version)}
    assert browser.post(url, data=change | {"version": "1"}).status_code == 409
    assert browser.post(url, data=change).status_code == 303
    assert browser.post(f"{url}/submit").status_code == 303
    assert browser.post(f"{url}/publish").status_code == 303
    assert session.query(Matter).filter_by(code="ZJ901").populate_existing().one().state is MatterState.PUBLISHED
    assert browser.post(f"{url}/publish").status_code == 409
    for path in (
        "/office/matters",
        "/office/matters?state=draft",
        "/office/matters/new",
        "/office/matters/import",
        "/home",
    ):
        assert browser.get(path).status_code == 200


def test_list_office_of_elsewhere_may_not_edit(app: Flask, session: Session) -> None:
    make_matter(SOME_MATTER)
    browser = browser_of(app, Role.EDITOR, MIANYANG)
    assert browser.get(f"/office/matters/{SOME_MATTER}").status_code == 404
    assert browser.post(f"/office/matters/{SOME_MATTER}/submit").status_code == 403


def test_import_reports_row_by_row_and_writes_nothing_if_one_is_wrong(app: Flask, session: Session) -> None:
    make_matter(SOME_MATTER)
    browser = browser_of(app, Role.EDITOR)
    before = count(Matter)
    for content in (b"", b"\xff\xfe\x00", b"code,name\nZJ902,x\n", b'code,"name\n'):
        answer = browser.post("/office/matters/import", data={"file": (BytesIO(content), "m.csv")})
        assert answer.status_code == 422, content
    broken = browser.post("/office/matters/import", data={"file": (BytesIO(b"PK\x03\x04 no"), "m.xlsx")})
    assert broken.status_code == 422
    assert browser.post("/office/matters/import").status_code == 422
    assert count(Matter) == before
    with io.StringIO(newline="") as text:
        source = Path(catalogue.__file__).with_name("matters.csv")
        with source.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        writer = csv.DictWriter(text, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerow(rows[0] | {"code": "ZJ903"})
        writer.writerow(rows[1] | {"code": "nonsense"})
        content = text.getvalue().encode()
    answer = browser.post("/office/matters/import", data={"file": (BytesIO(content), "m.csv")})
    assert answer.status_code == 422
    assert "nonsense" in answer.get_data(as_text=True)
    assert count(Matter) == before
    kept = browser.post("/office/matters/import", data={"file": (BytesIO(content), "m.csv"), "keep_good": "y"})
    assert kept.status_code == 200
    assert count(Matter) == before + 1


def test_operator_adds_members(app: Flask, session: Session) -> None:
    body = make_organisation(OrganisationKind.AUTHORITY, name="绵阳市水务局")
    make_region(MIANYANG)
    browser = browser_of(app, Role.OPERATOR)
    assert "绵阳市水务局" in browser.get("/office/members?q=水务").get_data(as_text=True)
    url = f"/office/members/{body.id}"
    person = {"email": "new@example.test", "name": "新人", "region": MIANYANG}
    assert browser.post(url, data=person | {"region": "999999"}).status_code == 422
    assert browser.post(url, data=person | {"email": "x"}).status_code == 422
    answer = browser.post(url, data=person)
    assert answer.status_code == 201
    assert 'id="first-password"' in answer.get_data(as_text=True)
    row = session.query(User).filter_by(email="new@example.test").one()
    assert [(item.role, item.region_code) for item in row.memberships] == [(Role.REGULATOR, MIANYANG)]
    assert browser.post(url, data=person).status_code == 422
    assert session.query(Membership).filter_by(organisation_id=body.id).count() == 1
    assert browser.get("/office/members/999999").status_code == 404


def test_supervision_sees_its_region_and_the_office_answers(app: Flask, session: Session) -> None:
    body = make_organisation(OrganisationKind.OPERATOR)
    make_region("510107")
    about = About("project", "P-2026-000001", region_code="510107", organisation_id=body.id)
    row = card(about, "review_overdue", Level.YELLOW, at=now())
    assert row is not None
    number = row.id
    own = make_browser(app, make_user(Role.OPERATOR, body, region_code="510000"))
    supervisor, elsewhere = browser_of(app, Role.SUPERVISOR), browser_of(app, Role.SUPERVISOR, MIANYANG)
    stranger = make_browser(app, make_user(Role.OWNER))
    assert "Review of a purchase" in words_of(supervisor.get("/office/board").get_data(as_text=True))
    assert "Review of a purchase" in words_of(own.get("/home").get_data(as_text=True))
    url = f"/office/board/{number}"
    assert elsewhere.get(url).status_code == 404
    assert stranger.get(url).status_code == 404
    assert stranger.post(f"{url}/answer", data={"answer-text": "让我看看"}).status_code == 404
    assert own.post(f"{url}/answer", data={"answer-text": ""}).status_code == 422
    assert own.post(f"{url}/answer", data={"answer-text": "材料晚到一天。"}).status_code == 303
    assert own.post(f"{url}/answer", data={"answer-text": "再说一次。"}).status_code == 409
    assert supervisor.post(f"{url}/withdraw", data={"withdraw-text": "理由成立。"}).status_code == 303
    assert session.get_one(Finding, number, populate_existing=True).withdrawn_at is not None


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.REGULATOR, Role.SUPERVISOR, Role.EDITOR, Role.EXPERT])
def test_desk_of_an_empty_market_says_what_to_do_first(app: Flask, session: Session, role: Role) -> None:
    words = words_of(browser_of(app, role).get("/home").get_data(as_text=True))
    assert "Waiting for me 0" in words


@pytest.mark.parametrize(
    "path",
    ["projects", "agencies", "contracts", "credit", "lists", "board", "members", "matters"],
)
@pytest.mark.parametrize(
    "query",
    [
        "page=-1&state=x",
        "page=99999999",
        "q=%00%25",
        "uscc=%F0%00&before=x",
        "before=99999999999999999999",
        "level=x&kind=y",
    ],
)
def test_hostile_addresses_never_break(app: Flask, session: Session, path: str, query: str) -> None:
    for role in (Role.OPERATOR, Role.REGULATOR, Role.EDITOR):
        assert browser_of(app, role).get(f"/office/{path}?{query}").status_code in (200, 403)


def test_unknown_codes_are_not_found_with_hostile_bodies(app: Flask, session: Session) -> None:
    browser = browser_of(app, Role.OPERATOR)
    uscc = fresh_uscc()
    for path in (
        "/office/projects/x/approve",
        f"/office/agencies/{uscc}/decide",
        f"/office/agencies/{uscc}/check",
        "/office/contracts/x/rating",
        f"/office/standing/{uscc}/opinions/1",
        "/office/projects/%00/void",
    ):
        answer = browser.post(path, data=b"a=%00&\xff", content_type="application/x-www-form-urlencoded")
        assert answer.status_code in (404, 422), path
