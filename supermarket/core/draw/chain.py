"""One party's half of the source `parties`: a chain of hashes, revealed from its end.

Rule: selection rules, section 3. `seed` is 32 random bytes that never leave the party's own machine before they are
revealed; c = SHA-256 applied 8 times to it. Each draw reveals r with SHA-256(r) = c, and r is the next draw's c; so a
chain serves eight draws. All functions but `new_seed` are pure. Where a seed is kept is the caller's affair: never in
the database.
"""

import re
import secrets
from collections.abc import Sequence
from hashlib import sha256

from supermarket.core.draw.errors import DrawError

CHAIN_LENGTH = 8
_HEX64 = re.compile(r"[0-9a-f]{64}")


class ChainExhausted(DrawError):
    """All eight links are revealed, or the commitment is not of this chain."""


def new_seed() -> bytes:
    """32 fresh bytes from the operating system."""
    return secrets.token_bytes(32)


def _link(seed: bytes, times: int) -> bytes:
    if len(seed) != 32:
        raise DrawError("seed", "a seed has 32 bytes")
    for _ in range(times):
        seed = sha256(seed).digest()
    return seed


def commitment(seed: bytes) -> str:
    """What is published before enrolment, in hex."""
    return _link(seed, CHAIN_LENGTH).hex()


def reveal(seed: bytes, revealed_before: int) -> str:
    """The r, in hex, of the draw before which `revealed_before` others took place; ChainExhausted after eight."""
    if not 0 <= revealed_before < CHAIN_LENGTH:
        raise ChainExhausted("seed", "a chain serves eight draws")
    return _link(seed, CHAIN_LENGTH - 1 - revealed_before).hex()


def reveal_for(seed: bytes, current: str) -> str:
    """The r that belongs to the commitment `current`; ChainExhausted where no link is left or it is another's."""
    for revealed_before in range(CHAIN_LENGTH):
        r = reveal(seed, revealed_before)
        if is_reveal_of(current, r):
            return r
    raise ChainExhausted("seed", "the commitment has no link left in this chain")


def is_reveal_of(current: str, r: str) -> bool:
    """Whether SHA-256(r) = c; both in lower-case hex, any other spelling is False."""
    return bool(_HEX64.fullmatch(r)) and sha256(bytes.fromhex(r)).hexdigest() == current


def parties_value(reveals: Sequence[str]) -> str:
    """The value of the draw: the parties' r's in the order of their commitments, joined by a colon."""
    if len(reveals) < 2 or not all(_HEX64.fullmatch(r) for r in reveals):
        raise DrawError("value", "two revealed numbers or more, each of 64 lower-case hex digits")
    return ":".join(reveals)


def next_commitments(commitments: Sequence[str], reveals: Sequence[str | None]) -> tuple[str, ...]:
    """The commitments of the project's next draw: r where a party revealed, its old c where it did not (None).

    Raises DrawError("value", …) where an r does not belong to its c.
    """
    following = []
    for c, r in zip(commitments, reveals, strict=True):
        if r is not None and not is_reveal_of(c, r):
            raise DrawError("value", "a revealed number does not hash to its commitment")
        following.append(c if r is None else r)
    return tuple(following)
