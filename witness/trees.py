"""Whether one Merkle tree is another, grown on (RFC 9162 §2.1.4.2; SHA-256, 0x01 before two nodes). Pure."""

from collections.abc import Sequence
from hashlib import sha256


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def extends(first: int, first_root: str, second: int, second_root: str, proof: Sequence[str]) -> bool:
    """Whether the proof (hashes in hex) leads from the root of `first` leaves to that of `second`, 1 ≤ first < second."""
    if not 1 <= first < second:
        return False
    steps = [bytes.fromhex(each) for each in proof]
    if first & (first - 1) == 0:
        steps.insert(0, bytes.fromhex(first_root))
    if not steps:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = _node(step, old), _node(step, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = _node(new, step)
        place, last = place >> 1, last >> 1
    return last == 0 and (old.hex(), new.hex()) == (first_root, second_root)
