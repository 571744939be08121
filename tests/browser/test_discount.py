"""A bidder offers a discount: the page shows the amount that it gives, and seals that."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from supermarket.core.unit import unit
from supermarket.modes.combining import StageWanted
from supermarket.modes.stages.price import PriceRule
from supermarket.modes.table import StageName
from tests.browser.people import PHONE
from tests.browser.purchases import enrol, make_open
from tests.browser.site import Site
from tests.browser.test_sealing import AGENCY, AMOUNT, SEAL, bidder, quotes, saved, seal
from tests.factories.modes import make_released_mode

pytestmark = pytest.mark.browser


@pytest.fixture
def code(site: Site) -> str:
    """A purchase by the highest discount in which the agency has enrolled."""
    with site.app.app_context(), unit():
        stages = (StageWanted(StageName.PRICE, rule=PriceRule.HIGHEST_DISCOUNT),)
        name = make_released_mode(site.now(), stages=stages, label="Highest discount", label_zh="最高下浮率").mode.name
    made = make_open(site, mode=name, floor=2_000_000)
    enrol(site, AGENCY, made)
    return made


def test_a_percentage_is_typed_and_its_amount_is_sealed(
    site: Site, browser: Browser, code: str, tmp_path: Path
) -> None:
    with bidder(site, browser, code, size=PHONE) as agency:
        assert "Your discount (percent)" in agency.main().inner_text()
        for typed, says in (
            ("12.505", "at most two decimals"),
            ("-1", "at most two decimals"),
            ("", "at most two decimals"),
            ("90", "Quote between ¥20,000.00 and ¥128,000.00."),
        ):
            agency.page.fill(AMOUNT, typed)
            agency.page.click(SEAL)
            expect(agency.page.locator("#seal-error")).to_contain_text(says)
        assert quotes(site, code) == 0
        agency.page.fill(AMOUNT, "12.5 %")
        expect(agency.page.locator("#seal-shown")).to_contain_text("¥112,000.00")
        seal(agency, "12.51")
        expect(agency.page.locator("#seal-out")).to_contain_text("¥111,987.20")
        assert b"11198720" in saved(agency, tmp_path)
    assert quotes(site, code) == 1
