"""The method: RFC 3797's own example, ten thousand draws against the stand-alone script, and that chance is fair."""

import json
import random
import runpy
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from supermarket.core.draw import (
    DrandSource,
    Member,
    PartiesSource,
    PublishedSource,
    Receipt,
    Record,
    Source,
    draw_key,
    draw_order,
    lottery_value,
    parties_value,
    pool_file,
    pool_hash,
    sign_receipt,
)
from supermarket.core.draw.order import pick_all

SCRIPT = Path(__file__).parents[2] / "static" / "verify" / "draw_verify.py"
AT = datetime(2026, 11, 27, 10, 0, 0, tzinfo=UTC)
KEY = bytes(SigningKey(bytes(range(32))))
DRAWS = 10_000


def test_the_published_example_of_rfc_3797() -> None:
    pool = [(str(number), 1) for number in range(1, 26)]
    found = pick_all(
        pool, b"9319./2.5.8.10.12./9.18.26.34.41.45./", lambda data: md5(data, usedforsecurity=False), begin=0
    )
    assert found[:10] == ("17", "7", "2", "16", "25", "23", "8", "24", "19", "13")
    assert sorted(found, key=int) == [name for name, _tickets in pool]


def check_of_the_script() -> Callable[[object], Iterator[object]]:
    """The script's own `check`, without the lines that read a file and end the program."""
    check: Callable[[object], Iterator[object]] = runpy.run_path(str(SCRIPT))["check"]
    return check


def source_and_value(chance: random.Random) -> tuple[Source, str, tuple[str, ...]]:
    """A source with a value of it, and who refused: of two parties or more some did not reveal, and a lottery decides."""
    numbers = lottery_value(chance.sample(range(1, 81), 20))
    kind = chance.randrange(4)
    if kind == 0:
        return DrandSource(chance.randbytes(32).hex()), chance.randbytes(32).hex(), ()
    if kind == 1:
        return PublishedSource("kl8"), numbers, ()
    revealed = [chance.randbytes(32) for _party in range(chance.randrange(2, 5))]
    source = PartiesSource(tuple(sha256(each).hexdigest() for each in revealed))
    if kind == 2:
        return source, parties_value([each.hex() for each in revealed]), ()
    names = [f"party-{place}" for place in range(len(revealed))]
    return source, numbers, tuple(sorted(chance.sample(names, chance.randrange(1, len(names) + 1))))


def make_draw(chance: random.Random, number: int) -> Record:
    members = [
        Member(f"9151010{chance.randrange(10**9):09d}{place:02d}", chance.choice((1, 1, 1, 2, 3)))
        for place in range(chance.randrange(1, 14))
    ]
    source, value, refused = source_and_value(chance)
    purpose = chance.choice(("main", "panel", "tie1", "tie12"))
    file = pool_file(f"P-{number}", purpose, source, members)
    digest = pool_hash(file)
    key = draw_key(digest, value)
    earliest = PublishedSource.earliest if refused else source.earliest
    come = AT + earliest + timedelta(seconds=chance.randrange(3))
    return Record(
        pool_file=file.decode(),
        pool_hash=digest,
        receipt=Receipt(AT, "witness", sign_receipt(KEY, f"P-{number}", purpose, digest, AT)),
        source_time=come,
        value=value,
        entered_by=("owner", "regulator"),
        refused=refused,
        drawn_at=come + timedelta(seconds=chance.randrange(9)),
        key=key,
        order=draw_order(members, key),
        excluded=(),
    )


def test_the_stand_alone_script_confirms_ten_thousand_draws_and_no_changed_one() -> None:
    chance, check = random.Random(3797), check_of_the_script()
    for number in range(DRAWS):
        fields = json.loads(make_draw(chance, number).to_json())
        *found, _not_checked = check(fields)
        assert not any(found), found
        if len(fields["order"]) > 1:
            fields["order"][0], fields["order"][-1] = fields["order"][-1], fields["order"][0]
            *found, _not_checked = check(fields)
            assert [str(each).partition(":")[0] for each in found if each] == ["order"]


def chi_square(counted: Counter[str], expected: dict[str, float]) -> float:
    return sum((counted[name] - wanted) ** 2 / wanted for name, wanted in expected.items())


# The 0.999 999 quantile of chi-square by degrees of freedom: what fair chance exceeds once in a million tests.
LIMITS = {4: 33.38, 9: 45.08}
VALUES = 20_000


@pytest.mark.parametrize("tickets", [(1,) * 10, (1,) * 5, (3, 2, 2, 1, 1), (3, 3, 1, 1, 1)])
def test_first_and_last_places_are_as_likely_as_the_tickets_say(tickets: tuple[int, ...]) -> None:
    members = [Member(f"A{place}", count) for place, count in enumerate(tickets)]
    digest = pool_hash(pool_file("P-1", "main", PublishedSource("kl8"), members))
    firsts = Counter(draw_order(members, draw_key(digest, f"value {number}"))[0] for number in range(VALUES))
    expected = {member.id: VALUES * member.tickets / sum(tickets) for member in members}
    assert chi_square(firsts, expected) < LIMITS[len(members) - 1]


def test_with_equal_tickets_every_place_is_as_likely_for_everybody() -> None:
    members = [Member(f"A{place}") for place in range(5)]
    digest = pool_hash(pool_file("P-1", "main", PublishedSource("kl8"), members))
    orders = [draw_order(members, draw_key(digest, f"value {number}")) for number in range(VALUES)]
    for place in range(5):
        counted = Counter(order[place] for order in orders)
        assert chi_square(counted, dict.fromkeys((member.id for member in members), VALUES / 5)) < LIMITS[4]
    assert len(set(orders)) == 120
