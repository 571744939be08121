"""Browsers of people: signed in without a password, which costs time on purpose."""

import re

from flask import Flask
from flask.testing import FlaskClient

from supermarket.accounts.models import User
from supermarket.core.permissions import Actor
from supermarket.extensions import db


def make_browser(app: Flask, who: User | Actor) -> FlaskClient:
    """A browser in which a person is signed in; pages come in English, so that tests can read them."""
    # A refused form rolls back: what the factories made must lie behind that.
    db.session.commit()
    user = who if isinstance(who, User) else db.session.get_one(User, who.user_id)
    client = app.test_client()
    with client.session_transaction() as kept:
        kept["_user_id"], kept["_fresh"], kept["locale"] = user.get_id(), True, "en"
    return client


def words_of(html: str) -> str:
    """What a page's main part says, without marks and with single spaces."""
    main = html.partition('<main id="main"')[2] or html
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))
