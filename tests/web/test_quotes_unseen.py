"""Before the deadline nobody sees who quotes, or how many: every public page and answer stays as it was."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.core.clock import now
from supermarket.core.events import seal
from supermarket.core.permissions import Role
from supermarket.core.unit import unit
from supermarket.projects import operations as projects
from supermarket.projects.commands import Enrol
from supermarket.selection import operations as selection
from tests.factories.accounts import make_user
from tests.factories.bidding import Bidding
from tests.factories.projects import SICHUAN, make_enrolled, make_open_project
from tests.factories.quotes import sealed_by
from tests.factories.web import make_browser

PUBLIC = (
    "/",
    "/projects",
    "/projects?state=open",
    "/projects?format=csv",
    "/projects?format=json",
    "/projects/{code}",
    "/projects/{code}/quotes.json",
    "/statistics",
    "/notices",
    "/search?q={code}",
    "/verify/quotes?code={code}",
    "/api/v1/projects/{code}",
    "/api/v1/projects/{code}/enrolments",
    "/api/v1/projects/{code}/quotes",
    "/api/v1/projects/{code}/quote-book",
    "/api/v1/projects",
    "/api/v1/statistics",
    "/api/v1/changes?project={code}",
    "/metrics",
)
# What changes by itself: tokens of forms, the time, gauges of the machine; and the length of the one log over all
# projects, which only the operator's own machine is told.
PASSING = re.compile(
    r'name="csrf_token" value="[^"]+"|data-now="[^"]+"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|\+\d\d:\d\d)?'
    r"|(?m:^(?:#|python_|process_|supermarket_events).*$)"
)


def seen(browser: FlaskClient, code: str) -> dict[str, str]:
    """Every public answer without what changes by itself."""
    found = {}
    for path in PUBLIC:
        answer = browser.get(path.format(code=code))
        found[path] = f"{answer.status_code} {PASSING.sub('', answer.get_data(as_text=True))}"
    return found


@pytest.mark.parametrize("who", ["nobody", "owner", "operator", "supervisor"])
def test_what_others_see_does_not_change_with_the_quotes(app: Flask, session: Session, who: str) -> None:
    at = now()
    with unit():
        project, owner = make_open_project(at, mode="bidding")
    made = Bidding(project.code, at, [])
    with unit():  # they exist beforehand: what is looked at is the quoting
        other, _owner = make_open_project(at, mode="bidding")
        made.bidders = make_enrolled(other, 3, at)
    browser = {
        "nobody": app.test_client,
        "owner": lambda: make_browser(app, owner),
        "operator": lambda: make_browser(app, make_user(Role.OPERATOR, region_code=SICHUAN)),
        "supervisor": lambda: make_browser(app, make_user(Role.SUPERVISOR, region_code=SICHUAN)),
    }[who]()
    seal()
    seen(browser, made.code)  # a page may be another the first time
    before = seen(browser, made.code)
    for place, (agency, actor) in enumerate(made.bidders):
        people = tuple(person.id for person in agency.practitioners)
        with unit():
            projects.enrol(made.code, Enrol(practitioner_ids=people), actor=actor, at=at)
        for amount in (8_000_000 + place, 7_900_000 + place):
            with unit():
                sealed = sealed_by(actor, made.code, amount).sealed
                selection.submit_quote(made.code, sealed, actor=actor, at=at + timedelta(minutes=1))
    with unit():
        projects.cancel_enrolment(made.code, actor=made.bidders[0][1], at=at + timedelta(minutes=2))
    seal()
    session.expire_all()
    after = seen(browser, made.code)
    assert {path for path in PUBLIC if after[path] != before[path]} == set()
    made.pass_to(made.until)
    shown = seen(browser, made.code)
    told = {path for path in PUBLIC if shown[path] != before[path]}
    assert {"/projects/{code}", "/projects/{code}/quotes.json", "/api/v1/changes?project={code}"} <= told
