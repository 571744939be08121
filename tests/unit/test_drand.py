"""The beacon drand: real rounds of its chain “quicknet”, and everything that is none."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import ROOT
from supermarket.core.draw import DrawError
from supermarket.core.draw.drand import CHAINS, DEFAULT, MAX_ROUND, QUICKNET, Chain, randomness, signature_holds

# Rounds as the beacon published them.
ROUNDS = {
    123: "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92",
    657413: "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b",
}
# Rounds of the older chain: signature, the one before it, the randomness as published.
LINKED = {
    2098475: (
        "84bcb438f4505ef5282804c3d98a76b536970f9755004ea103fc15183c1b314a1e95582cb4dbaf3330272c72fe567555"
        "0ac6718ef53dfe18fca65c37f223a7dfbc1920a9c32dbf01a227290293a67fa4682dd266f717f5078829d83912926649",
        "b49ee4089fc510300b38d75ebba84576097bed61c171574acf2557f636c7144b471b57e18e5b0c3f8774e194344931c0"
        "11873149d0db51fc70d22448bfc264d230be7ed6fcd3eb3b61fdc877d657dfa0d8ecaea6c1fa35f90bc84e88c1af17d4",
        "89580f6a639add6c90dcf3d222e35415f89d9ee2cd6ef6fc4f23134cdffa5d1e",
    ),
    3311596: (
        "a696b9409ababce45749c3a4ec369074453dd4a79967734e1390d969c8ad8d98897d217b9121e92c8ddebbddda8d92f9"
        "00e3bd6bf9deb166863b1a19390d743f82774001487594c5c09e581db7365f02b70a2c8cc41ce32446ef08e4890c4754",
        "8ed588f2a7716fb1349e2d9803da5db0005e98a83783c353d4a08f183236a9ad91d70ddb01266f4b7c576983db464b43"
        "0e65680b9e0098552758afd6c1e6afcb77e3f62fe1b93d42d1cb63abbb2205512fe12fbf74ea9c5ac3b8f5c1e283a1d8",
        "647c07b2abbf7ff2afb4d670214f565e5cd9f9c91bfdcecb59a21f3c78d73920",
    ),
}
INFINITY = "c0" + "00" * 47


@pytest.mark.parametrize("number", ROUNDS)
def test_a_published_round_holds_and_another_ones_does_not(number: int) -> None:
    assert signature_holds(QUICKNET, number, ROUNDS[number])
    assert not signature_holds(QUICKNET, number + 1, ROUNDS[number])


@pytest.mark.parametrize("number", LINKED)
def test_a_round_of_a_linked_chain_holds_with_the_signature_before_it_only(number: int) -> None:
    signature, previous, random_value = LINKED[number]
    assert signature_holds(DEFAULT, number, signature, previous)
    assert randomness(signature) == random_value
    assert not signature_holds(DEFAULT, number, signature)
    assert not signature_holds(DEFAULT, number, signature, signature)
    assert not signature_holds(DEFAULT, number + 1, signature, previous)
    assert not signature_holds(DEFAULT, number, previous, signature)
    assert not signature_holds(QUICKNET, number, signature[:96], previous)
    assert not signature_holds(DEFAULT, number, "c0" + "00" * 95, previous)
    assert not signature_holds(DEFAULT, number, "ff" * 96, previous)


# What a chain's hash is over besides its key, first round and period: the seed of its first group, and its name.
SEEDS = {
    QUICKNET.hash: ("f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e", b"quicknet"),
    DEFAULT.hash: ("176f93498eac9ca337150b46d21dd58673ea4e3581185f869672e59fa4cb390a", b""),
}


@pytest.mark.parametrize("chain", CHAINS.values(), ids=["quicknet", "default"])
def test_a_chains_hash_binds_its_key_its_first_round_and_its_period(chain: Chain) -> None:
    """No relay is asked for them: they are pinned here, and a letter changed in one of them gives another hash."""
    seed, name = SEEDS[chain.hash]
    told = int(chain.period.total_seconds()).to_bytes(4, "big") + int(chain.genesis.timestamp()).to_bytes(8, "big")
    assert sha256(told + bytes.fromhex(chain.public_key) + bytes.fromhex(seed) + name).hexdigest() == chain.hash


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
