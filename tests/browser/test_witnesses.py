"""The witnesses' receipts, checked by the reader's own browser: a true one holds, a changed one is named."""

import json

import pytest
from playwright.sync_api import Browser, Route

from supermarket.demo import cast
from supermarket.supervision.witnessing import watch_witnesses
from tests.browser.people import DESKTOP, enter
from tests.browser.purchases import enrol, make_open
from tests.browser.site import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def drawn(site: Site) -> str:
    code = make_open(site)
    for email in cast.AGENCY_ACCOUNTS.values():
        enrol(site, email, code)
    site.pass_time(days=12)
    with site.app.app_context():
        watch_witnesses(site.now())
    return code


@pytest.mark.parametrize("path", ["/witnesses", "/projects/{code}/witnesses"])
def test_a_true_signature_holds_and_a_changed_one_does_not(site: Site, browser: Browser, drawn: str, path: str) -> None:
    with enter(site, browser, language="en", size=DESKTOP) as reader:
        reader.open(path.format(code=drawn))
        reader.page.click("#check-button")
        reader.page.wait_for_selector("#check-out[data-ok=true]")
        assert "0 do not hold" in reader.page.inner_text("#check-out")
        mark = reader.page.locator(f"[data-signature^='{drawn}|main|']")
        assert mark.inner_text().strip() == "✓ holds"

        def spoil(route: Route) -> None:
            found = json.loads(route.fetch().body())
            for row in found.get("rows") or [draw["comparison"] for draw in found["draws"]]:
                for cell in row["witnesses"]:
                    if cell["shown_here"]:
                        cell["shown_here"]["pool_hash"] = "0" * 64
            route.fulfill(json=found)

        reader.page.route("**/*witnesses.json*", spoil)
        reader.page.click("#check-button")
        reader.page.wait_for_selector("#check-out[data-ok=false]")
        assert mark.inner_text().strip() == "✗ does not hold"
