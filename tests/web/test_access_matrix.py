"""Who may come: every page × every role, from the labels, and nothing written where one may not."""

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter, Rule

from supermarket.core.permissions import Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.policies.slots import beat
from supermarket.web.access import Access
from tests.factories.accounts import make_user
from tests.factories.web import make_browser
from tests.web.access_matrix import ANYBODY, MATRIX, SIGNED_IN

WRITES = re.compile(r"\s*(insert|update|delete|truncate)\b", re.IGNORECASE)
SAMPLES = {
    "code": "P-2026-000001",
    "uscc": "91510107MAX000001X",
    "purpose": "main",
    "office": "operator",
    "name": "main",
    "path": "x",
    "format": "json",
    "filename": "x",
}


def rules(app: Flask) -> Iterator[Rule]:
    """Every route of the pages; the API has a matrix of its own in tests/api."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static" and not rule.rule.startswith("/api/"):
            yield rule


def methods_of(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def address_of(app: Flask, rule: Rule) -> str:
    """The route with values that fit but name nothing."""
    values: dict[str, str | int] = {}
    for name in rule.arguments - set(rule.defaults or {}):
        converter = rule._converters[name]  # no public way in werkzeug
        integer = isinstance(converter, IntegerConverter)
        values[name] = 1 if integer else SAMPLES.get(name, "x")
    built = rule.build(values, append_unknown=False)
    assert built is not None
    return str(built[1])


def test_every_route_is_labelled_and_stands_in_the_matrix(app: Flask) -> None:
    unlabelled = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        and not isinstance(getattr(app.view_functions[rule.endpoint], "access", None), Access)
    }
    assert unlabelled == set()
    assert {rule.endpoint for rule in rules(app)} == set(MATRIX)


def test_labels_are_those_of_the_matrix(app: Flask) -> None:
    found = {}
    for rule in rules(app):
        access: Access = app.view_functions[rule.endpoint].access  # type: ignore[attr-defined]  # put there by the label
        found[rule.endpoint] = ANYBODY if access.public else access.roles() if access.permissions else SIGNED_IN
    assert found == {name: who if isinstance(who, str) else frozenset(who) for name, who in MATRIX.items()}


@pytest.fixture
def browsers(app: Flask, session: Session) -> dict[str, FlaskClient]:
    """One browser per role, and one of nobody."""
    made = {role.value: make_browser(app, make_user(role)) for role in Role}
    session.commit()
    return {"anonymous": app.test_client(), **made}


@pytest.fixture
def writes(session: Session) -> Iterator[list[str]]:
    """Every statement that writes, as it is sent."""
    seen: list[str] = []

    def watch(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if WRITES.match(statement):
            seen.append(statement)

    engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", watch)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", watch)


@pytest.mark.parametrize("endpoint", sorted(MATRIX))
def test_route_by_role(app: Flask, browsers: dict[str, FlaskClient], writes: list[str], endpoint: str) -> None:
    allowed = MATRIX[endpoint]
    with app.app_context(), unit():
        beat("tick", {})  # a market without its clockwork is not ready, and says so with 503
    for rule in app.url_map.iter_rules(endpoint):
        path = address_of(app, rule)
        for method in methods_of(rule):
            for name, browser in browsers.items():
                writes.clear()
                answer = browser.open(path, method=method)
                what = f"{method} {path} as {name}: {answer.status_code} {answer.location}"
                denied_to_nobody = answer.status_code == 302 and (answer.location or "").startswith("/sign-in?next=")
                if allowed == ANYBODY or (name != "anonymous" and (allowed == SIGNED_IN or name in allowed)):
                    assert answer.status_code < 500, what
                    assert not denied_to_nobody, what
                elif name == "anonymous":
                    assert denied_to_nobody, what
                    assert writes == [], what
                else:
                    assert answer.status_code == 403, what
                    assert writes == [], what
