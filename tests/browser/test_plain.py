"""Without a mouse, and without JavaScript."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import PASSWORD, PHONE, enter
from tests.browser.purchases import OWNER, make_draft, make_open
from tests.browser.site import Site

pytestmark = pytest.mark.browser


def _tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until the focus is there."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached with {most} presses of Tab")


def test_the_first_tab_leads_to_the_content(site: Site, browser: Browser) -> None:
    with enter(site, browser) as reader:
        reader.open("/projects")
        reader.page.keyboard.press("Tab")
        skip = reader.page.get_by_role("link", name="Skip to the content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        reader.page.keyboard.press("Enter")
        expect(reader.main()).to_be_focused()


def test_signing_in_and_handing_in_with_the_keyboard_alone(site: Site, browser: Browser) -> None:
    code = make_draft(site)
    with enter(site, browser) as owner:
        page = owner.page
        owner.open(f"/sign-in?next=/projects/{code}/submit")
        _tab_to(page, "#email")
        page.keyboard.type(OWNER)
        _tab_to(page, "#password", 1)
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{site.url}/projects/{code}/submit")
        _tab_to(page, "[name=confirm]")
        page.keyboard.press("Space")
        _tab_to(page, "#main button[type=submit]", 2)
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
        page.keyboard.press("Enter")
        page.wait_for_url(f"{site.url}/projects/{code}")
        owner.told("Enrolment")


def test_without_javascript_one_signs_in_enrols_and_takes_it_back(site: Site, browser: Browser) -> None:
    code = make_open(site)
    with enter(site, browser, size=PHONE, script=False) as agency:
        agency.sign_in("agency@demo.test")
        agency.open("/agency/projects")
        agency.follow(f"/agency/projects/{code}")
        agency.press_in("#enrol form")
        agency.told("You are enrolled.")
        agency.page.locator("#enrolment summary", has_text="Take the enrolment back").click()
        agency.fill({"cancel-confirm": "y"})
        agency.press_in("#enrolment form")
        agency.told("Your enrolment is taken back.")


def test_without_javascript_rows_of_a_form_come_and_go(site: Site, browser: Browser) -> None:
    code = make_draft(site)
    with enter(site, browser, OWNER, script=False) as owner:
        owner.open(f"/projects/{code}/edit")
        owner.fill({"name": "没有脚本也能填写"})
        owner.page.locator('button[value="add-deliverables"]').click()
        expect(owner.page.locator('[name="deliverables-1-name"]')).to_be_visible()
        expect(owner.page.locator("#name")).to_have_value("没有脚本也能填写")
        owner.page.locator('button[value="drop-deliverables-1"]').click()
        expect(owner.page.locator('[name="deliverables-1-name"]')).to_have_count(0)
        owner.press("Save the draft")
        owner.told("The draft is saved.")
