"""Two people of two bodies find that both mistyped a bulletin; everybody sees what was computed before and after."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from supermarket.core.clock import LOCAL
from supermarket.core.permissions import SYSTEM
from supermarket.core.unit import unit
from supermarket.demo import cast
from supermarket.policies.models import Policy
from supermarket.projects.queries import project_for
from supermarket.selection import operations as selection
from supermarket.selection.bulletins import Bulletin, sales_close_from
from supermarket.selection.queries import draws_of
from tests.browser.people import PHONE, enter
from tests.browser.purchases import OWNER, actor_of, enrol, make_open
from tests.browser.site import Site
from tests.factories.policies import make_policy
from tests.rooms.mistyped import NUMBERS, PDF, WHY, numbers_for

pytestmark = pytest.mark.browser
REGULATOR = "regulator@demo.test"


def drawn_by_lottery(site: Site) -> tuple[str, dict[str, str]]:
    """A purchase drawn from what both sides mistyped; its number, and the true bulletin as a form has it."""
    with site.app.app_context(), unit() as session:
        session.query(Policy).filter_by(key="draw_source_social").delete()
        make_policy("draw_source_social", "published:kl8")
    code = make_open(site)
    for email in cast.AGENCY_ACCOUNTS.values():
        enrol(site, email, code)
    with site.app.app_context():
        project = project_for(code, SYSTEM)
        assert project.enrol_until is not None
        site.supervise(project.enrol_until + timedelta(seconds=1))
        (draw,) = draws_of(project.id)
        site.supervise(max(draw.draw_at, sales_close_from(draw)) + timedelta(minutes=2))
    with site.app.app_context():
        (draw,) = draws_of(project_for(code, SYSTEM).id)
        typed = Bulletin("2026058", sales_close_from(draw).replace(second=0) + timedelta(minutes=1), NUMBERS)
        for email in (OWNER, REGULATOR):
            with unit():
                selection.enter_numbers(code, typed, purpose="main", actor=actor_of(email), at=site.now())
        (draw,) = draws_of(project_for(code, SYSTEM).id)
        first = (draw.order or [""])[0]
        closed = typed.closed_at.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")
        true = numbers_for(draw, lambda order: order[0] != first)
    return code, {"issue": "2026058", "closed_at": closed, "numbers": true, "reason": WHY}


def test_a_typing_error_is_claimed_answered_and_seen_by_all(site: Site, browser: Browser) -> None:
    code, true = drawn_by_lottery(site)
    bulletin = {"name": "公告.pdf", "mimeType": "application/pdf", "buffer": PDF}
    with enter(site, browser, REGULATOR) as regulator:
        regulator.open(f"/office/projects/{code}")
        regulator.follow(f"/office/projects/{code}/draws/main/correction")
        regulator.fill(true)
        regulator.press("Enter")
        regulator.told("Add the bulletin itself, as a PDF or a picture.")
        assert regulator.page.locator("[name=numbers]").input_value() == true["numbers"]
        regulator.page.locator("[name=file]").set_input_files(bulletin)  # type: ignore[arg-type]  # a file in memory
        regulator.press("Enter")
        regulator.told("A typing error is claimed")
    with enter(site, browser, OWNER, size=PHONE, language="zh_CN") as owner:
        owner.told("答复录入差错的更正申请")
        owner.open(f"/projects/{code}/draws/main/correction")
        owner.told("主管部门提出开奖公告录入有误")
        assert true["numbers"] not in owner.main().inner_text()
        owner.fill(true)
        owner.page.locator("[name=file]").set_input_files(bulletin)  # type: ignore[arg-type]  # a file in memory
        owner.press("录入")
        owner.told("重新计算：录入差错")
    with enter(site, browser) as anybody:
        anybody.open(f"/projects/{code}")
        anybody.told("Computed again: a typing error")
        assert anybody.page.locator("#draw a[href$='/draws/main/1.json']").count() == 1
        anybody.open(f"/projects/{code}/selection")
        anybody.page.get_by_text("Computed from a mistyped bulletin, no longer valid").first.click()
        anybody.open(f"/verify?code={code}&purpose=main")
        anybody.open(f"/projects/{code}/draws/main/ceremony")
        expect(anybody.page.locator("#ceremony-clock")).to_contain_text("Computed again")
