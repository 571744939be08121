"""Bad input: a clear sentence at the right place, nothing half-written, nothing typed lost."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Response, expect

from supermarket.extensions import db
from supermarket.projects.models import Project
from tests.browser.people import Person, enter
from tests.browser.purchases import NAME, OWNER, make_draft, make_open
from tests.browser.site import Site

pytestmark = pytest.mark.browser
AGENCY = "agency@demo.test"


def _sent(response: Response) -> bool:
    """The answer to a form that was sent, not to what the page asks on its own while it is filled in."""
    return response.request.method == "POST" and response.request.is_navigation_request()


def _answer(person: Person, form: str) -> Response:
    """Send a form; what the site answered."""
    with person.page.expect_response(_sent) as coming:
        person.press_in(form)
    return coming.value


def _enrol_until(site: Site, code: str) -> datetime:
    with site.app.app_context():
        until = db.session.query(Project).filter_by(code=code).one().enrol_until
    assert until is not None
    return until


def test_who_enrols_too_late_is_told_so(site: Site, browser: Browser) -> None:
    code = make_open(site)
    with enter(site, browser, AGENCY) as agency:
        agency.open(f"/agency/projects/{code}")
        for _time in ("the first time", "extended, for nobody came"):
            site.supervise(_enrol_until(site, code) + timedelta(minutes=1))
        assert _answer(agency, "#enrol form").status == 409
        expect(agency.main().locator(".sm-summary")).to_contain_text("is closed")
    with site.app.app_context():
        assert db.session.query(Project).filter_by(code=code).one().enrolments == []


def test_two_tabs_on_one_draft(site: Site, browser: Browser) -> None:
    code = make_draft(site)
    with enter(site, browser, OWNER) as first, enter(site, browser, OWNER) as second:
        for person in (first, second):
            person.open(f"/projects/{code}/edit")
        first.fill({"name": f"{NAME}（一期）"})
        first.press("Save the draft")
        first.told("The draft is saved.")
        second.fill({"name": f"{NAME}（二期）", "description": "另一个窗口里写的需求。"})
        with second.page.expect_response(_sent) as coming:
            second.press("Save the draft")
        assert coming.value.status == 409
        expect(second.main().locator(".sm-summary")).to_be_visible()
        expect(second.page.locator("#name")).to_have_value(f"{NAME}（二期）")
        expect(second.page.locator("#description")).to_have_value("另一个窗口里写的需求。")
    with site.app.app_context():
        assert db.session.query(Project).filter_by(code=code).one().name == f"{NAME}（一期）"


def test_a_form_sent_twice_makes_one_draft(site: Site, browser: Browser) -> None:
    name = f"只应有一个的草稿 {site.now():%H%M%S%f}"
    with enter(site, browser, OWNER) as owner:
        owner.open("/projects/new")
        owner.fill(
            {
                "name": name,
                "matter": "ZJ029",
                "budget": "60000",
                "duration_days": "20",
                "deliverables-0-name": "报告",
                "deliverables-0-due_days": "15",
                "payment_terms-0-name": "一次付清",
                "payment_terms-0-percent": "100",
                "payment_terms-0-after_deliverable": "1",
            }
        )
        sent = """form => {
            const data = new URLSearchParams(new FormData(form));
            const send = () => fetch(form.action, {method: "POST", body: data}).then(answer => answer.url);
            return send().then(first => send().then(second => [first, second]));
        }"""
        first, second = owner.page.locator("#main form.sm-form").evaluate(sent)
        assert first == second
        owner.page.locator("#main").get_by_role("button", name="Save the draft").dblclick()
        owner.page.wait_for_url("**/edit")
    with site.app.app_context():
        assert db.session.query(Project).filter_by(name=name).count() == 1


def test_a_page_open_for_too_long_keeps_what_was_typed(site: Site, browser: Browser) -> None:
    with enter(site, browser, OWNER) as owner:
        owner.open("/projects/new")
        owner.page.locator("#name").press_sequentially("写了很久的项目名称")
        owner.page.locator('#main form.sm-form [name="csrf_token"]').evaluate("node => { node.value = 'too old' }")
        with owner.page.expect_response(_sent) as coming:
            owner.press("Save the draft")
        assert coming.value.status == 400
        owner.told("This page was open for too long.")
        owner.open("/projects/new")
        expect(owner.page.locator("#name")).to_have_value("写了很久的项目名称")


def test_a_file_that_is_not_what_it_says(site: Site, browser: Browser) -> None:
    with enter(site, browser) as reader:
        for name, data in (("draw.json", b"MZ\x90\x00"), ("draw.json", b'{"pool": 1}'), ("picture.png", b"\x89PNG")):
            reader.open("/verify")
            file = {"name": name, "mimeType": "application/json", "buffer": data}
            reader.page.locator("#record").set_input_files([file])
            reader.press("Check the record")
            reader.told("This file cannot be checked")
        reader.open("/verify")
        reader.press("Check the record")
        reader.told("Choose the file.")


def test_a_form_full_of_mistakes_names_each_and_leads_to_it(site: Site, browser: Browser) -> None:
    with enter(site, browser, OWNER, language="zh_CN") as owner:
        owner.open("/projects/new")
        owner.fill({"budget": "3.5万", "duration_days": "0", "payment_terms-0-percent": "120"})
        with owner.page.expect_response(_sent) as coming:
            owner.press_in("form.sm-form")
        assert coming.value.status == 422
        summary = owner.main().locator(".sm-summary")
        expect(summary).to_be_focused()
        wrong = owner.page.locator(".has-error")
        assert wrong.count() >= 6
        assert summary.get_by_role("link").count() >= wrong.count() - 1
        summary.get_by_role("link").first.click()
        expect(owner.page.locator("#name")).to_be_focused()
        expect(owner.page.locator("#budget")).to_have_value("3.5万")
        expect(owner.page.locator("#duration_days")).to_have_value("0")
