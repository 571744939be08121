"""The proof that one event stands in the log whose head the witnesses signed (`log-proof-v1`). Pure; the same in a browser:
static/verify/log.js, stand-alone: static/verify/quote_check.py.

    log-proof-v1    {format, log, place, body, size, root, path[], signatures[{by, key, at, signature}]}

`body` is the event's own body, as one text; `place` where its leaf stands, from 1; `path` leads from it to `root`, the Merkle root
(RFC 9162) of the first `size` events; each signature is Ed25519 over "head-v2\\n<log>\\n<size>\\n<root>\\n<at>\\n". Hex is
lower-case, times are `YYYY-MM-DDTHH:MM:SSZ`; unknown fields are refused.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from supermarket.core.draw import DrawError, parse_time
from supermarket.core.merkle import includes, leaf_hash

PROOF_FORMAT: Final = "log-proof-v1"
FIELDS: Final = frozenset({"format", "log", "place", "body", "size", "root", "path", "signatures"})
SIGNATURE_FIELDS: Final = frozenset({"by", "key", "at", "signature"})
LARGEST: Final = 64 * 1024
MOST_SIZE: Final = 2**62
MOST_STEPS: Final = 62
MOST_SIGNATURES: Final = 64
_HEX64 = re.compile(r"[0-9a-f]{64}")
_HEX128 = re.compile(r"[0-9a-f]{128}")
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_LOG = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")


class ProofError(ValueError):
    """Bytes that are no such proof."""


def head_text(log: str, size: int, root: str, at: str) -> bytes:
    """What a witness signs."""
    return f"head-v2\n{log}\n{size}\n{root}\n{at}\n".encode()


@dataclass(frozen=True, slots=True)
class HeadSignature:
    """Of the witness `by`, with its Ed25519 key (hex), `at` its own time."""

    by: str
    key: str
    at: str
    signature: str

    def holds(self, log: str, size: int, root: str) -> bool:
        """Whether `key` signed this head."""
        try:
            key = VerifyKey(bytes.fromhex(self.key))
            key.verify(head_text(log, size, root, self.at), bytes.fromhex(self.signature))
        except (ValueError, BadSignatureError):
            return False
        return True

    def content(self) -> dict[str, str]:
        """As JSON has it."""
        return {"by": self.by, "key": self.key, "at": self.at, "signature": self.signature}


@dataclass(frozen=True, slots=True)
class LogProof:
    """A proof taken apart; hashes in hex."""

    log: str
    place: int
    body: str
    size: int
    root: str
    path: tuple[str, ...]
    signatures: tuple[HeadSignature, ...]

    def stands(self) -> bool:
        """Whether the body, at its place, leads to the root."""
        leaf, steps = leaf_hash(self.body.encode()), [bytes.fromhex(step) for step in self.path]
        return includes(bytes.fromhex(self.root), leaf, self.place - 1, self.size, steps)

    def false_signatures(self) -> tuple[HeadSignature, ...]:
        """Those that do not hold."""
        return tuple(each for each in self.signatures if not each.holds(self.log, self.size, self.root))

    def event(self) -> Mapping[str, object] | None:
        """What the body says; None where it is no JSON object."""
        try:
            found = json.loads(self.body, object_pairs_hook=_once)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def content(self) -> dict[str, object]:
        """As a file has it."""
        return {
            "format": PROOF_FORMAT,
            "log": self.log,
            "place": self.place,
            "body": self.body,
            "size": self.size,
            "root": self.root,
            "path": list(self.path),
            "signatures": [each.content() for each in self.signatures],
        }


def parse_proof(data: bytes) -> LogProof:
    """The proof in these bytes, read strictly. Raises ProofError for anything else."""
    if len(data) > LARGEST:
        raise ProofError("too large")
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise ProofError("not JSON") from None
    if not isinstance(found, dict) or found.keys() != FIELDS or found["format"] != PROOF_FORMAT:
        raise ProofError("not this format")
    path, signatures = found["path"], found["signatures"]
    if not isinstance(path, list) or not isinstance(signatures, list):
        raise ProofError("not this format")
    if len(path) > MOST_STEPS or len(signatures) > MOST_SIGNATURES:
        raise ProofError("too long")
    size = _number(found["size"])
    return LogProof(
        log=_matching(found["log"], _LOG),
        place=_number(found["place"], most=size),
        body=_body(found["body"]),
        size=size,
        root=_matching(found["root"], _HEX64),
        path=tuple(_matching(step, _HEX64) for step in path),
        signatures=tuple(_signature(each) for each in signatures),
    )


def _signature(found: object) -> HeadSignature:
    if not isinstance(found, dict) or found.keys() != SIGNATURE_FIELDS:
        raise ProofError("no signature")
    at = _matching(found["at"], re.compile(r"[0-9TZ:-]{20}"))
    try:
        parse_time(at)
    except DrawError:
        raise ProofError("no time") from None
    return HeadSignature(
        _matching(found["by"], _NAME), _matching(found["key"], _HEX64), at, _matching(found["signature"], _HEX128)
    )


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name is there twice")
    return dict(pairs)


def _number(value: object, *, most: int = MOST_SIZE - 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ProofError("no number that can be")
    return value


def _matching(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise ProofError("no text that can be")
    return value


def _body(value: object) -> str:
    # A lone half of a pair has no bytes that could be hashed.
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ProofError("no text that can be")
    return value
