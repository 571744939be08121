"""A witness's own log, as anybody can follow it: each entry names the hash of the one before, and the witness signs where
it stands. The witness has code of its own for the same (docs/adr/0029).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

Entry = dict[str, str | int]
NOTHING: Final = "0" * 64
MOST_DIGITS: Final = 2**63
MOST_EPOCHS: Final = 2**31
LONGEST: Final = {"kind": 32, "project": 64, "purpose": 16}
# Of each kind that is signed: the word that its text begins with, then the fields in their order.
SIGNED: Final[Mapping[str, tuple[str, ...]]] = {
    "receipt": ("receipt-v1", "project", "purpose", "pool_hash", "at"),
    "head": ("head-v1", "log", "seq", "head", "at"),
    "tree_head": ("head-v2", "log", "size", "root", "at"),
    "chain": ("commitment-v1", "project", "commitment", "at"),
    "quote_key": ("quote-key-v1", "project", "public_key", "opens_at", "at"),
    "quote_list": ("list-v1", "project", "list_hash", "at"),
    "peer": ("peer-v1", "peer_key", "peer_epoch", "peer_n", "peer_head", "at"),
}
UNSIGNED: Final = frozenset({"journal", "reveal", "restored"})


class LogBroken(Exception):
    """Entries that do not follow, or that the witness did not sign: `code` is `chain`, `signature` or `form`."""

    def __init__(self, code: str, n: int) -> None:
        super().__init__(f"{code} at entry {n}")
        self.code = code
        self.n = n


@dataclass(frozen=True, slots=True)
class WitnessState:
    """After its `n`-th entry the log of the witness had the hash `head`; `epoch` is one more after each restoration."""

    name: str
    key: str
    epoch: int
    n: int
    head: str
    at: str
    signature: str

    @property
    def place(self) -> tuple[int, int]:
        """What never goes back."""
        return self.epoch, self.n

    def holds(self) -> bool:
        """Whether `key` signed exactly this."""
        lines = ("state-v1", self.name, self.epoch, self.n, self.head, self.at)
        return is_signature(self.key, self.signature, lines)

    def content(self) -> Entry:
        """As JSON has it."""
        return asdict(self)


def read_state(given: Mapping[str, object]) -> WitnessState | None:
    """A state from JSON, further fields left out; None for anything else. Whether it is signed `holds` says."""
    values = {field.name: given.get(field.name) for field in fields(WitnessState)}
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int if name in ("epoch", "n") else str):
            return None
        if isinstance(value, int) and not 1 <= value < MOST_DIGITS:
            return None
    return WitnessState(**values)  # type: ignore[arg-type]  # looked at one by one above


def canonical(entry: Mapping[str, str | int]) -> bytes:
    """The bytes that are hashed: JSON, sorted names, no spaces, ASCII."""
    return json.dumps(entry, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def entry_hash(entry: Mapping[str, str | int]) -> str:
    """What the next entry names as `prev`, hex."""
    return hashlib.sha256(canonical(entry)).hexdigest()


def is_signature(key: str, signature: str, lines: Iterable[str | int]) -> bool:
    """Whether `key` (hex) signed the lines with LF after each."""
    try:
        body = "".join(f"{line}\n" for line in lines).encode()
        VerifyKey(bytes.fromhex(key)).verify(body, bytes.fromhex(signature))
    except (ValueError, BadSignatureError):
        return False
    return True


def is_signed(entry: Mapping[str, str | int], key: str) -> bool:
    """Whether the entry's own signature holds; True for the kinds that have none and are bound by the chain alone."""
    kind = str(entry.get("kind"))
    if kind in UNSIGNED:
        return True
    if kind not in SIGNED or not {*SIGNED[kind][1:], "signature"} <= entry.keys():
        return False
    first, *names = SIGNED[kind]
    return is_signature(key, str(entry["signature"]), [first, *(entry[name] for name in names)])


def read_entries(given: object) -> list[Entry]:
    """Entries from JSON, with their form looked at: nothing that a table of ours could not hold. Raises LogBroken."""
    if not isinstance(given, list):
        raise LogBroken("form", 0)
    for place, entry in enumerate(given):
        if not isinstance(entry, dict) or not all(_is_plain(name, value) for name, value in entry.items()):
            raise LogBroken("form", place)
        if not all(isinstance(entry.get(name), int) for name in ("n", "epoch")) or entry["epoch"] >= MOST_EPOCHS:
            raise LogBroken("form", place)
    return given


def _is_plain(name: str, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    if isinstance(value, int):
        return 0 <= value < MOST_DIGITS
    return name.isprintable() and value.isprintable() and len(value) <= LONGEST.get(name, 4096)


def follow(entries: Iterable[Entry], *, key: str, n: int = 0, head: str = NOTHING) -> str:
    """Go along entries after the `n`-th, whose hash is `head`; gives the last one's hash. Raises LogBroken."""
    for entry in entries:
        n += 1
        if entry.get("n") != n or entry.get("prev") != head:
            raise LogBroken("chain", n)
        if not is_signed(entry, key):
            raise LogBroken("signature", n)
        head = entry_hash(entry)
    return head
