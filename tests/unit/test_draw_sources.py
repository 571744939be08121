"""Sources, values and the parties' chains of hashes."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.core.draw import (
    CHAIN_LENGTH,
    ChainExhausted,
    DrandSource,
    DrawError,
    PartiesSource,
    PublishedSource,
    check_value,
    commitment,
    is_reveal_of,
    lottery_value,
    new_seed,
    next_commitments,
    parse_source,
    parties_value,
    reveal,
    reveal_for,
)

C1, C2 = "a" * 64, "b" * 64
KL8 = " ".join(f"{n:02d}" for n in range(1, 21))
seeds = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (f"drand:{C1}", DrandSource(C1)),
        ("published:kl8", PublishedSource("kl8")),
        ("published:kl8:2026001", PublishedSource("kl8", "2026001")),
        (f"parties:{C1}:{C2}", PartiesSource((C1, C2))),
    ],
)
def test_a_source_is_its_line(text: str, source: DrandSource | PublishedSource | PartiesSource) -> None:
    assert parse_source(text) == source
    assert str(source) == text


@pytest.mark.parametrize(
    "text",
    ["", "drand:", f"drand:{C1.upper()}", f"drand:{C1}:1", "published:", "published:kl8:x", "published:kl8:1:2",
     f"parties:{C1}", f"parties:{C1}:{C1}", f"parties:{C1}:{C2}:", "operator:1", f"drand:{C1} "],
)  # fmt: skip
def test_another_source_is_refused(text: str) -> None:
    with pytest.raises(DrawError) as refusal:
        parse_source(text)
    assert refusal.value.field == "source"


def test_a_commitment_is_the_seed_hashed_eight_times() -> None:
    seed = bytes(range(32))
    digest = seed
    for _ in range(8):
        digest = sha256(digest).digest()
    assert commitment(seed) == digest.hex()
    assert len(new_seed()) == 32
    assert new_seed() != new_seed()


@given(seeds)
def test_a_chain_serves_eight_draws_and_no_ninth(seed: bytes) -> None:
    current = commitment(seed)
    for number in range(CHAIN_LENGTH):
        r = reveal(seed, number)
        assert sha256(bytes.fromhex(r)).hexdigest() == current
        assert reveal_for(seed, current) == r
        current = r
    assert current == seed.hex()
    with pytest.raises(ChainExhausted):
        reveal(seed, CHAIN_LENGTH)
    with pytest.raises(ChainExhausted):
        reveal_for(seed, current)


def test_a_chain_reveals_nothing_for_anothers_commitment() -> None:
    with pytest.raises(ChainExhausted):
        reveal_for(bytes(32), commitment(b"\x01" * 32))
    with pytest.raises(DrawError):
        commitment(b"short")
    with pytest.raises(ChainExhausted):
        reveal(bytes(32), -1)


def test_what_is_revealed_is_checked_and_is_the_next_commitment() -> None:
    mine, theirs = b"\x01" * 32, b"\x02" * 32
    source = PartiesSource((commitment(mine), commitment(theirs)))
    reveals = [reveal(mine, 0), reveal(theirs, 0)]
    value = parties_value(reveals)
    assert value == ":".join(reveals)
    check_value(source, value)
    assert next_commitments(source.commitments, reveals) == tuple(reveals)
    assert next_commitments(source.commitments, [reveals[0], None]) == (reveals[0], source.commitments[1])
    with pytest.raises(DrawError):
        next_commitments(source.commitments, reveals[::-1])
    for wrong in (parties_value(reveals[::-1]), reveals[0], f"{value}:{reveals[0]}", value.upper(), f"{value} "):
        with pytest.raises(DrawError) as refusal:
            check_value(source, wrong)
        assert refusal.value.field == "value"
    assert not is_reveal_of(source.commitments[0], reveals[0].upper())
    with pytest.raises(DrawError):
        parties_value([reveals[0]])


def test_the_value_of_a_lottery() -> None:
    assert lottery_value([20, *range(1, 20)]) == KL8
    with pytest.raises(DrawError):
        lottery_value([100])
    with pytest.raises(DrawError):
        lottery_value([])
    check_value(PublishedSource("kl8"), KL8)
    check_value(PublishedSource("pl3"), "03 03 09")
    check_value(PartiesSource((C1, C2)), "03 03 09", refused=True)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1 2",
        KL8 + " ",
        KL8.replace(" ", ","),
        "02 01",
        KL8[3:],
        KL8.replace("20", "81"),
        KL8.replace("01 02", "02 02"),
        "٠١",
    ],
)
def test_a_wrong_bulletin_is_refused(value: str) -> None:
    with pytest.raises(DrawError) as refusal:
        check_value(PublishedSource("kl8"), value)
    assert refusal.value.field == "value"


def test_the_value_of_drand() -> None:
    check_value(DrandSource(C1), C2)
    with pytest.raises(DrawError):
        check_value(DrandSource(C1), C2.upper())
