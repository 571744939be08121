"""From the pool and the value to the order.

    key  = SHA256( "draw-v2\\n" pool_hash UTF8(value) )              # pool_hash as its 32 bytes
    left = ids repeated by their tickets, in file order
    for i = 1, 2, … until left is empty:
        h = SHA256( be16(i) key be16(i) )                            # be16: two bytes; h: both big-endian
        pick left[ h mod len(left) ]; remove all its repeats

Rule: selection rules, section 3.
"""

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Protocol

from supermarket.core.draw.errors import DrawError
from supermarket.core.draw.pool import MAX_MEMBERS, Member

_HEX64 = re.compile(r"[0-9a-f]{64}")


class Digest(Protocol):
    """A hash of hashlib."""

    def digest(self) -> bytes:
        """Its bytes."""


def draw_key(pool_hash: str, value: str) -> str:
    """The key in lower-case hex. Raises DrawError where `pool_hash` is not 64 lower-case hex digits."""
    if not _HEX64.fullmatch(pool_hash):
        raise DrawError("pool_hash", "a hash is 64 lower-case hex digits")
    return sha256(b"draw-v2\n" + bytes.fromhex(pool_hash) + value.encode("utf-8")).hexdigest()


def draw_order(members: Sequence[Member], key: str) -> tuple[str, ...]:
    """The full order of the members' ids. The order in which `members` come does not matter: file order is restored.

    Raises DrawError where `key` is not 64 lower-case hex digits, a member stands twice, or there are over 65 535.
    """
    if not _HEX64.fullmatch(key):
        raise DrawError("key", "a key is 64 lower-case hex digits")
    tickets = {m.id: m.tickets for m in members}
    if len(tickets) != len(members) or len(tickets) > MAX_MEMBERS:
        raise DrawError("pool_file", "a member stands in it twice, or there are too many")
    return pick_all([(m.id, m.tickets) for m in sorted(members)], bytes.fromhex(key))


def pick_all(
    pool: Sequence[tuple[str, int]], key: bytes, digest: Callable[[bytes], Digest] = sha256, *, begin: int = 1
) -> tuple[str, ...]:
    """The method of RFC 3797, section 4, over ids with their tickets; `begin` is the first round's number.

    There `digest` is MD5, nobody has two tickets and rounds are counted from 0; draw-v2 counts from 1.
    """
    tickets = dict(pool)
    left = [each for each, count in pool for _ in range(count)]
    order: list[str] = []
    while left:
        number = (len(order) + begin).to_bytes(2, "big")
        h = int.from_bytes(digest(number + key + number).digest(), "big")
        picked = left[h % len(left)]
        first = left.index(picked)
        del left[first : first + tickets[picked]]
        order.append(picked)
    return tuple(order)
