"""What every address of the API does alike: tokens, problems, bodies, parameters, limits."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.app import create_app
from supermarket.core.permissions import Role
from supermarket.extensions import limiter
from tests.conftest import settings
from tests.factories.accounts import make_organisation
from tests.factories.api import V1, Program, make_program, project_body, yuan
from tests.factories.matters import SOME_MATTER, make_matter
from tests.servers import TestDatabase

PROBLEM = "application/problem+json"


@pytest.fixture
def anybody(client: FlaskClient) -> Program:
    """Without a token."""
    return Program(client)


@pytest.fixture
def owner(client: FlaskClient) -> Program:
    """An owner's program, with a matter in force."""
    make_matter(SOME_MATTER)
    return make_program(client, Role.OWNER)


def test_unknown_address_is_a_problem(anybody: Program) -> None:
    answer = anybody.get("/nothing")
    assert (answer.status_code, answer.mimetype) == (404, PROBLEM)
    assert answer.json == {
        "type": "about:blank",
        "status": 404,
        "title": answer.json["title"],
        "code": "not_found",
    }


def test_wrong_method_names_the_right_ones(anybody: Program) -> None:
    answer = anybody.ask("PUT", "/matters")
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (405, PROBLEM, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_without_token_401_and_how(anybody: Program) -> None:
    answer = anybody.get("/me")
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (401, PROBLEM, "sign_in_needed")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer sm_not-a-token", "Bearer", "Basic eDp5", "Bearer a b", "Bearer \x7f" * 3])
def test_a_wrong_token_is_never_taken_for_none(anybody: Program, header: str) -> None:
    answer = anybody.client.get(V1 + "/matters", headers={"Authorization": header})
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (401, PROBLEM, "invalid_token")


def test_a_signed_in_browser_is_nobody_here(client: FlaskClient, session: Session, owner: Program) -> None:
    with client.session_transaction() as kept:
        kept["_user_id"] = "1:0"
    assert client.get(V1 + "/me").status_code == 401
    assert client.post(V1 + "/projects", json=project_body()).status_code == 401


def test_a_token_leaves_no_cookie_and_no_cache(owner: Program) -> None:
    answer = owner.get("/me")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert {"Authorization", "Accept-Language"} <= set(answer.vary)


def test_role_without_permission_is_403(client: FlaskClient, session: Session) -> None:
    editor = make_program(client, Role.EDITOR)
    answer = editor.post("/projects", project_body())
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (403, PROBLEM, "forbidden")


def test_unknown_repeated_and_bad_parameters_are_all_named(anybody: Program) -> None:
    answer = anybody.get("/matters?page[size]=0&sort=best&colour=red")
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_input")
    assert {(item["field"], item["code"]) for item in answer.json["errors"]} == {
        ("page[size]", "out_of_range"),
        ("sort", "unknown_value"),
        ("colour", "unknown_parameter"),
    }
    repeated = anybody.get("/matters?q=a&q=b")
    assert [(item["field"], item["code"]) for item in repeated.json["errors"]] == [("q", "repeated")]


@pytest.mark.parametrize(
    "query",
    [
        "page[size]=101",
        "page[size]=1_0",
        "page[size]=5.0",
        "page[size]=",
        "page[size]=٣",
        "page[size]=99999999999999999999",
        "page[after]=",
        "page[after]=nonsense",
        "page[after]=W10",
        "page[after]=" + "A" * 601,
        "q=%00",
        "q=" + "x" * 101,
        "region=51",
    ],
)
def test_bad_parameter_is_422(anybody: Program, query: str) -> None:
    answer = anybody.get(f"/matters?{query}")
    assert (answer.status_code, answer.mimetype) == (422, PROBLEM)
    assert len(answer.json["errors"]) == 1


@pytest.mark.parametrize(
    "path", ["/matters/%00", "/matters/zj001", "/agencies/123", "/projects/P-2026-000001%27", "/x"]
)
def test_malformed_place_is_404(anybody: Program, path: str) -> None:
    assert anybody.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        (b"", "body", "malformed_json"),
        (b"{", "body", "malformed_json"),
        (b"nul", "body", "malformed_json"),
        (b'{"name": NaN}', "body", "malformed_json"),
        (b'{"name": "\xff"}', "body", "malformed_json"),
        (b'{"name": "\\ud800"}', "body", "malformed_json"),
        (b"[" * 50_000, "body", "malformed_json"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "a", "unknown_field"),
        (b'{"name": "a\\u0000b"}', "name", "invalid"),
        (b"[]", "body", "wrong_type"),
        (b"null", "body", "wrong_type"),
        (b"1e999", "body", "malformed_json"),
    ],
)
def test_odd_bodies_are_422(owner: Program, body: bytes, field: str, code: str) -> None:
    headers = owner.headers({"Content-Type": "application/json"})
    answer = owner.client.post(V1 + "/projects", data=body, headers=headers)
    assert (answer.status_code, answer.mimetype) == (422, PROBLEM)
    assert (field, code) in {(item["field"], item["code"]) for item in answer.json["errors"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("duration_days", 10**30),
        ("duration_days", -1),
        ("duration_days", 1.5),
        ("duration_days", "60"),
        ("duration_days", True),
        ("practitioners_needed", 2**40),
        ("name", ["x"]),
        ("name", " "),
        ("name", "x" * 201),
        ("region", "51010a"),
        ("funding", "private"),
        ("budget", 100),
        ("budget", yuan("3.5万")),
        ("budget", yuan("-1")),
        ("budget", yuan("1e5")),
        ("budget", {"amount": "1", "currency": "USD"}),
        ("budget", {"amount": "1"}),
        ("mode", "lottery"),
        ("enrol_until", "2026-03-20T18:00:00"),
        ("enrol_until", "9999-12-31T23:59:59-12:00"),
        ("enrol_until", "soon"),
        ("avoid", [{"agency": "91510100MA61T2XX00", "reason": "xxxx"}]),
        ("deliverables", []),
        ("deliverables", [{"name": "x", "due_days": 1}] * 51),
        ("min_stars", 6),
        ("min_credit", "Z"),
        ("agency", "１"),
    ],
)
def test_each_bad_field_is_named(owner: Program, field: str, value: object) -> None:
    answer = owner.post("/projects", project_body(**{field: value}))
    assert answer.status_code == 422, answer.json
    assert {item["field"].split(".")[0] for item in answer.json["errors"]} == {field}
    assert all(item["message"] for item in answer.json["errors"])


def test_all_missing_fields_at_once(owner: Program) -> None:
    answer = owner.post("/projects", {})
    assert {item["field"] for item in answer.json["errors"]} >= {
        "name",
        "matter",
        "region",
        "funding",
        "budget",
        "mode",
    }


def test_other_content_type_is_415(owner: Program) -> None:
    headers = owner.headers({"Content-Type": "text/plain"})
    answer = owner.client.post(V1 + "/projects", data=b"{}", headers=headers)
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (415, PROBLEM, "unsupported_media_type")
    packed = owner.headers({"Content-Type": "application/json", "Content-Encoding": "gzip"})
    assert owner.client.post(V1 + "/projects", data=b"{}", headers=packed).status_code == 415


def test_large_body_is_413(owner: Program) -> None:
    body = json.dumps({"name": "x" * (1024 * 1024)})
    headers = owner.headers({"Content-Type": "application/json"})
    answer = owner.client.post(V1 + "/projects", data=body, headers=headers)
    assert (answer.status_code, answer.mimetype) == (413, PROBLEM)


def test_a_body_where_none_is_asked_for(owner: Program) -> None:
    code = owner.post("/projects", project_body()).json["code"]
    answer = owner.post(f"/projects/{code}/submit", {"now": True})
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "unknown_field")
    assert owner.get(f"/projects/{code}").json["state"] == "draft"


def test_sentences_in_the_readers_language(anybody: Program) -> None:
    answer = anybody.client.get(V1 + "/matters?x=1", headers={"Accept-Language": "en"})
    assert answer.json["errors"][0]["message"] == "This parameter is not known here; remove it."


def test_who_one_is(client: FlaskClient, session: Session) -> None:
    body = make_organisation()
    answer = make_program(client, Role.OWNER, body).get("/me")
    assert answer.json["roles"] == [
        {
            "role": "owner",
            "organisation": body.name,
            "organisation_uscc": body.uscc,
            "region": None,
            "industries": [],
        }
    ]


@pytest.fixture
def counting(database: TestDatabase, redis_address: str, session: Session, tmp_path: Path) -> Iterator[FlaskClient]:
    """An application whose limiter is at work, with room for two requests a minute."""
    more = {"RATELIMIT_ENABLED": True, "RATELIMIT_HEADERS_ENABLED": True, "API_RATE_LIMIT": "2 per minute"}
    yield create_app(settings(database.url, redis_address, tmp_path) | more).test_client()
    limiter.reset()
    limiter.enabled = False


def test_too_many_requests_are_429_per_account(counting: FlaskClient) -> None:
    anybody, owner = Program(counting), make_program(counting, Role.OWNER)
    first = anybody.get("/industries")
    assert (first.status_code, first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == (
        200,
        "2",
        "1",
    )
    assert [anybody.get("/industries").status_code for _number in range(2)] == [200, 429]
    refused = anybody.get("/industries")
    assert (refused.mimetype, refused.json["code"]) == (PROBLEM, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    # Another account is counted by itself; a token that is none of ours counts for its address.
    assert owner.get("/industries").status_code == 200
    assert Program(counting, "sm_guessed-token").get("/industries").status_code == 429
