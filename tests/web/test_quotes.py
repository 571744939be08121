"""The bidder's page: the amount is sealed in the browser; where the owner opted out, on arrival, and the page says so."""

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.agencies.models import Agency
from supermarket.core.clock import now
from supermarket.core.draw import format_time
from supermarket.core.events import Event
from supermarket.core.log_proof import parse_proof
from supermarket.modes.table import Seal
from supermarket.projects.models import Project
from supermarket.selection.bidder import seal_as_bidder
from supermarket.selection.models import Quote
from supermarket.selection.quotes_body import commitment_of
from supermarket.selection.quotes_kept import check_kept, parse_book, parse_kept
from supermarket.supervision.sealing import sign_head
from supermarket.witnesses.log_queries import next_head_at
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.projects import make_open_project
from tests.factories.web import make_browser, words_of
from tests.factories.witnesses import make_witnesses, witnessed_by


def enrolled(app: Flask, **changes: object) -> tuple[Project, Agency, FlaskClient, str]:
    """A purchase with sealed quotes, an agency that enrolled, its browser, and the page's address."""
    project, _owner = make_open_project(now(), mode="bidding", **changes)
    agency = make_agency()
    browser = make_browser(app, make_agency_actor(agency))
    url = f"/agency/projects/{project.code}"
    assert browser.post(f"{url}/enrol").status_code == 303
    return project, agency, browser, url


def test_the_amount_has_no_way_out_of_the_page(app: Flask, session: Session) -> None:
    project, agency, browser, url = enrolled(app)
    html = browser.get(url).get_data(as_text=True)
    field = re.search(r'<input[^>]*id="seal-amount"[^>]*>', html)
    assert field is not None and "name=" not in field[0]
    assert 'name="quote-amount"' not in html
    assert "js/quote.js" in html and "<noscript>" in html
    data = json.loads(re.search(r"data-seal='([^']+)'", html)[1])  # type: ignore[index]  # it is there, see above
    assert (data["uscc"], data["seq"], data["ceiling"]) == (agency.uscc, 1, str(project.ceiling))
    assert data["keys"]["operator"] == project.quote_keys["operator"]  # type: ignore[index]  # a bidding project has keys


def test_a_sealed_quote_gets_its_receipt_and_the_book_shows_nothing_of_it(app: Flask, session: Session) -> None:
    project, agency, browser, url = enrolled(app)
    assert project.quote_keys is not None
    made = seal_as_bidder(project.code, agency.uscc, 1, 8_800_000, project.quote_keys)
    sent = {"seq": 1, "commitment": made.sealed.commitment, "ciphertext": made.sealed.ciphertext.hex()}
    before = browser.get(f"/projects/{project.code}/quotes.json").json
    answer = browser.post(f"{url}/quote", data=sent)
    assert answer.status_code == 201
    assert answer.json is not None and before is not None
    assert browser.get(f"/projects/{project.code}/quotes.json").json == before
    kept = {
        "format": "quote-kept-v1",
        "project": project.code,
        "uscc": agency.uscc,
        "seq": 1,
        "body": made.body.decode(),
        "commitment": sent["commitment"],
        "ciphertext": sent["ciphertext"],
        "keys": {"operator": project.quote_keys["operator"], "witness": project.quote_keys["witness"]},
        "receipt": answer.json["receipt"],
    }
    found = check_kept(parse_kept(json.dumps(kept).encode()), parse_book(json.dumps(before).encode()))
    assert found.ok
    assert [step.name for step in found.steps if step.state == "holds"] == ["commitment", "body", "receipt", "project"]
    assert browser.post(f"{url}/quote", data=sent).json == answer.json, "sent again: the same receipt"
    page = words_of(browser.get(url).get_data(as_text=True))
    assert "88,000" not in page and "8800000" not in page
    receipt = browser.get(f"{url}/receipts/1").json
    assert receipt is not None
    assert receipt["receipt"] == answer.json["receipt"] and "body" not in receipt
    assert receipt["log"] == {"next_head_at": format_time(next_head_at(now()))}, "under no head yet"
    assert browser.get(f"{url}/receipts/3").status_code == 404


def test_a_bidder_gets_the_proof_that_its_quote_stands_in_the_log_once_the_head_is_signed(
    app: Flask, session: Session
) -> None:
    project, agency, browser, url = enrolled(app)
    assert project.quote_keys is not None
    made = seal_as_bidder(project.code, agency.uscc, 1, 8_800_000, project.quote_keys)
    sent = {"seq": 1, "commitment": made.sealed.commitment, "ciphertext": made.sealed.ciphertext.hex()}
    assert browser.post(f"{url}/quote", data=sent).status_code == 201
    assert browser.get(f"{url}/quotes/1/proof").status_code == 404
    page = words_of(browser.get(url).get_data(as_text=True))
    assert "Your newest quote is under the log's next head" in page and "Proof" not in page
    with witnessed_by(*make_witnesses("regulator", "discipline")):
        sign_head(now())
        answer = browser.get(f"{url}/quotes/1/proof")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{project.code}-proof-1.json"'
        assert "no-store" in answer.headers["Cache-Control"]
        proof = parse_proof(answer.data)
        assert proof.stands() and proof.false_signatures() == ()
        assert [each.by for each in proof.signatures] == ["regulator", "discipline"]
        event = proof.event()
        assert event is not None
        assert event["data"] == {"agency_uscc": agency.uscc, "seq": 1, "commitment": sent["commitment"]}
        assert browser.get(f"{url}/receipts/1").get_json()["log"] == {"proof": f"{url}/quotes/1/proof"}
        page = words_of(browser.get(url).get_data(as_text=True))
        assert "Keep the proof beside your file" in page and "Proof" in page
        other = make_browser(app, make_agency_actor(make_agency()))
        assert other.get(f"{url}/quotes/1/proof").status_code == 404
        assert browser.get(f"{url}/quotes/2/proof").status_code == 404
        assert app.test_client().get(f"{url}/quotes/1/proof").status_code in {302, 303, 401}


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"seq": "2"}, 422, "Your next quote is no. 1."),
        ({"seq": "x"}, 422, "Give a whole number"),
        ({"commitment": "Z" * 64}, 422, "A commitment is SHA-256 in 64 lower-case hex digits."),
        ({"ciphertext": "00"}, 422, "This is no sealed quote for this project: it has 1 bytes."),
        ({"ciphertext": "zz"}, 422, "Give the sealed quote in lower-case hex."),
        ({"ciphertext": ""}, 422, "Please fill this in."),
    ],
)
def test_what_is_malformed_gets_one_sentence_and_changes_nothing(
    app: Flask, session: Session, change: dict[str, str], status: int, sentence: str
) -> None:
    project, agency, browser, url = enrolled(app)
    assert project.quote_keys is not None
    made = seal_as_bidder(project.code, agency.uscc, 1, 8_800_000, project.quote_keys).sealed
    events = session.query(Event).count()
    sent = {"seq": "1", "commitment": made.commitment, "ciphertext": made.ciphertext.hex()} | change
    answer = browser.post(f"{url}/quote", data=sent)
    assert answer.status_code == status
    assert answer.json is not None
    assert sentence in " ".join(answer.json["errors"])
    assert (session.query(Quote).count(), session.query(Event).count()) == (0, events)


def test_where_the_owner_opted_out_the_page_says_who_can_see_the_amount(app: Flask, session: Session) -> None:
    project, _agency, browser, url = enrolled(app, seal=Seal.SERVER)
    page = words_of(browser.get(url).get_data(as_text=True))
    assert "The operator can see the amount" in page
    public = words_of(browser.get(f"/projects/{project.code}").get_data(as_text=True))
    assert "opted out" in public
    assert "Quotes Sealed by the operator's server on arrival" in public, "among the key facts, for every reader"
    assert browser.get(f"/api/v1/projects/{project.code}").get_json()["seal"] == "server"
    for wrong in ("3.5万", "-1", "0", "100000.01", "", "1e3", "9" * 40):
        answer = browser.post(f"{url}/open-quote", data={"quote-amount": wrong})
        assert answer.status_code == 422, wrong
        assert 'id="quote-amount-error"' in answer.get_data(as_text=True)
    assert session.query(Quote).count() == 0
    answer = browser.post(f"{url}/open-quote", data={"quote-amount": "88,000.00"})
    assert answer.status_code == 201
    found = re.search(r"(quote-v1\n.*?)</pre>", answer.get_data(as_text=True), re.S)
    assert found is not None
    body = found.group(1)
    row = session.query(Quote).one()
    assert row.commitment == commitment_of(body.encode())
    kept = browser.post(f"{url}/quote-file", data={"body": body.replace("\n", "\r\n")})
    assert kept.headers["Content-Disposition"].startswith("attachment")
    parsed = parse_kept(kept.data)
    assert parsed.receipt is not None and parsed.receipt_key is not None
    assert parsed.body.decode() == body and parsed.receipt.holds(bytes.fromhex(parsed.receipt_key))
    assert browser.post(f"{url}/quote-file", data={"body": body + "x"}).status_code == 404
    assert browser.post(f"{url}/open-quote", data={"quote-amount": "87000"}).status_code == 201
    page = browser.get(url).get_data(as_text=True)
    assert "replaced" in words_of(page) and "88,000" not in page and "87,000" not in page


def test_without_opting_out_the_server_seals_nothing(app: Flask, session: Session) -> None:
    project, _agency, browser, url = enrolled(app)
    public = words_of(browser.get(f"/projects/{project.code}").get_data(as_text=True))
    assert "Quotes Sealed by the bidders themselves" in public
    assert browser.get(f"/api/v1/projects/{project.code}").get_json()["seal"] == "client"
    drawn, _owner = make_open_project(now(), mode="random")
    assert browser.get(f"/api/v1/projects/{drawn.code}").get_json()["seal"] is None
    answer = browser.post(f"{url}/open-quote", data={"quote-amount": "88,000.00"})
    assert answer.status_code == 422
    assert session.query(Quote).count() == 0
