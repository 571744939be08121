"""The wordings that a purchase keeps, and what a matter says where the owner wants to buy."""

import json
from datetime import datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.core.permissions import SYSTEM
from supermarket.matters.operations import edit_matter, publish_matter, submit_matter
from supermarket.projects import operations
from tests.factories.matters import CHENGDU, SOME_MATTER, WUHOU, make_draft, make_matter, make_regional
from tests.factories.projects import draft_command, make_open_project, make_owner_actor
from tests.factories.web import make_browser, words_of


def test_a_purchase_names_the_wordings_that_it_was_published_under(
    client: FlaskClient, session: Session, at: datetime
) -> None:
    make_regional(CHENGDU, department="旧的市局")
    client.get("/language/en")
    project, _owner = make_open_project(at, region_code=WUHOU)
    edit_matter(
        SOME_MATTER,
        make_draft(SOME_MATTER, note="后来的说明"),
        change_kind="wording",
        change_reason="更正说明",
        expected_version=None,
        actor=SYSTEM,
        at=at,
    )
    submit_matter(SOME_MATTER, actor=SYSTEM, at=at)
    publish_matter(SOME_MATTER, actor=SYSTEM, at=at)
    make_regional(CHENGDU, department="新的市局", at=at)
    shown = json.loads(client.get(f"/api/v1/projects/{project.code}").text)
    assert (shown["matter_version"], shown["regional_versions"]) == (1, [{"region": CHENGDU, "version": 1}])
    page = client.get(f"/projects/{project.code}").text
    assert f'href="/matters/{SOME_MATTER}/versions/1"' in page
    assert f'href="/matters/{SOME_MATTER}/regions/{CHENGDU}/versions/1"' in page
    old = client.get(f"/matters/{SOME_MATTER}/regions/{CHENGDU}/versions/1").text
    assert ("旧的市局" in old, "新的市局" in old, "Replaced" in old) == (True, False, True)
    whole = words_of(client.get(f"/matters/{SOME_MATTER}/versions/1").text)
    assert ("后来的说明" in whole, "A later version is in force now" in whole) == (False, True)
    assert "后来的说明" in client.get(f"/matters/{SOME_MATTER}/versions/2").text


def test_only_published_wordings_have_a_page(client: FlaskClient, session: Session) -> None:
    make_matter()
    make_regional(CHENGDU, publish=False)
    for address in ("versions/2", "versions/0", f"regions/{CHENGDU}/versions/1", "regions/999999/versions/1"):
        assert client.get(f"/matters/{SOME_MATTER}/{address}").status_code == 404
    assert client.get("/matters/ZJ999/versions/1").status_code == 404


def test_the_owner_sees_what_the_region_says_before_it_is_refused(app: Flask, session: Session, at: datetime) -> None:
    owner, actor = make_owner_actor()
    browser = make_browser(app, actor)
    make_regional(CHENGDU, department="成都市测试局")
    draft = operations.draft(draft_command(owner), actor=actor, at=at)
    page = words_of(browser.get(f"/projects/{draft.code}/submit").text)
    assert "成都市测试局" in page
    asked = {"matter": SOME_MATTER, "region": WUHOU}
    assert "成都市测试局" in words_of(browser.get("/projects/holding", query_string=asked).text)
    assert "成都市测试局" in words_of(browser.get(f"/projects/{draft.code}/edit").text)
    make_regional(WUHOU, carried_out=False, not_carried_out_reason="本区不办", not_carried_out_basis="区政府令第1号")
    said = words_of(browser.get("/projects/holding", query_string=asked).text)
    assert ("not carried out here" in said, "本区不办" in said, "区政府令第1号" in said) == (True, True, True)
    other = browser.get("/projects/holding", query_string={"matter": SOME_MATTER, "region": "110000"}).text
    assert "本区不办" not in other
