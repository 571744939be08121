"""The public pages: who sees what, whatever is asked, in a fixed number of statements."""

import csv
import io
import json
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from supermarket.accounts.models import User
from supermarket.agencies.models import Agency, Standing
from supermarket.contracts.models import Contract, Party
from supermarket.core.clock import now
from supermarket.core.draw import verify_record
from supermarket.core.identifiers import mask_name
from supermarket.core.permissions import Role
from supermarket.extensions import db
from supermarket.projects import operations
from supermarket.selection.deadlines import DUE
from supermarket.web.listing import clean
from tests.factories.accounts import make_user
from tests.factories.agencies import make_agency
from tests.factories.contracts import make_completed, make_contract, make_deal, sign
from tests.factories.matters import SOME_MATTER, make_matter
from tests.factories.pages import copy_projects, counted_statements, enter_as
from tests.factories.projects import draft_command, make_enrolled, make_open_project, make_owner_actor

LISTS = ("/matters", "/agencies", "/projects", "/results", "/contracts", "/credit")
PAGES = (
    "/",
    "/search",
    "/statistics",
    "/notices",
    "/policies",
    "/verify",
    "/open-data",
    "/help",
    "/status",
    "/versions",
)
HOSTILE = (
    "%_'\"<script>",
    "\x00",
    "a" * 5000,
    "\\",
    "%",
    "'; DROP TABLE trade.projects; --",
    "\ud83d",
    "１２３",
    "_external=1",
)


def run_due(at: datetime) -> None:
    """Everything of the selection that is due until a moment, in order."""
    for _round in range(12):
        done = False
        for kind in DUE:
            for _due, number in kind.find(at, 100):
                prepared = kind.prepare(number, at) if kind.prepare is not None else None
                done |= kind.act(number, at, prepared)
                db.session.commit()
        if not done:
            return


def make_drawn() -> str:
    """A random draw that was announced; its code."""
    begun = now() - timedelta(days=30)
    project, _actor = make_open_project(begun)
    make_enrolled(project, 4, begun)
    db.session.commit()
    assert project.enrol_until is not None
    assert project.select_at is not None
    code, frozen, selected = project.code, project.enrol_until, project.select_at
    run_due(frozen)
    run_due(selected)
    return code


@pytest.mark.parametrize("url", [*LISTS, *PAGES])
def test_page_is_there_without_an_account(client: FlaskClient, url: str) -> None:
    answer = client.get(url)
    assert answer.status_code == 200
    assert "<h1" in answer.text
    assert "style=" not in answer.text.split("<main")[1]
    assert "<script>" not in answer.text


@pytest.mark.parametrize("url", ["/search", "/notices", "/statistics", "/policies", "/verify", *LISTS])
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_arguments_are_only_words(client: FlaskClient, url: str, text: str) -> None:
    value = quote(text, errors="surrogatepass")
    names = (
        "q",
        "region",
        "state",
        "mode",
        "kind",
        "by",
        "list",
        "uscc",
        "code",
        "purpose",
        "from",
        "stage",
        "_external",
    )
    asked = "&".join(f"{name}={value}" for name in names)
    answer = client.get(f"{url}?{asked}&sort=evil&page=-1&before={value}&min_stars=9&credit=Z")
    assert answer.status_code in (200, 404)
    assert "<script>" not in answer.text


@pytest.mark.parametrize("page", ["-1", "0", "abc", "99999999999999", "1e3", "²", ""])
@pytest.mark.parametrize("url", LISTS)
def test_any_page_number_leads_to_a_page(client: FlaskClient, url: str, page: str) -> None:
    assert client.get(url, query_string={"page": page}).status_code in (200, 302)


@pytest.mark.parametrize(
    "url", ["/matters/ZJ999", "/matters/%00", "/agencies/91510100MA61T2XX00", "/projects/P-2026-999999", "/contracts/x"]
)
def test_unknown_things_are_not_found(client: FlaskClient, url: str) -> None:
    assert client.get(url).status_code == 404


def test_lists_take_the_same_few_statements_whatever_their_size(client: FlaskClient, session: Session) -> None:
    project, _actor = make_open_project(now())
    session.commit()
    few = {}
    for url in LISTS:
        with counted_statements() as seen:
            assert client.get(url).status_code == 200
        few[url] = len(seen)
    copy_projects(db.session.merge(project), 320)
    for serial in range(60):
        make_agency(f"测试机构{serial:03d}")
    session.commit()
    for url in LISTS:
        with counted_statements() as seen:
            assert client.get(url).status_code == 200
        # Empty lists may save the statement that reads what belongs to the rows.
        assert few[url] <= len(seen) <= max(few[url] + 2, 8), url
        assert len(seen) <= 8, (url, seen)


def test_last_page_is_shown_for_a_number_beyond(client: FlaskClient, session: Session) -> None:
    project, _actor = make_open_project(now())
    session.commit()
    copy_projects(project, 45)
    answer = client.get("/projects?sort=name&page=9000")
    assert (answer.status_code, answer.location) == (302, "/projects?sort=name&page=3")


def test_address_keeps_the_whole_state(client: FlaskClient, session: Session) -> None:
    make_open_project(now())
    session.commit()
    page = client.get("/projects?q=测试&mode=random&sort=budget").text
    assert "/projects?mode=random&amp;sort=budget" in page  # the chip of the words
    assert "/projects?q=%E6%B5%8B%E8%AF%95&amp;sort=budget" in page  # the chip of the mode


def test_nothing_found_offers_to_loosen_one_thing(client: FlaskClient) -> None:
    page = client.get("/projects?q=nothing-like-this&mode=random").text
    assert 'href="/projects?mode=random"' in page
    assert 'href="/projects?q=nothing-like-this"' in page


def test_tables_hold_the_rows_and_no_formulas(client: FlaskClient, session: Session) -> None:
    make_open_project(now(), name="=HYPERLINK(1)")
    session.commit()
    rows = list(csv.reader(io.StringIO(client.get("/projects?format=csv").get_data().decode("utf-8-sig"))))
    assert len(rows) == 2
    assert rows[1][1] == "'=HYPERLINK(1)"
    assert rows[1][8] == "100000.00"
    sheet = load_workbook(io.BytesIO(client.get("/projects?format=xlsx").get_data())).worksheets[0]
    assert sheet.cell(2, 2).value == "'=HYPERLINK(1)"


def test_number_leads_straight_to_its_page(client: FlaskClient, session: Session) -> None:
    project, _actor = make_open_project(now())
    code = project.code
    session.commit()
    assert client.get("/search", query_string={"q": code.lower()}).location == f"/projects/{code}"
    assert client.get("/search", query_string={"q": SOME_MATTER}).location == f"/matters/{SOME_MATTER}"


def test_before_the_freeze_nobody_learns_who_enrolled(client: FlaskClient, session: Session) -> None:
    project, actor = make_open_project(now())
    names = [agency.name for agency, _actor in make_enrolled(project, 3, now())]
    code = project.code
    session.commit()
    readers = [None, session.get_one(User, actor.user_id), make_user(Role.OPERATOR), make_user(Role.SUPERVISOR)]
    session.commit()
    for reader in readers:
        someone = client.application.test_client()
        if reader is not None:
            enter_as(someone, db.session.merge(reader))
        page = someone.get(f"/projects/{code}").text
        assert [name for name in names if name in page] == []


def test_draft_is_found_by_its_owner_only(client: FlaskClient, session: Session) -> None:
    body, actor = make_owner_actor()
    project = operations.draft(draft_command(body), actor=actor, at=now())
    code, owner, other = project.code, session.get_one(User, actor.user_id), make_user(Role.OWNER)
    session.commit()
    assert client.get(f"/projects/{code}").status_code == 404
    assert (
        enter_as(client.application.test_client(), db.session.merge(other)).get(f"/projects/{code}").status_code == 404
    )
    assert enter_as(client, db.session.merge(owner)).get(f"/projects/{code}").status_code == 200


def test_drawn_purchase_shows_order_and_exact_record(client: FlaskClient, session: Session) -> None:
    code = make_drawn()
    page = client.get(f"/projects/{code}")
    assert page.status_code == 200
    assert f"/projects/{code}/draw.json" in page.text
    data = client.get(f"/projects/{code}/draw.json")
    record = json.loads(data.get_data())
    assert len(record["order"]) == 4
    assert data.get_data().endswith(b"\n")
    assert verify_record(data.get_data()).ok
    assert client.get(f"/projects/{code}/draws/main.json").location.endswith(f"/projects/{code}/draw.json")
    assert client.get(f"/projects/{code}/draws/tie1.json").status_code == 404
    assert all(uscc in page.text for uscc in record["order"])


def test_verify_holds_a_record_and_names_a_changed_byte(client: FlaskClient, session: Session) -> None:
    code = make_drawn()
    data = client.get(f"/projects/{code}/draw.json").get_data()
    assert "sm-seal" in client.get(f"/verify?code={code}").text
    good = client.post("/verify", data={"record": (io.BytesIO(data), "draw.json")})
    assert (good.status_code, "sm-seal" in good.text) == (200, True)
    record = json.loads(data)
    record["order"] = record["order"][::-1]
    bad = client.post("/verify", data={"record": (io.BytesIO(json.dumps(record).encode()), "draw.json")})
    assert "sm-seal" not in bad.text
    assert "order: computed" in bad.text
    for junk in (b"", b"\xff\x00", b"[" * 100_000, b"{}"):
        assert client.post("/verify", data={"record": (io.BytesIO(junk), "x")}).status_code in (200, 422)
    assert client.post("/verify").status_code == 422
    assert client.get("/verify?code=P-2026-999999").status_code == 404


def test_unsigned_contract_is_for_its_sides(client: FlaskClient, session: Session) -> None:
    deal = make_deal(at=now())
    code = make_contract(deal, at=now()).code
    owner = session.get_one(User, deal.owner.user_id)
    session.commit()
    assert client.get(f"/contracts/{code}").status_code == 404
    assert client.get(f"/contracts/{code}/text.pdf").status_code == 404
    assert enter_as(client, db.session.merge(owner)).get(f"/contracts/{code}").status_code == 200
    assert client.get(f"/contracts/{code}/text.pdf").mimetype == "application/pdf"


def test_completed_contract_shows_results_payments_and_hash(client: FlaskClient, session: Session) -> None:
    deal = make_completed(make_deal(at=now()), at=now())
    row = session.scalars(sa.select(Contract)).one()
    code, digest = row.code, row.document.sha256
    session.commit()
    page = client.get(f"/contracts/{code}").text
    assert digest in page
    assert "勘测报告" in page
    assert client.get(f"/contracts/{code}/deliverables/1/1").status_code == 302  # to the sign-in
    assert deal.code == code


def test_name_of_a_natural_person_is_masked(client: FlaskClient, session: Session) -> None:
    deal = make_deal(at=now())
    deal.project.owner.name, deal.project.owner.is_natural_person = "欧阳明月", True
    make_contract(deal, at=now())
    for party in Party:
        sign(deal, party, at=now())
    code, project = deal.code, deal.project.code
    session.commit()
    for url in (
        "/contracts",
        f"/contracts/{code}",
        f"/projects/{project}",
        "/projects",
        "/contracts?format=csv",
        "/notices",
    ):
        page = client.get(url)
        assert page.status_code == 200
        assert "欧阳明月" not in page.get_data(as_text=True), url
    assert code not in client.get("/contracts?q=欧阳明月").text


def test_agency_page_keeps_identity_numbers_and_relations_to_itself(client: FlaskClient, session: Session) -> None:
    """And, as the API does, the names of its people and the numbers of their licences: else anybody finds who works where."""
    agency = make_agency("四川测试咨询有限公司", practitioners=1)
    uscc, person = agency.uscc, agency.practitioners[0]
    name, number = person.name, person.live_licences[0].number
    session.commit()
    page = client.get(f"/agencies/{uscc}").text
    assert mask_name(name) in page
    assert name not in page
    assert number not in page
    assert "identity" not in page


def test_applicant_has_no_public_page(client: FlaskClient, session: Session) -> None:
    agency = make_agency(standing=Standing.APPLIED)
    uscc = agency.uscc
    session.commit()
    assert client.get(f"/agencies/{uscc}").status_code == 404
    assert session.scalar(sa.select(Agency.id).where(Agency.uscc == uscc)) is not None


def test_matter_page_says_law_and_qualification(client: FlaskClient, session: Session) -> None:
    version = make_matter(SOME_MATTER).published_version
    assert version is not None
    law, name = version.legal_basis.splitlines()[0], version.name
    session.commit()
    page = client.get(f"/matters/{SOME_MATTER}").text
    assert name in page
    assert law[:12] in page


def test_statistics_sum_what_the_rows_say(client: FlaskClient, session: Session) -> None:
    make_open_project(now())
    make_deal(price=8_000_000, at=now())
    session.commit()
    rows = list(csv.reader(io.StringIO(client.get("/statistics?by=mode&format=csv").get_data().decode("utf-8-sig"))))
    assert rows[1][1:3] == ["2", "0"]  # the deal of the factory carries no award price on its project
    assert client.get("/statistics?by=month&from=2026-13-01&to=x").status_code == 200


@pytest.mark.parametrize(
    ("typed", "kept"), [("  a\x00b ", "a b"), ("x" * 200, "x" * 100), ("\ud800", ""), ("甲\n乙", "甲 乙")]
)
def test_typed_text_is_made_safe(typed: str, kept: str) -> None:
    assert clean(typed) == kept


def test_what_changed_is_told_in_the_readers_language(client: FlaskClient) -> None:
    chinese = client.get("/versions").text
    client.get("/language/en")
    english = client.get("/versions").text
    assert "可验证的抽取" in chinese
    assert "The verifiable draw" not in chinese
    assert "The verifiable draw" in english
