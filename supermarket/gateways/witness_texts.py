"""What the witness signs beside pool receipts (`core.draw.receipt`), and the list of quotes that it is shown.

Each is UTF-8 text with LF after every line; times `YYYY-MM-DDTHH:MM:SSZ`. The witness has code of its own for the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from supermarket.core.draw import format_time
from supermarket.gateways.witness_log import WitnessState


@dataclass(frozen=True, slots=True, order=True)
class ListedQuote:
    """One line of the list: who, the how-maniest quote, SHA-256 of its body in hex, when it came (whole seconds)."""

    uscc: str
    seq: int
    commitment: str
    received_at: datetime


def quote_list(project: str, quotes: Iterable[ListedQuote]) -> str:
    """The full list of a project's quotes, replaced ones included, ordered by USCC and seq."""
    lines = [f"{q.uscc} {q.seq} {q.commitment} {format_time(q.received_at)}" for q in sorted(quotes)]
    return "".join(f"{line}\n" for line in ["quote-list-v1", project, *lines])


def list_hash(text: str) -> str:
    """SHA-256 of a list, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def listed_commitments(text: str) -> frozenset[str]:
    """The commitments on a list made by `quote_list`."""
    return frozenset(line.split(" ")[2] for line in text.splitlines()[2:])


def _body(*lines: str | int) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def commitment_body(project: str, c: str, at: datetime) -> bytes:
    """Under the signature of a chain's commitment."""
    return _body("commitment-v1", project, c, format_time(at))


def quote_key_body(project: str, public_key: str, opens_at: datetime, at: datetime) -> bytes:
    """Under the signature of a quote key."""
    return _body("quote-key-v1", project, public_key, format_time(opens_at), format_time(at))


def list_body(project: str, text: str, at: datetime) -> bytes:
    """Under the countersignature of a list of quotes."""
    return _body("list-v1", project, list_hash(text), format_time(at))


def head_body(log: str, seq: int, head: str, at: datetime) -> bytes:
    """Under the signature of the head of a log that is a chain."""
    return _body("head-v1", log, seq, head, format_time(at))


def tree_head_body(log: str, size: int, root: str, at: datetime) -> bytes:
    """Under the signature of the head of a log that is a Merkle tree."""
    return _body("head-v2", log, size, root, format_time(at))


def peer_body(state: WitnessState, at: datetime) -> bytes:
    """Under a witness's signature that it was shown another one's state."""
    return _body("peer-v1", state.key, state.epoch, state.n, state.head, format_time(at))
