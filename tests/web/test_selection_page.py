"""The public page and file of a whole selection: nothing before its time, everything from the announcement on."""

import json
from datetime import datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.core.permissions import Role
from supermarket.projects.states import ProjectState
from supermarket.selection.operations import decline_award
from tests.factories.accounts import make_user
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.quotes import make_quote
from tests.factories.web import make_browser, words_of
from tests.rooms.test_selection import present, settle, until_selected


def test_before_the_announcement_nothing_sealed_is_given(client: FlaskClient, session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at, mode="bidding")
    enrolled = make_enrolled(project, 4, at)
    for step, (_agency, actor) in enumerate(enrolled):
        make_quote(project.code, 8_000_000 + step, actor=actor, at=at)
    address = f"/projects/{project.code}/selection"
    until = present(project).enrol_until
    assert until is not None
    for moment in (None, until):
        if moment is not None:
            settle(moment)
        assert client.get(address).status_code == 200
        text = client.get(f"{address}.json").text
        content = json.loads(text)
        assert content["public_from"] is None
        assert [content[name] for name in ("enrolments", "quotes", "low_quotes", "runs", "order", "awards")] == [
            None
        ] * 6
        page = client.get(address).text
        assert not [agency.name for agency, _actor in enrolled if agency.name in page]
        assert "8000000" not in text


def test_from_the_announcement_on_everything_stands_on_one_page_and_in_one_file(
    client: FlaskClient, session: Session, at: datetime
) -> None:
    project, _owner = make_open_project(at, mode="bidding")
    enrolled = make_enrolled(project, 4, at)
    for step, (_agency, actor) in enumerate(enrolled[:3]):
        make_quote(project.code, 8_000_000 + step, actor=actor, at=at)
    until_selected(project)
    address = f"/projects/{project.code}/selection"
    answer = client.get(f"{address}.json")
    assert answer.data == client.get(f"{address}.json").data
    content = json.loads(answer.data)
    assert (content["version"], content["state"]) == ("selection-v1", "announced")
    assert [row["amount"] for row in content["quotes"]] == [8_000_000 + step for step in range(3)] or sorted(
        row["amount"] for row in content["quotes"]
    ) == [8_000_000, 8_000_001, 8_000_002]
    out = {row["uscc"]: row["excluded"]["code"] for row in content["enrolments"] if row["excluded"]}
    assert out == {enrolled[3][0].uscc: "no_quote"}
    assert [row["uscc"] for row in content["order"]] == [agency.uscc for agency, _actor in enrolled[:3]]
    assert content["awards"][0]["uscc"] == enrolled[0][0].uscc
    page = client.get(address).text
    assert all(agency.name in page for agency, _actor in enrolled)


def test_there_is_no_page_of_what_is_not_published(client: FlaskClient, session: Session, at: datetime) -> None:
    assert client.get("/projects/P-2026-999999/selection").status_code == 404
    assert client.get("/projects/P-2026-999999/selection.json").status_code == 404


def test_the_offices_page_shows_what_the_rules_said_three_times_once_all_may_know(
    app: Flask, session: Session, at: datetime
) -> None:
    project, _owner = make_open_project(at, mode="bidding")
    enrolled = make_enrolled(project, 4, at)
    for step, (_agency, actor) in enumerate(enrolled[:3]):
        make_quote(project.code, 8_000_000 + step, actor=actor, at=at)
    office = make_browser(app, make_user(Role.OPERATOR, region_code="510000"))
    heading = "What the rules said of each, three times"
    until = present(project).enrol_until
    assert until is not None
    for moment in (None, until):
        if moment is not None:
            settle(moment)
        shown = office.get(f"/office/projects/{project.code}").get_data(as_text=True)
        assert heading not in shown and enrolled[3][0].uscc not in shown, "who is put out is known to nobody yet"
    until_selected(project)
    shown = words_of(office.get(f"/office/projects/{project.code}").get_data(as_text=True))
    told = shown.split(heading)[1]
    assert told.count("At the enrolment") == told.count("When the pool was fixed") == 4
    assert told.count("Nothing changed since the time before.") == 4
    assert all(agency.uscc in told for agency, _actor in enrolled)


def test_who_was_passed_over_for_the_price_reads_why_and_nobody_stays_in_reserve_after_the_end(
    app: Flask, session: Session, at: datetime
) -> None:
    project, _owner = make_open_project(at, mode="bidding")
    enrolled = make_enrolled(project, 3, at)
    for (_agency, actor), amount in zip(enrolled, (8_000_000, 8_900_000, 9_000_000), strict=True):
        make_quote(project.code, amount, actor=actor, at=at)
    moment = until_selected(project)
    reader = make_browser(app, make_user(Role.SUPERVISOR, region_code="510000"))
    address = f"/projects/{project.code}/selection"
    assert words_of(reader.get(address).text).count("in reserve") == 2
    decline_award(project.code, reason="人手不足，不能承接", actor=enrolled[0][1], at=moment)
    session.commit()
    assert present(project).state is ProjectState.FAILED
    reader.get("/language/en")
    page = words_of(reader.get(address).text)
    assert page.count("Passed over for its price") == 2
    assert page.count("its quote is more than 5 % above the first winner") == 2
    assert "in reserve" not in page
