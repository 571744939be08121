"""Every kind of page, in both languages, wide and narrow: no barrier, no error, no other host, nothing cut off."""

import re
from collections.abc import Mapping

import pytest
from playwright.sync_api import Browser, Page

from config import ROOT
from supermarket.core.clock import real_now
from supermarket.core.working_days import local_date
from supermarket.demo import cast
from tests.browser.people import DESKTOP, PHONE, Person, enter
from tests.browser.purchases import OWNER, enrol, make_draft, make_open
from tests.browser.site import Site

pytestmark = pytest.mark.browser

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RUN = """() => axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`)))"""
PUBLIC = (
    "/", "/matters", "/matters/ZJ029", "/agencies", "/agencies/{uscc}", "/projects", "/projects/{drawn}", "/results",
    "/contracts", "/credit", "/statistics", "/verify", "/verify?code={drawn}", "/verify?code={drawn}&purpose=selection",
    "/verify/quotes", "/verify/quotes?code={bidding}", "/projects/{bidding}",
    "/projects/{drawn}/draws/main/ceremony",
    "/projects/{drawn}/draws/main/reveal", "/witnesses", "/projects/{drawn}/witnesses", "/notices", "/search?q=测量", "/help",
    "/open-data", "/status", "/versions", "/sign-in", "/sign-up", "/api/docs", "/projects?q=没有这样的项目", "/nowhere",
)  # fmt: skip
INSIDE: Mapping[str, tuple[str, ...]] = {
    OWNER: (
        "/home", "/owner/projects", "/projects/new", "/projects/{draft}/edit", "/projects/{draft}/submit",
        "/projects/{drawn}", "/owner/contracts", "/account",
    ),
    "agency@demo.test": (
        "/home", "/agency/projects", "/agency/projects/{open}", "/agency/projects/{bidding}", "/agency/enrolments",
        "/agency/contracts", "/agency/deliverables", "/agency/profile", "/agency/reputation",
    ),
    "operator@demo.test": (
        "/home", "/office/projects", "/office/projects/{drawn}", "/office/agencies", "/office/agencies/{uscc}",
        "/office/contracts", "/office/ratings", "/office/credit", "/office/standing", "/office/board", "/office/members",
    ),
    "regulator@demo.test": ("/home", "/office/matters", "/office/lists", "/office/standing/{uscc}"),
    "editor@demo.test": ("/home", "/office/matters/new", "/office/matters/import"),
    "supervisor@demo.test": ("/home", "/office/board"),
    "expert@demo.test": ("/home",),
}  # fmt: skip
# Words that are the same in every language: codes, addresses, formats, units, what a program or a mark is called.
LATIN = re.compile(
    r"（[a-z_]+）|\?[a-z]+=|\bhttps\b|[\[{].*[\]}]|\S+@\S+|https?://\S+|[\w./-]+\.(?:py|json|pdf|csv|xlsx|zip)|/[\w/{}.-]+|\b(?=\w*\d)[\w.-]+|\b[A-Z]{1,8}\b|English|Python"
    r"|JavaScript|key|Authorization|witness-test|demo-pass|market-lists#|OpenAPI|Bearer|Ed25519|drand|draw|quote|curl|JSON|Merkle|Chromium|YYYY\S*|mm/dd\S*"
)
WORD = re.compile(r"[A-Za-z]{3,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
TEXTS = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), texts = [];
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (parent.closest("script, style, noscript, pre, code, .sm-mono, .sm-copy, [lang]:not(html)")) continue;
        if (walker.currentNode.data.trim()) texts.push(walker.currentNode.data.trim());
    }
    for (const name of ["aria-label", "placeholder", "title", "alt"])
        for (const node of document.querySelectorAll(`[${name}]:not([lang])`)) texts.push(node.getAttribute(name));
    return texts;
}"""
FRAME = """() => [...document.querySelectorAll("nav, footer li, button, label, th, dt, legend, summary, h2")]
    .filter(node => !node.closest("[lang]:not(html)")).map(node => node.innerText.trim())"""


@pytest.fixture(scope="session")
def places(site: Site) -> dict[str, str]:
    """One purchase of each kind that the pages below are about."""
    drawn = make_open(site)
    for email in cast.AGENCY_ACCOUNTS.values():
        enrol(site, email, drawn)
    site.pass_time(days=12)
    return {
        "drawn": drawn,
        "open": make_open(site),
        "bidding": make_open(site, mode="bidding"),
        "draft": make_draft(site),
        "uscc": cast.agencies(2, local_date(real_now()))[1].uscc,
    }


def _found(page: Page, language: str) -> list[str]:
    """What is wrong with the page as it stands."""
    page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN)
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("scrolls sideways")
    lang = page.locator("html").get_attribute("lang")
    if lang != language.replace("_", "-"):
        found.append(f"lang is {lang}")
    if language == "zh_CN":
        texts: list[str] = [] if page.url.endswith("/api/docs") else page.evaluate(TEXTS)  # its words are the API's
        found += [f"English words: {text[:80]}" for text in texts if WORD.search(LATIN.sub("", text))]
    else:
        frame: list[str] = page.evaluate(FRAME)
        found += [f"Chinese words: {text[:80]}" for text in frame if _is_ours_in_chinese(text)]
    return found


def _is_ours_in_chinese(text: str) -> bool:
    """Whether a word of the frame is Chinese; names of people, bodies and regions are long or stand beside English."""
    return bool(CHINESE.search(text)) and not WORD.search(text) and 1 < len(text) <= 6 and text != "中文"


def _walk(person: Person, paths: tuple[str, ...], places: Mapping[str, str], language: str) -> list[str]:
    wrong = []
    for path in paths:
        person.open(path.format(**places))
        wrong += [f"{path}: {item}" for item in _found(person.page, language)]
    return wrong


@pytest.mark.parametrize(("language", "size"), [("zh_CN", PHONE), ("en", DESKTOP)])
def test_public_pages(
    site: Site, browser: Browser, places: dict[str, str], language: str, size: tuple[int, int]
) -> None:
    with enter(site, browser, language=language, size=size) as reader:
        assert _walk(reader, PUBLIC, places, language) == []


@pytest.mark.parametrize(
    ("email", "language", "size"),
    [*((email, "zh_CN", PHONE) for email in INSIDE), *((email, "en", DESKTOP) for email in list(INSIDE)[:3])],
)
def test_pages_of_a_role(
    site: Site, browser: Browser, places: dict[str, str], email: str, language: str, size: tuple[int, int]
) -> None:
    with enter(site, browser, email, language=language, size=size) as person:
        assert _walk(person, INSIDE[email], places, language) == []


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_forms_with_mistakes(site: Site, browser: Browser, places: dict[str, str], language: str) -> None:
    with enter(site, browser, language=language, size=PHONE) as person:
        person.open("/sign-up")
        person.press_in("#main form")
        assert _found(person.page, language) == []
    with enter(site, browser, OWNER, language=language, size=PHONE) as person:
        for path in ("/projects/new", f"/projects/{places['draft']}/submit"):
            person.open(path)
            with person.page.expect_response(lambda response: response.request.method == "POST") as coming:
                person.press_in("#main form.sm-form")
            assert coming.value.status == 422
            assert _found(person.page, language) == []
