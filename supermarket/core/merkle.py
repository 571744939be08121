"""A Merkle tree over a list that only grows, as in RFC 9162 §2.1 (RFC 6962 §2.1): SHA-256, 0x00 before a leaf, 0x01 before
two nodes. Pure. `size` is how many leaves there are, `index` the place of a leaf from 0, hashes are 32 bytes.

Roots and proofs are made of whole subtrees alone, those with 2^level leaves, which never change: about log₂(size) of them.
The witness has code of its own for the same (witness/trees.py), and so has the reader's browser (static/verify/log.js).
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

# The hash of the whole subtree of 2^level leaves from leaf position · 2^level on.
Reader = Callable[[int, int], bytes]
EMPTY = sha256().digest()
HASH_BYTES = 32


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf with these contents."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over two others."""
    return sha256(b"\x01" + left + right).digest()


def peaks_of(size: int) -> list[tuple[int, int]]:
    """The whole subtrees that a tree of this size consists of, from left to right: (level, position)."""
    found, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            found.append((level, start >> level))
            start += 1 << level
    return found


class Edge:
    """The right edge of a tree: its whole subtrees, all that is needed to let it grow."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """`peaks`: the hashes of `peaks_of(size)`. Raises ValueError where there are too few or too many."""
        self.size = size
        self._peaks = list(peaks)
        if len(self._peaks) != size.bit_count():
            raise ValueError("a tree of this size has another number of peaks")

    def push(self, leaf: bytes) -> list[bytes]:
        """One more leaf hash; gives the hashes of the subtrees that it completes: itself, then level by level upwards."""
        done = [leaf]
        while self.size >> (len(done) - 1) & 1:
            done.append(node_hash(self._peaks.pop(), done[-1]))
        self._peaks.append(done[-1])
        self.size += 1
        return done

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        if not self._peaks:
            return EMPTY
        *rest, found = self._peaks
        for peak in reversed(rest):
            found = node_hash(peak, found)
        return found


def root_of(size: int, read: Reader) -> bytes:
    """The root of the first `size` leaves."""
    return Edge(size, (read(level, position) for level, position in peaks_of(size))).root()


def _split(size: int) -> int:
    """The largest power of two below `size` (2 or more)."""
    return 1 << ((size - 1).bit_length() - 1)


def _range(start: int, end: int, read: Reader) -> bytes:
    """The hash over the leaves from `start` to before `end`, where `start` is one that the definition arrives at."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    middle = start + _split(size)
    return node_hash(_range(start, middle, read), _range(middle, end, read))


def inclusion_path(index: int, size: int, read: Reader) -> list[bytes]:
    """PATH(index, D[size]): what leads from the leaf to the root. Raises ValueError unless 0 ≤ index < size."""
    if not 0 <= index < size:
        raise ValueError("there is no such leaf in a tree of this size")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range(middle, end, read))
            end = middle
        else:
            path.append(_range(start, middle, read))
            start = middle
    return path[::-1]


def consistency_path(first: int, second: int, read: Reader) -> list[bytes]:
    """PROOF(first, D[second]): that the tree of `second` leaves begins with that of `first`; empty where they are equal.

    Raises ValueError unless 1 ≤ first ≤ second.
    """
    if not 1 <= first <= second:
        raise ValueError("a larger tree is proved to begin with a smaller one")
    start, end, whole, path = 0, second, True, []
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(_range(middle, end, read))
            end = middle
        else:
            path.append(_range(start, middle, read))
            start, whole = middle, False
    if not whole:
        path.append(_range(start, end, read))
    return path[::-1]


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf hash and its path lead to (RFC 9162 §2.1.3.2); None where the path cannot be one."""
    if not 0 <= index < size:
        return None
    place, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            found = node_hash(step, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    return found if last == 0 else None


def includes(root: bytes, leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bool:
    """Whether the path proves that this leaf hash stands at `index` in the tree with this root and size."""
    return root_by_path(leaf, index, size, path) == root


def extends(first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the second tree is the first one, grown on (RFC 9162 §2.1.4.2); 1 ≤ first ≤ second."""
    if not 1 <= first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
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
            old, new = node_hash(step, old), node_hash(step, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
