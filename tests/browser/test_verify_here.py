"""The check of a draw in the reader's own browser says what the server's says, and needs no network once loaded."""

import json
import random
from collections.abc import Iterator
from hashlib import sha256

import pytest
from playwright.sync_api import Browser, FilePayload, Page

from supermarket.core.draw import (
    DrandSource,
    PartiesSource,
    PublishedSource,
    lottery_value,
    parties_value,
    reveal,
    verify_record,
)
from tests.browser.people import PHONE
from tests.browser.site import Site
from tests.unit.test_draw_record import KEYS, make_record

pytestmark = pytest.mark.browser

RUN = """async ([records, keys]) => {
    const { verifyRecord } = await import("/static/verify/draw.js");
    const found = [];
    for (const record of records) {
        const { ok, differences, notChecked } = await verifyRecord(new TextEncoder().encode(record), keys);
        found.push([ok, [...new Set(differences.map((each) => each.field.split(".")[0]))].sort(), notChecked]);
    }
    return found;
}"""


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{site.url}/verify")
    yield page
    context.close()


WHOLE = 10
# Changes that leave a record well-formed and untrue, or true no longer.
MORE: tuple[dict[str, object], ...] = (
    {"more": 1},
    {"refused": ["witness"]},
    {"refused": ["witness", "witness"]},
    {"refused": ["a", "b", "c", "d"]},
    {"refused": []},
    {"entered_by": ["owner"]},
    {"entered_by": []},
    {"source_time": "2026-11-27T10:59:59Z"},
    {"source_time": "2026-11-27T10:00:00Z"},
    {"drawn_at": "2026-11-27T10:00:00Z"},
    {"order": []},
    {"excluded": [{"id": "91510100MA61T2XX00", "code": "linked"}]},
    {"value": "03 03 09"},
    {"value": "ab" * 32},
    {"receipt": {"at": "2026-11-27T10:00:00Z", "by": "witness", "signature": "ab" * 64}},
)


def records() -> list[str]:
    """Whole records of every source, and each of them with one thing changed in many ways."""
    chance = random.Random(20261122)
    reveals = [reveal(bytes([place]) * 32, 3) for place in range(3)]
    three = PartiesSource(tuple(sha256(bytes.fromhex(each)).hexdigest() for each in reveals))
    numbers = lottery_value(chance.sample(range(1, 81), 20))
    whole = [
        make_record(),
        make_record(members=40),
        make_record(purpose="tie2", members=2),
        make_record(PublishedSource("kl8", "2026001"), numbers, entered_by=("owner", "regulator")),
        make_record(DrandSource("ab" * 32), "cd" * 32),
        make_record(value=numbers, refused=("witness",), entered_by=("owner", "regulator")),
        make_record(value=numbers, refused=("operator", "witness"), entered_by=("owner", "regulator"), purpose="panel"),
        make_record(DrandSource("cd" * 32), "ab" * 32, purpose="tie1", members=3, entered_by=("anybody",)),
        make_record(PublishedSource("pl3"), "03 03 09", purpose="tie12", members=9, entered_by=("owner", "regulator")),
        make_record(three, parties_value(reveals), entered_by=("operator", "one", "two"), members=17),
    ]
    assert len(whole) == WHOLE
    texts = [record.to_json().decode() for record in whole]
    changed = []
    for text in texts:
        fields = json.loads(text)
        for name in fields:
            changed += [json.dumps({**fields, name: None}), json.dumps({**fields, name: "x"})]
            changed.append(json.dumps({key: value for key, value in fields.items() if key != name}))
        changed += [json.dumps({**fields, **more}) for more in MORE]
        changed.append(text.replace('"value"', '"value": null, "value"', 1))
        for _time in range(25):
            at = chance.randrange(len(text))
            changed.append(text[:at] + chance.choice('0123456789abcdef{}",: \n') + text[at + 1 :])
    return [*texts, *changed, "", "{}", "[]", "null", "\ufeff{}", '"\\ud800"']


def test_browser_and_server_agree_on_every_record(page: Page) -> None:
    tried = records()
    found = page.evaluate(RUN, [tried, {name: key.hex() for name, key in KEYS.items()}])
    for text, (ok, fields, not_checked) in zip(tried, found, strict=True):
        ours = verify_record(text.encode(), KEYS)
        assert ok == ours.ok, text
        if len(ours.differences) and len(fields) > 1:
            assert fields == sorted({each.split(":")[0].split(".")[0] for each in ours.differences}), text
        if ours.ok:
            assert not_checked == list(ours.not_checked)
    assert [ok for ok, *_rest in found[:WHOLE]] == [True] * WHOLE
    assert len(tried) > 700


def test_a_record_dropped_in_is_computed_without_a_network(page: Page) -> None:
    page.wait_for_selector("#verify-here:not([hidden])")
    page.context.set_offline(True)
    page.click("#verify-here summary")
    page.fill("#verify-witness", "witness")
    page.fill("#verify-key", KEYS["witness"].hex())
    good = make_record()
    page.set_input_files("#verify-file", FilePayload(name="a.json", mimeType="application/json", buffer=good.to_json()))
    page.wait_for_selector("#verify-out[data-ok=true]")
    assert page.locator("#verify-out li[data-state=holds]").count() == 7
    assert page.locator("#verify-out tbody tr").count() == 5
    order = list(good.order or ())
    bad = json.loads(good.to_json())
    bad["order"] = [order[1], order[0], *order[2:]]
    file = FilePayload(name="b.json", mimeType="application/json", buffer=json.dumps(bad).encode())
    page.set_input_files("#verify-file", file)
    page.wait_for_selector("#verify-out[data-ok=false]")
    assert page.locator("#verify-out li[data-state=differs]").count() == 1
    assert page.evaluate("document.activeElement.id") == "verify-result"


def test_a_record_of_another_kind_is_said_to_be_one(page: Page) -> None:
    for content in (b'{"version": "selection-v9"}', b'{"version": 7}', b'{"version": "constructor"}'):
        file = FilePayload(name="a.json", mimeType="application/json", buffer=content)
        page.evaluate("delete document.getElementById('verify-out').dataset.ok")
        page.set_input_files("#verify-file", file)
        page.wait_for_selector("#verify-out[data-ok=false] [role=alert]")
    page.set_input_files("#verify-file", FilePayload(name="b.json", mimeType="application/json", buffer=b"no JSON"))
    page.wait_for_selector("#verify-out[data-ok=false] .sm-differences")


def test_without_the_witness_key_the_signature_is_named_as_not_checked(page: Page) -> None:
    page.click("#verify-here summary")
    page.fill("#verify-key", "")
    file = FilePayload(name="a.json", mimeType="application/json", buffer=make_record().to_json())
    page.set_input_files("#verify-file", file)
    page.wait_for_selector("#verify-out[data-ok=true]")
    assert page.locator("#verify-out li[data-state=unknown]").count() == 1
