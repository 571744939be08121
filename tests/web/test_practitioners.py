"""Pages about people: the agency's own, the offices', requests to move; identity numbers stay where they are."""

from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from supermarket.accounts.models import OrganisationKind
from supermarket.agencies.models import Agency, MoveState, Practitioner, PractitionerLicence, PractitionerMove
from supermarket.app import create_app
from supermarket.core.events import Event
from supermarket.core.permissions import Role
from supermarket.data import catalogue
from supermarket.data.invent import invented_identity_number
from supermarket.extensions import db, limiter
from supermarket.gateways import current
from tests.conftest import settings
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.agencies import make_agency, make_agency_actor, make_licence, make_move, make_practitioner
from tests.factories.projects import make_operator
from tests.factories.web import make_browser, words_of
from tests.servers import TestDatabase

IDENTITY = invented_identity_number(501)


def somebody(agency: Agency, name: str = "赵甲乙") -> Practitioner:
    """A person with the planted identity number."""
    person = make_practitioner(agency)
    person.name = name
    person.identity_cipher = current().keys.encrypt(IDENTITY)
    person.identity_hash = current().keys.keyed_hash("identity", IDENTITY)
    db.session.flush()
    return person


def filed(**changes: str) -> dict[str, str]:
    return {
        "name": "赵甲乙",
        "licence_kind": "Q064",
        "licence_number": "川新7",
        "registered_until": "2035-01-01",
        "identity_number": IDENTITY,
    } | changes


def test_the_agency_sees_its_people_with_what_a_registry_says(app: Flask, session: Session) -> None:
    agency = make_agency(practitioners=1)
    make_licence(agency.practitioners[0], "Q059", verified=False)
    make_licence(agency.practitioners[0], "Q074", registered_until=date(2020, 1, 1))
    name = agency.practitioners[0].name
    browser = make_browser(app, make_agency_actor(agency))
    words = words_of(browser.get("/agency/practitioners").text)
    assert name in words
    for word in ("0 of 5", "confirmed", "not confirmed", "run out"):
        assert word in words


def test_what_is_missing_for_a_service_is_named(app: Flask, session: Session) -> None:
    matter = next(item for item in catalogue.matters() if item.licences)
    agency = make_agency(matters=(matter.code,))
    browser = make_browser(app, make_agency_actor(agency))
    assert "What is missing" in browser.get("/agency/practitioners").text
    for licence in [item for item in matter.licences for _seat in range(item.count)]:
        make_practitioner(agency, licence.kind)
    session.commit()
    assert "What is missing" not in browser.get("/agency/practitioners").text


def test_one_field_of_a_licence_is_corrected_and_the_old_wording_kept(app: Flask, session: Session) -> None:
    agency = make_agency(matters=(), practitioners=1)
    person = agency.practitioners[0]
    old = person.licences[0]
    browser = make_browser(app, make_agency_actor(agency))
    url = f"/agency/practitioners/{person.id}"
    assert person.name in browser.get(url).text
    fields = {
        f"licence-{old.id}-licence_kind": old.kind_code,
        f"licence-{old.id}-licence_number": old.number,
        f"licence-{old.id}-registered_until": "2036-06-30",
    }
    assert browser.post(f"{url}/licences/{old.id}", data=fields).status_code == 303
    rows = session.scalars(sa.select(PractitionerLicence).order_by(PractitionerLicence.id)).all()
    assert [(row.registered_until, row.ended_at is None, row.verified_at is None) for row in rows] == [
        (date(2035, 12, 31), False, False),
        (date(2036, 6, 30), True, True),
    ]
    assert browser.post(f"{url}/licences/{old.id}", data=fields).status_code == 404
    new = rows[1].id
    wrong = {f"licence-{new}-licence_kind": "Q064", f"licence-{new}-licence_number": ""}
    assert browser.post(f"{url}/licences/{new}", data=wrong).status_code == 422
    assert browser.post(f"{url}/licences/{new}/remove").status_code == 409


def test_licences_are_added_and_removed_and_a_name_corrected(app: Flask, session: Session) -> None:
    agency = make_agency(matters=(), practitioners=1)
    person = agency.practitioners[0]
    browser = make_browser(app, make_agency_actor(agency))
    url = f"/agency/practitioners/{person.id}"
    more = {"add-licence_kind": "Q059", "add-licence_number": "川二", "add-registered_until": "2030-01-01"}
    assert browser.post(f"{url}/licences", data=more).status_code == 303
    assert browser.post(f"{url}/licences", data=more).status_code == 409
    assert browser.post(f"{url}/licences", data=more | {"add-registered_until": "9999-12-31"}).status_code == 422
    second = session.scalars(sa.select(PractitionerLicence).where(PractitionerLicence.number == "川二")).one().id
    assert browser.post(f"{url}/licences/{second}/remove").status_code == 303
    assert browser.post(f"{url}/name", data={"name-name": "钱改名"}).status_code == 303
    assert browser.post(f"{url}/name", data={"name-name": ""}).status_code == 422
    assert session.get_one(Practitioner, person.id).name == "钱改名"


@pytest.mark.parametrize("path", ["", "/name", "/licences", "/licences/1", "/licences/1/remove", "/release"])
def test_another_agencys_person_is_not_found(app: Flask, session: Session, path: str) -> None:
    person = make_practitioner(make_agency(matters=()))
    browser = make_browser(app, make_agency_actor(make_agency(matters=())))
    url = f"/agency/practitioners/{person.id}{path}"
    assert (browser.post(url) if path else browser.get(url)).status_code == 404


def test_the_whole_move_by_pages(app: Flask, session: Session) -> None:
    home, other = make_agency(matters=()), make_agency(matters=())
    person = somebody(home)
    asker, holder = make_browser(app, make_agency_actor(other)), make_browser(app, make_agency_actor(home))
    answer = asker.post("/agency/practitioners", data=filed(), follow_redirects=True)
    assert answer.status_code == 200
    assert "registered elsewhere" in answer.text
    page = asker.get("/agency/practitioners").text
    assert "Waiting for an answer" in page
    for secret in (home.name, home.uscc, IDENTITY, person.licences[0].number):
        assert secret not in page, "the agency that asks must not learn where the person is"
    assert other.name in holder.get("/agency/practitioners").text
    move = session.scalars(sa.select(PractitionerMove)).one().id
    assert "Release a person, or say why not" in holder.get("/home").text
    assert holder.post(f"/agency/moves/{move}/refuse", data={}).status_code == 422
    assert asker.post(f"/agency/moves/{move}/release").status_code == 403
    reason = {f"move-{move}-reason": "劳动合同未到期"}
    assert holder.post(f"/agency/moves/{move}/refuse", data=reason).status_code == 303
    assert "劳动合同未到期" not in asker.get("/agency/practitioners").text
    operator = make_browser(app, make_operator())
    assert person.name in operator.get("/office/practitioners").text
    page = operator.get(f"/office/practitioner-moves/{move}").text
    for shown in (home.name, other.name, "劳动合同未到期"):
        assert shown in page
    assert IDENTITY not in page
    assert operator.post(f"/office/practitioner-moves/{move}", data={"decision": "grant"}).status_code == 422
    word = {"decision": "grant", "reason": "已核实离职"}
    assert operator.post(f"/office/practitioner-moves/{move}", data=word).status_code == 303
    assert operator.post(f"/office/practitioner-moves/{move}", data=word).status_code == 409
    assert session.get_one(PractitionerMove, move).state is MoveState.GRANTED
    assert "已核实离职" in asker.get("/agency/practitioners").text
    messages = asker.get("/account/messages").text
    assert "Your request for a practitioner has an answer" in messages
    assert home.name not in messages
    assert other.name in operator.get(f"/office/practitioners/{person.id}").text


def test_a_request_is_released_or_taken_back_by_pages(app: Flask, session: Session) -> None:
    home, other = make_agency(matters=()), make_agency(matters=())
    first = make_move(make_practitioner(home), other)
    second = make_move(make_practitioner(home), other)
    holder, asker = make_browser(app, make_agency_actor(home)), make_browser(app, make_agency_actor(other))
    assert holder.post(f"/agency/moves/{first.id}/release").status_code == 303
    assert asker.post(f"/agency/moves/{second.id}/withdraw").status_code == 303
    assert asker.post(f"/agency/moves/{second.id}/withdraw").status_code == 409
    assert holder.post("/agency/moves/99999999999/release").status_code == 404
    assert holder.post("/agency/moves/99999999999/refuse", data={}).status_code in (404, 422)
    states = [row.state for row in session.scalars(sa.select(PractitionerMove).order_by(PractitionerMove.id))]
    assert states == [MoveState.RELEASED, MoveState.WITHDRAWN]


def test_offices_find_people_by_name_number_kind_agency_and_load(app: Flask, session: Session) -> None:
    home = make_agency(matters=())
    found, other = somebody(home), make_practitioner(make_agency(matters=()), "Q059")
    browser = make_browser(app, make_operator())
    number = found.licences[0].number
    for query in (f"q={found.name}", f"q={number}", "kind=Q064", f"agency={home.uscc}"):
        page = browser.get(f"/office/practitioners?{query}").text
        assert f'/office/practitioners/{found.id}"' in page, query
        assert f'/office/practitioners/{other.id}"' not in page, query
    for query in ("load=free", "sort=load", "sort=newest", "sort=agency", "load=nonsense&sort=nonsense&page=9x"):
        page = browser.get(f"/office/practitioners?{query}").text
        assert f'/office/practitioners/{found.id}"' in page, query
    assert f'/office/practitioners/{found.id}"' not in browser.get("/office/practitioners?load=full").text
    assert "Nobody here" in browser.get("/office/practitioners?q=没有此人").text


def test_each_office_sees_its_region_and_industries(app: Flask, session: Session) -> None:
    agency = make_agency()
    person = make_practitioner(agency)
    industry = agency.services[0].matter_code
    body = make_organisation(OrganisationKind.AUTHORITY)
    cases = {
        "510000": (True, ()),
        "110000": (False, ()),
        "510100": (True, ()),
    }
    for region, (sees, industries) in cases.items():
        browser = make_browser(app, make_actor(Role.REGULATOR, body, region_code=region, industries=industries))
        assert browser.get(f"/office/practitioners/{person.id}").status_code == (200 if sees else 404)
        assert (person.name in browser.get("/office/practitioners").text) is sees
    stranger = make_browser(app, make_actor(Role.REGULATOR, body, industries=("no-such",)))
    assert stranger.get(f"/office/practitioners/{person.id}").status_code == 404
    assert industry


def test_an_identity_number_finds_the_person_and_stays_nowhere(
    app: Flask, session: Session, at: datetime, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    home = make_agency(matters=())
    person = somebody(home)
    browser = make_browser(app, make_operator())
    answer = browser.post("/office/practitioners/search", data={"identity_number": IDENTITY})
    assert answer.status_code == 200
    assert f"/office/practitioners/{person.id}" in answer.text
    assert IDENTITY not in answer.text
    event = session.scalars(sa.select(Event).where(Event.tag == "practitioner.searched")).one()
    assert (event.data, event.actor_user_id is not None, event.public) == ({"found": 1}, True, False)
    wrong = browser.post("/office/practitioners/search", data={"identity_number": IDENTITY[:-1] + "A"})
    assert wrong.status_code == 422
    assert IDENTITY[:-1] not in wrong.text
    elsewhere = make_browser(
        app, make_actor(Role.REGULATOR, make_organisation(OrganisationKind.AUTHORITY), region_code="110000")
    )
    assert person.name not in elsewhere.post("/office/practitioners/search", data={"identity_number": IDENTITY}).text
    pages = [
        "/office/practitioners",
        "/office/practitioners?format=csv",
        f"/office/practitioners/{person.id}",
        f"/office/agencies/{home.uscc}",
        f"/agencies/{home.uscc}",
        f"/api/v1/agencies/{home.uscc}/practitioners",
    ]
    for url in pages:
        page = browser.get(url)
        assert page.status_code == 200, url
        assert IDENTITY not in page.text, url
    sheet = load_workbook(BytesIO(browser.get("/office/practitioners?format=xlsx").data)).worksheets[0]
    cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row]
    assert person.name in cells
    assert IDENTITY not in "".join(cells)
    own = make_browser(app, make_agency_actor(home))
    for url in ("/agency/practitioners", f"/agency/practitioners/{person.id}"):
        assert IDENTITY not in own.get(url).text
    for data in session.scalars(sa.select(Event.data)):
        assert IDENTITY not in str(data)
    written = capfd.readouterr()
    assert IDENTITY not in caplog.text + written.out + written.err


@pytest.fixture
def limited(app: Flask, database: TestDatabase, redis_address: str, tmp_path: Path) -> Iterator[Flask]:
    """The same site with its limits on."""
    made = create_app(settings(database.url, redis_address, tmp_path) | {"RATELIMIT_ENABLED": True})
    try:
        yield made
    finally:
        limiter.enabled = False
        app.config["RATELIMIT_ENABLED"] = False
        with made.app_context():
            db.engine.dispose()


def test_searches_by_identity_number_are_limited(limited: Flask, session: Session) -> None:
    browser = make_browser(limited, make_operator())
    tried = [
        browser.post("/office/practitioners/search", data={"identity_number": "x"}).status_code for _number in range(22)
    ]
    assert tried == [422] * 20 + [429] * 2
