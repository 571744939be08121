"""Signing in through the unified identity, over the stand-in: the way in, the first visit, binding, and every refusal."""

from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from registries.identity import Answer
from supermarket.accounts.models import Identity, OrganisationKind, User
from supermarket.agencies.models import Agency, Onboarding, Standing
from supermarket.core.events import Event
from supermarket.core.identifiers import make_uscc
from supermarket.core.permissions import Role
from supermarket.extensions import db
from tests.factories.accounts import make_organisation, make_user
from tests.factories.identity import AGENCY, BentPlatform, choose
from tests.factories.identity_pages import BACK, START, english, first, go, written
from tests.factories.web import words_of

PASSWORD = "correct horse battery"


def test_without_a_platform_no_page_speaks_of_it(client: FlaskClient, session: Session) -> None:
    assert "/sign-in/unified/" not in client.get("/sign-in").get_data(as_text=True)
    assert client.get(START).status_code == 404
    assert client.get(BACK).status_code == 404


def test_the_button_leads_there_and_the_way_on_is_kept(client: FlaskClient, bent: BentPlatform) -> None:
    page = english(client).get("/sign-in?next=/account").get_data(as_text=True)
    assert "Sign in with the unified identity" in page
    assert 'href="/sign-in/unified/national?next=/account"' in page.replace("%2F", "/")


def test_a_new_agency_is_listed_at_once(client: FlaskClient, bent: BentPlatform, session: Session) -> None:
    answer = go(english(client), bent)
    assert (answer.status_code, answer.location) == (303, "/sign-in/unified/first")
    assert written() == (0, 0, 0, 0, 0)
    page = client.get("/sign-in/unified/first")
    assert page.headers["Cache-Control"] == "no-store"
    assert AGENCY.org_name in page.text and AGENCY.uscc in page.text
    assert '<option selected value="510107">' in page.text
    done = first(client)
    assert (done.status_code, done.location) == (303, "/home")
    row = session.scalars(sa.select(Agency)).one()
    assert (row.standing, row.onboarding) == (Standing.ACTIVE, Onboarding.ADMITTED)
    assert (row.uscc, row.name, row.legal_representative) == (AGENCY.uscc, AGENCY.org_name, AGENCY.legal_representative)
    assert row.pledge_signed_at is not None and row.checks_due_at is not None
    user = session.scalars(sa.select(User)).one()
    assert (user.email, user.name, user.has_password) == ("identified@example.test", AGENCY.name, False)
    body = user.memberships[0].organisation
    assert (body.kind, body.national_identity_at is not None) == (OrganisationKind.AGENCY, True)
    assert client.get("/account").status_code == 200
    client.post("/sign-out")
    assert client.post("/sign-in", data={"email": user.email, "password": "!"}).status_code == 422


def test_nothing_of_the_person_gets_into_the_events(client: FlaskClient, bent: BentPlatform, session: Session) -> None:
    go(client, bent)
    first(client)
    tags = session.scalars(sa.select(Event.tag).order_by(Event.id)).all()
    assert tags[:3] == ["account.registered", "account.member_added", "account.identity_bound"]
    assert {"agency.applied", "agency.pledged", "agency.standing_changed", "agency.admitted"} <= set(tags)
    told = " ".join(str(data) for data in session.scalars(sa.select(Event.data)).all())
    for word in (AGENCY.sub, AGENCY.name, AGENCY.legal_representative, "identified@example.test"):
        assert word not in told
    kept = session.scalars(sa.select(Identity)).one()
    assert AGENCY.sub not in kept.subject_hash and len(kept.subject_hash) == 64


def test_the_second_time_one_is_simply_in(app: Flask, client: FlaskClient, bent: BentPlatform) -> None:
    go(client, bent)
    first(client)
    before = written()
    other = app.test_client()
    answer = go(other, bent, to="/account")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert other.get("/account").status_code == 200
    assert written() == before


@pytest.mark.parametrize(("shown", "kept"), [("zh_CN", "zh_CN"), ("en", "en")])
def test_the_account_speaks_the_language_in_which_it_was_opened(
    client: FlaskClient, bent: BentPlatform, session: Session, shown: str, kept: str
) -> None:
    """A language that nobody knows ends every mail to the organisation."""
    client.get(f"/language/{shown}")
    go(client, bent)
    first(client)
    assert session.scalars(sa.select(User.locale)).one() == kept


def test_an_owner_needs_no_pledge_and_gets_no_entry(client: FlaskClient, bent: BentPlatform) -> None:
    go(client, bent, 1)
    assert first(client, kind="owner", pledge="").status_code == 303
    assert written()[:4] == (1, 1, 1, 0)
    assert client.get("/owner/projects").status_code == 200


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"pledge": ""}, "Tick the box: an agency is listed with its pledge signed."),
        ({"email": "nothing"}, "Give an e-mail address like name@example.cn."),
        ({"province": ""}, "Choose the region in which the organisation is registered."),
        ({"kind": "operator"}, "Not a valid choice"),
        ({"kind": ""}, "Please choose."),
    ],
)
def test_the_first_page_says_what_to_mend(
    client: FlaskClient, bent: BentPlatform, changed: dict[str, str], sentence: str
) -> None:
    go(english(client), bent)
    answer = first(client, **changed)
    assert answer.status_code == 422 and sentence in answer.text
    assert written() == (0, 0, 0, 0, 0)
    assert first(client).status_code == 303


def test_a_taken_address_is_told_at_the_field(client: FlaskClient, bent: BentPlatform) -> None:
    make_user(Role.OWNER, email="identified@example.test")
    db.session.commit()
    before = written()
    go(client, bent)
    answer = first(client)
    assert answer.status_code == 409 and 'id="email-error"' in answer.text
    assert written() == before


def test_the_region_list_works_without_javascript(client: FlaskClient, bent: BentPlatform) -> None:
    go(client, bent)
    answer = first(client, act="region", county="")
    assert answer.status_code == 200 and "武侯区" in answer.text
    assert written() == (0, 0, 0, 0, 0)


def test_the_first_page_is_for_who_came_back_only(client: FlaskClient, bent: BentPlatform) -> None:
    assert client.get("/sign-in/unified/first").location == "/sign-in"
    assert first(client).location == "/sign-in"
    assert written() == (0, 0, 0, 0, 0)


def test_the_same_first_page_sent_twice_opens_one_account(app: Flask, client: FlaskClient, bent: BentPlatform) -> None:
    go(client, bent)
    copy = app.test_client()
    with client.session_transaction() as mine, copy.session_transaction() as theirs:
        theirs["identified"] = mine["identified"]
    first(client)
    before = written()
    assert first(copy, email="thief@example.test").status_code == 409
    assert written() == before


def test_what_is_kept_meanwhile_cannot_be_read_from_the_cookie(client: FlaskClient, bent: BentPlatform) -> None:
    go(client, bent)
    with client.session_transaction() as kept:
        assert AGENCY.uscc not in str(dict(kept)) and AGENCY.name not in str(dict(kept))


# Refusals


def no_entry(client: FlaskClient, answer, status: int = 400) -> str:  # type: ignore[no-untyped-def]  # the test client's response
    """Nobody is in; the page says so in one sentence."""
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/account").status_code == 302
    assert client.get("/sign-in/unified/first").location == "/sign-in"
    return words_of(answer.text)


REFUSED = "The answer of the unified identity platform could not be verified. Nothing was changed; please start again."


@pytest.mark.parametrize("changed", [{"state": "x"}, {"iss": "https://evil.test"}, {"code": "x"}, {"error": "x"}])
def test_an_answer_to_another_question(client: FlaskClient, bent: BentPlatform, changed: dict[str, str]) -> None:
    assert REFUSED in no_entry(client, go(english(client), bent, **changed))
    assert written() == (0, 0, 0, 0, 0)


def test_who_was_not_sent_cannot_come_back(app: Flask, client: FlaskClient, bent: BentPlatform) -> None:
    sent = client.get(START).location
    answer = choose(bent, sent)
    victim = english(app.test_client())
    assert REFUSED in no_entry(victim, victim.get(f"{BACK}?{urlencode(answer)}"))
    assert written() == (0, 0, 0, 0, 0)


def test_an_answer_counts_once_even_for_a_copied_cookie_and_a_careless_platform(
    app: Flask, client: FlaskClient, bent: BentPlatform
) -> None:
    out = client.get(START).location
    answer = choose(bent, out)
    copy = english(app.test_client())
    with client.session_transaction() as mine, copy.session_transaction() as theirs:
        theirs.update(mine)
        theirs["locale"] = "en"
    held = bent._codes[answer["code"]]
    assert client.get(f"{BACK}?{urlencode(answer)}").status_code == 303
    bent._codes[answer["code"]] = held  # a platform that lets its codes be used again
    refused = copy.get(f"{BACK}?{urlencode(answer)}")
    assert "This sign-in has been used already." in no_entry(copy, refused, 409)


def test_the_browser_that_asked_cannot_ask_with_the_same_state_again(client: FlaskClient, bent: BentPlatform) -> None:
    answer = choose(bent, client.get(START).location)
    client.get(f"{BACK}?{urlencode(answer)}")
    again = client.get(f"{BACK}?{urlencode(answer)}")
    assert again.status_code == 400


def test_a_parameter_that_is_there_twice(client: FlaskClient, bent: BentPlatform) -> None:
    answer = choose(bent, client.get(START).location)
    twice = client.get(f"{BACK}?{urlencode(answer)}&code=other")
    no_entry(client, twice)


def test_after_ten_minutes_one_starts_again(client: FlaskClient, bent: BentPlatform) -> None:
    answer = choose(bent, client.get(START).location)
    with client.session_transaction() as kept:
        kept["identity_attempt"] = kept["identity_attempt"] | {"at": "2020-01-01T00:00:00+00:00"}
    no_entry(client, client.get(f"{BACK}?{urlencode(answer)}"))


@pytest.mark.parametrize("left", [None, "x", {}, {"at": "x"}, {"at": "2020-01-01", "provider": "national"}])
def test_a_session_that_holds_something_else(client: FlaskClient, bent: BentPlatform, left: object) -> None:
    answer = choose(bent, client.get(START).location)
    with client.session_transaction() as kept:
        kept["identity_attempt"] = left
    no_entry(client, client.get(f"{BACK}?{urlencode(answer)}"))


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)"])
def test_no_way_out_through_next(app: Flask, client: FlaskClient, bent: BentPlatform, target: str) -> None:
    go(client, bent)
    first(client)
    other = app.test_client()
    assert go(other, bent, to=target).location == "/home"


def test_the_callback_is_the_sites_own_whatever_host_is_named(client: FlaskClient, bent: BentPlatform) -> None:
    out = client.get(START, headers={"Host": "market.test", "X-Forwarded-Host": "evil.test"}).location
    assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fsign-in%2Funified%2Fnational%2Fcallback" in out


def test_who_says_no_there_is_told_here(client: FlaskClient, bent: BentPlatform) -> None:
    said = no_entry(client, go(english(client), bent, "nobody"))
    assert "The sign-in was ended at the unified identity platform." in said


def test_a_platform_that_is_down_is_said_to_be(client: FlaskClient, bent: BentPlatform) -> None:
    answer = choose(bent, english(client).get(START).location)
    bent.answers = {"/token": Answer(503, b"")}
    said = no_entry(client, client.get(f"{BACK}?{urlencode(answer)}"), 503)
    assert "The unified identity platform does not answer." in said


def test_a_natural_person_is_no_organisation(client: FlaskClient, bent: BentPlatform) -> None:
    bent.bend = lambda claims: {key: value for key, value in claims.items() if key != "uscc"}
    said = no_entry(client, go(english(client), bent))
    assert "account at the unified identity platform. Sign in there" in said


def test_a_closed_account_stays_out(app: Flask, client: FlaskClient, bent: BentPlatform, session: Session) -> None:
    go(client, bent)
    first(client)
    session.scalars(sa.select(User)).one().active = False
    session.commit()
    other = english(app.test_client())
    assert "This account is closed." in no_entry(other, go(other, bent), 403)


def test_an_identity_that_now_names_another_organisation(app: Flask, client: FlaskClient, bent: BentPlatform) -> None:
    go(client, bent)
    first(client)
    bent.bend = lambda claims: claims | {"uscc": make_uscc("91510107", 90_009)}
    before = written()
    other = english(app.test_client())
    assert "now names another organisation" in no_entry(other, go(other, bent), 409)
    assert written() == before


def test_an_office_does_not_come_this_way(client: FlaskClient, bent: BentPlatform) -> None:
    make_organisation(OrganisationKind.OPERATOR, uscc=AGENCY.uscc)
    db.session.commit()
    assert "takes part in the market as an office" in no_entry(client, go(english(client), bent), 409)
