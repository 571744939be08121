"""The expert's room under whatever is sent: one sentence, what was typed stays, nothing changes."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.core.clock import now
from supermarket.core.events import Event
from supermarket.core.permissions import Role
from supermarket.extensions import db
from supermarket.selection.panels.models import PanelDraft, PanelScore, PanelSeat
from supermarket.selection.panels.states import SeatState
from supermarket.supervision.demo_clock import set_clock
from tests.factories.accounts import make_actor
from tests.factories.experts import PanelWorld, make_panel, pool_organisation, settle
from tests.factories.web import make_browser, words_of

SENTENCE = "方案针对性强，措施可行。"
Sheet = dict[str, str]


@pytest.fixture
def world(session: Session) -> PanelWorld:
    """A panel of three that is asked at the market's present."""
    made = make_panel(now(), experts=5)
    set_clock(made.at)
    return made


@pytest.fixture
def room(app: Flask, world: PanelWorld) -> tuple[FlaskClient, str, Sheet]:
    """The first expert's browser, the room's address and its form, filled in."""
    seat = world.seats(SeatState.INVITED)[0]
    browser, path = make_browser(app, world.actor(seat)), f"/expert/panels/{world.code}"
    assert browser.post(f"{path}/accept", data={"accept-free": "y"}).status_code == 303
    return browser, path, filled(browser.get(path).text)


def filled(page: str) -> Sheet:
    data = dict(re.findall(r'name="(scores-\d+-(?:plan|criterion))" value="([^"]+)"', page))
    places = {key.split("-")[1] for key in data}
    return data | {f"scores-{n}-points": "80" for n in places} | {f"scores-{n}-sentence": SENTENCE for n in places}


def counted() -> tuple[int, int]:
    """Scores that count, and events."""
    scores = db.session.scalar(sa.select(sa.func.count()).select_from(PanelScore)) or 0
    return scores, db.session.scalar(sa.select(sa.func.count()).select_from(Event)) or 0


@pytest.mark.parametrize("points", ["101", "-1", "1e2", "50.5", "1_0", "٥٠", "", "viel", "9" * 5000, "0x10", "NaN"])
def test_points_that_are_none_are_refused_at_their_place_and_stay_as_typed(
    room: tuple[FlaskClient, str, Sheet], points: str
) -> None:
    browser, path, sheet = room
    before = counted()
    answer = browser.post(f"{path}/submit", data=sheet | {"scores-2-points": points, "sign": "y"})
    assert answer.status_code == 422
    assert f'name="scores-2-points" inputmode="numeric" maxlength="3" value="{points}"' in answer.text
    assert re.findall(r'id="(scores-\d+-\w+-error)"', answer.text) == ["scores-2-points-error"]
    assert answer.text.count('<li><a href="#scores-2-points">') == 1, "the summary says which, and leads there"
    assert answer.text.count(f'value="{SENTENCE}"') == 6, "nothing else is lost"
    assert counted() == before


@pytest.mark.parametrize(
    "sentence", ["", "   ", "好。", "x" * 501, "a\x00bcdef", "\u202egnirts", "\u200b\u200b\u200b\u200b\u200b"]
)
def test_without_a_sentence_points_count_for_nothing(room: tuple[FlaskClient, str, Sheet], sentence: str) -> None:
    browser, path, sheet = room
    before = counted()
    answer = browser.post(f"{path}/submit", data=sheet | {"scores-2-sentence": sentence, "sign": "y"})
    assert answer.status_code == 422
    assert re.findall(r'id="(scores-\d+-\w+-error)"', answer.text) == ["scores-2-sentence-error"]
    assert counted() == before


@pytest.mark.parametrize(
    "tampered",
    [
        {"scores-0-plan": "Z"},
        {"scores-0-plan": "A' OR 1=1"},
        {"scores-0-criterion": "price"},
        {"scores-0-criterion": "技术方案\x00"},
        {
            "scores-99-plan": "A",
            "scores-99-criterion": "技术方案",
            "scores-99-points": "1",
            "scores-99-sentence": SENTENCE,
        },
        {"scores-x-plan": "A", "scores--plan": "B"},
        {"scores-0-plan": "", "scores-0-criterion": ""},
    ],
)
def test_a_sheet_for_other_plans_or_criteria_or_twice_is_refused(
    room: tuple[FlaskClient, str, Sheet], tampered: Sheet
) -> None:
    browser, path, sheet = room
    before = counted()
    answer = browser.post(f"{path}/submit", data=sheet | tampered | {"sign": "y"})
    if set(tampered) == {"scores-x-plan", "scores--plan"}:
        assert answer.status_code == 303, "what is no row is no row"
        return
    assert answer.status_code == 422
    assert 'class="sm-summary"' in answer.text
    assert counted() == before


def test_half_a_sheet_an_unsigned_one_and_none_are_refused(room: tuple[FlaskClient, str, Sheet]) -> None:
    browser, path, sheet = room
    before = counted()
    half = {key: text for key, text in sheet.items() if key.split("-")[1] in ("0", "1")}
    for sent in (half | {"sign": "y"}, sheet, {"sign": "y"}, {}):
        answer = browser.post(f"{path}/submit", data=sent)
        assert answer.status_code == 422
        assert 'class="sm-summary"' in answer.text
    assert counted() == before


def test_html_in_a_sentence_is_text(room: tuple[FlaskClient, str, Sheet]) -> None:
    browser, path, sheet = room
    evil = "<script>alert(1)</script> 好方案"
    assert browser.post(f"{path}/draft", data=sheet | {"scores-0-sentence": evil}).status_code == 303
    page = browser.get(path).text
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page


def test_by_get_nothing_is_done_and_no_other_plan_is_read(
    app: Flask, world: PanelWorld, room: tuple[FlaskClient, str, Sheet]
) -> None:
    browser, path, _sheet = room
    before = counted()
    for act in ("accept", "decline", "recuse", "draft", "submit", "confirm", "dissent"):
        assert browser.get(f"{path}/{act}?sign=y&scores-0-points=1").status_code == 405, act
    for alias in ("Z", "a", "AA", "..%2f..", "%00", "A%0d%0aX: y", "A" * 3000):
        assert browser.get(f"{path}/plans/{alias}").status_code == 404, alias
    assert counted() == before
    invited = make_browser(app, world.actor(world.seats(SeatState.INVITED)[0]))
    assert invited.get(f"{path}/plans/A").status_code in (403, 404), "plans are for those who serve"
    assert "方案：分三步实施" not in invited.get(path).text


def test_who_has_no_seat_finds_no_room(app: Flask, world: PanelWorld, room: tuple[FlaskClient, str, Sheet]) -> None:
    _browser, path, sheet = room
    pooled = world.seats(SeatState.POOLED)[0]
    for who in (world.actor(pooled), make_actor(Role.EXPERT, pool_organisation())):
        stranger = make_browser(app, who)
        assert stranger.get(path).status_code == 404
        for act in ("accept", "decline", "recuse", "draft", "submit", "confirm", "dissent"):
            assert stranger.post(f"{path}/{act}", data=sheet | {"sign": "y"}).status_code == 404, act
    for who in (world.owner, world.bidders[0][1], make_actor(Role.OPERATOR, region_code="510000")):
        assert make_browser(app, who).get(path).status_code == 403


def test_a_signed_sheet_stays_whatever_comes_after(
    app: Flask, world: PanelWorld, room: tuple[FlaskClient, str, Sheet]
) -> None:
    browser, path, sheet = room
    assert browser.post(f"{path}/submit", data=sheet | {"sign": "y"}).status_code == 303
    before = counted()
    others = sheet | {"scores-0-points": "1", "sign": "y"}
    for act in ("submit", "draft"):
        late = browser.post(f"{path}/{act}", data=others)
        assert late.status_code == 409, act
        assert "You have signed your scores already" in words_of(late.text)
    for act, data in (
        ("accept", {"accept-free": "y"}),
        ("decline", {"decline-reason": "临时有事"}),
        ("recuse", {"recuse-reason": "发现利害关系"}),
        ("confirm", {}),
        ("dissent", {"dissent-reason": "不同意这份记录"}),
    ):
        assert browser.post(f"{path}/{act}", data=data).status_code == 409, act
    assert counted() == before
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PanelDraft)) == 0


def test_after_the_time_to_score_a_sheet_is_refused_with_what_was_typed(
    app: Flask, world: PanelWorld, room: tuple[FlaskClient, str, Sheet]
) -> None:
    browser, path, sheet = room
    due = db.session.scalars(sa.select(PanelSeat).where(PanelSeat.state == SeatState.SERVING)).one().due_at
    assert due is not None
    set_clock(due)
    before = counted()
    late = browser.post(f"{path}/submit", data=sheet | {"scores-0-points": "77", "sign": "y"})
    assert late.status_code == 409
    assert 'class="sm-summary"' in late.text and 'value="77"' in late.text
    assert counted() == before
    settle(due)
    gone = browser.post(f"{path}/submit", data=sheet | {"sign": "y"})
    assert gone.status_code == 409
    assert 'class="sm-summary"' in gone.text
    assert counted()[0] == 0


def test_the_record_is_confirmed_or_dissented_from_once(app: Flask, world: PanelWorld) -> None:
    world.all_scored((80, 70, 60))
    path = f"/expert/panels/{world.code}"
    first, second, third = (make_browser(app, world.actor(seat)) for seat in world.seats(SeatState.SUBMITTED))
    for reason in ("", "  ", "不", "x" * 1001, "a\x00bcd", "\u202e不同意这个分数"):
        refused = first.post(f"{path}/dissent", data={"dissent-reason": reason})
        assert refused.status_code == 422, reason
        assert 'id="dissent-reason-error"' in refused.text
    assert first.post(f"{path}/dissent", data={"dissent-reason": "<b>方案B</b>更好"}).status_code == 303
    before = counted()
    for act, data in (("confirm", {}), ("dissent", {"dissent-reason": "再说一次"})):
        assert first.post(f"{path}/{act}", data=data).status_code == 409, act
    assert counted() == before
    assert second.post(f"{path}/confirm").status_code == 303
    assert second.post(f"{path}/dissent", data={"dissent-reason": "改主意了"}).status_code == 409
    assert third.post(f"{path}/confirm").status_code == 303
    settle(now())
    public = app.test_client().get(f"/projects/{world.code}").text
    assert "&lt;b&gt;方案B&lt;/b&gt;更好" in public and "再说一次" not in public and "改主意了" not in public
    assert third.post(f"{path}/dissent", data={"dissent-reason": "公示之后"}).status_code == 409


def test_what_a_window_did_not_touch_stays_as_another_left_it(room: tuple[FlaskClient, str, Sheet]) -> None:
    """The page sends only what was typed on it (static/js/room.js): the rest is not emptied."""
    browser, path, sheet = room

    def only(number: int, points: str) -> Sheet:
        mine = {key: text for key, text in sheet.items() if key.startswith(f"scores-{number}-")}
        return mine | {f"scores-{number}-points": points}

    for number, points in ((1, "55"), (2, "66")):
        assert (
            browser.post(f"{path}/draft", data=only(number, points), headers={"HX-Request": "true"}).status_code == 200
        )
    page = browser.get(path).text
    kept = [re.search(rf'name="scores-{n}-points"[^>]*value="(\d*)"', page) for n in range(3)]
    assert [found and found[1] for found in kept] == ["", "55", "66"]
