"""Who watches a draw sees the pool, the receipt, then each pick, computed in the own browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from supermarket.core.permissions import SYSTEM
from supermarket.demo import cast
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.projects.queries import project_for
from tests.browser.people import PHONE, enter
from tests.browser.purchases import enrol, make_open
from tests.browser.site import Site

pytestmark = pytest.mark.browser


@contextmanager
def witness_off(site: Site) -> Iterator[None]:
    """The witness's machine is off."""
    witness = site.app.extensions["gateways"].witness
    assert isinstance(witness, MemoryWitness)
    witness.down = True
    try:
        yield
    finally:
        witness.down = False


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
        page.evaluate("window.same = true")  # nothing is loaded anew: a screen in a hall stays as it is
        site.supervise(select_at + timedelta(seconds=1))
        page.wait_for_selector("#ceremony[data-same=true]", timeout=20_000)
        assert page.evaluate("window.same") is True
        places = [cell.inner_text() for cell in page.locator("#ceremony-members [data-place]").all()]
        assert sorted(places) == ["1", "2", "3"]
        assert page.locator("[data-there=yes]").count() == 4
        assert page.locator("#ceremony-picks li").count() == len(cast.AGENCY_ACCOUNTS)
        page.click("#ceremony-again button")
        page.wait_for_selector("#ceremony[data-same=true]")


def test_who_watches_sees_who_did_not_reveal_and_what_follows(site: Site, browser: Browser) -> None:
    code = make_open(site)
    for email in cast.AGENCY_ACCOUNTS.values():
        enrol(site, email, code)
    with site.app.app_context():
        project = project_for(code, SYSTEM)
        until, select_at = project.enrol_until, project.select_at
    assert until is not None and select_at is not None
    site.supervise(until + timedelta(seconds=1))
    with witness_off(site), enter(site, browser) as watcher:
        site.supervise(select_at + timedelta(seconds=1))
        page = watcher.page
        watcher.open(f"/projects/{code}/draws/main/ceremony")
        assert page.locator("#ceremony-clock").inner_text().startswith("The parties reveal: 0:0")
        assert [each.get_attribute("data-state") for each in page.locator("#ceremony-state ul li").all()] == [
            "revealed",
            "bound",
        ]
        site.supervise(select_at + timedelta(minutes=10, seconds=1))
        page.wait_for_selector("#ceremony-state[data-phase=lottery]", timeout=20_000)
        assert [each.get_attribute("data-state") for each in page.locator("#ceremony-state ul li").all()] == [
            "revealed",
            "refused",
        ]
        assert "Not revealed in time: the witness witness-test." in page.locator("#ceremony-state").inner_text()
        assert page.locator("#ceremony-clock").inner_text().startswith("Sales of an issue that counts close in 0:59:")


def test_it_is_shown_large_for_a_hall(site: Site, browser: Browser) -> None:
    code = make_open(site)
    for email in cast.AGENCY_ACCOUNTS.values():
        enrol(site, email, code)
    site.pass_time(days=12)
    with enter(site, browser) as watcher:
        page = watcher.page
        watcher.open(f"/projects/{code}/draws/main/ceremony")
        page.click("#ceremony-large button")
        page.wait_for_function("document.fullscreenElement?.id === 'ceremony'")
        assert page.locator("#ceremony-large").inner_text().strip() == "Back to the page"
        page.click("#ceremony-large button")
        page.wait_for_function("document.fullscreenElement === null")


def test_without_script_the_page_tells_the_same(site: Site, browser: Browser) -> None:
    code = make_open(site)
    for email in cast.AGENCY_ACCOUNTS.values():
        enrol(site, email, code)
    site.pass_time(days=12)
    with enter(site, browser, script=False) as reader:
        reader.open(f"/projects/{code}/draws/main/ceremony")
        assert reader.page.locator("#ceremony-picks li").count() == len(cast.AGENCY_ACCOUNTS)
        assert reader.page.locator("[data-there=yes]").count() == 4
