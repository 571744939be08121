"""People at the site: each in a browser of their own, who notice whatever goes wrong on the way."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response, expect

from supermarket.accounts.queries import user_by_email
from tests.browser.site import Site

PASSWORD = "demo-pass-2026"
DESKTOP, PHONE = (1280, 900), (390, 844)
# What Chromium itself says about an answer that a test wanted: the page shows it as a sentence.
_EXPECTED = "Failed to load resource: the server responded with a status of 4"


@dataclass
class Person:
    """Somebody with a browser window. At the end of the block nothing may have gone wrong in it."""

    site: Site
    context: BrowserContext
    page: Page
    wrong: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"{self.page.url}: script: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and os.environ.get("SHOTS"):
            self.page.screenshot(path=str(Path(os.environ["SHOTS"]) / f"failed-{id(self)}.png"), full_page=True)
        self.context.close()
        if kind is None:
            assert self.wrong == []

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_EXPECTED):
            self.wrong.append(f"{self.page.url}: console: {message.text}")

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https") and f"{address.scheme}://{address.netloc}" != self.site.url:
            self.wrong.append(f"{self.page.url}: asks another host: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.wrong.append(f"{response.request.method} {response.url}: {response.status}")

    def open(self, path: str) -> int:
        """Go to a page of the site; the status of its answer."""
        answer = self.page.goto(self.site.url + path)
        assert answer is not None
        return answer.status

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """Sign in and arrive at one's desk."""
        self.open("/sign-in")
        self.page.locator("#email").fill(email)
        self.page.locator("#password").fill(password)
        self.press_in("form:has(#password)")
        expect(self.page).to_have_url(f"{self.site.url}/home")

    def fill(self, values: Mapping[str, str]) -> None:
        """Type into fields by their names; selects are chosen by value, boxes ticked."""
        for name, value in values.items():
            found = self.page.locator(f'#main [name="{name}"]:not([type=hidden])')
            kind = found.first.evaluate("node => node.tagName === 'SELECT' ? 'select' : node.type")
            if kind == "radio":
                self.page.locator(f'#main [name="{name}"][value="{value}"]').check()
            elif kind == "checkbox":
                found.first.check()
            elif kind == "select":
                found.select_option(value)
            else:
                found.fill(value)

    def follow(self, address: str) -> None:
        """Click on what leads to an address from here."""
        self.page.locator(f'#main a[href="{address}"]').first.click()
        self.page.wait_for_load_state()

    def has(self, name: str) -> bool:
        """Whether the page has a field of that name."""
        return self.page.locator(f'#main [name="{name}"]').count() > 0

    def press(self, name: str) -> None:
        """Press the button of that name in the page."""
        self.page.locator("#main").get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()

    def press_in(self, form: str) -> None:
        """Press the sending button of a form."""
        self.page.locator(form).locator("button[type=submit]:visible").last.click()
        self.page.wait_for_load_state()

    def confirm(self) -> None:
        """Say yes to the question before a binding act."""
        self.page.get_by_role("dialog").get_by_role("button").last.click()
        self.page.wait_for_load_state()

    def told(self, text: str) -> None:
        """Wait until the page says so."""
        expect(self.main()).to_contain_text(text)

    def main(self) -> Locator:
        """What the page says."""
        return self.page.locator("#main")


def enter(
    site: Site,
    browser: Browser,
    email: str | None = None,
    *,
    size: tuple[int, int] = DESKTOP,
    language: str = "en",
    script: bool = True,
) -> Person:
    """A person with a fresh browser who reads `language`, signed in (without the form) where an address is given."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled=script,
        has_touch=size == PHONE,
        locale="zh-CN" if language == "zh_CN" else "en",
        timezone_id="Asia/Shanghai",
    )
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": "session", "value": _session(site, email, language), "url": site.url}])
    person = Person(site, context, context.new_page())
    if email is not None:
        person.open("/home")
    return person


def _session(site: Site, email: str | None, language: str) -> str:
    """The cookie of somebody who has chosen a language and perhaps signed in."""
    client = site.app.test_client()
    with site.app.app_context():
        user = user_by_email(email) if email else None
    with client.session_transaction(base_url=site.url) as cookie:
        cookie["locale"] = language
        if user is not None:
            cookie["_user_id"], cookie["_fresh"] = user.get_id(), True
    found = client.get_cookie("session", domain=str(urlsplit(site.url).hostname))
    assert found is not None
    return found.value
