"""Quotes sealed in the bidder's own browser: nothing of the amount leaves it, and nothing is lost on the way."""

import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request, Route, expect

from supermarket.extensions import db
from supermarket.gateways import Gateways
from supermarket.gateways.money_words import rmb_in_words
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.projects.models import Project
from supermarket.selection.models import OpenedQuote, Quote, QuoteList
from supermarket.selection.quotes_body import QuoteError
from supermarket.selection.quotes_kept import check_kept, parse_book, parse_kept
from supermarket.selection.quotes_proved import check_with_log, read_proof
from tests.browser.people import DESKTOP, PHONE, Person, enter
from tests.browser.purchases import enrol, make_open
from tests.browser.site import Site
from tests.browser.test_accessible import _found
from tests.unit.selection.test_quotes_fuzzed import _changes
from tests.unit.selection.test_quotes_proved import BOOK, KEPT, Content, body_for, make_proof, proofs

pytestmark = pytest.mark.browser
AGENCY = "agency@demo.test"
AMOUNT = "#seal-amount"
SEAL = "#seal-form button[type=submit]"


def quotes(site: Site, code: str) -> int:
    """How many quotes of a purchase came in."""
    with site.app.app_context():
        return db.session.query(Quote).join(Project).filter(Project.code == code).count()


def seal(person: Person, amount: str) -> None:
    """Type the amount, look at it, say yes."""
    person.page.fill(AMOUNT, amount)
    person.page.click(SEAL)
    person.confirm()


def saved(person: Person, into: Path) -> bytes:
    """Save the file that the page offers."""
    with person.page.expect_download() as coming:
        person.page.locator("#seal-out a[download]").click()
    coming.value.save_as(into / "kept.json")
    return (into / "kept.json").read_bytes()


@pytest.fixture
def code(site: Site) -> str:
    """A purchase with sealed quotes in which the agency has enrolled."""
    made = make_open(site, mode="bidding", floor=2_000_000)
    enrol(site, AGENCY, made)
    return made


@contextmanager
def bidder(site: Site, browser: Browser, code: str, language: str = "en", **more: tuple[int, int]) -> Iterator[Person]:
    """The agency at the page of the purchase."""
    with enter(site, browser, AGENCY, language=language, **more) as person:
        person.open(f"/agency/projects/{code}")
        expect(person.page.locator("#seal")).to_be_visible()
        yield person


def test_wrong_amounts_are_explained_at_the_field_and_nothing_is_sent(site: Site, browser: Browser, code: str) -> None:
    with bidder(site, browser, code, size=PHONE) as agency:
        posted: list[str] = []
        agency.page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
        for typed, says in (
            ("3.5万", "without a unit"),
            ("-1", "cannot be negative"),
            ("128000.01", "Quote between ¥20,000.00 and ¥128,000.00."),
            ("19999.99", "Quote between"),
            ("12.345", "at most two decimals"),
            ("1,28000", "The commas are not at the thousands"),
            ("1e5", "all digits"),
            ("", "Enter an amount"),
            ('"><img src=x onerror=alert(1)>', "as digits"),
        ):
            agency.page.fill(AMOUNT, typed)
            agency.page.click(SEAL)
            expect(agency.page.locator("#seal-error")).to_contain_text(says)
            expect(agency.page.locator(AMOUNT)).to_have_value(typed)
            expect(agency.page.locator(AMOUNT)).to_have_attribute("aria-invalid", "true")
        assert _found(agency.page, "en") == []
        assert posted == []
    assert quotes(site, code) == 0


@pytest.mark.parametrize(("language", "size"), [("zh_CN", PHONE), ("en", DESKTOP)])
def test_the_amount_leaves_the_browser_only_in_the_file(
    site: Site, browser: Browser, code: str, tmp_path: Path, language: str, size: tuple[int, int]
) -> None:
    sent: list[str] = []

    def note(request: Request) -> None:
        sent.append(f"{request.url} {request.post_data or ''} {json.dumps(request.headers)}")

    with bidder(site, browser, code, language, size=size) as agency:
        agency.page.on("request", note)
        agency.page.fill(AMOUNT, "９8,765.43")
        expect(agency.page.locator("#seal-shown")).to_contain_text("¥98,765.43")
        expect(agency.page.locator("#seal-shown")).to_contain_text(rmb_in_words(9_876_543))
        assert _found(agency.page, language) == []
        agency.page.click(SEAL)
        expect(agency.page.get_by_role("dialog")).to_contain_text("¥98,765.43")
        assert _found(agency.page, language) == []
        agency.confirm()
        expect(agency.page.locator("#seal-out")).to_contain_text("¥98,765.43")
        assert _found(agency.page, language) == []
        data = saved(agency, tmp_path)
        kept = parse_kept(data)
        salt = kept.body.decode().split("\n")[5]
        assert not [each for each in sent if re.search(f"98,?765|9876543|{salt}|quote-v1", each)]
        assert len([each for each in sent if each.startswith(f"{site.url}/agency/projects/{code}/quote ")]) == 1
        agency.page.reload()
        expect(agency.page.locator(f"[data-kept='{kept.commitment}']")).to_contain_text("¥98,765.43")
        assert _found(agency.page, language) == []
        book = agency.page.request.get(f"{site.url}/projects/{code}/quotes.json").body()
        agency.open(f"/verify/quotes?code={code}")
        agency.page.set_input_files("#kept-file", {"name": "k.json", "mimeType": "application/json", "buffer": data})
        agency.page.wait_for_selector("#verify-out[data-ok=true]")
        agency.page.wait_for_selector("#book-out[data-ok=true]")
        assert _found(agency.page, language) == []
    assert check_kept(kept, parse_book(book)).ok
    with site.app.app_context():
        row = db.session.query(Quote).filter(Quote.commitment == kept.commitment).one()
        assert row.ciphertext.hex() == json.loads(data)["ciphertext"]


def test_what_was_sealed_here_opens_there(site: Site, browser: Browser, code: str) -> None:
    for email in ("agency2@demo.test", "agency3@demo.test"):
        enrol(site, email, code)
        with enter(site, browser, email) as other:
            other.open(f"/agency/projects/{code}")
            seal(other, "120000")
            expect(other.page.locator("#seal-out")).to_contain_text("was received at")
    with bidder(site, browser, code) as agency:
        seal(agency, "110000")
        agency.page.get_by_role("button", name="Done").click()
        agency.page.wait_for_load_state()
        seal(agency, "100000.01")
        expect(agency.page.locator("#seal-out")).to_contain_text("Quote no. 2")
    site.supervise(until_of(site, code) + timedelta(minutes=30))
    with site.app.app_context():
        amounts = db.session.query(OpenedQuote.amount).join(Quote).join(Project).filter(Project.code == code)
        assert sorted(row.amount for row in amounts) == [10_000_001, 12_000_000, 12_000_000]
    site.pass_time(days=1)
    with enter(site, browser) as reader:
        reader.open(f"/verify/quotes?code={code}")
        reader.page.wait_for_selector("#book-out[data-ok=true]")
        expect(reader.page.locator("#book-out li[data-state=holds]")).to_have_count(4)


def until_of(site: Site, code: str) -> datetime:
    """The end of enrolment."""
    with site.app.app_context():
        until = db.session.query(Project).filter_by(code=code).one().enrol_until
    assert until is not None
    return until


def key_due(site: Site, code: str) -> datetime:
    """When a key that is missing is no longer waited for."""
    with site.app.app_context():
        return db.session.query(QuoteList).join(Project).filter(Project.code == code).one().key_due_at


@pytest.mark.parametrize("arrived", [False, True], ids=["lost-on-the-way-there", "lost-on-the-way-back"])
def test_a_connection_that_breaks_loses_nothing(
    site: Site, browser: Browser, code: str, tmp_path: Path, arrived: bool
) -> None:
    def lose(route: Route) -> None:
        if arrived:
            route.fetch()
        route.abort()

    with bidder(site, browser, code) as agency:
        agency.page.route("**/quote", lose)
        seal(agency, "88000")
        expect(agency.page.locator("#seal-out")).to_contain_text("The connection broke")
        assert parse_kept(saved(agency, tmp_path)).receipt is None
        agency.page.unroute("**/quote")
        agency.page.reload()
        if not arrived:
            expect(agency.page.locator("#seal-out")).to_contain_text("has no receipt yet")
            agency.press("Send it again")
        expect(agency.page.locator("#seal-out")).to_contain_text("Quote no. 1 was received at")
        assert parse_kept(saved(agency, tmp_path)).receipt is not None
        agency.wrong.clear()  # the browser itself complains of what the test has cut off
    assert quotes(site, code) == 1


def test_other_keys_than_the_published_ones_seal_nothing(site: Site, browser: Browser, code: str) -> None:
    def swap(route: Route) -> None:
        answer = route.fetch()
        book = answer.json()
        book["keys"]["witness"] = "ab" * 32
        route.fulfill(response=answer, json=book)

    with bidder(site, browser, code) as agency:
        agency.page.route("**/quotes.json", swap)
        seal(agency, "88000")
        expect(agency.page.locator("#seal-out")).to_contain_text("not the published ones")
        agency.page.unroute("**/quotes.json")
        agency.page.evaluate("localStorage.setItem('witness:witness-test', 'cd'.repeat(32))")
        seal(agency, "88000")
        expect(agency.page.locator("#seal-out")).to_contain_text("another than the one this browser has seen")
    assert quotes(site, code) == 0


def test_a_second_tab_is_told_and_loses_nothing(site: Site, browser: Browser, code: str) -> None:
    with bidder(site, browser, code) as agency:
        second = agency.context.new_page()
        second.goto(agency.page.url)
        expect(second.locator("#seal")).to_be_visible()
        seal(agency, "88000")
        expect(agency.page.locator("#seal-out")).to_contain_text("was received")
        second.fill(AMOUNT, "87000")
        second.click(SEAL)
        second.get_by_role("dialog").get_by_role("button").last.click()
        expect(second.locator("#seal-out")).to_contain_text("Your quote no. 1 was received already")
        second.get_by_role("button", name="Throw it away").click()
        expect(second.locator(AMOUNT)).to_be_visible()
    assert quotes(site, code) == 1


def test_without_script_the_page_says_what_is_needed(site: Site, browser: Browser, code: str) -> None:
    with enter(site, browser, AGENCY, script=False) as agency:
        agency.open(f"/agency/projects/{code}")
        expect(agency.page.locator("noscript .sm-notice")).to_be_visible()
        expect(agency.page.locator(AMOUNT)).to_be_hidden()


def test_the_body_is_handed_in_where_the_witness_is_silent(site: Site, browser: Browser, code: str) -> None:
    gateways: Gateways = site.app.extensions["gateways"]
    witness = gateways.witness
    assert isinstance(witness, MemoryWitness)
    others = []
    for email in ("agency2@demo.test", "agency3@demo.test"):
        enrol(site, email, code)
        others.append(email)
    with bidder(site, browser, code, size=PHONE) as agency:
        seal(agency, "88000")
        expect(agency.page.locator("#seal-out")).to_contain_text("was received")
        for email in others:
            with enter(site, browser, email) as other:
                other.open(f"/agency/projects/{code}")
                seal(other, "99000")
                expect(other.page.locator("#seal-out")).to_contain_text("was received")
        witness.down = True
        try:
            site.supervise(until_of(site, code) + timedelta(minutes=1))
            site.supervise(key_due(site, code) + timedelta(hours=1))
        finally:
            witness.down = False
        agency.open(f"/agency/projects/{code}")
        agency.told("Hand in the body of your quote")
        assert _found(agency.page, "en") == []
        agency.page.get_by_role("button", name="Insert kept quote no. 1").click()
        agency.press("Hand in the body")
        agency.told("The body is the one that was sealed")
    with site.app.app_context():
        opened = db.session.query(OpenedQuote.amount).join(Quote).join(Project).filter(Project.code == code).all()
        assert [row.amount for row in opened] == [8_800_000]


CHECK = """async (pairs) => {
    const { checkKept, parseBook, parseKept } = await import("/static/verify/quote.js");
    const { parseProof } = await import("/static/verify/log.js");
    const bytes = (value) => new TextEncoder().encode(JSON.stringify(value));
    const found = [];
    for (const [kept, book, proof] of pairs) {
        try {
            const files = [parseKept(bytes(kept)), book && parseBook(bytes(book))];
            const { ok, steps } = await checkKept(...files, proof && parseProof(bytes(proof)));
            found.push([ok, steps.map(({ name, state }) => `${name} ${state}`)]);
        } catch (error) { found.push([error.message, []]); }
    }
    return found;
}"""


def test_browser_and_server_check_alike(site: Site, browser: Browser) -> None:
    chance = random.Random(20261129)
    pairs: list[tuple[Content, Content | None, Content | None]]
    pairs = [(kept, book, None) for _wrong, kept, book in _changes()]
    for kept, book, _proof in list(pairs):
        for _time in range(12):
            name = chance.choice(sorted(kept))
            changed = {**kept, name: chance.choice([None, "", "x", 1, [], "ab" * 32, chance.random()])}
            pairs.append((changed, book, None))
    for _wrong, proof in proofs():
        pairs.append((KEPT, BOOK, proof))
        for name in sorted(proof or ()):
            odd = [None, "", "x", 0, 1, 7, -1, [], [[]], {}, "ab" * 32, 2.5, True, ["ab" * 32], ["ab" * 32] * 63]
            pairs += [(KEPT, BOOK, {**(proof or {}), name: value}) for value in chance.sample(odd, 5)]
    times = [
        "2026-02-30T00:00:00Z",
        "2026-02-28T24:00:00Z",
        "2026-02-28T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "2026-2-28",
    ]
    good = make_proof(body_for(KEPT))
    for at in times:
        signatures = [{**each, "at": at} for each in good["signatures"]]  # type: ignore[attr-defined]  # a list
        pairs.append((KEPT, BOOK, {**good, "signatures": signatures}))
    with enter(site, browser) as reader:
        reader.open("/verify/quotes")
        answers = reader.page.evaluate(CHECK, pairs)
    assert len(pairs) > 900
    for (kept, book, proof), (ok, steps) in zip(pairs, answers, strict=True):
        try:
            public = None if book is None else parse_book(json.dumps(book).encode())
            given = None if proof is None else read_proof(json.dumps(proof).encode())
            ours = check_with_log(parse_kept(json.dumps(kept).encode()), public, given)
        except QuoteError as error:
            assert ok == error.code, (kept, proof)
        else:
            assert ok == ours.ok, (kept, proof, steps)
            told = steps if proof is not None else [step for step in steps if step.endswith("differs")]
            assert told == [
                f"{step.name} {step.state.value}" for step in ours.steps if proof is not None or step.state == "differs"
            ], (kept, proof)
