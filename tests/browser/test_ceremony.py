"""Who watches a draw sees the pool, the receipt, then each pick, computed in the own browser."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from supermarket.core.permissions import SYSTEM
from supermarket.demo import cast
from supermarket.projects.queries import project_for
from tests.browser.people import PHONE, enter
from tests.browser.purchases import enrol, make_open
from tests.browser.site import Site

pytestmark = pytest.mark.browser


def test_a_draw_is_watched_from_the_countdown_to_the_last_pick(site: Site, browser: Browser) -> None:
    code = make_open(site)
    for email in cast.AGENCY_ACCOUNTS.values():
        enrol(site, email, code)
    with site.app.app_context():
        project = project_for(code, SYSTEM)
        until, select_at = project.enrol_until, project.select_at
    assert until is not None and select_at is not None
    site.supervise(until + timedelta(seconds=1))
    with enter(site, browser, size=PHONE) as watcher:
        page = watcher.page
        watcher.open(f"/projects/{code}/draws/main/ceremony")
        assert page.locator("[data-there=yes]").count() == 2
        assert page.locator("#ceremony-clock").inner_text().startswith("The draw is due in ")
        site.supervise(select_at + timedelta(seconds=1))
        page.wait_for_selector("#ceremony[data-same=true]", timeout=20_000)
        assert page.locator("[data-there=yes]").count() == 4
        assert page.locator("#ceremony-picks li").count() == len(cast.AGENCY_ACCOUNTS)
        page.click("#ceremony-again button")
        page.wait_for_selector("#ceremony[data-same=true]")


def test_without_script_the_page_tells_the_same(site: Site, browser: Browser) -> None:
    code = make_open(site)
    for email in cast.AGENCY_ACCOUNTS.values():
        enrol(site, email, code)
    site.pass_time(days=12)
    with enter(site, browser, script=False) as reader:
        reader.open(f"/projects/{code}/draws/main/ceremony")
        assert reader.page.locator("#ceremony-picks li").count() == len(cast.AGENCY_ACCOUNTS)
        assert reader.page.locator("[data-there=yes]").count() == 4
