"""The Merkle tree over the sealed log as it is stored: one append-only row for each leaf, with the hashes of the whole
subtrees that it completes. Growing reads the right edge alone, a root or a proof about log₂ rows.

It grows when a head is due, by the events that came since, in the order of their leaf hashes and not of their coming:
where a leaf stands tells its hour and nothing closer (adr 39).
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from supermarket.core.merkle import (
    HASH_BYTES,
    Edge,
    Reader,
    consistency_path,
    inclusion_path,
    leaf_hash,
    peaks_of,
    root_of,
)
from supermarket.extensions import Base, db

_NOTHING: Final = bytes(HASH_BYTES)
_Made = TypeVar("_Made")


class LogNode(Base):
    """The leaf at `place` (from 1) is the event that was sealed as `seq`.

    `hashes` (hex): its own, then those of the subtrees of 2, 4, 8 … leaves that end with it.
    """

    __tablename__ = "log_nodes"
    __table_args__ = ({"schema": "platform"},)

    place: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(sa.ForeignKey("platform.sealed_events.seq"), unique=True)
    hashes: Mapped[list[str]] = mapped_column(ARRAY(sa.String(64)))


def tree_size() -> int:
    """How many leaves the stored tree has: the events that were sealed first."""
    return db.session.scalar(sa.select(sa.func.max(LogNode.place))) or 0


def grow_by(bodies: Iterable[tuple[int, bytes]], size: int) -> None:
    """Append the leaves of these events, (seq, body), to the tree of `size`; the caller holds the sealer's lock."""
    edge = Edge(size, _read(lambda read: [read(level, position) for level, position in peaks_of(size)]))
    rows = []
    for leaf, seq in sorted((leaf_hash(body), seq) for seq, body in bodies):
        done = edge.push(leaf)
        rows.append({"place": edge.size, "seq": seq, "hashes": [found.hex() for found in done]})
    if rows:
        db.session.execute(sa.insert(LogNode), rows)


def tree_root(size: int) -> str:
    """The root (hex) of the first `size` leaves; there must be so many."""
    return _read(lambda read: root_of(size, read)).hex()


def path_in_tree(place: int, size: int) -> list[str]:
    """The inclusion path (hex) of the leaf at `place`, counted from 1, in the tree of `size`. Raises ValueError."""
    return [step.hex() for step in _read(lambda read: inclusion_path(place - 1, size, read))]


def path_between(first: int, second: int) -> list[str]:
    """The consistency path (hex) from the tree of `first` leaves to that of `second`. Raises ValueError."""
    return [step.hex() for step in _read(lambda read: consistency_path(first, second, read))]


def _read(make: Callable[[Reader], _Made]) -> _Made:
    """What `make` computes from stored subtrees: it is asked twice, so that all of them come with one query."""
    wanted: set[tuple[int, int]] = set()

    def note(level: int, position: int) -> bytes:
        wanted.add((level, position))
        return _NOTHING

    make(note)
    query = sa.select(LogNode.place, LogNode.hashes).where(
        LogNode.place.in_({(position + 1) << level for level, position in wanted})
    )
    rows = {row.place: row.hashes for row in db.session.execute(query)}
    return make(lambda level, position: bytes.fromhex(rows[(position + 1) << level][level]))
