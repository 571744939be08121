"""In and out, in both languages."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import PHONE, enter
from tests.browser.site import Site

pytestmark = pytest.mark.browser


def test_the_front_page_is_chinese_and_leads_to_the_form(site: Site, browser: Browser) -> None:
    with enter(site, browser, language="zh_CN") as reader:
        reader.open("/")
        expect(reader.page.locator("html")).to_have_attribute("lang", "zh-CN")
        reader.page.get_by_role("banner").get_by_role("link", name="登录").click()
        expect(reader.page.get_by_role("heading", level=1)).to_have_text("登录")


def test_a_wrong_password_keeps_the_address_and_says_what_is_wrong(site: Site, browser: Browser) -> None:
    with enter(site, browser) as somebody:
        somebody.open("/sign-in")
        somebody.fill({"email": "owner@demo.test", "password": "something-else"})
        somebody.press_in("form:has(#password)")
        expect(somebody.main().locator(".sm-summary")).to_contain_text("E-mail address or password is not right")
        expect(somebody.page.locator("#email")).to_have_value("owner@demo.test")
        expect(somebody.page.locator("#password")).to_have_value("")


def test_one_finds_a_desk_and_leaves_again(site: Site, browser: Browser) -> None:
    with enter(site, browser, size=PHONE) as person:
        person.sign_in("owner@demo.test")
        expect(person.page.get_by_role("heading", level=1)).to_have_count(1)
        person.page.locator("details[data-menu] summary").click()
        person.page.get_by_role("button", name="Sign out").click()
        expect(person.page).to_have_url(f"{site.url}/sign-in")
        assert person.open("/home") == 200
        expect(person.page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_who_comes_without_an_account_goes_on_where_it_wanted_to(site: Site, browser: Browser) -> None:
    with enter(site, browser) as person:
        person.open("/owner/projects")
        person.page.locator("#email").fill("owner@demo.test")
        person.page.locator("#password").fill("demo-pass-2026")
        person.press_in("form:has(#password)")
        expect(person.page).to_have_url(re.compile(f"{site.url}/owner/projects"))
