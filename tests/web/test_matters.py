"""Pages of the matters register: the requirement editor, the four tests, regions, differences, files."""

import io
import re
from collections.abc import Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import refresh
from sqlalchemy.orm import Session

from supermarket.core.clock import now
from supermarket.core.permissions import SYSTEM, Role
from supermarket.matters.models import Matter, MatterState, MatterVersion
from supermarket.matters.operations import draft_matter, edit_matter, publish_matter, submit_matter
from supermarket.matters.queries import regional_entry
from supermarket.matters.requirement_tree import all_of, any_of, leaf
from tests.factories.accounts import make_actor
from tests.factories.matters import CHENGDU, SOME_MATTER, WUHOU, make_draft, make_matter, make_regional
from tests.factories.policies import make_region
from tests.factories.web import make_browser, words_of

EDITOR = "/office/matters/SC001"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody without an account who reads English."""
    made = app.test_client()
    with made.session_transaction() as kept:
        kept["locale"] = "en"
    return made


def office(app: Flask, region: str = "510000") -> FlaskClient:
    """A browser of a region's list office."""
    return make_browser(app, make_actor(Role.EDITOR, region_code=region))


def begin(**changes: object) -> Matter:
    make_matter()
    return draft_matter(make_draft(SOME_MATTER, **changes), code="SC001", region_code="510000", actor=SYSTEM, at=now())


def fields_of(html: str) -> dict[str, str]:
    """What the wording's form would send, as the page filled it in."""
    form = re.search(r'<form class="sm-form"[^>]*data-draft="matter-.*?</form>', html, re.DOTALL)
    assert form is not None
    found: dict[str, str] = {}
    for name, value in re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', form.group(0)):
        found[name] = value
    for name, text in re.findall(
        r'<textarea[^>]*?name="([^"]+)"[^>]*>\r?\n?(.*?)</textarea>', form.group(0), re.DOTALL
    ):
        found[name] = text
    for name, options in re.findall(r'<select[^>]*?name="([^"]+)"[^>]*>(.*?)</select>', form.group(0), re.DOTALL):
        chosen = re.search(r'<option[^>]*?value="([^"]*)"[^>]*?selected|<option selected value="([^"]*)"', options)
        first = re.search(r'value="([^"]*)"', options)
        found[name] = (chosen.group(1) or chosen.group(2) or "") if chosen else first.group(1) if first else ""
    return found


def test_the_editor_grows_shrinks_and_loses_nothing(app: Flask, session: Session) -> None:
    begin(requirement=None, licences=())
    browser = office(app)
    page = browser.get(EDITOR).text
    assert "no qualification is demanded" in page
    fields = fields_of(page) | {"name": "改了一半的名称", "tree-0-kind": "Q021", "note": "尚未写完"}
    page = browser.post(EDITOR, data=fields | {"act": "show"}).text
    assert 'name="tree-0-speciality"' in page
    assert "工程测量" in page
    fields = fields_of(page) | {"tree-0-speciality": "工程测量", "tree-0-level": "乙级"}
    page = browser.post(EDITOR, data=fields | {"act": "add-group:tree"}).text
    fields = fields_of(page) | {"tree-1-0-kind": "Q009"}
    page = browser.post(EDITOR, data=fields | {"act": "add-row:tree-1"}).text
    fields = fields_of(page) | {"tree-1-1-kind": "Q010"}
    page = browser.post(EDITOR, data=fields | {"act": "add-licence"}).text
    fields = fields_of(page) | {"licence-0-kind": "Q064", "licence-0-count": "2"}
    page = browser.post(EDITOR, data=fields | {"act": "show"}).text
    assert "all of: 测绘资质 (工程测量), level 乙级 or higher; (any of: 工程设计资质; 工程监理企业资质)" in words_of(
        page
    )
    assert "注册测绘师 × 2" in page
    assert ("改了一半的名称" in page, "尚未写完" in page, "data-answered" in page) == (True, True, True)
    assert session.query(MatterVersion).filter_by(name="改了一半的名称").count() == 0
    assert browser.post(EDITOR, data=fields_of(page)).status_code == 303
    kept = session.query(MatterVersion).filter_by(name="改了一半的名称").one()
    wanted = all_of(leaf("Q021", "工程测量", "乙级"), any_of(leaf("Q009"), leaf("Q010")))
    assert kept.requirement_tree == wanted.as_json()
    assert kept.personal_licences == [{"kind": "Q064", "count": 2}]
    again = fields_of(browser.get(EDITOR).text)
    assert {name: again[name] for name in ("tree-join", "tree-1-join", "tree-1-1-kind", "tree-0-level")} == {
        "tree-join": "all_of",
        "tree-1-join": "any_of",
        "tree-1-1-kind": "Q010",
        "tree-0-level": "乙级",
    }
    page = browser.post(EDITOR, data=again | {"act": "drop:tree-1"}).text
    assert 'name="tree-1-join"' not in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tree-0-kind": "Q001"}, "was abolished and must not be demanded"),
        ({"tree-0-kind": "Q021", "tree-0-level": "特级"}, "has no level 特级"),
        ({"tree-0-kind": "", "tree-0-level": "甲级"}, "Line 1: choose the qualification first"),
        ({"tree-0-kind": "Q064"}, "held by people"),
        ({"tree-0-kind": "Q021", "licence-0-kind": "Q064", "licence-0-count": "zwei"}, "whole number"),
        ({"tree-0-kind": "Q021", "licence-0-kind": "Q021", "licence-0-count": "1"}, "no personal licence"),
    ],
)
def test_the_editor_is_held_to_the_same_rules_as_the_api(
    app: Flask, session: Session, fields: Mapping[str, str], said: str
) -> None:
    begin(requirement=None, licences=())
    browser = office(app)
    sent = fields_of(browser.get(EDITOR).text) | {"tree-0-speciality": ""} | dict(fields)
    answer = browser.post(EDITOR, data=sent)
    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert all(f'value="{value}"' in answer.text for value in fields.values() if value)


def test_a_deep_imported_tree_is_edited_and_kept_as_it_is(app: Flask, session: Session) -> None:
    tree = any_of(leaf("Q021"), all_of(leaf("Q009"), any_of(all_of(leaf("Q010"), leaf("Q026")), leaf("Q022"))))
    begin(requirement=tree)
    browser = office(app)
    fields = fields_of(browser.get(EDITOR).text)
    assert fields["tree-1-1-0-1-kind"] == "Q026"
    assert browser.post(EDITOR, data=fields).status_code == 303
    stored = session.query(MatterVersion).filter(MatterVersion.matter.has(code="SC001")).populate_existing().one()
    assert stored.requirement_tree == tree.as_json()


def test_all_four_tests_are_seen_before_it_is_submitted(app: Flask, session: Session) -> None:
    begin(legal_basis="《四川省测绘管理条例》第五条", fee_bearer="")
    page = words_of(office(app).get(EDITOR).text)
    for said in (
        "Lawfulness (依法性) not met",
        "rule of a place",
        "Precondition (前置性) met",
        "Payment (有偿性) not met",
    ):
        assert said in page, said


def change(code: str, **changes: object) -> None:
    """A published new version."""
    from_here = {"change_kind": "fee", "change_reason": "压减时限", "expected_version": None}
    matters_edit(code, make_draft(code, **changes), **from_here)
    submit_matter(code, actor=SYSTEM, at=now())
    publish_matter(code, actor=SYSTEM, at=now())


def matters_edit(code: str, draft: object, **given: object) -> None:
    edit_matter(code, draft, actor=SYSTEM, at=now(), **given)  # type: ignore[arg-type]  # a MatterDraft and its kind and reason


def test_what_changed_is_marked_for_the_office_and_the_public(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    make_matter()
    change(SOME_MATTER, approval_time="10个工作日", requirement=leaf("Q021", level="乙级"))
    change(SOME_MATTER, approval_time="5个工作日", requirement=leaf("Q021", level="甲级"))
    refresh()  # what was said above fixed the language of the test's own context
    page = client.get(f"/matters/{SOME_MATTER}/compare?from=2&to=3").text
    assert "<del>10</del><ins>5</ins>个工作日" in page
    assert "<del>乙</del><ins>甲</ins>级" in page
    assert "Reason: 压减时限" in page
    assert "The two versions say the same" not in page
    assert client.get(f"/matters/{SOME_MATTER}/compare?from=9&to=x").status_code == 200
    browser = office(app)
    assert client.get("/matters/ZJ999/compare").status_code == 404
    assert "<ins>5</ins>" in browser.get(f"/office/matters/{SOME_MATTER}/compare?from=3&to=2").text
    matters_edit(
        SOME_MATTER, make_draft(note="新说明"), change_kind="wording", change_reason="补充", expected_version=None
    )
    shown = browser.get(f"/office/matters/{SOME_MATTER}").text
    assert "What this changes" in shown
    assert "<ins>新说明</ins>" in shown
    assert "新说明" not in client.get(f"/matters/{SOME_MATTER}/compare?from=1&to=4").text


def test_a_region_words_its_own_entry_on_the_page(app: Flask, client: FlaskClient, session: Session) -> None:
    make_matter()
    make_region(WUHOU)
    browser = office(app, CHENGDU)
    listed = words_of(browser.get("/office/matters/inherited").text)
    assert "none: as above" in listed
    url = f"/office/matters/{SOME_MATTER}/regions/{CHENGDU}"
    assert "never adds or tightens qualifications" in browser.get(url).text
    fields = {"department": "成都市发改委", "change_kind": "new", "version": "0"}
    assert browser.post(url, data={"change_kind": "new", "version": "0"}).status_code == 422
    refused = browser.post(url, data=fields | {"note": "须具备甲级资质"})
    assert (refused.status_code, "成都市发改委" in refused.text) == (422, True)
    assert browser.post(url, data=fields).status_code == 303
    assert browser.post(url, data=fields).status_code == 409
    assert browser.post(f"{url}/submit").status_code == 303
    assert "entry of a region" in words_of(browser.get("/office/matters/queue").text)
    assert "四川省成都市" in words_of(browser.get("/home").text)
    assert browser.post(f"{url}/return", data={"returning-reason": ""}).status_code == 422
    assert browser.post(f"{url}/return", data={"returning-reason": "写明处室"}).status_code == 303
    assert "写明处室" in browser.get(url).text
    assert browser.post(f"{url}/submit").status_code == 303
    assert browser.post(f"{url}/publish").status_code == 303
    assert browser.post(f"{url}/publish").status_code == 409
    entry = regional_entry(SOME_MATTER, CHENGDU)
    assert entry is not None
    session.refresh(entry)
    assert entry.state is MatterState.PUBLISHED
    again = fields | {"version": str(entry.version), "change_kind": "wording", "department": "成都市发展和改革委员会"}
    assert browser.post(url, data=again).status_code == 422
    assert browser.post(url, data=again | {"change_reason": "机构更名"}).status_code == 303
    assert "What this changes" in browser.get(url).text
    assert "成都市发<ins>展和</ins>改<ins>革</ins>委<ins>员会</ins>" in browser.get(f"{url}/compare").text
    page = words_of(client.get(f"/matters/{SOME_MATTER}?region={WUHOU}").text)
    assert "成都市发改委" in page
    assert "from the list of 四川省成都市" in page
    assert "成都市发展和改革委员会" not in page
    for path in ("/office/matters/inherited?region=510104", "/office/matters/inherited?region=x", "/office/matters"):
        assert browser.get(path).status_code == 200


def test_the_public_sees_where_a_matter_is_not_carried_out(client: FlaskClient, session: Session) -> None:
    make_regional(
        CHENGDU, carried_out=False, not_carried_out_reason="由本市自行办理", not_carried_out_basis="成办发〔2026〕1号"
    )
    make_region(WUHOU)
    page = words_of(client.get(f"/matters/{SOME_MATTER}?region={WUHOU}").text)
    assert "Not carried out here" in page
    assert "由本市自行办理" in page
    assert "Not carried out here" in words_of(client.get(f"/matters?region={WUHOU}").text)
    assert "Not carried out here" not in words_of(client.get("/matters").text)
    assert "由本市自行办理" not in client.get(f"/matters/{SOME_MATTER}?region=440100").text
    table = client.get(f"/matters?region={WUHOU}&format=csv").text.splitlines()
    assert table[1].rpartition(",")[2] in ("no", "否")
    assert client.get(f"/matters/{SOME_MATTER}/compare?region={CHENGDU}").status_code == 200


def test_another_regions_office_finds_nothing_here(app: Flask, session: Session) -> None:
    make_regional(CHENGDU)
    make_region("510700")
    browser = office(app, "510700")
    url = f"/office/matters/{SOME_MATTER}/regions/{CHENGDU}"
    assert browser.get(url).status_code == 404
    assert browser.get(f"{url}/compare").status_code == 404
    assert browser.post(url, data={"note": "x"}).status_code == 404
    assert browser.post(f"{url}/submit").status_code == 403
    assert browser.post(f"{url}/return", data={"returning-reason": "x"}).status_code == 404
    assert office(app).get(f"/office/matters/{SOME_MATTER}/regions/510000").status_code == 404
    assert office(app).get("/office/matters/ZJ999/regions/510100").status_code == 404


def test_the_list_goes_out_and_comes_back_by_the_page(app: Flask, session: Session) -> None:
    make_matter()
    browser = office(app)
    for kind in ("csv", "xlsx"):
        file = browser.get(f"/office/matters/export?format={kind}")
        assert file.headers["Content-Disposition"].endswith(f'.{kind}"')
        sent = {"file": (io.BytesIO(file.data), f"list.{kind}"), "check_only": "y"}
        answer = browser.post("/office/matters/import", data=sent)
        assert answer.status_code == 200
        assert "there is nothing to write" in answer.text
        report = re.search(r'href="(/files/[^"]+)"', answer.text)
        assert report is not None
        assert f"2,{SOME_MATTER},already_there" in browser.get(report.group(1)).text
    assert browser.get("/office/matters/export?of=entries&format=csv").data.startswith(b"\xef\xbb\xbfcode,carried_out")


def test_lists_of_the_office_are_searched_sorted_and_counted(app: Flask, session: Session) -> None:
    make_matter()
    make_matter("ZJ051")
    make_regional(CHENGDU, publish=False)
    browser = office(app)
    assert "ZJ051" not in words_of(browser.get(f"/office/matters?q={SOME_MATTER}").text)
    for path in (
        "/office/matters?sort=name&state=published",
        "/office/matters?q=nothing-like-this",
        "/office/matters/queue",
        f"/office/matters/inherited?region={CHENGDU}&sort=name&q=初步",
        f"/office/matters/{SOME_MATTER}/regions/{CHENGDU}",
    ):
        assert browser.get(path).status_code == 200, path
    assert browser.get("/office/matters?page=9").status_code == 302
