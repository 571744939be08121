"""An agency in office: everything on one page, decided once, whose region it is, standing act by act."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.agencies import operations as agencies
from supermarket.agencies.models import (
    Agency,
    AgencyNote,
    Onboarding,
    Reverification,
    ReverificationState,
    Service,
    Standing,
    StandingChange,
)
from supermarket.core.clock import now
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Role
from supermarket.extensions import db
from supermarket.projects.states import ProjectState
from supermarket.web.files import may_read
from tests.factories.accounts import make_actor, make_organisation, make_user
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.matters import SOME_MATTER
from tests.factories.policies import make_region
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.web import make_browser, words_of
from tests.rooms.test_branches_and_standing import make_branch
from tests.rooms.test_selection import present, settle
from tests.web.test_queue import make_waiting

MIANYANG, SICHUAN = "510700", "510000"
ACT = {"act-basis": "川信〔2026〕1号", "act-proposer": "主管部门", "act-executor": "运营单位", "act-effect": "无"}
REASON = {"decide-decision": "admit", "decide-reason": "查过原件，与登记一致。"}


def browser_of(app: Flask, role: Role, region: str = SICHUAN) -> FlaskClient:
    make_region(region)
    return make_browser(app, make_user(role, region_code=region))


def page_of(browser: FlaskClient, url: str) -> str:
    return words_of(browser.get(url).get_data(as_text=True))


def of(agency: Agency) -> Agency:
    return db.session.get_one(Agency, agency.id, populate_existing=True)


def written() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Event)) or 0


def test_after_a_decision_the_next_one_comes_and_a_second_word_changes_nothing(app: Flask, session: Session) -> None:
    first, second = make_waiting(overdue=True), make_waiting()
    region = make_region(SICHUAN)
    office = make_organisation(region_code=SICHUAN, name="测试审批局")
    del region
    browser = make_browser(app, make_user(Role.OPERATOR, office, region_code=SICHUAN))
    url = f"/office/agencies/{first.uscc}"
    page = page_of(browser, f"{url}?queue=kind%3Donboarding")
    assert "A registry gives no usable answer" in page and "What to do" in page and "Next one" in page
    onwards = REASON | {"decide-onwards": "y", "queue": "kind=onboarding"}
    answer = browser.post(f"{url}/decide", data=onwards)
    assert answer.status_code == 303
    assert answer.location.startswith(f"/office/agencies/{second.uscc}?queue=kind")
    assert of(first).standing is Standing.ACTIVE
    before = written()
    again = browser.post(f"{url}/decide", data={"decide-decision": "refuse", "decide-reason": "我写的另一个理由。"})
    words = words_of(again.get_data(as_text=True))
    assert again.status_code == 409
    assert "测试审批局 decided already: admitted" in words and "我写的另一个理由。" in words
    assert (of(first).standing, written()) == (Standing.ACTIVE, before)
    last = browser.post(f"/office/agencies/{second.uscc}/decide", data=onwards)
    assert last.location.startswith(f"/office/agencies/{second.uscc}")


def test_usual_reasons_can_be_taken_over_and_edited(app: Flask, session: Session) -> None:
    waiting = make_waiting()
    html = browser_of(app, Role.OPERATOR).get(f"/office/agencies/{waiting.uscc}?reason=2").get_data(as_text=True)
    assert re.search(r'<textarea[^>]*name="decide-reason"[^>]*>\s*The original of the business licence', html)
    assert re.search(r'name="decide-decision"[^>]*value="refuse"[^>]*checked|checked[^>]*value="refuse"', html)


def test_an_officer_of_another_city_sees_and_decides_nothing(app: Flask, session: Session) -> None:
    waiting, agency = make_waiting(), make_agency()
    browser = browser_of(app, Role.OPERATOR, MIANYANG)
    before = written()
    for path, data in (
        (f"{waiting.uscc}/decide", REASON),
        (f"{waiting.uscc}/check", {}),
        (f"{waiting.uscc}/notes", {"note-text": "看过原件。"}),
        (f"{agency.uscc}/standing/freeze", ACT),
        (f"{agency.uscc}/standing/withdraw_service", ACT | {"act-matters": SOME_MATTER}),
    ):
        assert browser.post(f"/office/agencies/{path}", data=data).status_code == 403, path
    assert browser.get(f"/office/agencies/{agency.uscc}/standing/freeze").status_code == 403
    for path in (waiting.uscc, f"{waiting.uscc}/history", agency.uscc):
        answer = browser.get(f"/office/agencies/{path}")
        assert answer.status_code == 403 and waiting.name not in answer.get_data(as_text=True), path
    found = page_of(browser, "/office/agencies")
    assert waiting.name not in found and agency.name not in found
    make_region("420103")
    outside = make_agency()
    outside.region_code = "420103"
    db.session.commit()
    assert browser.get(f"/office/agencies/{outside.uscc}").status_code == 200, "nobody else here reads it"
    assert (written(), of(waiting).onboarding, of(agency).standing) == (before, Onboarding.WAITING, Standing.ACTIVE)
    assert session.scalars(sa.select(AgencyNote)).all() == []


def test_findings_stand_beside_what_they_are_about_with_the_registrys_answer(app: Flask, session: Session) -> None:
    agency = make_agency()
    agencies.run_checks(agency.uscc, actor=SYSTEM, at=now())
    db.session.commit()
    browser = browser_of(app, Role.OPERATOR)
    html = browser.get(f"/office/agencies/{agency.uscc}").get_data(as_text=True)
    words = words_of(html)
    assert words.index("The body itself") < words.index("Enterprise register") < words.index("Certificates")
    numbers = re.findall(r"/evidence/(\d+)", html)
    for number in numbers[:1]:
        answer = browser.get(f"/office/agencies/{agency.uscc}/evidence/{number}")
        assert answer.status_code == 200 and answer.get_data(as_text=True).count("<pre") == 2
        url = f"/office/agencies/{agency.uscc}/evidence/{number}"
        assert browser_of(app, Role.OPERATOR, MIANYANG).get(url).status_code == 403
        assert browser_of(app, Role.AGENCY).get(url).status_code == 403
        other = make_agency()
        db.session.commit()
        assert browser.get(f"/office/agencies/{other.uscc}/evidence/{number}").status_code == 404
    assert browser.get(f"/office/agencies/{agency.uscc}/evidence/999999").status_code == 404


def test_a_case_is_dismissed_with_a_reason_once(app: Flask, session: Session) -> None:
    agency = make_agency()
    case = Reverification(
        agency_id=agency.id,
        state=ReverificationState.OPEN,
        codes=["registration"],
        check_ids=[],
        opened_at=now(),
        due_at=now() + timedelta(days=2),
    )
    session.add(case)
    session.flush()
    browser = browser_of(app, Role.OPERATOR)
    url = f"/office/agencies/{agency.uscc}"
    assert "No longer verified" in page_of(browser, "/office/queue?kind=reverification")
    assert "All its services are hidden until the checks pass again" in page_of(browser, url)
    word = {"case-decision": "dismiss", "case-reason": "登记机关已书面确认。"}
    assert browser.post(f"{url}/cases/{case.id}", data={"case-decision": "dismiss"}).status_code == 422
    assert browser.post(f"{url}/cases/{case.id}", data=word).status_code == 303
    state = db.session.get_one(Reverification, case.id, populate_existing=True).state
    assert state is ReverificationState.DISMISSED
    assert browser.post(f"{url}/cases/{case.id}", data=word).status_code == 409
    assert browser.post(f"/office/agencies/{make_agency().uscc}/cases/{case.id}", data=word).status_code == 404


def test_before_an_act_the_officer_sees_what_it_touches(app: Flask, session: Session) -> None:
    at = now()
    project, _owner = make_open_project(at)
    agency, _actor = make_enrolled(project, 1, at)[0]
    browser = browser_of(app, Role.OPERATOR)
    url = f"/office/agencies/{agency.uscc}/standing/freeze"
    page = words_of(browser.get(url).get_data(as_text=True))
    assert "What it touches now 0" in page, "who enrols is secret until the deadline"
    assert project.name not in page and project.code not in page
    assert "At this moment: 0 enrolments in fixed pools, 0 awards, 0 contracts." in page
    make_enrolled(project, 2, at)
    assert project.enrol_until is not None
    settle(project.enrol_until)
    assert present(project).state is ProjectState.FROZEN
    page = words_of(browser.get(url).get_data(as_text=True))
    assert project.name in page
    assert "At this moment: 1 enrolments in fixed pools, 0 awards, 0 contracts." in page
    assert browser.post(url, data={"act-basis": "x"}).status_code == 422
    assert of(agency).standing is Standing.ACTIVE


def test_one_service_is_withdrawn_by_form_and_stands_in_the_public_history(app: Flask, session: Session) -> None:
    agency = make_agency(matters=("ZJ001", "ZJ002"))
    browser = browser_of(app, Role.OPERATOR)
    url = f"/office/agencies/{agency.uscc}/standing"
    assert browser.post(f"{url}/withdraw_service", data=ACT).status_code == 422
    act = ACT | {"act-matters": "ZJ001", "act-statement": "机构表示接受。", "act-way_back": "整改后申请恢复。"}
    assert browser.post(f"{url}/withdraw_service", data=act).status_code == 303
    rows = dict(session.execute(sa.select(Service.matter_code, Service.hidden_reason)).all())
    assert (rows["ZJ001"], rows["ZJ002"] == "withdrawn") == ("withdrawn", False)
    assert of(agency).standing is Standing.ACTIVE
    public = page_of(make_browser(app, make_user()), f"/agencies/{agency.uscc}")
    for told in ("Service withdrawn", "川信〔2026〕1号", "主管部门", "机构表示接受。", "整改后申请恢复。"):
        assert told in public
    assert browser.post(f"{url}/withdraw_service", data=act).status_code == 422, "it is no longer a choice"
    assert browser.post(f"{url}/restore_service", data=ACT | {"act-matters": "ZJ001"}).status_code == 303
    changes = session.scalars(sa.select(StandingChange.matter_code)).all()
    assert changes == ["ZJ001", "ZJ001"]


@pytest.mark.parametrize("action", ["blacklist", "expel", "admit", "leave", "nonsense"])
def test_what_is_brought_about_elsewhere_is_not_done_here(app: Flask, session: Session, action: str) -> None:
    agency = make_agency()
    browser = browser_of(app, Role.OPERATOR)
    expected = 404 if action == "nonsense" else 409
    assert browser.post(f"/office/agencies/{agency.uscc}/standing/{action}", data=ACT).status_code == expected
    assert of(agency).standing is Standing.ACTIVE
    page = page_of(browser, f"/office/agencies/{agency.uscc}/standing")
    assert "A removal takes two offices" in page and "enter it in the black list" in page


def test_scans_are_read_by_the_offices_of_the_agencys_region(app: Flask, session: Session) -> None:
    head = make_agency(matters=())
    branch = make_branch(head, matters=())
    paper = branch.branch_authority
    make_region(MIANYANG)
    assert paper is not None
    for role in (Role.OPERATOR, Role.SUPERVISOR):
        assert may_read(paper, make_actor(role, region_code="510100"))
        assert may_read(paper, make_actor(role))
        assert not may_read(paper, make_actor(role, region_code=MIANYANG))
    assert may_read(paper, make_agency_actor(branch))
    assert not may_read(paper, make_agency_actor(head))


def test_notes_are_for_colleagues_only(app: Flask, session: Session) -> None:
    agency = make_agency()
    browser = browser_of(app, Role.OPERATOR)
    url = f"/office/agencies/{agency.uscc}"
    assert browser.post(f"{url}/notes", data={"note-text": "电话核实过地址。"}).status_code == 303
    assert "电话核实过地址。" in page_of(browser, url)
    assert "电话核实过地址。" not in page_of(app.test_client(), f"/agencies/{agency.uscc}")
