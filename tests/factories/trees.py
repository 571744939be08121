"""Trees of some leaves, for tests: their roots and the proofs between them."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from supermarket.core.merkle import Edge, consistency_path, inclusion_path, leaf_hash, root_of


class Tree:
    """Leaves `0`, `1`, `2` …, or others from `other_from` on: two trees with the same beginning and then another past;
    `instead`: leaves at single places.
    """

    def __init__(self, size: int, *, other_from: int | None = None, instead: Mapping[int, bytes] | None = None) -> None:
        turn = size if other_from is None else other_from
        usual = [b"%d" % n if n < turn else b"other %d" % n for n in range(size)]
        self.leaves: Sequence[bytes] = [(instead or {}).get(n, leaf) for n, leaf in enumerate(usual)]
        self._nodes: dict[tuple[int, int], bytes] = {}
        edge = Edge()
        for n, leaf in enumerate(self.leaves, start=1):
            for level, found in enumerate(edge.push(leaf_hash(leaf))):
                self._nodes[level, (n >> level) - 1] = found

    def _read(self, level: int, position: int) -> bytes:
        return self._nodes[level, position]

    def root(self, size: int) -> str:
        """The root (hex) of the first `size` leaves; of none the hash of nothing."""
        return root_of(size, self._read).hex() if size else sha256().hexdigest()

    def path(self, index: int, size: int) -> list[str]:
        """The inclusion path (hex) of the leaf `index`."""
        return [each.hex() for each in inclusion_path(index, size, self._read)]

    def proof(self, first: int, second: int) -> list[str]:
        """The consistency path (hex); none from nothing."""
        return [each.hex() for each in consistency_path(first, second, self._read)] if first else []
