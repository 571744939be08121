"""The way into the register: saved at every step, nothing typed lost, every reason with its correction."""

import re
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter

from supermarket.accounts.models import Organisation, OrganisationKind
from supermarket.agencies.models import (
    Agency,
    ChangeState,
    FormDraft,
    Onboarding,
    Practitioner,
    PractitionerLicence,
    ProfileChange,
    Qualification,
    RelatedParty,
    Service,
    Standing,
)
from supermarket.agencies.queries import agency_by_uscc, agency_file
from supermarket.core.permissions import Role
from supermarket.data.invent import invented_identity_number
from supermarket.documents.queries import id_of_file
from supermarket.extensions import db
from tests.factories.accounts import make_organisation, make_user
from tests.factories.agencies import make_agency, make_practitioner, make_qualification, make_related_party
from tests.factories.contracts import PDF
from tests.factories.matters import SOME_MATTER, make_kinds, make_matter
from tests.factories.policies import count
from tests.factories.web import make_browser, words_of

SURVEY = "ZJ051"
IN = "/agency/onboarding"


def browser_of(app: Flask, agency: Agency) -> FlaskClient:
    return make_browser(app, make_user(Role.AGENCY, db.session.get_one(Organisation, agency.organisation_id)))


def newcomer(app: Flask) -> tuple[FlaskClient, Organisation]:
    body = make_organisation(OrganisationKind.AGENCY)
    return make_browser(app, make_user(Role.AGENCY, body)), body


def make_profile(body: Organisation, **changes: str) -> dict[str, str]:
    return {
        "name": body.name,
        "kind": "enterprise",
        "province": "510000",
        "city": "510100",
        "county": "510107",
        "address": "示范大道1号",
        "public_contact": "028-01234567",
        "legal_representative": "李文静",
        "established": "2010-01-01",
        "business_scope": "工程测量",
        "act": "on",
    } | changes


def test_newcomer_is_led_in_and_enters(app: Flask, session: Session) -> None:
    browser, body = newcomer(app)
    assert "Enter the register" in words_of(browser.get("/home").get_data(as_text=True))
    assert browser.get("/agency/services").location == IN
    assert browser.get(IN).location == f"{IN}/profile"
    assert browser.get(f"{IN}/services").location == f"{IN}/profile"
    assert browser.get(f"{IN}/profile").status_code == 200
    assert browser.post(f"{IN}/profile", data=make_profile(body)).location == f"{IN}/services"
    row = session.query(Agency).one()
    assert (row.uscc, row.standing, row.region_code) == (body.uscc, Standing.APPLIED, "510107")
    assert browser.get(IN).location == f"{IN}/services"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"province": ""}, "Choose the region in which the agency is registered."),
        ({"established": "9999-12-31"}, "Give a day between the years 1900 and 2100."),
        ({"established": "yesterday"}, "Not a valid date value."),
        ({"kind": "ministry"}, "Not a valid choice"),
        ({"is_branch": "y"}, "Name the head office of the branch."),
        ({"address": "x\x00y"}, "Remove the invisible characters."),
    ],
)
def test_a_wrong_profile_warns_is_kept_as_typed_and_opens_the_steps(
    app: Flask, session: Session, changes: dict[str, str], sentence: str
) -> None:
    browser, body = newcomer(app)
    answer = browser.post(f"{IN}/profile", data=make_profile(body, **changes))
    assert answer.status_code == 422
    assert sentence in words_of(answer.get_data(as_text=True))
    row = session.query(FormDraft).one()
    assert (row.fields["legal_representative"], row.fields["business_scope"]) == ("李文静", "工程测量")
    # Another device: the same person, nothing in this browser.
    again = make_browser(app, make_user(Role.AGENCY, body))
    html = again.get(f"{IN}/profile").get_data(as_text=True)
    assert "李文静" in html and "工程测量" in html and "Kept as you typed it" in html
    assert again.get(f"{IN}/services").status_code == 200
    assert "without this the form is not sent in" in words_of(again.get(f"{IN}/review").get_data(as_text=True)).lower()
    assert again.post(f"{IN}/profile", data=make_profile(body)).status_code == 303
    assert (count(FormDraft), session.query(Agency).one().legal_representative) == (0, "李文静")


def test_come_back_later_keeps_everything(app: Flask, session: Session) -> None:
    browser, body = newcomer(app)
    data = make_profile(body, legal_representative="", established="2010-13-01", act="later")
    assert browser.post(f"{IN}/profile", data=data).location == "/home"
    assert session.query(FormDraft).one().fields["established"] == "2010-13-01"
    assert "2010-13-01" in browser.get(f"{IN}/profile").get_data(as_text=True)


def test_a_stale_profile_is_refused_with_what_was_typed(app: Flask, session: Session) -> None:
    browser, body = newcomer(app)
    browser.post(f"{IN}/profile", data=make_profile(body))
    seen = str(session.query(Agency).one().version)
    data = make_profile(body, version=seen, address="别处1号")
    assert browser.post(f"{IN}/profile", data=data).status_code == 303
    answer = browser.post(f"{IN}/profile", data=data | {"address": "别处2号"})
    assert answer.status_code == 409
    assert "别处2号" in answer.get_data(as_text=True)
    assert session.query(Agency).one().address == "别处1号"


def test_services_with_what_they_need_and_a_prefilled_certificate(app: Flask, session: Session) -> None:
    make_matter(SURVEY)
    make_kinds()
    agency = make_agency(standing=Standing.APPLIED, matters=(), qualified=False)
    browser = browser_of(app, agency)
    service = {"matter": SURVEY, "fee_standard": "面议", "promised_days": "20"}
    assert browser.post(f"{IN}/services", data=service | {"act": "more"}).location == f"{IN}/services"
    assert browser.post(f"{IN}/services", data=service | {"act": "more"}).status_code == 409
    page = browser.get(f"{IN}/services").get_data(as_text=True)
    assert "missing" in words_of(page) and "Asked:" in words_of(page)
    link = re.search(r'href="(/agency/qualifications/new\?[^"]+)"', page)
    assert link is not None
    form = browser.get(link.group(1).replace("&amp;", "&")).get_data(as_text=True)
    assert 'name="kind" value="Q' in form and 'name="back" value="services"' in form
    kind = re.search(r'name="kind" value="(Q\d+)"', form)
    assert kind is not None
    certificate = {"kind": kind.group(1), "level": "甲级", "number": "测-1", "issuer": "四川省厅", "back": "services"}
    answer = browser.post("/agency/qualifications", data=certificate | {"scan": (BytesIO(PDF), "证书.pdf")})
    assert answer.location == f"{IN}/services"
    row = session.query(Qualification).one()
    assert row.document_id is not None
    assert "on file, not yet verified" in words_of(browser.get(f"{IN}/services").get_data(as_text=True))


def test_an_unfinished_row_of_each_step_is_kept(app: Flask, session: Session) -> None:
    make_matter(SOME_MATTER)
    make_kinds()
    agency = make_agency(standing=Standing.APPLIED, matters=(), qualified=False)
    browser = browser_of(app, agency)
    half = {"matter": SOME_MATTER, "fee_standard": "按面积计费", "promised_days": "x", "act": "later"}
    assert browser.post(f"{IN}/services", data=half).location == "/home"
    assert "按面积计费" in browser.get(f"{IN}/services").get_data(as_text=True)
    number = invented_identity_number(5)
    party = {"relation": "manager", "name": "王五", "identity_number": number[:-1], "act": "on"}
    assert browser.post(f"{IN}/related-parties", data=party).status_code == 422
    html = browser.get(f"{IN}/related-parties").get_data(as_text=True)
    assert "王五" in html and number[:-1] not in html
    data = {"kind": "Q021", "level": "甲级", "number": "", "issuer": "四川省厅", "back": "qualifications", "act": "on"}
    answer = browser.post("/agency/qualifications", data=data | {"scan": (BytesIO(PDF), "证书.pdf")})
    assert answer.status_code == 422
    resumed = browser.get("/agency/qualifications/new?back=qualifications").get_data(as_text=True)
    assert "四川省厅" in resumed and "证书.pdf" in resumed
    kept = re.search(r'name="document" value="(\d+)"', resumed)
    assert kept is not None
    assert browser.post("/agency/qualifications", data=data | {"number": "1", "document": kept[1]}).status_code == 303
    assert session.query(Qualification).one().document_id == id_of_file(int(kept[1]))
    assert {row.form for row in session.query(FormDraft)} == {"service", "party"}


def test_sending_in_names_everything_that_is_missing_then_every_reason_with_its_correction(
    app: Flask, session: Session
) -> None:
    agency = make_agency(standing=Standing.APPLIED)
    agency.pledge_signed_at = None
    uscc = agency.uscc
    browser = browser_of(app, agency)
    assert browser.post(f"{IN}/review").status_code == 422
    answer = browser.post(f"{IN}/review", data={"confirm": "y"})
    assert answer.status_code == 422
    assert "The signed pledge" in words_of(answer.get_data(as_text=True))
    assert browser.post(f"{IN}/pledge", data={"act": "on"}).status_code == 422
    assert browser.post(f"{IN}/pledge", data={"agree": "y", "act": "on"}).location == f"{IN}/review"
    assert browser.post(f"{IN}/review", data={"confirm": "y"}).location == f"{IN}/progress"
    assert browser.post(f"{IN}/review", data={"confirm": "y"}).status_code == 409
    page = browser.get(f"{IN}/progress").get_data(as_text=True)
    assert "The checks are at work" in page and 'http-equiv="refresh"' in page
    assert browser.post(f"{IN}/progress").status_code == 303
    row = agency_by_uscc(uscc)
    assert row is not None and row.onboarding in (Onboarding.WAITING, Onboarding.REFUSED)
    assert "What the checks found" in browser.get(f"{IN}/progress").get_data(as_text=True)
    row.onboarding, row.decision_due_at, row.refusal = Onboarding.REFUSED, None, "请更正"
    session.commit()
    assert "请更正" in browser.get(f"{IN}/review").get_data(as_text=True)


def test_one_field_is_corrected_and_nothing_else_is_asked(app: Flask, session: Session) -> None:
    agency = make_agency(standing=Standing.APPLIED)
    uscc, seen = agency.uscc, str(agency.version)
    browser = browser_of(app, agency)
    page = browser.get("/agency/profile/correct/legal_representative?back=review").get_data(as_text=True)
    assert 'name="legal_representative"' in page and 'name="business_scope"' not in page
    data = {"legal_representative": "新负责人", "version": seen, "back": "review"}
    assert browser.post("/agency/profile/correct/legal_representative", data=data).location == f"{IN}/review"
    assert agency_file(uscc).legal_representative == "新负责人"
    again = browser.post("/agency/profile/correct/legal_representative", data=data | {"legal_representative": "又改"})
    assert again.status_code == 409
    assert "又改" in again.get_data(as_text=True)
    assert browser.get("/agency/profile/correct/uscc").status_code == 404


@pytest.mark.parametrize(
    "what",
    [
        "name", "kind", "region", "address", "public_contact", "introduction", "legal_representative", "established",
        "business_scope", "branch",
    ],
)  # fmt: skip
def test_every_field_has_its_page(app: Flask, session: Session, what: str) -> None:
    assert browser_of(app, make_agency()).get(f"/agency/profile/correct/{what}").status_code == 200


def test_an_admitted_agencys_name_waits_and_is_told_everywhere(app: Flask, session: Session) -> None:
    agency = make_agency()
    uscc, old = agency.uscc, agency.name
    browser = browser_of(app, agency)
    answer = browser.post("/agency/profile/correct/name", data={"name": "改名有限公司"})
    assert answer.location == "/agency/changes/1"
    assert "The registries are being asked" in browser.get("/agency/changes/1").get_data(as_text=True)
    assert browser.post("/agency/profile/correct/name", data={"name": "再改有限公司"}).status_code == 409
    assert browser.post("/agency/changes/1/check").status_code == 303
    assert session.query(ProfileChange).one().state is ChangeState.WAITING
    for path in ("/agency/changes/1", "/agency/changes", "/agency/profile", "/home"):
        assert browser.get(path).status_code == 200
    assert "改名有限公司" in browser.get("/agency/profile").get_data(as_text=True)
    operator = make_browser(app, make_user(Role.OPERATOR))
    assert "改名有限公司" in operator.get(f"/office/agencies/{uscc}/history").get_data(as_text=True)
    public = app.test_client()
    assert "改名有限公司" not in public.get(f"/agencies/{uscc}/history").get_data(as_text=True)
    assert browser.post("/agency/changes/1/withdraw").status_code == 303
    assert agency_file(uscc).name == old
    assert browser.post("/agency/changes/1/withdraw").status_code == 409


def test_the_public_reads_earlier_contacts_but_no_persons_name(app: Flask, session: Session) -> None:
    agency = make_agency()
    uscc, old = agency.uscc, agency.public_contact
    browser = browser_of(app, agency)
    assert browser.post("/agency/profile/correct/public_contact", data={"public_contact": "028-1"}).status_code == 303
    assert old in app.test_client().get(f"/agencies/{uscc}/history").get_data(as_text=True)


def test_fee_and_party_are_changed_on_pages_of_their_own(app: Flask, session: Session) -> None:
    agency = make_agency()
    party = make_related_party(agency)
    uscc, number = agency.uscc, party.id
    browser = browser_of(app, agency)
    url = f"/agency/services/{SOME_MATTER}/edit"
    assert "按合同约定" in browser.get(url).get_data(as_text=True)
    answer = browser.post(url, data={"fee_standard": "七折", "promised_days": "0"})
    assert answer.status_code == 422 and "七折" in answer.get_data(as_text=True)
    assert browser.post(url, data={"fee_standard": "七折", "promised_days": "9"}).status_code == 303
    assert browser.post(url, data={"fee_standard": "六折", "promised_days": "9", "version": "1"}).status_code == 409
    assert [item.fee_standard for item in agency_file(uscc).services] == ["七折"]
    url = f"/agency/related-parties/{number}/correct"
    assert browser.get(url).status_code == 200
    assert browser.post(url, data={"relation": "legal_representative", "name": "改名"}).status_code == 303
    assert "按合同约定" in browser.get("/agency/changes").get_data(as_text=True)


def test_leaving_tells_its_consequences_and_the_way_back(app: Flask, session: Session) -> None:
    agency = make_agency()
    number = agency.id
    browser = browser_of(app, agency)
    assert "Your people are released" in words_of(browser.get("/agency/leave").get_data(as_text=True))
    assert browser.post("/agency/leave", data={"reason": "业务调整"}).status_code == 422
    assert browser.post("/agency/leave", data={"reason": "业务调整", "confirm": "y"}).status_code == 303
    assert db.session.get_one(Agency, number).standing is Standing.LEFT
    assert "Come back" in words_of(browser.get("/agency/leave").get_data(as_text=True))
    assert browser.get("/agency/profile").status_code == 200
    assert browser.post("/agency/come-back", data={"reason": "重新开业", "confirm": "y"}).location == IN
    assert db.session.get_one(Agency, number).standing is Standing.APPLIED


# -- nobody touches another's things


def snapshot() -> dict[str, list[tuple[object, ...]]]:
    tables = (
        Agency,
        Service,
        Qualification,
        RelatedParty,
        Practitioner,
        PractitionerLicence,
        ProfileChange,
        FormDraft,
    )
    return {
        kind.__tablename__: [
            tuple(row) for row in db.session.execute(sa.select(kind.__table__).order_by(sa.text("id")))
        ]
        for kind in tables
    }


def test_no_route_of_an_agency_reaches_anothers_rows(app: Flask, session: Session) -> None:
    """Every POST under /agency with the other agency's numbers and codes: refused, and nothing of it written."""
    mine, other = make_agency(matters=()), make_agency()
    make_qualification(other)
    party, person = make_related_party(other), make_practitioner(other)
    browser_of(app, other).post("/agency/profile/correct/name", data={"name": "别家改名有限公司"})
    held = session.scalars(sa.select(Qualification.id).where(Qualification.agency_id == other.id)).all()
    values: dict[str, str | int] = {
        "qualification_id": held[0],
        "party_id": party.id,
        "practitioner_id": person.id,
        "code": SOME_MATTER,
        "number": 1,
    }
    browser = browser_of(app, mine)
    whole = {"name": "x", "relation": "manager", "fee_standard": "x", "promised_days": "3", "number": "1", "reason": "理由理由",
             "kind": "Q021", "level": "甲级", "issuer": "四川省厅", "confirm": "y", "legal_representative": "x",
             "statement": "说明说明说明"}  # fmt: skip
    before, tried = snapshot(), 0
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/agency/") or "POST" not in (rule.methods or set()) or not rule.arguments:
            continue
        if (
            not rule.arguments <= {*values, "licence_id", "move_id"}
            or "projects" in rule.rule
            or "contracts" in rule.rule
        ):
            continue
        named = {
            name: values.get(name, 1 if isinstance(rule._converters[name], IntegerConverter) else "x")
            for name in rule.arguments
        }
        built = rule.build(named, append_unknown=False)
        assert built is not None
        answer = browser.post(str(built[1]), data=whole)
        # Where the form has a name of its own, it refuses before the row is looked for.
        fine = (403, 404, 422) if "/moves/" in rule.rule or "/standing/" in rule.rule else (403, 404)
        assert answer.status_code in fine, f"{built[1]}: {answer.status_code}"
        tried += 1
    assert tried >= 9
    assert snapshot() == before
