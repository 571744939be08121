"""The offices' queue: what needs a human, whose region it is, checks for many, and a word given once."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.agencies.models import Agency, Check, CheckRun, CheckRunItem, Onboarding, Outcome, Standing
from supermarket.core.clock import now
from supermarket.core.permissions import Role
from supermarket.extensions import db
from supermarket.matters.models import MatterState
from tests.factories.accounts import make_user
from tests.factories.agencies import make_agency
from tests.factories.matters import SOME_MATTER, make_matter
from tests.factories.policies import make_region
from tests.factories.web import make_browser, words_of

CHENGDU, MIANYANG, SICHUAN = "510100", "510700", "510000"


def browser_of(app: Flask, role: Role, region: str = SICHUAN) -> FlaskClient:
    make_region(region)
    return make_browser(app, make_user(role, region_code=region))


def make_waiting(*, overdue: bool = False, registry: str = "data-sharing") -> Agency:
    """A form that waits because a registry is silent."""
    row = make_agency(standing=Standing.APPLIED, matters=())
    at = now()
    row.onboarding, row.decision_due_at = Onboarding.WAITING, at + timedelta(hours=-1 if overdue else 30)
    db.session.add(
        Check(
            agency_id=row.id,
            code="registration",
            outcome=Outcome.UNKNOWN,
            registry_name=registry,
            reference="",
            sentence="The registry “%(registry)s” did not answer in time; it is asked again.",
            parameters={"registry": registry},
            first_at=at - timedelta(hours=2),
            last_at=at,
        )
    )
    db.session.flush()
    return row


def make_imported(count: int) -> list[Agency]:
    rows = [make_agency(standing=Standing.APPLIED, matters=()) for _ in range(count)]
    for row in rows:
        row.organisation_id = None
    db.session.flush()
    return rows


def test_the_queue_says_what_waits_why_and_marks_what_is_overdue(app: Flask, session: Session) -> None:
    late, early = make_waiting(overdue=True), make_waiting(registry="social-credit")
    browser = browser_of(app, Role.OPERATOR)
    page = browser.get("/office/queue")
    words = words_of(page.get_data(as_text=True))
    assert page.status_code == 200
    assert words.index(late.name) < words.index(early.name)
    assert "gives no usable answer since" in words and "Enterprise register" in words and "1 overdue" in words
    only = words_of(browser.get("/office/queue?overdue=yes").get_data(as_text=True))
    assert late.name in only and early.name not in only
    by_registry = words_of(browser.get("/office/queue?registry=social-credit").get_data(as_text=True))
    assert early.name in by_registry and late.name not in by_registry
    by_name = words_of(browser.get(f"/office/queue?q={late.uscc}").get_data(as_text=True))
    assert late.name in by_name and early.name not in by_name
    home = words_of(browser.get("/home").get_data(as_text=True))
    assert late.name in home and early.name in home


def test_the_queue_is_downloaded_as_it_is_asked_for(app: Flask, session: Session) -> None:
    late, _early = make_waiting(overdue=True), make_waiting()
    browser = browser_of(app, Role.OPERATOR)
    text = browser.get("/office/queue?overdue=yes&format=csv").get_data(as_text=True).lstrip("\ufeff")
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[2] for row in rows] == ["Code", late.uscc]
    assert browser.get("/office/queue?format=xlsx").data[:2] == b"PK"


def test_each_office_sees_its_own_region_and_its_own_kinds(app: Flask, session: Session) -> None:
    waiting, imported = make_waiting(), make_imported(1)[0]
    matter = make_matter(SOME_MATTER)
    matter.state = MatterState.SUBMITTED
    session.flush()
    here = words_of(browser_of(app, Role.OPERATOR, CHENGDU).get("/office/queue").get_data(as_text=True))
    assert waiting.name in here and imported.name in here and matter.code not in here
    there = words_of(browser_of(app, Role.OPERATOR, MIANYANG).get("/office/queue").get_data(as_text=True))
    assert "Nothing needs you" in there
    editors = words_of(browser_of(app, Role.EDITOR).get("/office/queue").get_data(as_text=True))
    assert "Submitted to be published." in editors and waiting.name not in editors


def test_who_comes_from_another_province_waits_in_the_queue_of_the_home_and_of_no_city(
    app: Flask, session: Session
) -> None:
    make_region("610113")
    row = make_waiting()
    row.region_code = "610113"
    (imported,) = make_imported(1)
    imported.region_code = "610113"
    session.flush()
    home = words_of(browser_of(app, Role.OPERATOR).get("/office/queue").text)
    assert row.name in home
    assert imported.name in home
    city = words_of(browser_of(app, Role.OPERATOR, "510100").get("/office/queue").text)
    assert row.name not in city
    assert imported.name not in city


def test_checks_of_imported_agencies_are_started_for_many(app: Flask, session: Session) -> None:
    rows = make_imported(3)
    browser = browser_of(app, Role.OPERATOR)
    page = browser.get("/office/queue?kind=unchecked").get_data(as_text=True)
    assert "Start the checks of all 3 agencies" in page
    nothing = browser.post("/office/queue/checks", data={"filters": "kind=unchecked", "which": "ticked"})
    assert nothing.status_code == 303 and session.scalars(sa.select(CheckRun)).all() == []
    some = {"filters": "kind=unchecked", "which": "ticked", "uscc": [rows[0].uscc]}
    answer = browser.post("/office/queue/checks", data=some)
    run = session.scalars(sa.select(CheckRun)).one()
    assert (answer.status_code, run.total) == (303, 1)
    assert answer.location.endswith(f"/office/queue/runs/{run.id}")
    progress = words_of(browser.get(answer.location).get_data(as_text=True))
    assert "0 of 1" in progress and "Running" in progress
    browser.post("/office/queue/checks", data={"filters": "kind=unchecked", "which": "all"})
    totals = session.scalars(sa.select(CheckRun.total).order_by(CheckRun.id)).all()
    assert totals == [1, 2], "who is in a run is not taken into another"
    assert len(session.scalars(sa.select(CheckRunItem.agency_id)).all()) == 3


@pytest.mark.parametrize("kind", ["", "matter", "reverification", "nonsense"])
def test_nothing_else_is_done_for_many(app: Flask, session: Session, kind: str) -> None:
    waiting = make_waiting()
    browser = browser_of(app, Role.OPERATOR)
    data = {"filters": f"kind={kind}", "which": "all", "uscc": [waiting.uscc]}
    assert browser.post("/office/queue/checks", data=data).status_code == 422
    assert session.scalars(sa.select(CheckRun)).all() == []


def test_an_officer_of_another_city_starts_nothing(app: Flask, session: Session) -> None:
    row = make_imported(1)[0]
    browser = browser_of(app, Role.OPERATOR, MIANYANG)
    data = {"filters": "kind=unchecked", "which": "ticked", "uscc": [row.uscc]}
    assert browser.post("/office/queue/checks", data=data).status_code == 403
    assert session.scalars(sa.select(CheckRun)).all() == []
    assert db.session.get_one(Agency, row.id, populate_existing=True).onboarding is Onboarding.DRAFT


def test_a_code_that_no_column_keeps_starts_nothing(app: Flask, session: Session) -> None:
    browser = browser_of(app, Role.OPERATOR)
    answer = browser.post("/office/queue/checks", data={"filters": "kind=unchecked", "uscc": "a\x00b"})
    assert answer.status_code == 409
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CheckRun)) == 0
