"""The log's heads, checked by the reader's own browser: true ones hold, a changed signature, root or path is named."""

import json
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, Route

from supermarket.supervision.sealing import sign_head
from supermarket.supervision.witnessing import watch_witnesses
from tests.browser.people import DESKTOP, PHONE, enter
from tests.browser.purchases import make_open
from tests.browser.site import Site
from tests.browser.test_accessible import _found
from tests.factories.trees import Tree

pytestmark = pytest.mark.browser
EXTENDS = """async (cases) => {
    const { extendsTree } = await import("/static/verify/log.js");
    return Promise.all(cases.map((each) => extendsTree(...each)));
}"""


@pytest.fixture(scope="module")
def heads(site: Site) -> int:
    """Three heads of the site's log, each a little later."""
    for _hour in range(3):
        make_open(site)
        site.pass_time(hours=1)
        with site.app.app_context():
            sign_head(site.now())
    with site.app.app_context():
        watch_witnesses(site.now() + timedelta(seconds=1))
    return 3


@pytest.mark.parametrize(("language", "size"), [("en", DESKTOP), ("zh_CN", PHONE)])
def test_true_heads_hold_and_what_is_changed_is_named(
    site: Site, browser: Browser, heads: int, language: str, size: dict[str, int]
) -> None:
    with enter(site, browser, language=language, size=size) as reader:
        reader.open("/log")
        page = reader.page
        assert _found(page, language) == []
        page.click("#check-button")
        page.wait_for_selector("#check-out[data-ok=true]")
        assert page.locator("[data-proof][data-state=holds]").count() >= heads - 1
        assert page.locator("[data-signature][data-state=holds]").count() >= heads
        assert page.locator("[data-state=differs]").count() == 0
        assert _found(page, language) == []

        def spoil(route: Route) -> None:
            found = json.loads(route.fetch().body())
            found["path"] = ["0" * 64, *found["path"]]
            route.fulfill(json=found)

        page.route("**/log/consistency*", spoil)
        page.click("#check-button")
        page.wait_for_selector("#check-out[data-ok=false]")
        assert page.locator("[data-proof][data-state=differs]").count() >= heads - 1
        page.unroute("**/log/consistency*")
        changed(page, "root", "0" * 64)
        page.click("#check-button")
        page.wait_for_selector("[data-signature][data-state=differs]")


def changed(page: Page, name: str, value: str) -> None:
    """The page's newest head with another value, as a lying market would show it."""
    page.evaluate(
        """([name, value]) => {
            const root = document.getElementById("check-here"), heads = JSON.parse(root.dataset.heads);
            heads[0][name] = value;
            root.dataset.heads = JSON.stringify(heads);
        }""",
        [name, value],
    )


def test_the_browser_follows_proofs_as_the_market_does(site: Site, browser: Browser) -> None:
    tree, forked = Tree(40), Tree(40, other_from=9)
    cases: list[list[object]] = []
    wanted: list[bool] = []
    for first in range(1, 41):
        for second in range(first, 41, 3):
            proof = tree.proof(first, second)
            cases.append([first, tree.root(first), second, tree.root(second), proof])
            wanted.append(True)
            other = forked.root(second) if second > 9 else "0" * 64
            cases.append([first, tree.root(first), second, other, proof])
            wanted.append(False)
            cases.append([first, tree.root(first), second, tree.root(second), [*proof, "0" * 64]])
            wanted.append(False)
    cases += [[0, "0" * 64, 3, tree.root(3), []], [3, tree.root(3), 2, tree.root(2), []], [3, "x", 5, tree.root(5), []]]
    wanted += [False] * 3
    with enter(site, browser) as reader:
        reader.open("/log")
        assert reader.page.evaluate(EXTENDS, cases) == wanted
