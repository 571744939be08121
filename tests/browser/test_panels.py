"""The expert's room and the editor of ways of selection with their scripts: what is kept, and what is said when it is not."""

import re

import pytest
from playwright.sync_api import Browser, expect

from supermarket.core.unit import unit
from supermarket.selection.panels import operations as panels
from supermarket.selection.panels.states import SeatState
from supermarket.supervision.demo_clock import set_clock
from supermarket.supervision.supervise import market_now
from tests.browser.people import PHONE, enter
from tests.browser.site import Site
from tests.factories.experts import make_panel

pytestmark = pytest.mark.browser


def serving(site: Site) -> tuple[str, str]:
    """A panel of three one of whom serves: that expert's address and the room's path."""
    with site.app.app_context():
        world = make_panel(market_now(), experts=4)
        set_clock(world.at)
        seat = world.seats(SeatState.INVITED)[0]
        with unit():
            panels.accept(world.code, actor=world.actor(seat), at=market_now())
        return seat.expert.email, f"/expert/panels/{world.code}"


def test_two_windows_keep_both_what_was_typed_in_them(site: Site, browser: Browser) -> None:
    email, path = serving(site)
    with enter(site, browser, email, size=PHONE) as expert:
        expert.open(path)
        second = expert.context.new_page()
        second.goto(site.url + path)
        for page, number, points in ((second, 1, "57"), (expert.page, 2, "６８")):
            page.locator(f"#scores-{number}-points").fill(points)
            page.locator(f"#scores-{number}-points").press("Tab")
            expect(page.locator("#draft-state")).to_contain_text("Kept at")
        expert.open(path)
        for number, points in enumerate(("", "57", "68")):
            expect(expert.page.locator(f"#scores-{number}-points")).to_have_value(points)
        expert.page.locator("#scores-0-points").fill("101")
        expert.page.locator("#scores-0-points").press("Tab")
        expect(expert.page.locator("#draft-state")).to_contain_text("Not kept: points are whole numbers")


def test_a_broken_line_is_told_and_mended_without_loading_the_page_anew(site: Site, browser: Browser) -> None:
    email, path = serving(site)
    with enter(site, browser, email) as expert:
        expert.open(path)
        expert.context.set_offline(True)
        expert.page.locator("#scores-0-points").fill("77")
        expert.page.locator("#scores-0-points").press("Tab")
        expect(expert.page.locator("#draft-state")).to_contain_text("Not kept: there is no connection")
        expert.context.set_offline(False)
        expect(expert.page.locator("#draft-state")).to_contain_text("Kept at")
        expert.wrong.clear()  # what Chromium says of a broken line
        expert.open(path)
        expect(expert.page.locator("#scores-0-points")).to_have_value("77")


def test_what_stands_beside_a_stage_goes_as_soon_as_it_is_mended(site: Site, browser: Browser) -> None:
    with enter(site, browser, "operator@demo.test") as operator:
        page = operator.page
        operator.open("/office/modes/new")
        operator.press("Remove stage 2")
        beside = page.locator("#stage-1-faults")
        expect(beside).to_contain_text("A shortlist does not say who is first")
        page.locator("#stages-0-keep").fill("many")
        page.locator("#stages-0-keep").press("Tab")
        expect(beside).to_have_text(re.compile("^\\s*Give a whole number.\\s*$"))
        page.locator("#stages-0-stage").select_option("draw")
        page.locator("#stages-0-keep").fill("")
        page.locator("#stages-0-keep").press("Tab")
        expect(beside).to_be_empty()
        expect(page.locator("#preview")).to_contain_text("Who may enrol")
