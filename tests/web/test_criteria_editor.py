"""The criteria editor of the owner's form: rows for the panel without JavaScript, the sum, what was typed kept."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.extensions import db
from supermarket.projects.models import Project
from tests.factories.matters import SOME_MATTER
from tests.factories.projects import make_owner_actor
from tests.factories.web import make_browser, words_of

WORDING = {
    "name": "新图书馆工程土地勘测",
    "matter": SOME_MATTER,
    "region": "510107",
    "funding": "social",
    "budget": "100000",
    "mode": "merit",
    "duration_days": "60",
    "deliverables-0-name": "报告",
    "deliverables-0-due_days": "60",
    "payment_terms-0-name": "全款",
    "payment_terms-0-percent": "100",
    "payment_terms-0-after_deliverable": "1",
    "panel_size": "5",
    "act": "save",
}
AUTOMATIC = {
    f"criteria-{place}-criterion": name
    for place, name in enumerate(("price", "stars", "credit", "experience", "lead_time"), 30)
}


@pytest.fixture
def browser(app: Flask, session: Session) -> FlaskClient:
    """An owner's browser."""
    _owner, actor = make_owner_actor()
    return make_browser(app, actor)


def panel_row(place: int, name: str, weight: str, description: str = "") -> dict[str, str]:
    """What the form sends of one criterion of the panel."""
    row = {"criterion": "panel", "name": name, "weight": weight, "description": description}
    return {f"criteria-{place}-{key}": value for key, value in row.items()}


def test_rows_for_the_panel_come_and_go_and_keep_what_was_typed(browser: FlaskClient) -> None:
    first = browser.post("/projects/new", data=WORDING | AUTOMATIC | {"criteria-30-weight": "60", "act": "panel-add"})
    assert first.status_code == 200
    assert re.findall(r'name="(criteria-\d+-name)"', first.text) == ["criteria-1-name"]
    assert "Now 60 of 100: 40 are missing." in words_of(first.text)
    typed = (
        WORDING | AUTOMATIC | {"criteria-30-weight": "60"} | panel_row(0, "技术方案", "25") | panel_row(1, "团队", "20")
    )
    more = browser.post("/projects/new", data=typed | {"act": "panel-add"})
    assert re.findall(r'name="(criteria-\d+-name)"', more.text) == [f"criteria-{n}-name" for n in (0, 1, 3)]
    assert "Now 105 of 100: 5 too many." in words_of(more.text)
    fewer = browser.post("/projects/new", data=typed | {"act": "panel-drop-0"})
    assert re.findall(r'value="(技术方案|团队)"', fewer.text) == ["团队"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Project)) == 0


def test_a_saved_draft_shows_its_criteria_again(browser: FlaskClient) -> None:
    typed = WORDING | AUTOMATIC | {"criteria-30-weight": "55", "criteria-34-weight": "5"}
    saved = browser.post("/projects/new", data=typed | panel_row(1, "技术方案", "40", "针对性"))
    assert saved.status_code == 302
    project = db.session.scalars(sa.select(Project)).one()
    assert project.terms == {
        "criteria": [
            {"kind": "price", "weight": "55", "name": ""},
            {"kind": "lead_time", "weight": "5", "name": ""},
            {"kind": "panel", "weight": "40", "name": "技术方案", "description": "针对性"},
        ],
        "panel_size": 5,
    }
    page = browser.get(f"/projects/{project.code}/edit").text
    assert re.findall(r'name="(criteria-\d+-weight)"[^>]*value="(\d+)"', page) == [
        ("criteria-30-weight", "55"),
        ("criteria-34-weight", "5"),
        ("criteria-0-weight", "40"),
    ]
    assert "The weights add up to 100." in words_of(page)
    assert re.search(r'<option selected value="5">', page)


def test_a_mistake_is_told_at_the_editor_and_nothing_is_stored(browser: FlaskClient) -> None:
    typed = WORDING | AUTOMATIC | {"criteria-30-weight": "60"} | panel_row(0, "技术方案", "30")
    wrong = browser.post("/projects/new", data=typed)
    assert wrong.status_code == 422
    assert "The weights must add up to 100; now they add up to 90." in words_of(wrong.text)
    even = browser.post("/projects/new", data=typed | {"criteria-0-weight": "40", "panel_size": "4"})
    assert even.status_code == 422
    assert "A panel has an odd number of experts, from 3 to 9." in words_of(even.text)
    unread = browser.post("/projects/new", data=typed | {"criteria-0-weight": "viel", "panel_size": "viel"})
    assert unread.status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Project)) == 0


def test_without_a_criterion_for_it_no_panel_is_kept(browser: FlaskClient) -> None:
    typed = WORDING | AUTOMATIC | {"criteria-30-weight": "100"}
    assert browser.post("/projects/new", data=typed).status_code == 302
    assert db.session.scalars(sa.select(Project)).one().terms == {
        "criteria": [{"kind": "price", "weight": "100", "name": ""}]
    }


@pytest.mark.parametrize(
    "weights",
    [
        {"criteria-30-weight": "90"},
        {"criteria-30-weight": "0", "criteria-31-weight": "100"},
        {"criteria-30-weight": "-1", "criteria-31-weight": "101"},
        {"criteria-30-weight": "1e9"},
        {"criteria-30-weight": "1_00"},
        {"criteria-30-weight": "١٠٠"},
        {"criteria-30-weight": "9" * 5000},
        {"criteria-30-weight": "99.5", "criteria-31-weight": "0.5"},
        {},
        {"criteria-30-criterion": "evil", "criteria-30-weight": "100"},
        {"criteria-30-weight": "50", "criteria-31-criterion": "price", "criteria-31-weight": "50"},
        {key: text for n in range(20) for key, text in panel_row(n, f"指标{n}", "5").items()},
        {key: text for n in range(200) for key, text in panel_row(n, f"指标{n}", "1").items()},
    ],
)
def test_weights_that_are_none_are_refused_and_stay_as_typed(browser: FlaskClient, weights: dict[str, str]) -> None:
    answer = browser.post("/projects/new", data=WORDING | AUTOMATIC | weights)
    assert answer.status_code == 422
    assert 'class="sm-summary"' in answer.text
    assert all(f'value="{text}"' in answer.text for key, text in weights.items() if key.endswith("-weight"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Project)) == 0


@pytest.mark.parametrize("name", ["方\u200b案", "方案\ufeff", " 方 案", "ＡＢ"])
def test_two_criteria_that_read_alike_are_one(browser: FlaskClient, name: str) -> None:
    typed = WORDING | AUTOMATIC | {"criteria-30-weight": "40"}
    twin = "ab" if name == "ＡＢ" else "方案"
    answer = browser.post("/projects/new", data=typed | panel_row(0, twin, "30") | panel_row(1, name, "30"))
    assert answer.status_code == 422
    assert "A criterion is there twice." in words_of(answer.text)


def test_a_name_has_one_line_so_that_a_browser_can_send_it_back(browser: FlaskClient) -> None:
    """Browsers send a hidden field's line ends otherwise than they came: no sheet could name such a criterion."""
    typed = WORDING | AUTOMATIC | {"criteria-30-weight": "40"} | panel_row(0, "技术\n方案", "60")
    assert browser.post("/projects/new", data=typed).status_code == 302
    assert db.session.scalars(sa.select(Project)).one().terms["criteria"][1]["name"] == "技术 方案"  # type: ignore[index]


def test_the_summary_names_the_weight_that_is_wrong(browser: FlaskClient) -> None:
    typed = WORDING | AUTOMATIC | {"criteria-31-weight": "101"} | panel_row(0, "技术方案", "0")
    told = words_of(browser.post("/projects/new", data=typed).text)
    assert "Weight of “Stars”: Number must be between 1 and 100." in told
    assert "Weight of “技术方案”: Number must be between 1 and 100." in told


def test_without_a_size_of_the_panel_a_sentence_says_what_it_may_be(browser: FlaskClient) -> None:
    typed = WORDING | AUTOMATIC | {"criteria-30-weight": "40"} | panel_row(0, "技术方案", "60")
    for size in ("", "viel", "9" * 5000, "4"):
        told = words_of(browser.post("/projects/new", data=typed | {"panel_size": size}).text)
        assert "A panel has an odd number of experts, from 3 to 9." in told
        assert "coerce" not in told


@pytest.mark.parametrize(
    "act", ["panel-drop-", "panel-drop-" + "9" * 5000, "drop-deliverables-" + "9" * 5000, "drop--1"]
)
def test_odd_buttons_do_no_harm(browser: FlaskClient, act: str) -> None:
    answer = browser.post("/projects/new", data=WORDING | AUTOMATIC | {"criteria-30-weight": "100", "act": act})
    assert answer.status_code in (200, 302)


def test_a_form_that_is_sent_twice_makes_one_draft(browser: FlaskClient) -> None:
    typed = WORDING | AUTOMATIC | {"criteria-30-weight": "100", "form_id": "abc"}
    first, second = (browser.post("/projects/new", data=typed) for _ in range(2))
    assert (first.status_code, second.status_code, first.location) == (302, 302, second.location)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Project)) == 1


def test_of_two_tabs_the_second_is_told_and_keeps_what_it_typed(browser: FlaskClient) -> None:
    typed = WORDING | AUTOMATIC | {"criteria-30-weight": "100"}
    where = browser.post("/projects/new", data=typed).location
    seen = re.search(r'name="version"[^>]*value="(\d+)"', browser.get(where).text)
    assert seen is not None
    more = typed | {"version": seen[1]}
    assert browser.post(where, data=more | {"criteria-30-weight": "60", "criteria-31-weight": "40"}).status_code == 302
    late = browser.post(where, data=more | {"criteria-30-weight": "55", "criteria-32-weight": "45"})
    assert late.status_code == 409
    assert "changed meanwhile" in words_of(late.text)
    assert 'value="55"' in late.text and 'value="45"' in late.text
    weights = [item["weight"] for item in db.session.scalars(sa.select(Project)).one().terms["criteria"]]  # type: ignore[index]
    assert weights == ["60", "40"]
