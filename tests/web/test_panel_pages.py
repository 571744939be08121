"""A panel on its pages: plan, invitation, blind room, record, public scores; nobody else sees anything before."""

import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.core.clock import now
from supermarket.core.permissions import Role
from supermarket.experts.models import Expert
from supermarket.experts.states import ExpertStanding
from supermarket.extensions import db
from supermarket.selection.panels import operations as panels
from supermarket.selection.panels.models import PanelScore, PanelSeat, Proposal
from supermarket.selection.panels.states import SeatState
from supermarket.supervision.demo_clock import set_clock
from tests.factories.accounts import make_actor
from tests.factories.experts import (
    PLAN,
    PRICE,
    TEAM,
    PanelWorld,
    make_experts,
    make_panel,
    make_panel_project,
    pool_organisation,
    settle,
)
from tests.factories.projects import make_draft_project
from tests.factories.web import make_browser, words_of

SENTENCE = "这句理由谁也不该提前看到。"


@pytest.fixture
def world(session: Session) -> PanelWorld:
    """A panel of three that is asked at the market's present."""
    return make_panel(now() - timedelta(days=6), experts=5)


def sheet_of(page: str, points: str = "80") -> dict[str, str]:
    """The room's form, filled in."""
    data = dict(re.findall(r'name="(scores-\d+-(?:plan|criterion))" value="([^"]+)"', page))
    places = {key.split("-")[1] for key in data}
    return data | {f"scores-{n}-points": points for n in places} | {f"scores-{n}-sentence": SENTENCE for n in places}


def seated(world: PanelWorld) -> list[PanelSeat]:
    return world.seats(SeatState.INVITED)


def test_an_expert_serves_scores_and_confirms_on_pages(app: Flask, world: PanelWorld) -> None:
    set_clock(world.at)
    path = f"/expert/panels/{world.code}"
    browsers = [make_browser(app, world.actor(seat)) for seat in seated(world)]
    first = browsers[0]
    assert "You are drawn for a panel" in words_of(first.get(path).text)
    assert first.post(f"{path}/accept", data={}).status_code == 422
    for browser in browsers:
        assert browser.post(f"{path}/accept", data={"accept-free": "y"}).status_code == 303
    room = first.get(path).text
    for agency, _actor in world.bidders:
        assert agency.name not in room
        assert agency.uscc not in room
    typed = sheet_of(room)
    kept = first.post(f"{path}/draft", data=typed | {"scores-0-points": "33"}, headers={"HX-Request": "true"})
    assert (kept.status_code, kept.text[:4]) == (200, "Kept")
    assert 'value="33"' in first.get(path).text
    wrong = first.post(f"{path}/submit", data=typed | {"scores-0-points": "101", "sign": "y"})
    assert wrong.status_code == 422
    assert 'value="101"' in wrong.text
    unsigned = first.post(f"{path}/submit", data=typed)
    assert unsigned.status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PanelScore)) == 0
    for browser in browsers:
        done = browser.post(f"{path}/submit", data=sheet_of(browser.get(path).text) | {"sign": "y"})
        assert done.status_code == 303
    assert first.post(f"{path}/submit", data=typed | {"sign": "y"}).status_code == 409
    assert "Expert 1" in words_of(first.get(path).text)
    for agency, _actor in world.bidders:
        assert agency.name not in first.get(path).text
    dissent = browsers[1].post(f"{path}/dissent", data={"dissent-reason": "方案B明显更好。"})
    assert dissent.status_code == 303
    assert first.post(f"{path}/confirm").status_code == 303
    assert browsers[2].post(f"{path}/confirm").status_code == 303
    settle(now())
    public = app.test_client().get(f"/projects/{world.code}").text
    assert SENTENCE in public
    assert "方案B明显更好。" in public
    for seat in world.seats(SeatState.CONFIRMED, SeatState.DISSENTED):
        assert seat.expert.name in public
        assert seat.pool_id in public
    record = app.test_client().get(f"/projects/{world.code}/panel-record.pdf")
    assert (record.status_code, record.mimetype) == (200, "application/pdf")


def watchers(app: Flask, world: PanelWorld) -> dict[str, FlaskClient]:
    """Everybody who might be curious."""
    made = {role.value: make_browser(app, make_actor(role, region_code="510000")) for role in Role}
    made["owner of it"] = make_browser(app, world.owner)
    made["bidder"] = make_browser(app, world.bidders[0][1])
    made["another member"] = make_browser(app, world.actor(seated(world)[-1]))
    made["anybody"] = app.test_client()
    return made


def test_nobody_sees_a_name_or_a_score_before_the_announcement(app: Flask, world: PanelWorld) -> None:
    seat = seated(world)[0]
    world.accept(seat)
    sheet = tuple(row.__class__(row.plan, row.criterion, 73, SENTENCE) for row in world.sheet())
    from_panels(world, sheet, seat)
    names = {item.expert.name for item in world.seats()}
    codes = {item.expert.code for item in world.seats()}
    pages = (
        f"/projects/{world.code}",
        f"/projects/{world.code}?events=selection",
        f"/projects/{world.code}/draws/panel.json",
        f"/projects/{world.code}/draws/panel/ceremony",
        f"/projects/{world.code}/panel-record.pdf",
        f"/agency/projects/{world.code}",
        f"/office/projects/{world.code}",
        f"/expert/panels/{world.code}",
        f"/api/v1/projects/{world.code}/scores",
        f"/api/v1/projects/{world.code}/proposals",
        "/api/v1/changes?page[size]=100",
        "/account/messages",
        "/home",
    )
    for who, browser in watchers(app, world).items():
        for path in pages:
            text = browser.get(path).get_data().decode("utf-8", "replace")
            assert SENTENCE not in text, f"{who} reads a sentence at {path}"
            assert not [code for code in codes if code in text], f"{who} reads an expert's code at {path}"
            own = {world.seats()[2].expert.name} if who == "another member" else set()
            assert not [name for name in names - own if name in text], f"{who} reads an expert's name at {path}"
    assert app.test_client().get(f"/projects/{world.code}/panel-record.pdf").status_code == 404


def from_panels(world: PanelWorld, sheet: object, seat: PanelSeat) -> None:
    panels.submit(world.code, sheet, actor=world.actor(seat), at=world.at)  # type: ignore[arg-type]
    db.session.commit()


def test_an_agency_hands_its_plan_in_beside_the_quote(app: Flask, session: Session) -> None:
    make_experts(3)
    world = make_panel_project(now(), bidders=1)
    browser = make_browser(app, world.bidders[0][1])
    path = f"/agency/projects/{world.code}"
    assert "Plan for the panel of experts" in words_of(browser.get(path).text)
    named = browser.post(f"{path}/plan", data={"proposal-text": f"{world.bidders[0][0].name}的方案"})
    assert named.status_code == 422
    assert "The plan names your agency" in words_of(named.text)
    assert browser.post(f"{path}/plan", data={"proposal-text": "改进后的方案。"}).status_code == 303
    rows = session.scalars(sa.select(Proposal).order_by(Proposal.seq)).all()
    assert [(row.seq, row.text) for row in rows] == [(1, "第0份方案：分三步实施。"), (2, "改进后的方案。")]


def test_the_operator_enters_admits_and_opens_an_account(app: Flask, session: Session) -> None:
    make_experts(1)
    operator = make_browser(app, make_actor(Role.OPERATOR, region_code="510000"))
    industry = session.scalars(sa.select(Expert)).one().industries[0]
    entry = {
        "name": "李试验",
        "email": "li@example.test",
        "employer": "试验大学",
        "region": "510100",
        "industries": industry,
    }
    assert operator.post("/office/experts/new", data=entry | {"region": "999999"}).status_code == 422
    made = operator.post("/office/experts/new", data=entry)
    assert made.status_code == 303
    row = session.scalars(sa.select(Expert).where(Expert.email == "li@example.test")).one()
    assert row.standing is ExpertStanding.APPLIED
    assert operator.post(f"/office/experts/{row.code}/admit").status_code == 303
    opened = operator.post(f"/office/experts/{row.code}/account")
    assert opened.status_code == 201
    assert "The first password" in words_of(opened.text)
    suspended = operator.post(f"/office/experts/{row.code}/standing", data={"act": "suspend", "reason": "连续两次未评"})
    assert suspended.status_code == 303
    db.session.refresh(row)
    assert (row.standing, row.standing_reason, row.user_id is not None) == (
        ExpertStanding.SUSPENDED,
        "连续两次未评",
        True,
    )
    assert operator.post(f"/office/experts/{row.code}/account").status_code == 409
    assert "李试验" in operator.get("/office/experts?q=李").text


def test_an_expert_applies_declares_and_leaves(app: Flask, session: Session) -> None:
    make_experts(1)
    industry = session.scalars(sa.select(Expert)).one().industries[0]
    person = make_actor(Role.EXPERT, pool_organisation())
    browser = make_browser(app, person)
    assert "Apply for the pool of experts" in words_of(browser.get("/expert/profile").text)
    profile = {"employer": "某研究院", "region": "510100", "industries": industry, "title": "高级工程师"}
    assert browser.post("/expert/profile", data=profile | {"employer": ""}).status_code == 422
    assert browser.post("/expert/profile", data=profile).status_code == 303
    row = session.scalars(sa.select(Expert).where(Expert.user_id == person.user_id)).one()
    assert row.standing is ExpertStanding.APPLIED
    tie = {"interest-kind": "kin", "interest-uscc": "91510107MAX0000019", "interest-body_name": "某公司"}
    assert browser.post("/expert/interests", data=tie).status_code == 422
    assert browser.post("/expert/leave", data={"leave-reason": "退休"}).status_code == 303
    db.session.refresh(row)
    assert row.standing is ExpertStanding.LEFT


def test_a_file_of_experts_is_reported_row_by_row(app: Flask, session: Session) -> None:
    make_experts(1)
    industry = session.scalars(sa.select(Expert)).one().industries[0]
    operator = make_browser(app, make_actor(Role.OPERATOR, region_code="510000"))
    head = "name,email,employer,region_code,industries\n"
    good, bad = f"王一,wang@example.test,某院,510107,{industry}\n", "赵二,no-address,,999999,nothing\n"
    refused = operator.post(
        "/office/experts/import", data={"file": (io.BytesIO((head + good + bad).encode()), "x.csv")}
    )
    assert refused.status_code == 422
    assert session.scalar(sa.select(sa.func.count()).select_from(Expert)) == 1
    kept = operator.post(
        "/office/experts/import",
        data={"file": (io.BytesIO((head + good + bad).encode()), "x.csv"), "keep_good": "y"},
    )
    assert kept.status_code == 200
    assert session.scalar(sa.select(sa.func.count()).select_from(Expert)) == 2


def test_before_the_publication_the_owner_sees_how_many_experts_there_are(app: Flask, session: Session) -> None:
    make_experts(2)
    project, owner = make_draft_project(now(), mode="merit", criteria=(PRICE, PLAN, TEAM), panel_size=3)
    browser = make_browser(app, owner)
    path = f"/projects/{project.code}/submit"
    page = words_of(browser.get(path).text)
    assert "2 experts can judge this matter A panel of 3 cannot be drawn from so few" in page
    assert browser.post(path, data={"confirm": "y"}).status_code == 422
    make_experts(1)
    assert "3 experts can judge this matter Few for a panel of 3: 9 are wanted." in words_of(browser.get(path).text)
    make_experts(6)
    page = words_of(browser.get(path).text)
    assert "9 experts can judge this matter Enough for a panel of 3, for which 9 are wanted." in page
    drawn, owner = make_draft_project(now(), mode="random")
    assert "can judge" not in make_browser(app, owner).get(f"/projects/{drawn.code}/submit").text


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", ""),
        ("name", "a\x00b"),
        ("name", "李\u202e试验"),
        ("name", "长" * 65),
        ("email", "x"),
        ("email", "a@b@c"),
        ("email", "a@b.test\r\nBcc: x@y.test"),
        ("employer_uscc", "123"),
        ("employer_uscc", "91510107MAX0000018"),
        ("region", ""),
        ("region", "999999"),
        ("industries", "evil"),
        ("matters", "DROP TABLE"),
        ("matters", "ZJ001 " * 90),
    ],
)
def test_what_is_no_expert_is_refused_and_nothing_typed_is_lost(
    app: Flask, session: Session, field: str, text: str
) -> None:
    make_experts(1)
    operator = make_browser(app, make_actor(Role.OPERATOR, region_code="510000"))
    industry = session.scalars(sa.select(Expert)).one().industries[0]
    entry = {"name": "李试验", "email": "li@example.test", "employer": "试验大学", "region": "510100", "title": "教授"}
    answer = operator.post("/office/experts/new", data=entry | {"industries": industry} | {field: text})
    assert answer.status_code == 422
    assert 'class="sm-summary"' in answer.text and 'value="教授"' in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Expert)) == 1


def test_a_standing_changes_only_along_its_table_and_with_a_reason(app: Flask, session: Session) -> None:
    expert = make_experts(1)[0]
    operator = make_browser(app, make_actor(Role.OPERATOR, region_code="510000"))
    path = f"/office/experts/{expert.code}"
    for reason in ("", " ", "x" * 1001, "a\x00bc"):
        assert operator.post(f"{path}/standing", data={"act": "suspend", "reason": reason}).status_code == 422
    assert operator.post(f"{path}/standing", data={"act": "expel", "reason": "没有这一项"}).status_code == 422
    assert operator.post(f"{path}/standing", data={"act": "reinstate", "reason": "并未停用"}).status_code == 409
    assert operator.post(f"{path}/admit").status_code == 409
    db.session.refresh(expert)
    assert expert.standing is ExpertStanding.ACTIVE
    assert operator.post(f"{path}/standing", data={"act": "suspend", "reason": "连续未评"}).status_code == 303
    twice = operator.post(f"{path}/standing", data={"act": "suspend", "reason": "再来一次"})
    assert twice.status_code == 409 and "再来一次" in twice.text
    foreign = make_browser(app, make_actor(Role.OPERATOR, region_code="440000"))
    assert foreign.post(f"{path}/standing", data={"act": "reinstate", "reason": "外地运营单位"}).status_code in (
        403,
        404,
    )
    db.session.refresh(expert)
    assert (expert.standing, expert.standing_reason) == (ExpertStanding.SUSPENDED, "连续未评")
