"""The public beacon drand: which round a draw must take, and whether a round's signature is the chain's own.

Two schemes (drand's documentation, “Cryptography”), both hashed to the curve by RFC 9380; the randomness is SHA-256 of
the signature. `bls-unchained-g1-rfc9380`: a point of G1 over SHA-256 of the round's number in eight bytes.
`pedersen-bls-chained`: a point of G2 over SHA-256 of the signature before it and the number. Nobody, the beacon's own
members included, knows a round before most of them have signed. Rule: selection rules, section 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from supermarket.core.draw.curve import (
    FQ12,
    G1,
    G2,
    G1Compressed,
    G2Compressed,
    decompress_G1,
    decompress_G2,
    final_exponentiate,
    hash_to_G1,
    hash_to_G2,
    is_inf,
    neg,
    pairing,
    subgroup_check,
)
from supermarket.core.draw.errors import DrawError
from supermarket.core.draw.sources import DrandSource

DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
LINKED_DOMAIN = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_"
_G1_BYTES, _G2_BYTES = 48, 96
MAX_ROUND = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Chain:
    """A beacon: its hash (its name in a source line), its public key in hex, its first round's time, its period.

    `linked`: each signature is over the one before it, too, which then belongs to the proof of a round.
    """

    hash: str
    public_key: str
    genesis: datetime
    period: timedelta
    linked: bool = False

    @property
    def signature_digits(self) -> int:
        """How many hex digits a signature of this chain has."""
        return 2 * (_G2_BYTES if self.linked else _G1_BYTES)

    def time_of(self, number: int) -> datetime:
        """When the round of this number comes into being; the first round has number 1. Raises DrawError."""
        if not 1 <= number <= MAX_ROUND:
            raise DrawError("round", "rounds are numbered from 1 on")
        try:
            return self.genesis + (number - 1) * self.period
        except OverflowError:
            raise DrawError("round", "this round lies beyond the calendar") from None

    def first_round(self, moment: datetime) -> int:
        """The number of the first round at or after a moment."""
        return max(0, -((self.genesis - moment) // self.period)) + 1

    def round_for(self, receipt_at: datetime) -> int:
        """The one round that a draw with this receipt takes: the first at least 600 s after it."""
        return self.first_round(receipt_at + DrandSource.earliest)


# The League of Entropy's chains, as its nodes and documentation give them; checked in tests against their rounds.
QUICKNET = Chain(
    hash="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    public_key=(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
        "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    ),
    genesis=datetime.fromtimestamp(1_692_803_367, UTC),
    period=timedelta(seconds=3),
)
DEFAULT = Chain(
    hash="8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce",
    public_key="868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801af31",
    genesis=datetime.fromtimestamp(1_595_431_050, UTC),
    period=timedelta(seconds=30),
    linked=True,
)
CHAINS: Mapping[str, Chain] = {QUICKNET.hash: QUICKNET, DEFAULT.hash: DEFAULT}


def round_message(number: int, previous: bytes = b"") -> bytes:
    """What a round's signature is over: SHA-256 of the signature before it (linked chains) and its number, big-endian."""
    return sha256(previous + number.to_bytes(8, "big")).digest()


def signature_holds(chain: Chain, number: int, signature: str, previous: str = "") -> bool:
    """Whether `signature` (lower-case hex) is the chain's for this round; False for anything malformed.

    `previous`: the signature of the round before it, for a linked chain; empty for any other.
    """
    if not 1 <= number <= MAX_ROUND:
        return False
    if not _is_hex(signature, chain.signature_digits) or bool(previous) != chain.linked:
        return False
    if chain.linked:
        return _is_hex(previous, chain.signature_digits) and _linked_holds(chain, number, signature, previous)
    return _unlinked_holds(chain, number, signature)


def _is_hex(text: str, digits: int) -> bool:
    return len(text) == digits and not set(text) - set("0123456789abcdef")


def _g2(text: str) -> G2Compressed:
    raw = bytes.fromhex(text)
    return G2Compressed((int.from_bytes(raw[:_G1_BYTES], "big"), int.from_bytes(raw[_G1_BYTES:], "big")))


def _unlinked_holds(chain: Chain, number: int, signature: str) -> bool:
    try:
        point = decompress_G1(G1Compressed(int(signature, 16)))
        if is_inf(point) or not subgroup_check(point):
            return False
    except ValueError:  # no point, no compressed form
        return False
    message = hash_to_G1(round_message(number), DOMAIN, sha256)  # type: ignore[arg-type]  # it wants the constructor, its annotation names the hash
    # e(signature, generator) = e(message, key), as one product.
    both = pairing(G2, point, final_exponentiate=False)
    both *= pairing(decompress_G2(_g2(chain.public_key)), neg(message), final_exponentiate=False)
    return bool(final_exponentiate(both) == FQ12.one())


def _linked_holds(chain: Chain, number: int, signature: str, previous: str) -> bool:
    try:
        point = decompress_G2(_g2(signature))
        if is_inf(point) or not subgroup_check(point):
            return False
    except ValueError:  # no point, no compressed form
        return False
    key = decompress_G1(G1Compressed(int(chain.public_key, 16)))
    message = hash_to_G2(round_message(number, bytes.fromhex(previous)), LINKED_DOMAIN, sha256)  # type: ignore[arg-type]  # as above
    both = pairing(point, neg(G1), final_exponentiate=False) * pairing(message, key, final_exponentiate=False)
    return bool(final_exponentiate(both) == FQ12.one())


def randomness(signature: str) -> str:
    """The round's randomness in lower-case hex: SHA-256 of the signature. Raises DrawError for what is no hex."""
    try:
        return sha256(bytes.fromhex(signature)).hexdigest()
    except ValueError:
        raise DrawError("signature", "a signature is lower-case hex digits") from None
