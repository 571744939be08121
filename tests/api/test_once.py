"""Idempotency-Key: the first answer again, whatever happens in between."""

import threading
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.accounts.models import IdempotencyKey
from supermarket.core.permissions import Role
from supermarket.extensions import db
from supermarket.projects.models import Project
from tests.factories.api import Program, make_program, project_body
from tests.factories.matters import SOME_MATTER, make_matter
from tests.factories.policies import count
from tests.threads import committing_app


@pytest.fixture
def owner(client: FlaskClient) -> Program:
    """An owner's program."""
    make_matter(SOME_MATTER)
    return make_program(client, Role.OWNER)


def test_same_key_and_body_give_the_first_answer_again(owner: Program) -> None:
    first = owner.post("/projects", project_body(), Idempotency_Key="k1")
    again = owner.post("/projects", project_body(), Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert again.headers["Location"] == first.headers["Location"] == f"/api/v1/projects/{first.json['code']}"
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert count(Project) == 1


def test_the_order_of_keys_in_the_body_does_not_matter(owner: Program) -> None:
    body = project_body()
    owner.post("/projects", body, Idempotency_Key="k1")
    again = owner.post("/projects", dict(reversed(body.items())), Idempotency_Key="k1")
    assert again.headers["Idempotency-Replayed"] == "true"


def test_same_key_with_another_body_is_409_and_writes_nothing(owner: Program) -> None:
    owner.post("/projects", project_body(), Idempotency_Key="k1")
    other = owner.post("/projects", project_body(name="别的项目"), Idempotency_Key="k1")
    assert (other.status_code, other.json["code"]) == (409, "idempotency_key_reused")
    assert count(Project) == 1


def test_same_key_at_another_address_is_409(owner: Program) -> None:
    code = owner.post("/projects", project_body(), Idempotency_Key="k1").json["code"]
    other = owner.post(f"/projects/{code}/submit", Idempotency_Key="k1")
    assert (other.status_code, other.json["code"]) == (409, "idempotency_key_reused")


def test_keys_are_each_accounts_own(owner: Program, client: FlaskClient) -> None:
    owner.post("/projects", project_body(), Idempotency_Key="k1")
    other = make_program(client, Role.OWNER).post("/projects", project_body(), Idempotency_Key="k1")
    assert other.status_code == 201
    assert "Idempotency-Replayed" not in other.headers


def test_a_refusal_of_the_operation_is_kept_and_wrote_nothing(owner: Program) -> None:
    body = project_body(mode="direct")
    first = owner.post("/projects", body, Idempotency_Key="k1")
    again = owner.post("/projects", body, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (422, 422)
    assert again.mimetype == "application/problem+json"
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(Project) == 0


def test_input_that_cannot_be_read_uses_up_no_key(owner: Program) -> None:
    assert owner.post("/projects", {}, Idempotency_Key="k1").status_code == 422
    assert owner.post("/projects", project_body(), Idempotency_Key="k1").status_code == 201


def test_an_answer_without_body_is_kept(owner: Program) -> None:
    code = owner.post("/projects", project_body()).json["code"]
    first = owner.ask("DELETE", f"/projects/{code}", Idempotency_Key="k2")
    again = owner.ask("DELETE", f"/projects/{code}", Idempotency_Key="k2")
    assert [(item.status_code, item.data) for item in (first, again)] == [(204, b""), (204, b"")]
    assert owner.ask("DELETE", f"/projects/{code}").status_code == 409


@pytest.mark.parametrize("key", ["", "x" * 129, "with space", "ключ"])
def test_what_is_no_key(owner: Program, key: str) -> None:
    answer = owner.client.post("/api/v1/projects", json=project_body(), headers=owner.headers({"Idempotency-Key": key}))
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "Idempotency-Key")


def test_two_at_once_execute_once(redis_address: str, tmp_path: Path) -> None:
    with committing_app("once", redis_address, tmp_path) as app:
        with app.app_context():
            make_matter(SOME_MATTER)
            token = make_program(app.test_client(), Role.OWNER).token
        barrier, answers = threading.Barrier(4), []

        def ask() -> None:
            program = Program(app.test_client(), token)
            barrier.wait(30)
            answers.append(program.post("/projects", project_body(), Idempotency_Key="same"))

        threads = [threading.Thread(target=ask) for _number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [item.status_code for item in answers] == [201] * 4
        assert len({item.json["code"] for item in answers}) == 1
        assert sum(item.headers.get("Idempotency-Replayed") == "true" for item in answers) == 3
        with app.app_context():
            assert (count(Project), count(IdempotencyKey)) == (1, 1)


def test_the_key_goes_with_what_was_rolled_back(owner: Program, session: Session) -> None:
    """Nothing is kept where nothing could be: another account's project is not there to be dropped."""
    assert owner.ask("DELETE", "/projects/P-2026-999999", Idempotency_Key="k3").status_code == 404
    assert db.session.query(IdempotencyKey.status).scalar() == 404
