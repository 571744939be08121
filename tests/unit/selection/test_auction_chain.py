"""The chain over an auction: what is written down, to the byte; any change of it is found; no text breaks the parsers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supermarket.modes.auction import AuctionTerms
from supermarket.modes.auction_chain import (
    GENESIS,
    ChainError,
    EntryBody,
    Link,
    alias_commitment,
    chained,
    check_chain,
    new_aliases,
    new_salt,
    opening_body,
    parse_entry,
    parse_opening,
    read_time,
    write_time,
)
from supermarket.modes.stages import StageError

T0 = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TERMS = AuctionTerms(ceiling=10_000_000, floor=1, start=10_000_000, step=50_000, low_line=6_000_000)
PROJECT = "P-2026-000001"


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def make_links() -> list[Link]:
    bodies = [
        opening_body(PROJECT, TERMS, {"2": "bb" * 32, "1": "aa" * 32}, T0, after(600)),
        EntryBody(PROJECT, 1, "bid", after(10), after(600), "1", 9_000_000, 50_000).text(),
        EntryBody(PROJECT, 2, "bid", after(590), after(710), "2", 8_950_000, 50_000).text(),
        EntryBody(PROJECT, 3, "resumed", after(1000), after(1120)).text(),
        EntryBody(PROJECT, 4, "closed", after(1121), after(1120)).text(),
    ]
    links, previous = [], GENESIS
    for seq, body in enumerate(bodies):
        previous = chained(previous, body)
        links.append(Link(seq, body, previous))
    return links


def rehashed(links: list[Link], at: int, body: str) -> list[Link]:
    """The chain with another entry at a place and every hash made to fit, as a forger would."""
    made, previous = [], GENESIS
    for link in links:
        text = body if link.seq == at else link.body
        previous = chained(previous, text)
        made.append(Link(link.seq, text, previous))
    return made


def test_the_entries_to_the_byte() -> None:
    links = make_links()
    assert links[0].body == (
        f"auction-v1\n{PROJECT}\n2026-03-02T02:00:00.000000Z\n2026-03-02T02:10:00.000000Z\n"
        f"10000000 1 10000000 50000 6000000\n600 120 3600 600\n1 {'aa' * 32}\n2 {'bb' * 32}\n"
    )
    assert links[1].body == (
        f"auction-entry-v1\n{PROJECT}\n1\nbid\n1\n9000000\n50000\n"
        "2026-03-02T02:00:10.000000Z\n2026-03-02T02:10:00.000000Z\n"
    )
    assert links[3].body.split("\n")[3:7] == ["resumed", "-", "-", "-"]
    # A few lines of anybody's own.
    previous = bytes(32)
    for link in links:
        previous = sha256(previous + link.body.encode()).digest()
        assert previous.hex() == link.hash
    assert check_chain(links) == []
    assert parse_opening(links[0].body) == (PROJECT, TERMS, {"1": "aa" * 32, "2": "bb" * 32})


def test_who_stands_behind_an_alias_is_fixed_by_its_commitment() -> None:
    salt = new_salt()
    made = alias_commitment(PROJECT, "7", "91510100MA61T2XX00", salt)
    assert made == sha256(f"auction-alias-v1\n{PROJECT}\n7\n91510100MA61T2XX00\n{salt}\n".encode()).hexdigest()
    assert alias_commitment(PROJECT, "7", "91510100MA61T2XX01", salt) != made


def test_aliases_are_the_numbers_in_an_order_of_chance() -> None:
    assert sorted(new_aliases(12)) == [f"{number:02d}" for number in range(1, 13)]
    assert len({tuple(new_aliases(12)) for _time in range(20)}) > 1


@pytest.mark.parametrize(
    ("at", "change", "found"),
    [
        (1, {"amount": 10_000_001}, "amount:1"),
        (2, {"amount": 8_950_001}, "amount:2"),
        (2, {"step": 49_999}, "amount:2"),
        (2, {"amount": 0}, "amount:2"),
        (2, {"at": after(5)}, "time:2"),
        (2, {"at": after(600)}, "late:2"),
        (2, {"ends_at": after(599)}, "end:2"),
        (2, {"seq": 3}, "entry:2"),
        (2, {"project": "P-2"}, "entry:2"),
        (4, {"at": after(1119)}, "end:4"),
        (3, {"kind": "closed"}, "after_the_end:4"),
    ],
)
def test_a_forged_entry_is_found_even_where_every_hash_fits(at: int, change: dict[str, object], found: str) -> None:
    links = make_links()
    forged = replace(parse_entry(links[at].body), **change)  # type: ignore[arg-type]  # names real fields
    assert found in check_chain(rehashed(links, at, forged.text()))


@pytest.mark.parametrize("place", range(5))
def test_a_changed_dropped_or_moved_entry_breaks_a_hash(place: int) -> None:
    links = make_links()
    link = links[place]
    other = link.body.replace("9000000", "9000001") if place == 1 else link.body.replace("02:", "03:", 1)
    if other != link.body:
        assert f"hash:{place}" in check_chain([*links[:place], replace(link, body=other), *links[place + 1 :]])
    if place:
        dropped = [replace(each, seq=n) for n, each in enumerate([*links[:place], *links[place + 1 :]])]
        assert place == 4 or f"hash:{place}" in check_chain(dropped)


@given(st.text(alphabet="\n0123456789-abcdefgh TZ:.", max_size=300) | st.text(max_size=100))
@settings(max_examples=500)
def test_the_parsers_take_no_text_but_their_own(text: str) -> None:
    for parse in (parse_entry, parse_opening, read_time):
        with pytest.raises((ChainError, StageError)):
            parse(text)


@given(
    st.integers(1, 10**6), st.integers(0, 10**17), st.integers(1, 10**9), st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(["bid", "paused", "resumed", "closed"]),
)  # fmt: skip
def test_what_is_written_is_read_back(seq: int, amount: int, step: int, at: datetime, kind: str) -> None:
    if at.year < 1000:
        at = at.replace(year=2026)
    assert read_time(write_time(at)) == at
    body = EntryBody(PROJECT, seq, kind, at, at, *(("07", amount, step) if kind == "bid" else ()))
    assert parse_entry(body.text()) == body
