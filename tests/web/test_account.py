"""Sign-in, sign-up, profile, password and tokens as people meet them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.accounts.models import Organisation, OrganisationKind, User
from supermarket.accounts.operations import issue_token
from supermarket.accounts.passwords import hashed
from supermarket.accounts.queries import tokens_of, user_of_token
from supermarket.app import create_app
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Role
from supermarket.extensions import db, limiter
from tests.conftest import AT, settings
from tests.factories.accounts import fresh_uscc, make_user
from tests.factories.policies import CHENGDU_WUHOU, count, make_region
from tests.servers import TestDatabase

PASSWORD = "correct horse battery"


@pytest.fixture
def user(session: Session) -> User:
    row = make_user(Role.SUPERVISOR, email="sun@example.test")
    row.password_hash = hashed(PASSWORD)
    session.commit()
    return row


def sign_in(client: FlaskClient, email: str = "sun@example.test", password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]  # the test client's response
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def make_sign_up(**changes: str) -> dict[str, str]:
    make_region(CHENGDU_WUHOU)
    db.session.commit()
    return {
        "kind": "agency",
        "organisation_name": "成都测试咨询有限公司",
        "uscc": fresh_uscc(),
        "province": "510000",
        "city": "510100",
        "county": CHENGDU_WUHOU,
        "name": "李文静",
        "email": "Li@Example.test",
        "password": "a sentence of my own",
    } | changes


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_right_password_comes_in_and_goes_on_to_next(client: FlaskClient, user: User) -> None:
    answer = sign_in(client, email=" SUN@example.test ", next="/account")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert client.get("/account").status_code == 200


def test_unknown_account_and_wrong_password_get_the_same_answer(client: FlaskClient, user: User) -> None:
    known = sign_in(client, password="wrong password")
    unknown = sign_in(client, email="nobody@example.test", password="wrong password")
    assert known.status_code == unknown.status_code == 422
    words = [text_of(answer.get_data(as_text=True).partition("<main")[2]) for answer in (known, unknown)]
    assert words[0] == words[1]


def test_what_was_typed_stays_but_the_password_does_not(client: FlaskClient, user: User) -> None:
    html = sign_in(client, password="wrong password").get_data(as_text=True)
    assert "sun@example.test" in html
    assert "wrong password" not in html


def test_closed_account_stays_out(client: FlaskClient, user: User, session: Session) -> None:
    user.active = False
    session.commit()
    assert sign_in(client).status_code == 422


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "/\t/evil.test",
        "http://[",
        "//[",
        "javascript:alert(1)",
        "\\\\evil.test",
        "evil",
        "/%0d%0aSet-Cookie:x=1",
        "/\r\nX: 1",
    ],
)
def test_no_way_out_through_next(client: FlaskClient, user: User, target: str) -> None:
    answer = sign_in(client, next=target)
    assert answer.status_code == 303
    assert re.fullmatch(r"/(?![/\\])[^\r\n\t]*", answer.location)
    assert answer.headers.get("X") is None


def test_pages_behind_the_door_lead_to_sign_in_and_back(client: FlaskClient, user: User) -> None:
    answer = client.get("/account?x=1")
    assert (answer.status_code, answer.location) == (302, "/sign-in?next=/account?x%3D1")
    assert sign_in(client, next="/account?x=1").location == "/account?x=1"


def test_language_is_kept_through_sign_in_and_sign_out(client: FlaskClient, user: User) -> None:
    assert client.get("/language/en?next=/sign-in").location == "/sign-in"
    sign_in(client)
    assert '<html lang="en"' in client.get("/account").get_data(as_text=True)
    assert client.post("/sign-out").location == "/sign-in"
    assert '<html lang="en"' in client.get("/sign-in").get_data(as_text=True)
    assert client.get("/account").status_code == 302


def test_own_language_comes_with_sign_in_where_none_was_chosen(
    client: FlaskClient, user: User, session: Session
) -> None:
    user.locale = "en"
    session.commit()
    sign_in(client)
    assert '<html lang="en"' in client.get("/account").get_data(as_text=True)


def test_unknown_language_is_not_found(client: FlaskClient, session: Session) -> None:
    assert client.get("/language/xx").status_code == 404


def test_sign_out_is_a_post(client: FlaskClient, session: Session) -> None:
    assert client.get("/sign-out").status_code == 405


def test_password_change_ends_other_sessions_and_keeps_this_one(app: Flask, client: FlaskClient, user: User) -> None:
    other = app.test_client()
    sign_in(client)
    sign_in(other)
    assert other.get("/account").status_code == 200
    answer = client.post("/account/password", data={"password-old": PASSWORD, "password-new": "another good sentence"})
    assert answer.status_code == 303
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 302
    assert sign_in(other).status_code == 422
    assert sign_in(other, password="another good sentence").status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("not the password", "another good sentence", "This is not your present password."),
        (PASSWORD, "short", "Choose a password of at least 10 characters."),
        (PASSWORD, "aaaaaaaaaaaaaaaa", "Choose a password with at least five different characters."),
        (PASSWORD, "x" * 201, "Give at most 200 characters."),
        ("", "another good sentence", "Give your present password."),
    ],
)
def test_password_rules_are_told_at_the_field(
    client: FlaskClient, user: User, old: str, new: str, sentence: str
) -> None:
    client.get("/language/en")
    sign_in(client)
    answer = client.post("/account/password", data={"password-old": old, "password-new": new})
    assert answer.status_code == 422
    assert sentence in text_of(answer.get_data(as_text=True))
    assert db.session.get_one(User, user.id).session_epoch == 0


def test_signing_out_ends_every_copy_of_the_session(app: Flask, client: FlaskClient, user: User) -> None:
    sign_in(client)
    copy = app.test_client()
    with client.session_transaction() as mine, copy.session_transaction() as stolen:
        stolen.update(mine)
    assert copy.get("/account").status_code == 200
    client.post("/sign-out")
    assert copy.get("/account").status_code == 302
    assert client.post("/sign-out").status_code == 303
    assert db.session.get_one(User, user.id).session_epoch == 1
    assert [event.tag for event in db.session.query(Event).order_by(Event.id)] == ["account.sessions_ended"]
    assert sign_in(client).status_code == 303
    assert client.get("/account").status_code == 200


def test_password_change_ends_tokens(client: FlaskClient, user: User, session: Session) -> None:
    token = issue_token(user, name="x", actor=SYSTEM, at=AT)
    other = make_user(Role.OWNER)
    kept = issue_token(other, name="y", actor=SYSTEM, at=AT)
    session.commit()
    sign_in(client)
    client.post("/account/password", data={"password-old": "wrong", "password-new": "another good sentence"})
    assert user_of_token(token) is not None
    client.post("/account/password", data={"password-old": PASSWORD, "password-new": "another good sentence"})
    assert user_of_token(token) is None and user_of_token(kept) is not None
    assert tokens_of(user.id)[0].revoked_at is not None
    tags = [event.tag for event in db.session.query(Event).order_by(Event.id)]
    assert tags[-2:] == ["account.password_changed", "account.token_revoked"]


def test_token_is_shown_once_works_and_ends(client: FlaskClient, user: User) -> None:
    sign_in(client)
    answer = client.post("/account/tokens", data={"token-name": "夜间导出"})
    assert answer.status_code == 201
    token = re.search(r"sm_[\w-]{43}", answer.get_data(as_text=True))
    assert token is not None
    found = user_of_token(token.group())
    assert found is not None and found.id == user.id
    assert "夜间导出" in (page := client.get("/account").get_data(as_text=True))
    assert token.group() not in page
    row = tokens_of(user.id)[0]
    assert client.post(f"/account/tokens/{row.id}/revoke").status_code == 303
    assert user_of_token(token.group()) is None
    assert client.post(f"/account/tokens/{row.id}/revoke").status_code == 404


def test_token_of_somebody_else_is_not_found(client: FlaskClient, user: User, session: Session) -> None:
    stranger = make_user(Role.OWNER)
    issue_token(stranger, name="x", actor=SYSTEM, at=AT)
    session.commit()
    row = tokens_of(stranger.id)[0]
    sign_in(client)
    assert client.post(f"/account/tokens/{row.id}/revoke").status_code == 404
    assert tokens_of(stranger.id)[0].revoked_at is None


def test_profile_is_kept(client: FlaskClient, user: User) -> None:
    sign_in(client)
    assert client.post("/account", data={"profile-name": " 孙建国 ", "profile-locale": "en"}).status_code == 303
    row = db.session.get_one(User, user.id)
    assert (row.name, row.locale) == ("孙建国", "en")
    wrong = client.post("/account", data={"profile-name": "孙\x00", "profile-locale": "tlh"})
    assert wrong.status_code == 422
    assert db.session.get_one(User, user.id).name == "孙建国"


def test_agency_signs_up_and_is_in(client: FlaskClient, session: Session) -> None:
    data = make_sign_up()
    answer = client.post("/sign-up", data=data)
    assert answer.status_code == 303
    row = session.query(User).filter_by(email="li@example.test").one()
    assert row.memberships[0].role is Role.AGENCY
    body = row.memberships[0].organisation
    assert (body.kind, body.uscc, body.region_code) == (OrganisationKind.AGENCY, data["uscc"], CHENGDU_WUHOU)
    assert client.get("/account").status_code == 200


def test_region_may_stop_at_the_province(client: FlaskClient, session: Session) -> None:
    client.post("/sign-up", data=make_sign_up(city="", county="", kind="owner"))
    assert session.query(Organisation).one().region_code == "510000"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"uscc": "91510107MA0000000X"}, "check"),
        ({"email": "no address"}, "Give an e-mail address like name@example.cn."),
        ({"organisation_name": ""}, "Please fill this in."),
        ({"organisation_name": "甲" * 201}, "Give at most 200 characters."),
        ({"province": "999999"}, "Choose the region in which the organisation is registered."),
        ({"province": "", "city": "510100"}, "Choose the region in which the organisation is registered."),
        ({"password": "li@example.test"}, "Choose a password other than your e-mail address."),
        ({"kind": "operator"}, "Not a valid choice"),
        ({"name": "\x00"}, "Remove the invisible characters."),
    ],
)
def test_sign_up_says_what_to_mend_and_keeps_the_rest(
    client: FlaskClient, session: Session, changes: dict[str, str], sentence: str
) -> None:
    client.get("/language/en")
    data = make_sign_up(**changes)
    answer = client.post("/sign-up", data=data)
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    if sentence == "check":
        sentence = "unified social credit code"
        assert 'id="uscc-error"' in html
    assert sentence in text_of(html)
    assert data["name"].strip("\x00") in html
    assert data["password"] not in html or data["password"] == "li@example.test"
    assert count(User) == 0 and count(Organisation) == 0


def test_taken_address_and_code_are_told_at_the_field(client: FlaskClient, session: Session) -> None:
    first = make_sign_up()
    client.post("/sign-up", data=first)
    client.post("/sign-out")
    answer = client.post("/sign-up", data=make_sign_up(email="other@example.test", uscc=first["uscc"]))
    assert answer.status_code == 409
    assert 'id="uscc-error"' in answer.get_data(as_text=True)
    answer = client.post("/sign-up", data=make_sign_up())
    assert answer.status_code == 409
    assert 'id="email-error"' in answer.get_data(as_text=True)
    assert count(Organisation) == 1


def test_region_picker_works_without_javascript(client: FlaskClient, session: Session) -> None:
    data = make_sign_up(city="", county="") | {"act": "region"}
    answer = client.post("/sign-up", data=data)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "成都市" in html and "成都测试咨询有限公司" in html
    assert 'role="alert"' not in html
    assert "武侯区" in client.get("/sign-up/region?province=510000&city=510100").get_data(as_text=True)
    assert "武侯区" not in client.get("/sign-up/region?province=110000&city=510100").get_data(as_text=True)


def test_demo_accounts_stand_on_the_page_of_a_demo_only(app: Flask, client: FlaskClient, session: Session) -> None:
    row = make_user(Role.EXPERT, email="expert@demo.test")
    row.password_hash = hashed("demo-pass-2026")
    session.commit()
    assert "expert@demo.test" in client.get("/sign-in").get_data(as_text=True)
    app.config["DEMO"] = False
    try:
        page = client.get("/sign-in").get_data(as_text=True)
    finally:
        app.config["DEMO"] = True
    assert "demo.test" not in page and "demo-pass-2026" not in page


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/account", "/account/password", "/account/tokens"])
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe=\x00", b"email=%00&password=%00", b"a" * 5000, b"email=a&email=b&uscc=%F0"]
)
def test_hostile_bodies_never_break(client: FlaskClient, user: User, path: str, body: bytes) -> None:
    if path.startswith("/account"):
        sign_in(client)
    answer = client.post(path, data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422


@pytest.fixture
def limited(app: Flask, database: TestDatabase, redis_address: str, tmp_path: Path) -> Iterator[FlaskClient]:
    """The same site with its limits on."""
    made = create_app(settings(database.url, redis_address, tmp_path) | {"RATELIMIT_ENABLED": True})
    try:
        yield made.test_client()
    finally:
        limiter.enabled = False
        app.config["RATELIMIT_ENABLED"] = False
        with made.app_context():
            db.engine.dispose()


def test_sign_in_is_limited_by_account_and_by_address(limited: FlaskClient, session: Session) -> None:
    def tried(email: str, address: str) -> int:
        return limited.post(
            "/sign-in", data={"email": email, "password": "x" * 12}, environ_overrides={"REMOTE_ADDR": address}
        ).status_code

    assert [tried("a@example.test", f"10.0.0.{n}") for n in range(10)] == [422] * 10
    assert tried("A@example.test ", "10.0.1.1") == 429
    assert [tried(f"b{n}@example.test", "10.0.2.1") for n in range(30)] == [422] * 30
    assert tried("c@example.test", "10.0.2.1") == 429
    assert tried("c@example.test", "10.0.2.2") == 422


def test_what_a_signed_in_person_saw_is_kept_by_no_cache(client: FlaskClient, user: User) -> None:
    assert "no-store" not in client.get("/projects").headers.get("Cache-Control", "")
    sign_in(client)
    for path in ("/account", "/projects", "/no-such-page"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("number", ["2147483648", "9" * 30])
def test_a_number_that_no_row_can_have_is_not_found(client: FlaskClient, user: User, number: str) -> None:
    sign_in(client)
    assert client.post(f"/account/tokens/{number}/revoke").status_code == 404
    assert client.get(f"/files/{number}").status_code == 404
