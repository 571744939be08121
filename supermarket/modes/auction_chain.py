"""What an auction writes down, to the byte, and the chain over it (selection rules, section 5).

    entry 0  = "auction-v1\\n<project>\\n<opened at>\\n<ends at>\\n<ceiling> <floor> <start> <step> <line>\\n"
               "<seconds> <extension> <cap> <doubles>\\n", then "<alias> <commitment>\\n" by alias
    entry n  = "auction-entry-v1\\n<project>\\n<n>\\n<kind>\\n<alias>\\n<amount>\\n<step>\\n<at>\\n<ends at>\\n"
    hash n   = SHA256(hash of n-1 as its 32 bytes ‖ entry n); before entry 0: 32 zero bytes
    alias    : commitment = SHA256("auction-alias-v1\\n<project>\\n<alias>\\n<USCC>\\n<salt>\\n"), salt 32 bytes in hex

ASCII, LF after every line. Amounts in decimal fen; moments `YYYY-MM-DDTHH:MM:SS.ffffffZ`; `-` stands for what a kind
does not have. Kinds: `bid`, `paused`, `resumed`, `closed`. Who stands behind an alias is fixed by its commitment before
the first bid, and public with the salt from the announcement on.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from supermarket.modes.auction import AuctionTerms

GENESIS = "0" * 64
NONE = "-"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_PROJECT = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
KINDS = frozenset({"bid", "paused", "resumed", "closed"})


class ChainError(ValueError):
    """An entry that is not what it must be; `code` names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def write_time(at: datetime) -> str:
    """The moment in UTC with microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_time(text: str) -> datetime:
    """The moment. Raises ChainError for any other spelling."""
    if not _TIME.fullmatch(text):
        raise ChainError("bad_time")
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        raise ChainError("bad_time") from None


def new_salt() -> str:
    """32 fresh random bytes in hex."""
    return secrets.token_bytes(32).hex()


def new_aliases(count: int) -> list[str]:
    """The aliases 1 … count in random order, written with leading zeros so that they sort as text."""
    numbers = [str(number).zfill(len(str(count))) for number in range(1, count + 1)]
    secrets.SystemRandom().shuffle(numbers)
    return numbers


def alias_commitment(project: str, alias: str, uscc: str, salt: str) -> str:
    """What fixes who stands behind an alias, before anybody has bid."""
    return sha256(f"auction-alias-v1\n{project}\n{alias}\n{uscc}\n{salt}\n".encode("ascii")).hexdigest()


def opening_body(
    project: str, terms: AuctionTerms, commitments: Mapping[str, str], opened_at: datetime, ends_at: datetime
) -> str:
    """Entry 0: the terms and who takes part."""
    numbers = (terms.ceiling, terms.floor, terms.start, terms.step, terms.low_line)
    durations = (terms.seconds, terms.extension_seconds, terms.cap_seconds, terms.step_doubles_seconds)
    lines = [
        "auction-v1",
        project,
        write_time(opened_at),
        write_time(ends_at),
        " ".join(map(str, numbers)),
        " ".join(map(str, durations)),
        *(f"{alias} {commitments[alias]}" for alias in sorted(commitments)),
    ]
    return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class EntryBody:
    """One entry after the opening. `alias`, `amount` and `step` only where it is a bid."""

    project: str
    seq: int
    kind: str
    at: datetime
    ends_at: datetime
    alias: str | None = None
    amount: int | None = None
    step: int | None = None

    def text(self) -> str:
        """The entry, to the byte (ASCII)."""
        parts = (
            "auction-entry-v1",
            self.project,
            self.seq,
            self.kind,
            NONE if self.alias is None else self.alias,
            NONE if self.amount is None else self.amount,
            NONE if self.step is None else self.step,
            write_time(self.at),
            write_time(self.ends_at),
        )
        return "".join(f"{part}\n" for part in parts)


def parse_entry(text: str) -> EntryBody:
    """The entry taken apart. Raises ChainError: `bad_entry`, or the part that is wrong."""
    lines = text.split("\n")
    if len(lines) != 10 or lines[0] != "auction-entry-v1" or lines[9] != "" or not text.isascii():
        raise ChainError("bad_entry")
    _version, project, seq, kind, alias, amount, step, at, ends_at, _end = lines
    if not _PROJECT.fullmatch(project):
        raise ChainError("bad_project")
    if kind not in KINDS:
        raise ChainError("bad_kind")
    bid = kind == "bid"
    if any((part != NONE) is not bid for part in (alias, amount, step)):
        raise ChainError("bad_entry")
    if not re.fullmatch(r"[0-9]{1,6}", alias if bid else "0"):
        raise ChainError("bad_alias")
    return EntryBody(
        project=project,
        seq=_number(seq, "bad_seq"),
        kind=kind,
        at=read_time(at),
        ends_at=read_time(ends_at),
        alias=alias if bid else None,
        amount=_number(amount, "bad_amount") if bid else None,
        step=_number(step, "bad_step") if bid else None,
    )


def _number(text: str, code: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ChainError(code)
    return int(text)


def parse_opening(text: str) -> tuple[str, AuctionTerms, dict[str, str]]:
    """Project, terms and commitments of entry 0. Raises ChainError, or StageError for terms that cannot be."""
    lines = text.split("\n")
    if len(lines) < 7 or lines[0] != "auction-v1" or lines[-1] != "" or not text.isascii():
        raise ChainError("bad_opening")
    if not _PROJECT.fullmatch(lines[1]):
        raise ChainError("bad_project")
    read_time(lines[2])
    read_time(lines[3])
    money, lengths = lines[4].split(" "), lines[5].split(" ")
    if len(money) != 5 or len(lengths) != 4:
        raise ChainError("bad_terms")
    numbers = [_number(part, "bad_terms") for part in (*money, *lengths)]
    commitments: dict[str, str] = {}
    for line in lines[6:-1]:
        alias, _space, commitment = line.partition(" ")
        if not re.fullmatch(r"[0-9]{1,6}", alias) or not _HEX64.fullmatch(commitment) or alias in commitments:
            raise ChainError("bad_alias")
        commitments[alias] = commitment
    return lines[1], AuctionTerms(*numbers), commitments


def chained(previous: str, body: str) -> str:
    """The hash of an entry after `previous` (both hex)."""
    return sha256(bytes.fromhex(previous) + body.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as it was published."""

    seq: int
    body: str
    hash: str


def check_chain(links: Sequence[Link]) -> list[str]:
    """What is wrong with a published chain, in codes with the seq (`hash:3`); empty where all holds.

    Checked: every hash, the numbering, that moments never go back, that each accepted amount is at least its own step
    below the one before it and no bid comes at or after the end in force, and that nothing follows the closing.
    """
    wrong: list[str] = []
    previous, terms, project = GENESIS, None, ""
    lowest: int | None = None
    last_at = ends_at = None
    over = False
    for number, link in enumerate(links):
        if link.seq != number:
            wrong.append(f"seq:{number}")
        if chained(previous, link.body) != link.hash:
            wrong.append(f"hash:{number}")
        previous = link.hash
        if number == 0:
            project, terms, _commitments = parse_opening(link.body)
            last_at, ends_at = (read_time(text) for text in link.body.split("\n")[2:4])
            continue
        entry = parse_entry(link.body)
        if (entry.project, entry.seq) != (project, number):
            wrong.append(f"entry:{number}")
        if over or terms is None or last_at is None or ends_at is None:
            wrong.append(f"after_the_end:{number}")
            continue
        if entry.at < last_at:
            wrong.append(f"time:{number}")
        if entry.kind == "bid" and entry.amount is not None and entry.step is not None:
            most = terms.start if lowest is None else lowest - entry.step
            if not terms.floor <= entry.amount <= most or entry.step < terms.step:
                wrong.append(f"amount:{number}")
            if entry.at >= ends_at:
                wrong.append(f"late:{number}")
            lowest = entry.amount
        if entry.ends_at < ends_at or (entry.kind == "closed" and entry.at < ends_at):
            wrong.append(f"end:{number}")
        last_at, ends_at, over = entry.at, entry.ends_at, entry.kind == "closed"
    return wrong
