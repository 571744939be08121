"""The pool file, the key and the order (selection rules, section 3)."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.core.draw import (
    DrawError,
    Member,
    PublishedSource,
    draw_key,
    draw_order,
    parse_pool_file,
    pool_file,
    pool_hash,
    tickets_for,
)

STEM = "91510100MA61T2XX"
VALUE = " ".join(f"{n:02d}" for n in range(1, 21))

ids = st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=1, max_size=18)
members = st.dictionaries(ids, st.integers(1, 99), min_size=1, max_size=40).map(
    lambda tickets: [Member(name, number) for name, number in tickets.items()]
)


def make_pool(tickets: list[int]) -> list[Member]:
    return [Member(f"{STEM}{number:02d}", count) for number, count in enumerate(tickets)]


@pytest.mark.parametrize(
    ("tickets", "expected_hash", "expected_key", "expected_order"),
    [
        (
            [1, 1, 1, 1, 1],
            "7ce790c9c4d4bc5dfd5235cd231cd2155dcb57c6feb04c89b49e5ef9595e4d7e",
            "ff036f690370f2fd0fc39d4cb3f23a5d0a8ccb4d1b17fec71fa0a080b1642f49",
            ["01", "02", "03", "00", "04"],
        ),
        (
            [3, 2, 2, 1, 1],
            None,
            "72b5be9096c95cfbdf1254cef7c8b2f51c2894f09d356fb15eb010c95fedb9b4",
            ["00", "01", "02", "04", "03"],
        ),
    ],
)
def test_the_worked_example_of_the_rules(
    tickets: list[int], expected_hash: str | None, expected_key: str, expected_order: list[str]
) -> None:
    pool = make_pool(tickets)
    file = pool_file("P-EXAMPLE-1", "main", "published:kl8:2026001", pool)
    assert expected_hash in (None, pool_hash(file))
    key = draw_key(pool_hash(file), VALUE)
    assert key == expected_key
    assert draw_order(pool, key) == tuple(STEM + end for end in expected_order)


def test_the_pool_file_to_the_byte() -> None:
    file = pool_file("P-1", "tie2", PublishedSource("kl8"), [Member("B", 2), Member("A", 3)])
    assert file == b"draw-v2\nP-1\ntie2\npublished:kl8\nA 3\nB 2\n"


def naive_order(pool: list[Member], key: str) -> tuple[str, ...]:
    """The rules' own words, without any shortcut."""
    left = [m.id for m in sorted(pool, key=lambda m: m.id.encode("ascii")) for _ in range(m.tickets)]
    order: list[str] = []
    i = 1
    while left:
        be16 = bytes([i // 256, i % 256])
        h = int(sha256(be16 + bytes.fromhex(key) + be16).hexdigest(), 16)
        order.append(left[h % len(left)])
        left = [name for name in left if name != order[-1]]
        i += 1
    return tuple(order)


@given(members, st.binary(min_size=32, max_size=32))
def test_the_order_is_the_rules_own_and_a_permutation(pool: list[Member], raw: bytes) -> None:
    order = draw_order(pool, raw.hex())
    assert order == naive_order(pool, raw.hex())
    assert sorted(order) == sorted(m.id for m in pool)


@given(members, st.randoms(use_true_random=False), st.text(max_size=20))
def test_neither_file_nor_order_depends_on_the_order_of_input(pool: list[Member], random: object, value: str) -> None:
    shuffled = list(pool)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands out its own Random
    file = pool_file("P-1", "main", "published:kl8", pool)
    assert pool_file("P-1", "main", "published:kl8", shuffled) == file
    key = draw_key(pool_hash(file), value)
    assert draw_order(shuffled, key) == draw_order(pool, key)


@given(members)
def test_a_pool_file_read_and_made_again_is_the_same(pool: list[Member]) -> None:
    file = pool_file("P-1", "main", "published:kl8", pool)
    parsed = parse_pool_file(file)
    assert (parsed.project, parsed.purpose, str(parsed.source)) == ("P-1", "main", "published:kl8")
    assert parsed.members == tuple(sorted(pool))


def test_tickets_weigh_what_they_say() -> None:
    pool = make_pool([3, 1])
    first = [draw_order(pool, sha256(bytes([i // 256, i % 256])).hexdigest())[0] for i in range(4000)]
    assert first.count(f"{STEM}00") == pytest.approx(3000, abs=120)  # over four standard deviations


@pytest.mark.parametrize(
    ("file", "field"),
    [
        (b"", "pool_file"),
        (b"draw-v1\nP-1\nmain\npublished:kl8\nA 1\n", "pool_file"),
        (b"draw-v2\nP-1\nmain\npublished:kl8\nA 1", "pool_file"),
        (b"draw-v2\nP-1\nmain\npublished:kl8\n", "pool_file"),
        (b"draw-v2\r\nP-1\nmain\npublished:kl8\nA 1\n", "pool_file"),
        (b"draw-v2\nP-1\nmain\npublished:kl8\nA 1\r\n", "pool_file"),
        (b"draw-v2\nP-1\nmain\npublished:kl8\nA 1\n\n", "pool_file"),
        (b"draw-v2\nP-1\nmain\npublished:kl8\nB 1\nA 1\n", "pool_file"),
        (b"draw-v2\nP-1\nmain\npublished:kl8\nA 1\nA 1\n", "pool_file"),
        (b"draw-v2\nP-1\nmain\npublished:kl8\nA 01\n", "pool_file"),
        (b"draw-v2\nP-1\nmain\npublished:kl8\nA 0\n", "pool_file"),
        (b"draw-v2\nP-1\nmain\npublished:kl8\nA  1\n", "pool_file"),
        (b"draw-v2\nP-1\nmain\npublished:kl8\nA 1 \n", "pool_file"),
        (b"draw-v2\nP-1\ntie0\npublished:kl8\nA 1\n", "pool_file"),
        (b"draw-v2\nP 1\nmain\npublished:kl8\nA 1\n", "pool_file"),
        (b"draw-v2\nP-1\nmain\npublished:KL8\nA 1\n", "source"),
        (b"draw-v2\nP-1\nmain\nlottery:kl8\nA 1\n", "source"),
        ("draw-v2\nP-１\nmain\npublished:kl8\nA 1\n".encode(), "pool_file"),
    ],
)
def test_anything_that_is_not_a_pool_file_to_the_byte_is_refused(file: bytes, field: str) -> None:
    with pytest.raises(DrawError) as refusal:
        parse_pool_file(file)
    assert refusal.value.field == field


def test_a_pool_is_neither_empty_nor_double() -> None:
    with pytest.raises(DrawError, match="1 to 65535 members"):
        pool_file("P-1", "main", "published:kl8", [])
    with pytest.raises(DrawError, match="twice"):
        pool_file("P-1", "main", "published:kl8", [Member("A", 1), Member("A", 2)])


@pytest.mark.parametrize(
    ("level", "how", "expected"),
    [("A", "credit", 3), ("B", "credit", 2), ("C", "credit", 1), ("D", "credit", 1), ("A", "equal", 1)],
)
def test_tickets_by_credit_level(level: str, how: str, expected: int) -> None:
    assert tickets_for(level, how) == expected


@pytest.mark.parametrize(("level", "how"), [("E", "equal"), ("A", "stars"), ("a", "credit")])
def test_unknown_levels_and_rules_of_tickets_are_refused(level: str, how: str) -> None:
    with pytest.raises(ValueError, match=r"credit level|TicketRule"):
        tickets_for(level, how)
