"""An agency enters the register on a phone: step by step, left and resumed, sent in, mended field by field."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from supermarket.accounts.models import OrganisationKind
from supermarket.accounts.operations import SignUp, sign_up
from supermarket.core.identifiers import make_uscc
from supermarket.core.unit import unit
from supermarket.data.invent import invented_identity_number
from tests.browser.people import DESKTOP, PASSWORD, PHONE, Person, enter
from tests.browser.site import Site
from tests.browser.test_accessible import AXE, RUN

pytestmark = pytest.mark.browser

MATTER = "ZJ029"
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def newcomer(site: Site, number: int) -> str:
    """A body that has signed up and filed nothing; its address."""
    email = f"newcomer{number}@demo.test"
    command = SignUp(
        kind=OrganisationKind.AGENCY,
        organisation_name=f"四川新来测绘有限公司{number}",
        uscc=make_uscc("91510107", 70_000 + number),
        region_code="510107",
        name="李小满",
        email=email,
        password=PASSWORD,
    )
    with site.app.app_context(), unit():
        sign_up(command, at=site.now())
    return email


def looked_at(person: Person, name: str) -> None:
    """No barrier, nothing cut off; a picture where SHOTS names a folder."""
    person.page.evaluate(AXE)
    found: list[str] = person.page.evaluate(RUN)
    if person.page.evaluate(SIDEWAYS):
        found.append("scrolls sideways")
    if os.environ.get("SHOTS"):
        person.page.screenshot(path=str(Path(os.environ["SHOTS"]) / f"{name}.png"), full_page=True)
    assert not found, f"{person.page.url}: {found}"


def go_on(person: Person) -> None:
    person.page.locator('#main button[name="act"][value="on"]').click()
    person.page.wait_for_load_state()


def walk(site: Site, browser: Browser, number: int, size: tuple[int, int], language: str) -> None:
    """The whole way in, looking at every page."""
    email, mark = newcomer(site, number), f"{size[0]}-{language}"
    with enter(site, browser, email, size=size, language=language) as person:
        looked_at(person, f"{mark}-00-home")
        person.open("/agency/onboarding")
        looked_at(person, f"{mark}-01-profile")
        person.fill({"legal_representative": "李小满", "business_scope": "工程测量", "name": ""})
        person.page.locator('#main button[name="act"][value="on"]').click()
        person.page.wait_for_load_state()
        looked_at(person, f"{mark}-02-profile-wrong")
    # Another device: what was typed is there.
    with enter(site, browser, email, size=size, language=language) as person:
        person.open("/agency/onboarding")
        assert person.page.url.endswith("/agency/onboarding/profile")
        assert person.page.locator("#business_scope").input_value() == "工程测量"
        person.fill(
            {"name": f"四川新来测绘有限公司{number}", "address": "示范大道1号", "public_contact": "028-01234567"}
        )
        go_on(person)
        assert person.page.url.endswith("/onboarding/services")
        person.fill({"matter": MATTER, "fee_standard": "面议", "promised_days": "20"})
        person.page.locator('#main button[name="act"][value="more"]').click()
        person.page.wait_for_load_state()
        looked_at(person, f"{mark}-03-services")
        person.open("/agency/onboarding/qualifications")
        looked_at(person, f"{mark}-04-certificates")
        person.page.locator('#main a[href*="/agency/qualifications/new"]').first.click()
        person.page.wait_for_load_state()
        looked_at(person, f"{mark}-05-certificate")
        person.fill({"number": "川测资字1号", "issuer": "四川省自然资源厅", "level": "甲级"})
        go_on(person)
        assert re.search(r"/onboarding/qualifications$", person.page.url)
        looked_at(person, f"{mark}-06-on-file")
        person.open("/agency/onboarding/practitioners")
        looked_at(person, f"{mark}-07-people")
        person.open("/agency/onboarding/related-parties")
        number_of_head = invented_identity_number(340_000 + number)
        person.fill({"relation": "legal_representative", "name": "李小满", "identity_number": number_of_head})
        go_on(person)
        person.open("/agency/onboarding/related-parties")
        looked_at(person, f"{mark}-08-parties")
        person.open("/agency/onboarding/pledge")
        looked_at(person, f"{mark}-09-pledge")
        person.fill({"agree": "y"})
        go_on(person)
        assert person.page.url.endswith("/onboarding/review")
        looked_at(person, f"{mark}-10-review")
        person.fill({"confirm": "y"})
        person.press_in("#send form")
        assert person.page.url.endswith("/onboarding/progress")
        looked_at(person, f"{mark}-11-at-work")
        person.page.locator("#progress form button[type=submit]").click()
        person.page.wait_for_load_state()
        person.open("/agency/onboarding/progress")
        looked_at(person, f"{mark}-12-found")
        person.open("/agency/onboarding/review")
        looked_at(person, f"{mark}-13-reasons")
        person.open("/agency/profile")
        looked_at(person, f"{mark}-14-profile")
        person.open("/agency/profile/correct/business_scope")
        looked_at(person, f"{mark}-15-correct")
        person.fill({"business_scope": "工程测量；地籍测绘"})
        person.press_in("#main form.sm-form")
        assert person.page.url.endswith("/agency/profile")
        for name in ("services", "qualifications", "related-parties", "changes", "leave", f"services/{MATTER}/edit"):
            person.open(f"/agency/{name}")
            looked_at(person, f"{mark}-16-{name.replace('/', '-')}")


def test_the_way_in_on_a_phone(site: Site, browser: Browser) -> None:
    walk(site, browser, 1, PHONE, "en")


def test_the_way_in_on_a_desktop_in_chinese(site: Site, browser: Browser) -> None:
    walk(site, browser, 2, DESKTOP, "zh_CN")


def test_a_change_of_an_admitted_agency_and_its_history(site: Site, browser: Browser) -> None:
    with enter(site, browser, "agency2@demo.test", size=PHONE) as person:
        person.open("/agency/profile/correct/public_contact")
        person.fill({"public_contact": "028-89000001"})
        person.press_in("#main form.sm-form")
        person.open("/agency/profile/correct/name")
        looked_at(person, "390-en-20-correct-name")
        person.fill({"name": "不在登记机关的名字有限公司"})
        person.press_in("#main form.sm-form")
        assert "/agency/changes/" in person.page.url
        looked_at(person, "390-en-21-change-at-work")
        person.page.locator("#change form button[type=submit]").first.click()
        person.page.wait_for_load_state()
        looked_at(person, "390-en-22-change")
        person.open("/agency/changes")
        looked_at(person, "390-en-23-history")
        person.open("/agency/services")
        looked_at(person, "390-en-24-services")
        person.open("/home")
        looked_at(person, "390-en-25-home")
