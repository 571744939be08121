"""An account that is there is bound to the unified identity by its own member, once."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from registries.identity import Person
from supermarket.accounts.models import Identity, Organisation, OrganisationKind, User
from supermarket.accounts.passwords import hashed
from supermarket.agencies.models import Agency, Standing
from supermarket.core.permissions import Role
from supermarket.extensions import db
from tests.factories.accounts import make_organisation, make_user
from tests.factories.agencies import make_agency
from tests.factories.identity import AGENCY, OWNER, BentPlatform
from tests.factories.identity_pages import english, first, go
from tests.factories.policies import count

PASSWORD = "correct horse battery"


@pytest.fixture
def member(bent: BentPlatform, session: Session) -> User:
    """Somebody of the owner that the platform knows too, with a password."""
    body = make_organisation(OrganisationKind.OWNER, uscc=OWNER.uscc, name=OWNER.org_name)
    row = make_user(Role.OWNER, body, email="member@example.test")
    row.password_hash = hashed(PASSWORD)
    session.commit()
    return row


def test_an_organisation_that_is_there_is_bound_by_its_member(
    app: Flask, client: FlaskClient, bent: BentPlatform, member: User, session: Session
) -> None:
    answer = go(english(client), bent, 1)
    assert answer.location == "/account/unified"
    asked = client.get("/account/unified")
    assert asked.location.startswith("/sign-in?next=")
    assert "Your organisation has an account already." in client.get(asked.location).text
    data = {"email": member.email, "password": PASSWORD, "next": "/account/unified"}
    assert client.post("/sign-in", data=data).location == "/account/unified"
    page = client.get("/account/unified")
    assert OWNER.uscc in page.text and count(Identity) == 0
    assert client.post("/account/unified", data={}).status_code == 422
    assert count(Identity) == 0
    assert client.post("/account/unified", data={"confirm": "y"}).location == "/account"
    assert session.get_one(Organisation, member.memberships[0].organisation_id).national_identity_at is not None
    other = app.test_client()
    assert go(other, bent, 1).location == "/home"
    assert other.get("/account").status_code == 200
    assert client.post("/account/unified", data={"confirm": "y"}).location == "/sign-in"


def test_a_stranger_does_not_bind_an_organisation_by_its_code(
    client: FlaskClient, bent: BentPlatform, member: User
) -> None:
    stranger = make_user(Role.OWNER, email="stranger@example.test")
    stranger.password_hash = hashed(PASSWORD)
    db.session.commit()
    go(english(client), bent, 1)
    client.post("/sign-in", data={"email": stranger.email, "password": PASSWORD})
    assert client.post("/account/unified", data={"confirm": "y"}).status_code == 409
    assert count(Identity) == 0
    go(client, bent, 1)
    said = client.get("/account/unified")
    assert said.status_code == 409 and "Nothing was bound." in said.text


def test_an_account_has_one_identity_and_an_identity_one_account(
    app: Flask, client: FlaskClient, bent: BentPlatform, member: User
) -> None:
    client.post("/sign-in", data={"email": member.email, "password": PASSWORD})
    english(client)
    assert go(client, bent, 1, to="/account").location == "/account/unified"
    client.post("/account/unified", data={"confirm": "y"})
    twin = Person("sub-twin", OWNER.org_name, OWNER.uscc, OWNER.legal_representative, "另一位")
    bent.people = (*bent.people[:2], twin)
    assert go(client, bent, 2).location == "/account/unified"
    second = client.post("/account/unified", data={"confirm": "y"})
    assert second.status_code == 409 and "already" in second.text
    assert count(Identity) == 1
    colleague = make_user(Role.OWNER, db.session.get_one(Organisation, member.memberships[0].organisation_id))
    colleague.password_hash = hashed(PASSWORD)
    db.session.commit()
    other = english(app.test_client())
    other.post("/sign-in", data={"email": colleague.email, "password": PASSWORD})
    said = go(other, bent, 1)
    assert said.status_code == 409 and "belongs to another account" in said.text
    bent.people = bent.people[:2]


def test_an_applicant_that_is_bound_is_listed(client: FlaskClient, bent: BentPlatform, session: Session) -> None:
    body = make_organisation(OrganisationKind.AGENCY, uscc=AGENCY.uscc, name=AGENCY.org_name)
    agency = make_agency(organisation=body, standing=Standing.APPLIED, matters=())
    row = make_user(Role.AGENCY, body)
    row.password_hash = hashed(PASSWORD)
    session.commit()
    client.post("/sign-in", data={"email": row.email, "password": PASSWORD})
    go(client, bent)
    client.post("/account/unified", data={"confirm": "y"})
    assert session.get_one(Agency, agency.id, populate_existing=True).standing is Standing.ACTIVE


def test_the_account_page_says_how_one_comes_in(client: FlaskClient, bent: BentPlatform, member: User) -> None:
    english(client).post("/sign-in", data={"email": member.email, "password": PASSWORD})
    page = client.get("/account").text
    assert "Bind the unified identity" in page and "Change the password" in page
    client.post("/sign-out")
    go(english(client), bent)
    first(client)
    page = client.get("/account").text
    assert AGENCY.uscc in page and "This account has no password" in page
    assert not re.search(r'name="password-old"', page)
