"""The pool file: who takes part in a draw, with how many tickets, to the byte.

    draw-v2
    <project code>
    <purpose: main | panel | tie1 | tie2 …>
    <source>
    <USCC or expert id> <tickets>

UTF-8 (all of it is ASCII), LF after every line, members in ASCII order. Rule: selection rules, section 3.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from supermarket.core.draw.errors import DrawError
from supermarket.core.draw.sources import Source, parse_source

VERSION = "draw-v2"
MAX_MEMBERS = 65_535  # the round's number is two bytes wide
MAX_TICKETS = 99
_WORD = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
_PURPOSE = re.compile(r"main|panel|tie[1-9][0-9]{0,4}")
_TICKETS = re.compile(r"[1-9][0-9]?")


class TicketRule(StrEnum):
    """How tickets are counted: the same for all, or by credit level."""

    EQUAL = "equal"
    CREDIT = "credit"


_BY_CREDIT = {"A": 3, "B": 2, "C": 1, "D": 1}


def tickets_for(level: str, how: TicketRule | str) -> int:
    """Tickets of a member with credit level A, B, C or D. Raises ValueError for another level or rule."""
    rule = TicketRule(how)
    if level not in _BY_CREDIT:
        raise ValueError(f"no such credit level: {level!r}")
    return _BY_CREDIT[level] if rule is TicketRule.CREDIT else 1


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One line of the pool: a USCC or an expert id, and its tickets (1–99)."""

    id: str
    tickets: int = 1

    def __post_init__(self) -> None:
        if not _WORD.fullmatch(self.id):
            raise DrawError("pool_file", "an id has 1 to 64 ASCII letters, digits, dots, dashes or underscores")
        if not 1 <= self.tickets <= MAX_TICKETS:
            raise DrawError("pool_file", f"tickets are a number from 1 to {MAX_TICKETS}")


@dataclass(frozen=True, slots=True)
class PoolFile:
    """A pool file taken apart; members in file order."""

    project: str
    purpose: str
    source: Source
    members: tuple[Member, ...]


def pool_file(project_code: str, purpose: str, source: Source | str, members: Iterable[Member]) -> bytes:
    """The pool file, whatever the order of `members`. Raises DrawError for a bad word, a double or an empty pool."""
    if not _WORD.fullmatch(project_code):
        raise DrawError("pool_file", "a project code has 1 to 64 ASCII letters, digits, dots, dashes or underscores")
    if not _PURPOSE.fullmatch(purpose):
        raise DrawError("pool_file", "a purpose is main, panel, tie1, tie2 …")
    named = parse_source(source) if isinstance(source, str) else source
    ordered = sorted(members)
    if not 1 <= len(ordered) <= MAX_MEMBERS:
        raise DrawError("pool_file", f"a pool has 1 to {MAX_MEMBERS} members")
    if len({m.id for m in ordered}) != len(ordered):
        raise DrawError("pool_file", "a member stands in it twice")
    lines = [VERSION, project_code, purpose, str(named), *(f"{m.id} {m.tickets}" for m in ordered)]
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def parse_pool_file(data: bytes) -> PoolFile:
    """The pool file taken apart. Raises DrawError("pool_file" or "source", …) for anything that is not it, to the
    byte.
    """
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise DrawError("pool_file", "it has bytes that are not ASCII") from None
    if lines.pop() != "" or len(lines) < 5 or lines[0] != VERSION:
        raise DrawError("pool_file", f"it is not a file of {VERSION} with LF after every line and one member or more")
    members = []
    for line in lines[4:]:
        member_id, space, tickets = line.partition(" ")
        if not space or not _TICKETS.fullmatch(tickets):
            raise DrawError("pool_file", "a member's line is its id, a space and its tickets")
        members.append(Member(member_id, int(tickets)))
    parsed = PoolFile(lines[1], lines[2], parse_source(lines[3]), tuple(members))
    # Making it anew checks the words, the order and the doubles by the same rules that made it.
    if pool_file(parsed.project, parsed.purpose, parsed.source, parsed.members) != data:
        raise DrawError("pool_file", "its members do not stand in ASCII order")
    return parsed


def pool_hash(data: bytes) -> str:
    """SHA-256 of the file's bytes, in lower-case hex."""
    return sha256(data).hexdigest()
