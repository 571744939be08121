"""Who holds several roles finds the desk of each."""

import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.accounts.models import Membership, User
from supermarket.core.permissions import Role
from tests.factories.accounts import KIND_OF_ROLE, make_organisation, make_user
from tests.factories.web import make_browser

HOME = "/home"


def both(session: Session, *roles: Role) -> User:
    """A person with these roles for an organisation each."""
    user = make_user(roles[0])
    for role in roles[1:]:
        user.memberships.append(Membership(organisation=make_organisation(KIND_OF_ROLE[role]), role=role))
    session.commit()
    return user


def desk_links(html: str) -> list[str]:
    """The addresses of desks in the side column."""
    return re.findall(r'href="(/home[^"]*)"', html.partition('<nav id="nav"')[2].partition("</nav>")[0])


def test_each_role_has_its_desk_and_the_last_one_is_home(app: Flask, session: Session) -> None:
    client = make_browser(app, both(session, Role.OWNER, Role.OPERATOR))
    page = client.get("/home").text
    assert desk_links(page) == [f"{HOME}/owner", f"{HOME}/operator"]
    assert "My desk · Owner" in page and "My desk · Operator" in page
    owner, operator = client.get(f"{HOME}/owner"), client.get(f"{HOME}/operator")
    assert (owner.status_code, operator.status_code) == (200, 200)
    assert owner.text != operator.text
    assert f'href="{HOME}/operator" aria-current="page"' in operator.text
    title = re.compile(r"<title>.*?</title>", re.DOTALL)
    assert title.findall(client.get("/home").text) == title.findall(operator.text)
    client.get(f"{HOME}/owner")
    assert title.findall(client.get("/home").text) == title.findall(owner.text)


def test_one_role_has_one_desk_at_home(app: Flask, session: Session) -> None:
    client = make_browser(app, make_user(Role.EDITOR))
    assert desk_links(client.get("/home").text) == ["/home"]
    assert client.get(f"{HOME}/editor").status_code == 200


@pytest.mark.parametrize("role", ["operator", "nobody", "OWNER", "1"])
def test_a_desk_of_a_role_that_one_does_not_hold_is_not_there(app: Flask, session: Session, role: str) -> None:
    client = make_browser(app, make_user(Role.OWNER))
    assert client.get(f"{HOME}/{role}").status_code == 404
    assert desk_links(client.get("/home").text) == ["/home"]


def test_a_desk_that_was_used_and_is_no_longer_held_gives_way(app: Flask, session: Session) -> None:
    client = make_browser(app, make_user(Role.OWNER))
    with client.session_transaction() as kept:
        kept["desk"] = "operator"
    assert client.get("/home").status_code == 200
