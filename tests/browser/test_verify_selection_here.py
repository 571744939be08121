"""A whole selection in the reader's own browser: it says what the stand-alone program says, of whole and damaged records of
every mode; a file dropped into the page is computed without a network.
"""

import json
import random
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page

from config import ROOT
from supermarket.selection.record.verifying import stand_alone, verify_selection
from supermarket.web.public.selection_words import selection_words
from tests.browser.people import PHONE
from tests.browser.site import Site
from tests.factories.selection_damage import damages
from tests.factories.selection_records import KINDS, make_selection

pytestmark = pytest.mark.browser

RUN = """async (records) => {
    const { verifySelection } = await import("/static/verify/selection.js");
    const found = [];
    for (const record of records) found.push(await verifySelection(new TextEncoder().encode(record)));
    return found;
}"""
STEPS = ["form", "notice", "draws", "corrections", "quotes", "auction", "panel", "enrolments", "checks", "runs"]
STEPS += ["choice", "order", "awards", "superseded"]
ROUNDS, CHANGES = 8, 150
# Of what a purchase by the mean price without ties has nothing.
NOTHING = ("draws", "corrections", "auction", "panel", "choice", "superseded")


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{site.url}/verify")
    yield page
    context.close()


def test_what_holds_by_the_program_holds_in_the_browser_in_every_mode(page: Page) -> None:
    chance = random.Random(20261130)
    whole = [json.dumps(make_selection(chance, kind)) for _round in range(ROUNDS) for kind in KINDS]
    found = page.evaluate(RUN, whole)
    for record, said in zip(whole, found, strict=True):
        assert verify_selection(record.encode())[0] == []
        assert said["differences"] == []
        assert [(step["name"], step["ok"]) for step in said["steps"]] == [(name, True) for name in STEPS]
        assert said["ok"] is True
        assert {"registers", "calendar"} <= set(said["notChecked"])
    assert {run["stage"] for record in whole for run in json.loads(record)["runs"]} == {
        *("shortlist", "draw", "price", "auction", "score", "choose")
    }
    assert any('"tie2"' in record for record in whole)
    assert any("cost_statement_rejected" in record for record in whole)
    assert any(json.loads(record)["passed_over"] for record in whole)


def told(found: dict[str, object]) -> set[tuple[str, str, str]]:
    """What the browser says that differs, as the program says it."""
    differences = found["differences"]
    assert isinstance(differences, list)
    return {(each["step"], each["code"], each["about"]) for each in differences}


def test_of_every_change_browser_and_program_say_the_same_to_the_letter(page: Page) -> None:
    chance = random.Random(20261130)
    for kind in KINDS:
        record = make_selection(chance, kind)
        changed = list(damages(record))
        tried = [each.done_to(record) for each in chance.sample(changed, min(len(changed), CHANGES))]
        found = page.evaluate(RUN, [json.dumps(each) for each in tried])
        for each, said in zip(tried, found, strict=True):
            differs, _not_checked, readable = stand_alone().check(json.dumps(each).encode())
            assert told(said) == set(differs)
            assert (said["ok"], said["readable"]) == (not differs, readable)


def test_both_look_for_the_same_fields() -> None:
    text = (ROOT / "static" / "verify" / "selection_fields.js").read_text(encoding="utf-8")
    table = text.partition("FIELDS = `")[2].partition("`;")[0]
    assert table == stand_alone().FIELDS
    assert set(selection_words()["codes"]) == {*stand_alone().SAYS, "fields", "unknown_kind", "receipt"}  # type: ignore[call-overload]


def test_a_valid_quote_that_is_called_invalid_is_named_by_both(page: Page) -> None:
    forged = json.dumps(make_selection(random.Random(3), "bidding", silenced=True))
    said = page.evaluate(RUN, [forged])[0]
    assert {(each["step"], each["code"]) for each in said["differences"]} == {("quotes", "validity")}
    assert [where for where, _what in verify_selection(forged.encode())[0]] == ["quotes"]


def test_no_file_makes_the_browser_throw(page: Page) -> None:
    chance = random.Random(20261201)
    text = json.dumps(make_selection(chance, "bidding"))
    broken = ["", "{}", "[]", "null", "x", '{"version": "selection-v1"}', "[" * 9_999, text[:-9], f"\ufeff{text}"]
    broken.append(text.replace('"version"', '"version": "selection-v1", "version"', 1))
    broken.append(text.replace('"public_from": "2026-11-27T13:00:00Z"', '"public_from": null', 1))
    content = json.loads(text)
    for name in content:
        for value in (None, "x", 7, [], {}, [None], [7], [{}], {"entries": None}, {"entries": [{}], "bidders": []}):
            broken.append(json.dumps({**content, name: value}))
    found = page.evaluate(RUN, broken)
    for record, said in zip(broken, found, strict=True):
        assert said["ok"] is (not said["differences"]), record
        assert said["steps"][0]["name"] == "form"
    assert [said["ok"] for said in found[:11]] == [False] * 11


def test_a_selection_dropped_in_is_computed_without_a_network(page: Page) -> None:
    page.wait_for_selector("#verify-here:not([hidden])")
    page.context.set_offline(True)
    page.click("#verify-here summary")
    page.fill("#verify-key", "")
    record = make_selection(random.Random(1), "mean_price")
    good = FilePayload(name="a.json", mimeType="application/json", buffer=json.dumps(record).encode())
    page.set_input_files("#verify-file", good)
    page.wait_for_selector("#verify-out[data-ok=true]")
    assert page.locator("#verify-out li[data-state=holds]").count() == len(STEPS) - len(NOTHING)
    assert page.locator("#verify-out li[data-state=unknown]").count() == len(NOTHING)
    assert "中选结果可由这份记录推出" in page.inner_text("#verify-result")
    order = record["order"]
    assert isinstance(order, list)
    bad = json.dumps({**record, "order": order[::-1]})
    page.set_input_files("#verify-file", FilePayload(name="b.json", mimeType="application/json", buffer=bad.encode()))
    page.wait_for_selector("#verify-out[data-ok=false]")
    assert page.locator("#verify-out li[data-state=differs]").count() >= 1
    assert "与最后一个环节的排序不符" in page.inner_text("#verify-out")
    assert page.evaluate("document.activeElement.id") == "verify-result"
