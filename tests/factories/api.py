"""Programs that ask the API: people with tokens, and what they send."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from supermarket.accounts.models import Organisation, User
from supermarket.accounts.operations import issue_token
from supermarket.core.permissions import SYSTEM, Role
from supermarket.extensions import db
from tests.factories.accounts import MADE_AT, make_user
from tests.factories.matters import SOME_MATTER
from tests.factories.policies import CHENGDU_WUHOU

_SERIAL = count(1)
V1 = "/api/v1"


@dataclass(frozen=True)
class Program:
    """A client with a token (or none) of one account."""

    client: FlaskClient
    token: str = ""

    def headers(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What it sends with everything."""
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return own | dict(more or {})

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        """One request; `headers` with underscores for hyphens."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is None:
            return self.client.open(V1 + path, method=method, headers=self.headers(more))
        return self.client.open(V1 + path, method=method, json=body, headers=self.headers(more))

    def get(self, path: str) -> TestResponse:
        """A GET."""
        return self.ask("GET", path)

    def post(self, path: str, body: object = None, **headers: str) -> TestResponse:
        """A POST, with JSON if there is a body."""
        return self.ask("POST", path, body, **headers)


def make_program(
    client: FlaskClient, role: Role, organisation: Organisation | None = None, *, region_code: str | None = None
) -> Program:
    """A program of somebody with a role."""
    return program_of(client, make_user(role, organisation, region_code=region_code))


def program_of(client: FlaskClient, user: User) -> Program:
    """A program of an account; everything made so far is committed, as it is for a request."""
    token = issue_token(user, name=f"test {next(_SERIAL)}", actor=SYSTEM, at=MADE_AT)
    db.session.commit()  # a savepoint in tests
    return Program(client, token)


def yuan(amount: str) -> dict[str, str]:
    """An amount as the API takes it."""
    return {"amount": amount, "currency": "CNY"}


def project_body(**changes: object) -> dict[str, object]:
    """A valid body of POST /projects: 100 000 CNY of social money, random draw."""
    return {
        "name": "接口采购项目",
        "matter": SOME_MATTER,
        "region": CHENGDU_WUHOU,
        "funding": "social",
        "budget": yuan("100000.00"),
        "mode": "random",
        "duration_days": 60,
        "deliverables": [{"name": "初稿", "due_days": 30}, {"name": "报批稿", "due_days": 60}],
        "payment_terms": [
            {"name": "首付款", "percent": 40, "after_deliverable": 1},
            {"name": "尾款", "percent": 60, "after_deliverable": 2},
        ],
    } | changes
