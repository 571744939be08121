"""The public beacon drand: which round a draw must take, and whether a round's signature is the chain's own.

Scheme `bls-unchained-g1-rfc9380` (drand's documentation, “Cryptography”): the signature is a point of G1 over
SHA-256 of the round's number in eight bytes, hashed to the curve by RFC 9380; the randomness is SHA-256 of the
signature. Nobody, the beacon's own members included, knows it before most of them have signed. Rule: selection
rules, section 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from supermarket.core.draw.curve import (
    FQ12,
    G2,
    G1Compressed,
    G2Compressed,
    decompress_G1,
    decompress_G2,
    final_exponentiate,
    hash_to_G1,
    is_inf,
    neg,
    pairing,
    subgroup_check,
)
from supermarket.core.draw.errors import DrawError
from supermarket.core.draw.sources import DrandSource

DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_SIGNATURE_BYTES, _KEY_BYTES = 48, 96
MAX_ROUND = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Chain:
    """A beacon: its hash (its name in a source line), its public key in hex, its first round's time, its period."""

    hash: str
    public_key: str
    genesis: datetime
    period: timedelta

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


# The League of Entropy's “quicknet”, as its nodes and documentation give it; checked in tests against its rounds.
QUICKNET = Chain(
    hash="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    public_key=(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
        "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    ),
    genesis=datetime.fromtimestamp(1_692_803_367, UTC),
    period=timedelta(seconds=3),
)
CHAINS: Mapping[str, Chain] = {QUICKNET.hash: QUICKNET}


def round_message(number: int) -> bytes:
    """What a round's signature is over: SHA-256 of its number in eight bytes, big-endian."""
    return sha256(number.to_bytes(8, "big")).digest()


def signature_holds(chain: Chain, number: int, signature: str) -> bool:
    """Whether `signature` (96 lower-case hex digits) is the chain's for this round; False for anything malformed."""
    if not 1 <= number <= MAX_ROUND or len(signature) != 2 * _SIGNATURE_BYTES or signature != signature.lower():
        return False
    try:
        point = decompress_G1(G1Compressed(int.from_bytes(bytes.fromhex(signature), "big")))
        if is_inf(point) or not subgroup_check(point):
            return False
    except ValueError:  # no hex, no point, no compressed form
        return False
    raw = bytes.fromhex(chain.public_key)
    half = _KEY_BYTES // 2
    key = decompress_G2(G2Compressed((int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))))
    message = hash_to_G1(round_message(number), DOMAIN, sha256)  # type: ignore[arg-type]  # it wants the constructor, its annotation names the hash
    # e(signature, generator) = e(message, key), as one product.
    both = pairing(G2, point, final_exponentiate=False) * pairing(key, neg(message), final_exponentiate=False)
    return bool(final_exponentiate(both) == FQ12.one())


def randomness(signature: str) -> str:
    """The round's randomness in lower-case hex: SHA-256 of the signature. Raises DrawError for what is no hex."""
    try:
        return sha256(bytes.fromhex(signature)).hexdigest()
    except ValueError:
        raise DrawError("signature", "a signature is 96 lower-case hex digits") from None
