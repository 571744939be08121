"""Whatever is handed to the parsers of a draw: they read it or say DrawError, and nothing else; a run is always the same."""

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from supermarket.core.draw import (
    DrawError,
    check_value,
    draw_key,
    draw_order,
    format_time,
    parse_pool_file,
    parse_record,
    parse_source,
    parse_time,
    pool_file,
    receipt_holds,
    verify_record,
)
from supermarket.core.draw.drand import CHAINS, randomness, signature_holds
from tests.unit.test_draw_method import check_of_the_script
from tests.unit.test_draw_record import AT, KEYS, PARTIES, REVEALS, make_record

steady = settings(derandomize=True, max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
POOL = make_record(members=3).pool_file
RECORDS = (
    make_record(),
    make_record(members=1),
    make_record(value="03 03 09", refused=("witness",), entered_by=("owner", "regulator")),
)
# Pieces that a line of ours may have, and what looks like them without being it.
PIECES = st.sampled_from(
    ["draw-v2", "draw-v1", "main", "tie1", "tie0", "panel", "parties", "drand", "published", ":", "kl8", "ab" * 32,
     "AB" * 32, "\n", "\r\n", " ", "1", "0", "99", "100", "A", "B", "-", "_", ".", "٣", "Ａ", "\x00", "\ud800", "é", ""]
)  # fmt: skip
LINES = st.lists(PIECES, max_size=40).map("".join)


def only_refuses(act: Callable[[], object]) -> None:
    """Run it: a result or a DrawError that names field and reason."""
    try:
        act()
    except DrawError as error:
        assert error.field and error.reason


@steady
@given(text=st.one_of(st.text(max_size=200), LINES))
@example("parties:" + ":".join(["ab" * 32] * 2))
def test_sources(text: str) -> None:
    only_refuses(lambda: parse_source(text))
    only_refuses(lambda: check_value(PARTIES, text))
    only_refuses(lambda: check_value(PARTIES, text, refused=True))
    only_refuses(lambda: check_value(parse_source("published:kl8"), text))
    only_refuses(lambda: check_value(parse_source("drand:" + "ab" * 32), text))


@steady
@given(data=st.one_of(st.binary(max_size=300), LINES.map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_pool_files(data: bytes) -> None:
    only_refuses(lambda: parse_pool_file(data))


@steady
@given(place=st.integers(0, len(POOL) - 1), letter=st.characters(codec="utf-8"), cut=st.booleans())
def test_a_pool_file_with_one_place_changed_is_another_one_or_none(place: int, letter: str, cut: bool) -> None:
    text = POOL[:place] if cut else POOL[:place] + letter + POOL[place + 1 :]
    try:
        parsed = parse_pool_file(text.encode())
    except DrawError:
        return
    assert pool_file(parsed.project, parsed.purpose, parsed.source, parsed.members) == text.encode()


@steady
@given(words=st.lists(st.text(max_size=20), min_size=4, max_size=4), tickets=st.lists(st.integers(-1, 101), max_size=4))
def test_what_is_made_a_pool_file_can_be_read_again(words: list[str], tickets: list[int]) -> None:
    def act() -> None:
        lines = [f"{word} {count}" for word, count in zip(words, tickets, strict=False)]
        made = "\n".join(["draw-v2", words[0], "main", "published:kl8", *lines, ""])
        parse_pool_file(made.encode("utf-8", "surrogatepass"))

    only_refuses(act)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@steady
@given(data=st.binary(max_size=200))
def test_records_from_any_bytes(data: bytes) -> None:
    only_refuses(lambda: parse_record(data))
    assert verify_record(data, KEYS).ok is False


@steady
@given(
    which=st.sampled_from(RECORDS), field=st.sampled_from(sorted(json.loads(RECORDS[0].to_json()))), value=json_values
)
def test_a_record_with_any_value_in_any_field(which: object, field: str, value: object) -> None:
    """The script, too, only ever says what is wrong: whatever it meets it closes with what it did not check."""
    content = json.loads(which.to_json())  # type: ignore[attr-defined]  # one of RECORDS
    before = content[field]
    content[field] = value
    data = json.dumps(content).encode()
    only_refuses(lambda: parse_record(data))
    found = verify_record(data, KEYS)
    if found.ok and value != before:
        # What no hash binds may be another text or list (docs/adr/0010); the rest never.
        assert field in {"excluded", "entered_by", "refused", "drawn_at", "source_time"}
    if found.ok:
        *said, not_checked = check_of_the_script()(content)
        assert not any(said) and "receipt signature" in not_checked  # type: ignore[operator]  # a list


@steady
@given(text=st.text(max_size=30))
@example("2026-02-30T00:00:00Z")
@example("0000-01-01T00:00:00Z")
@example("２０２６-01-01T00:00:00Z")
def test_times(text: str) -> None:
    only_refuses(lambda: format_time(parse_time(text)))


@steady
@given(pool_hash=st.text(max_size=70), value=st.text(max_size=30))
def test_keys_and_orders(pool_hash: str, value: str) -> None:
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        return  # a record with half a pair is refused before a key is made of it
    only_refuses(lambda: draw_order(parse_pool_file(POOL.encode()).members, draw_key(pool_hash, value)))


@steady
@given(signature=st.one_of(st.text(max_size=200), st.binary(min_size=64, max_size=64).map(bytes.hex)))
def test_signatures_of_receipts(signature: str) -> None:
    key = bytes(SigningKey(bytes(32)).verify_key)
    assert not receipt_holds(key, signature, project="P-1", purpose="main", pool_hash="ab" * 32, at=AT)


@pytest.mark.parametrize("chain", CHAINS.values(), ids=["quicknet", "default"])
@settings(derandomize=True, max_examples=60, deadline=None)
@given(data=st.data())
def test_signatures_of_the_beacon(chain: object, data: st.DataObject) -> None:
    digits = chain.signature_digits  # type: ignore[attr-defined]  # a chain
    shapes = st.one_of(
        st.text(max_size=200),
        st.text(alphabet="0123456789abcdef", min_size=digits, max_size=digits),
        st.binary(min_size=digits // 2, max_size=digits // 2).map(bytes.hex),
    )
    signature, previous = data.draw(shapes), data.draw(st.one_of(st.just(""), shapes))
    assert not signature_holds(chain, data.draw(st.integers(-5, 2**64)), signature, previous)  # type: ignore[arg-type]  # a chain
    only_refuses(lambda: randomness(signature))


def test_the_value_is_bound_to_both_reveals() -> None:
    with pytest.raises(DrawError):
        check_value(PARTIES, ":".join(reversed(REVEALS.split(":"))))
