"""The agency's pages: its file, enrolment with the rules told before, quotes, contracts."""

import re
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.accounts.models import Organisation
from supermarket.agencies.models import Agency, Practitioner, Qualification, Service
from supermarket.contracts.models import Contract, Party
from supermarket.contracts.states import ContractState
from supermarket.core.clock import now
from supermarket.core.events import Event
from supermarket.core.permissions import Role
from supermarket.data.invent import invented_identity_number
from supermarket.deliverables.models import Submission
from supermarket.documents.queries import file_number
from supermarket.extensions import db
from supermarket.notices.models import Notice
from supermarket.projects.models import Enrolment
from supermarket.projects.states import EnrolmentState
from supermarket.ratings.models import RaterKind, Rating
from supermarket.ratings.states import RatingState
from tests.factories.accounts import make_user
from tests.factories.agencies import make_agency
from tests.factories.contracts import PDF, Deal, make_contract, make_deal, make_running
from tests.factories.matters import SOME_MATTER, make_matter
from tests.factories.policies import count
from tests.factories.projects import make_open_project
from tests.factories.ratings import make_rated
from tests.factories.web import make_browser, words_of


def browser_of(app: Flask, agency: Agency) -> FlaskClient:
    """Somebody of the agency at its pages."""
    return make_browser(app, make_user(Role.AGENCY, db.session.get_one(Organisation, agency.organisation_id)))


def test_service_certificate_person_and_party_are_filed(app: Flask, session: Session) -> None:
    agency = make_agency(matters=(), qualified=False)
    make_matter(SOME_MATTER)
    browser = browser_of(app, agency)
    service = {"matter": SOME_MATTER, "fee_standard": "面议", "promised_days": "20"}
    assert browser.post("/agency/services", data=service).status_code == 303
    assert browser.post("/agency/services", data=service).status_code == 409
    assert browser.post("/agency/services", data=service | {"promised_days": "3.5"}).status_code == 422
    assert count(Service) == 1
    page = browser.get("/agency/qualifications/new?kind=Q021").get_data(as_text=True)
    level = re.search(r'<select[^>]*id="level".*?<option[^>]*value="([^"]+)"', page, re.S)
    assert level is not None
    certificate = {"kind": "Q021", "level": level.group(1), "number": "测-1", "issuer": "四川省自然资源厅"}
    answer = browser.post("/agency/qualifications", data=certificate | {"scan": (BytesIO(PDF), "证书.pdf")})
    assert answer.status_code == 303
    row = session.query(Qualification).one()
    assert row.document_id is not None
    scan = browser.get(f"/files/{file_number(row.document_id)}")
    assert scan.data == PDF
    assert scan.headers["Content-Disposition"].startswith("attachment")
    assert scan.headers["X-Content-Type-Options"] == "nosniff"
    stranger = make_browser(app, make_user(Role.OWNER))
    assert stranger.get(f"/files/{file_number(row.document_id)}").status_code == 404
    person = {
        "name": "王五",
        "licence_kind": "Q064",
        "licence_number": "川1",
        "registered_until": "2035-01-01",
        "identity_number": invented_identity_number(7),
    }
    assert browser.post("/agency/practitioners", data=person).status_code == 303
    assert person["identity_number"] not in browser.get("/agency/practitioners").get_data(as_text=True)
    assert browser.post("/agency/practitioners", data=person | {"registered_until": "9999-12-31"}).status_code == 422
    party = {"relation": "legal_representative", "name": "李文静", "identity_number": invented_identity_number(8)}
    assert browser.post("/agency/related-parties", data=party).status_code == 303
    assert browser.post("/agency/related-parties", data={"relation": "manager", "name": "某"}).status_code == 422
    for path in ("profile", "services", "qualifications", "practitioners", "related-parties"):
        assert browser.get(f"/agency/{path}").status_code == 200


def test_file_that_is_not_what_it_says_is_told_at_the_field(app: Flask, session: Session) -> None:
    agency = make_agency(matters=(), qualified=False)
    make_matter(SOME_MATTER)
    certificate = {"kind": "Q021", "level": "甲级", "number": "测-1", "issuer": "四川省自然资源厅"}
    answer = browser_of(app, agency).post(
        "/agency/qualifications", data=certificate | {"scan": (BytesIO(b"MZ\x90\x00 program"), "证书.pdf")}
    )
    assert answer.status_code == 422
    assert 'id="scan-error"' in answer.get_data(as_text=True)
    assert count(Qualification) == 0


def test_pledge_needs_its_tick(app: Flask, session: Session) -> None:
    agency = make_agency()
    agency.pledge_signed_at = None
    browser = browser_of(app, agency)
    assert browser.post("/agency/profile/pledge").status_code == 422
    assert db.session.get_one(Agency, agency.id).pledge_signed_at is None
    assert browser.post("/agency/profile/pledge", data={"pledge-agree": "y"}).status_code == 303
    assert db.session.get_one(Agency, agency.id).pledge_signed_at is not None


def test_rules_are_told_before_enrolling_and_at_the_refusal(app: Flask, session: Session) -> None:
    project, _owner = make_open_project(now())
    browser = browser_of(app, make_agency(qualified=False))
    words = words_of(browser.get(f"/agency/projects/{project.code}").get_data(as_text=True))
    assert "the enrolment would be refused" in words
    assert "Demanded qualifications are missing" in words
    answer = browser.post(f"/agency/projects/{project.code}/enrol")
    assert answer.status_code == 422
    assert "Demanded qualifications are missing" in words_of(answer.get_data(as_text=True))
    assert count(Enrolment) == 0


def test_enrol_cancel_and_enrol_again(app: Flask, session: Session) -> None:
    project, _owner = make_open_project(now())
    agency = make_agency()
    browser = browser_of(app, agency)
    url = f"/agency/projects/{project.code}"
    assert project.name in browser.get("/agency/projects").get_data(as_text=True)
    assert "you can enrol" in words_of(browser.get(url).get_data(as_text=True))
    assert browser.post(f"{url}/enrol", data={"enrol-offered_days": "99999999999"}).status_code == 422
    assert browser.post(f"{url}/enrol", data={"enrol-practitioners": "999999"}).status_code == 422
    assert browser.post(f"{url}/enrol", data={"enrol-practitioners": "x"}).status_code == 422
    assert browser.post(f"{url}/enrol").status_code == 303
    assert browser.post(f"{url}/enrol").status_code == 409
    assert project.name in browser.get("/agency/enrolments").get_data(as_text=True)
    assert browser.post(f"{url}/cancel").status_code == 422
    assert browser.post(f"{url}/cancel", data={"cancel-confirm": "y"}).status_code == 303
    assert browser.post(f"{url}/enrol").status_code == 303
    states = [row.state for row in session.query(Enrolment).order_by(Enrolment.id)]
    assert states == [EnrolmentState.CANCELLED, EnrolmentState.LIVE]


def test_purchase_of_others_stays_unknown(app: Flask, session: Session) -> None:
    deal = make_running(make_deal(at=now()), at=now())
    browser = browser_of(app, make_agency())
    assert browser.get("/agency/projects/P-2026-999999").status_code == 404
    assert browser.get(f"/agency/contracts/{deal.code}").status_code == 404
    assert browser.post(f"/agency/contracts/{deal.code}/deliverables/1").status_code in (404, 422)
    assert count(Submission) == 0


def agency_of(deal: Deal) -> Agency:
    return deal.bodies[0]


def test_contract_is_read_and_signed(app: Flask, session: Session) -> None:
    deal = make_deal(at=now())
    contract = make_contract(deal, at=now())
    browser = browser_of(app, agency_of(deal))
    url = f"/agency/contracts/{contract.code}"
    page = browser.get(url).get_data(as_text=True)
    assert "A signature cannot be taken back." in words_of(page)
    assert contract.code in browser.get("/agency/contracts").get_data(as_text=True)
    assert browser.get(f"/files/{file_number(contract.document_id)}").data.startswith(b"%PDF")
    sha = contract.document.sha256
    assert browser.post(f"{url}/sign", data={"sign-document_sha256": sha}).status_code == 422
    assert browser.post(f"{url}/sign", data={"sign-document_sha256": "0" * 64, "sign-consent": "y"}).status_code == 409
    assert browser.post(f"{url}/sign", data={"sign-document_sha256": sha, "sign-consent": "y"}).status_code == 303
    row = session.query(Contract).one()
    assert row.state is ContractState.HALF_SIGNED
    assert [item.party for item in row.signatures] == [Party.AGENCY]
    assert browser.post(f"{url}/sign", data={"sign-document_sha256": sha, "sign-consent": "y"}).status_code == 409


def test_result_is_handed_in_and_money_confirmed(app: Flask, session: Session) -> None:
    deal = make_running(make_deal(at=now()), at=now())
    browser = browser_of(app, agency_of(deal))
    url = f"/agency/contracts/{deal.code}"
    assert deal.code in browser.get("/agency/deliverables").get_data(as_text=True)
    assert browser.post(f"{url}/deliverables/1").status_code == 422
    wrong = browser.post(f"{url}/deliverables/1", data={"submit-file": (BytesIO(b"MZ\x90"), "report.pdf")})
    assert wrong.status_code == 422
    assert count(Submission) == 0
    right = {"submit-file": (BytesIO(PDF), "报告.pdf"), "submit-remark": "初稿"}
    assert browser.post(f"{url}/deliverables/1", data=right).status_code == 303
    row = session.query(Submission).one()
    assert (row.number, row.remark) == (1, "初稿")
    again = {"submit-file": (BytesIO(PDF), "报告.pdf")}
    assert browser.post(f"{url}/deliverables/1", data=again).status_code == 409
    assert (
        browser.post(f"{url}/deliverables/99999999999", data={"submit-file": (BytesIO(PDF), "a.pdf")}).status_code
        == 404
    )
    assert browser.post(f"{url}/payments/1/confirm").status_code == 409
    assert browser.post(f"{url}/urge", data={"urge-about": "acceptance"}).status_code == 303
    assert browser.post(f"{url}/urge", data={"urge-about": "acceptance"}).status_code == 409
    assert browser.post(f"{url}/urge", data={"urge-about": "weather"}).status_code == 422


def test_owner_is_rated_once(app: Flask, session: Session) -> None:
    made = make_rated(make_deal(at=now()), at=now())
    browser = browser_of(app, agency_of(made.deal))
    url = f"/agency/contracts/{made.deal.code}"
    points = {f"rate-{name}": "4" for name in ("quality", "timeliness", "compliance", "fees", "attitude")}
    assert browser.post(f"{url}/rating", data=points | {"rate-quality": "6"}).status_code == 422
    assert browser.post(f"{url}/rating", data={"rate-quality": "4"}).status_code == 422
    assert browser.post(f"{url}/rating", data=points).status_code == 303
    row = session.query(Rating).filter_by(rater=RaterKind.AGENCY).one()
    assert (row.state, row.points["fees"]) == (RatingState.GIVEN, 4)
    assert browser.post(f"{url}/rating", data=points).status_code == 409
    assert browser.get("/agency/reputation").status_code == 200


def test_desk_shows_what_waits_by_due_moment(app: Flask, session: Session) -> None:
    deal = make_deal(at=now())
    make_contract(deal, at=now())
    html = browser_of(app, agency_of(deal)).get("/home").get_data(as_text=True)
    assert "Sign the contract" in words_of(html)
    assert deal.project.name in html


@pytest.mark.parametrize("path", ["projects", "enrolments", "contracts", "reputation"])
@pytest.mark.parametrize(
    "query", ["page=-1", "page=99999999", "page=%00", "q=%00%25_", "state=x&scope=y&mode=z", "sort=drop"]
)
def test_hostile_addresses_never_break(app: Flask, session: Session, path: str, query: str) -> None:
    assert browser_of(app, make_agency()).get(f"/agency/{path}?{query}").status_code == 200


def test_people_left_out_of_the_file_are_released(app: Flask, session: Session) -> None:
    agency = make_agency(practitioners=1)
    browser = browser_of(app, agency)
    row = session.query(Practitioner).one()
    assert browser.post(f"/agency/practitioners/{row.id}/release").status_code == 303
    assert browser.post("/agency/practitioners/99999999999/release").status_code == 404
    assert session.query(Practitioner).one().released_at is not None


def test_nothing_to_rectify_is_not_found_and_messages_are_read(app: Flask, session: Session) -> None:
    deal = make_deal(at=now())
    make_contract(deal, at=now())
    agency = agency_of(deal)
    browser = browser_of(app, agency)
    assert browser.get("/agency/standing").status_code == 200
    assert (
        browser.post("/agency/standing/rectifications/1", data={"rectification-statement": "已整改。"}).status_code
        == 404
    )
    assert (
        browser.post("/agency/standing/removals/99999999999", data={"removal-statement": "已说明。"}).status_code == 404
    )
    told = {row.event_id for row in session.query(Notice).filter_by(organisation_id=agency.organisation_id)}
    event = next(row for row in session.query(Event) if row.id not in told)
    session.add(Notice(organisation_id=agency.organisation_id, event_id=event.id, at=now()))
    session.commit()
    before = session.query(Notice).filter_by(organisation_id=agency.organisation_id, read_at=None).count()
    assert before >= 1
    assert browser.get("/account/messages?before=x").status_code == 200
    assert browser.post("/account/messages/read").status_code == 303
    assert session.query(Notice).filter_by(organisation_id=agency.organisation_id, read_at=None).count() == 0
