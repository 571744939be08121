"""The beacon drand: real rounds of its chain “quicknet”, and everything that is none."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import ROOT
from supermarket.core.draw import DrawError
from supermarket.core.draw.drand import MAX_ROUND, QUICKNET, randomness, signature_holds

# Rounds as the beacon published them.
ROUNDS = {
    123: "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92",
    657413: "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b",
}
INFINITY = "c0" + "00" * 47


@pytest.mark.parametrize("number", ROUNDS)
def test_a_published_round_holds_and_another_ones_does_not(number: int) -> None:
    assert signature_holds(QUICKNET, number, ROUNDS[number])
    assert not signature_holds(QUICKNET, number + 1, ROUNDS[number])


def test_the_randomness_is_the_hash_of_the_signature() -> None:
    assert randomness(ROUNDS[657413]) == "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587"
    with pytest.raises(DrawError):
        randomness("no hex")


@pytest.mark.parametrize(
    "signature",
    ["", "00", "zz" * 48, ROUNDS[123].upper(), ROUNDS[123] + "00", ROUNDS[123][:-2], INFINITY, "ff" * 48, "80" * 48],
)
def test_what_is_no_signature_holds_for_no_round(signature: str) -> None:
    assert not signature_holds(QUICKNET, 123, signature)


@pytest.mark.parametrize("number", [0, -1, MAX_ROUND + 1])
def test_there_are_no_such_rounds(number: int) -> None:
    assert not signature_holds(QUICKNET, number, ROUNDS[123])
    with pytest.raises(DrawError):
        QUICKNET.time_of(number)


@settings(max_examples=6, deadline=None)
@given(place=st.integers(0, 8 * 48 - 1))
def test_one_changed_bit_and_it_does_not_hold(place: int) -> None:
    raw = bytearray.fromhex(ROUNDS[123])
    raw[place // 8] ^= 1 << place % 8
    assert not signature_holds(QUICKNET, 123, raw.hex())


@given(seconds=st.integers(-10_000, 10**9))
def test_a_draw_takes_the_first_round_ten_minutes_after_its_receipt_and_no_other(seconds: int) -> None:
    at = QUICKNET.genesis + timedelta(seconds=seconds)
    number = QUICKNET.round_for(at)
    earliest = at + timedelta(seconds=600)
    assert QUICKNET.time_of(number) >= earliest
    assert number == 1 or QUICKNET.time_of(number - 1) < earliest


def test_the_first_round_is_the_chains_beginning() -> None:
    assert QUICKNET.time_of(1) == datetime(2023, 8, 23, 15, 9, 27, tzinfo=UTC)
    assert QUICKNET.first_round(QUICKNET.genesis) == 1
    assert QUICKNET.first_round(QUICKNET.genesis + timedelta(microseconds=1)) == 2


def test_the_recursion_limit_is_as_it_was_before_the_package_came_in() -> None:
    """With a higher one a few thousand brackets of JSON end the process instead of raising."""
    code = (
        "import sys; before = sys.getrecursionlimit(); import supermarket.app; import supermarket.gateways.beacon; "
        "sys.exit(sys.getrecursionlimit() != before)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_nobody_else_imports_the_package() -> None:
    found = [path for path in (ROOT / "supermarket").rglob("*.py") if "from py_ecc" in path.read_text(encoding="utf-8")]
    assert found == [ROOT / "supermarket" / "core" / "draw" / "curve.py"]
