"""The auction's room on a phone: the button, an own amount, the agent whose floor leaves the page in no request."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from supermarket.core.permissions import SYSTEM
from supermarket.demo import cast
from supermarket.projects.queries import project_for
from tests.browser.people import DESKTOP, PHONE, enter
from tests.browser.purchases import enrol, make_open
from tests.browser.site import Site
from tests.browser.test_accessible import AXE, RUN

pytestmark = pytest.mark.browser


def running(site: Site) -> str:
    """A live auction of the demo's three agencies that has just begun; gives its number."""
    code = make_open(site, mode="bidding", live=True)
    for email in cast.AGENCY_ACCOUNTS.values():
        enrol(site, email, code)
    with site.app.app_context():
        project = project_for(code, SYSTEM)
        until, select_at = project.enrol_until, project.select_at
    assert until is not None and select_at is not None
    site.supervise(until + timedelta(seconds=1))
    site.supervise(select_at + timedelta(seconds=1))
    return code


def shown(page: Page, name: str) -> str:
    return page.locator(f'[data-show="{name}"]').first.inner_text()


def until(met: Callable[[], bool], page: Page) -> None:
    """Look again and again: the page's policy lets no test wait inside it."""
    end = time.monotonic() + 15
    while not met():
        assert time.monotonic() < end, page.locator("#main").inner_text()
        page.wait_for_timeout(50)


def test_the_button_an_own_amount_and_the_agent_in_the_page(site: Site, browser: Browser) -> None:
    code = running(site)
    with (
        enter(site, browser, "agency@demo.test", size=PHONE) as bidder,
        enter(site, browser, "agency2@demo.test", size=DESKTOP) as rival,
    ):
        page, other = bidder.page, rival.page
        sent: list[str] = []
        page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
        bidder.open(f"/agency/projects/{code}/auction")
        rival.open(f"/agency/projects/{code}/auction")
        button = page.locator("[data-quick] button")
        expect(button).to_have_text("Bid ¥128,000.00")
        box = button.bounding_box()
        assert box is not None and box["y"] + box["height"] <= PHONE[1]  # under the thumb, without scrolling
        button.click()
        until(lambda: shown(page, "lowest") == "¥128,000.00", page)
        until(lambda: shown(page, "place") == "You are ahead", page)
        assert page.locator("[data-quick]").is_hidden()
        until(lambda: shown(other, "lowest") == "¥128,000.00", other)
        # The rival asks for too much, is told what would be accepted, and bids it.
        other.locator("#bid-amount").fill("127999.99")
        other.locator(".sm-auction__act form:not([data-quick]) button").click()
        until(lambda: "What would be accepted now: ¥127,360.00." in shown(other, "said"), other)
        other.locator("[data-quick] button").click()
        until(lambda: shown(other, "place") == "You are ahead", other)
        # The agent answers by itself, down to its floor and not below.
        until(lambda: shown(page, "lowest") == "¥127,360.00", page)
        page.locator("#page-floor").fill("126,100.07")
        page.locator("[data-agent-start]").click()
        until(lambda: shown(page, "lowest") == "¥126,720.00", page)
        until(lambda: other.locator("[data-quick] button").inner_text() == "Bid ¥126,080.00", other)
        other.locator("[data-quick] button").click()
        until(lambda: "The agent stopped" in shown(page, "agent"), page)
        until(lambda: shown(page, "place") == "You are not ahead", page)
        assert not any("126100" in item or "126,100" in item or "12610007" in item for item in sent)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        for each in (page, other):
            each.evaluate(AXE)
            assert each.evaluate(RUN) == []
    with enter(site, browser) as watcher:
        watcher.open(f"/projects/{code}/auction")
        until(lambda: watcher.page.locator(".sm-auction__bids tbody tr").count() == 4, watcher.page)
        assert "¥126,080.00" in shown(watcher.page, "lowest")
        watcher.page.evaluate(AXE)
        assert watcher.page.evaluate(RUN) == []
