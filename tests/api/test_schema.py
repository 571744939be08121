"""The OpenAPI document is valid, complete and true: schemathesis asks every operation and finds no fault."""

from collections.abc import Iterator
from itertools import count

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy.orm import scoped_session, sessionmaker

from supermarket.api.parameters import Query
from supermarket.api.routes import ROUTES, Route
from supermarket.core.clock import now
from supermarket.extensions import db
from tests.factories.api_world import World, make_world

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
]
_TURN = count()


@pytest.fixture(scope="module")
def world(app: Flask) -> Iterator[World]:
    """One market for all operations, rolled back at the end."""
    with app.app_context():
        connection = db.engine.connect()
        outer = connection.begin()
        real = db.session
        db.session = scoped_session(sessionmaker(bind=connection, join_transaction_mode="create_savepoint"))
        try:
            yield make_world(app.test_client(), now())
        finally:
            db.session.remove()
            db.session = real
            outer.rollback()
            connection.close()


@pytest.fixture(scope="module")
def described(app: Flask, world: World) -> schemathesis.BaseSchema:
    """The schema as schemathesis reads it from the application."""
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_operation(route: Route, described: schemathesis.BaseSchema, world: World) -> None:
    operation = described[route.path][route.method]
    mixed = st.one_of(operation.as_strategy(generation_mode=mode) for mode in modes_of(route))

    @given(case=mixed)
    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        turn = next(_TURN)
        aim(case, world, turn)
        program = list(world.programs.values())[turn % len(world.programs)]
        case.call_and_validate(checks=CHECKS, headers=program.headers())

    ask()


def test_the_document_is_valid(described: schemathesis.BaseSchema) -> None:
    described.validate()
    raw = described.raw_schema
    assert raw["openapi"] == "3.1.0"
    assert {(method.upper(), path) for path, item in raw["paths"].items() for method in item} == {
        (route.method, route.path) for route in ROUTES
    }


def modes_of(route: Route) -> list[schemathesis.GenerationMode]:
    """Data that keeps to the document, and, where there is any to break, data that does not."""
    breakable = route.form is not None or route.places or route.query is not Query
    both = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    return both if breakable else both[:1]


def aim(case: schemathesis.Case, world: World, turn: int) -> None:
    """A code made up at random is never there; most requests are about something that is."""
    known = {
        "matters": [world.draft.matter_code],
        "projects": [world.draft.code, world.random.code, world.bidding.code],
        "contracts": [world.contract.code],
    }.get(case.path.split("/")[1], [])
    part = case.meta.components.get(ParameterLocation.PATH) if case.meta else None
    if part is not None and part.mode is schemathesis.GenerationMode.NEGATIVE:
        return  # what breaks the document must reach the server as it is
    places = {"uscc": world.agency.uscc, "number": 1} | ({"code": known[turn % len(known)]} if known else {})
    if turn % 8:
        case.path_parameters.update({name: value for name, value in places.items() if name in case.path_parameters})
