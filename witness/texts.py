"""The formats that the witness reads, strictly: pool files, lists of quotes, words, hashes."""

import re
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from witness.errors import Refused

_WORD = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
_PURPOSE = re.compile(r"main|panel|tie[1-9][0-9]{0,4}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_SOURCE = re.compile(
    r"drand:[0-9a-f]{64}|published:[a-z][a-z0-9]{0,15}(:[0-9]{1,16})?|parties(:[0-9a-f]{64}){2,}", re.ASCII
)
_MEMBER = re.compile(r"([0-9A-Za-z][0-9A-Za-z._-]{0,63}) ([1-9][0-9]?)")
_QUOTE = re.compile(
    r"([0-9A-Za-z]{1,64}) ([1-9][0-9]{0,8}) ([0-9a-f]{64}) [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
)


@dataclass(frozen=True, slots=True)
class Pool:
    """What the witness needs of a pool file."""

    project: str
    purpose: str
    source: str
    hash: str

    @property
    def commitments(self) -> tuple[str, ...]:
        """Of the parties; empty unless the source is `parties`."""
        return commitments(self.source)


def commitments(source: str) -> tuple[str, ...]:
    """What a source line `parties:…` names; empty for any other."""
    kind, *rest = source.split(":")
    return tuple(rest) if kind == "parties" else ()


def word(value: str, name: str) -> str:
    """`value`, if it is a code of 1 to 64 ASCII letters, digits, dots, dashes and underscores; else Refused(422)."""
    return _matching(value, name, _WORD)


def purpose(value: str) -> str:
    """`value`, if it is main, panel, tie1, tie2 …; else Refused(422)."""
    return _matching(value, "purpose", _PURPOSE)


def hash_hex(value: str, name: str) -> str:
    """`value`, if it is 64 lower-case hex digits; else Refused(422)."""
    return _matching(value, name, _HEX64)


def _matching(value: str, name: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(value):
        raise Refused(422, "invalid", f"{name} must look like {pattern.pattern}")
    return value


def _lines(text: str, least: int, what: str) -> list[str]:
    lines = text.split("\n")
    if not text.isascii() or lines.pop() != "" or len(lines) < least:
        raise Refused(422, f"bad_{what}", f"This is no {what}: ASCII, LF after every line, {least} lines or more.")
    return lines


def pool(text: str) -> Pool:
    """The pool file (draw-v2) in `text`; Refused(422, "bad_pool_file") for anything else."""
    lines = _lines(text, 5, "pool_file")
    members = [_MEMBER.fullmatch(line) for line in lines[4:]]
    ids = [m[1] for m in members if m]
    good = (
        lines[0] == "draw-v2"
        and _WORD.fullmatch(lines[1])
        and _PURPOSE.fullmatch(lines[2])
        and _SOURCE.fullmatch(lines[3])
        and len(ids) == len(members) <= 65_535
        and all(a < b for a, b in pairwise(ids))
    )
    named = commitments(lines[3])
    if not good or len(set(named)) != len(named):
        raise Refused(422, "bad_pool_file", "This is no pool file of draw-v2 with its members in ASCII order.")
    return Pool(lines[1], lines[2], lines[3], sha256(text.encode()).hexdigest())


def quote_list(text: str, project: str) -> frozenset[str]:
    """The commitments on the project's published list of quotes; Refused(422, "bad_list") for anything else.

    Line 1 `quote-list-v1`, line 2 the project, then `<USCC> <seq> <commitment> <received at>`, ordered by USCC and
    seq.
    """
    lines = _lines(text, 2, "list")
    found = [_QUOTE.fullmatch(line) for line in lines[2:]]
    places = [(m[1], int(m[2])) for m in found if m]
    if lines[:2] != ["quote-list-v1", project] or len(places) != len(found) or any(a >= b for a, b in pairwise(places)):
        raise Refused(422, "bad_list", "This is no list of quotes of this project, ordered by USCC and seq.")
    return frozenset(m[3] for m in found if m)
