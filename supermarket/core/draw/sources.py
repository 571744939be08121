"""Where the value of a draw comes from, and what a value of each kind looks like (selection rules, section 3, the
table).
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from supermarket.core.draw.chain import is_reveal_of
from supermarket.core.draw.errors import DrawError

_HEX64 = re.compile(r"[0-9a-f]{64}")
_LOTTERY = re.compile(r"[a-z][a-z0-9]{0,15}")
_ISSUE = re.compile(r"[0-9]{1,16}")
_NUMBERS = re.compile(r"[0-9]{2}( [0-9]{2})*")
# How many different numbers, of which range, the bulletin of a lottery that we know has; others only need the
# general form.
_KNOWN_LOTTERIES: dict[str, tuple[int, int, int]] = {"kl8": (20, 1, 80)}


@dataclass(frozen=True, slots=True)
class DrandSource:
    """The first drand round at least 600 s after the receipt; `chain_hash` is 32 bytes in lower-case hex."""

    chain_hash: str

    earliest = timedelta(seconds=600)

    def __post_init__(self) -> None:
        if not _HEX64.fullmatch(self.chain_hash):
            raise DrawError("source", "a drand chain hash is 64 lower-case hex digits")

    def __str__(self) -> str:
        return f"drand:{self.chain_hash}"


@dataclass(frozen=True, slots=True)
class PublishedSource:
    """The first issue of a lottery whose sales close at least 60 min after the receipt.

    `issue` is None where the source was named before the issue could be known.
    """

    lottery: str
    issue: str | None = None

    earliest = timedelta(minutes=60)

    def __post_init__(self) -> None:
        if not _LOTTERY.fullmatch(self.lottery):
            raise DrawError("source", "a lottery is named in lower-case letters and digits, a letter first")
        if self.issue is not None and not _ISSUE.fullmatch(self.issue):
            raise DrawError("source", "an issue of a lottery is a number")

    def __str__(self) -> str:
        return f"published:{self.lottery}" + ("" if self.issue is None else f":{self.issue}")


@dataclass(frozen=True, slots=True)
class PartiesSource:
    """The current commitments of the operator and of at least one witness, each 32 bytes in lower-case hex."""

    commitments: tuple[str, ...]

    earliest = timedelta(0)

    def __post_init__(self) -> None:
        if len(self.commitments) < 2:
            raise DrawError("source", "it takes two parties or more")
        if not all(_HEX64.fullmatch(c) for c in self.commitments):
            raise DrawError("source", "a commitment is 64 lower-case hex digits")
        if len(set(self.commitments)) != len(self.commitments):
            raise DrawError("source", "two parties have the same commitment")

    def __str__(self) -> str:
        return "parties:" + ":".join(self.commitments)


Source = DrandSource | PublishedSource | PartiesSource


def parse_source(text: str) -> Source:
    """The source that a source line names; `str()` of it is the line again. Raises DrawError("source", …)."""
    kind, _, rest = text.partition(":")
    parts = tuple(rest.split(":"))
    if kind == "drand" and len(parts) == 1:
        return DrandSource(parts[0])
    if kind == "published" and len(parts) <= 2:
        return PublishedSource(*parts)
    if kind == "parties":
        return PartiesSource(parts)
    raise DrawError("source", "a source is drand:<chain hash>, published:<lottery> or parties:<c1>:<c2>…")


def lottery_value(numbers: list[int]) -> str:
    """Numbers of a bulletin as the value: two digits each, ascending, single spaces. Raises DrawError for none or
    over 99.
    """
    if not numbers or any(n < 0 or n > 99 for n in numbers):
        raise DrawError("value", "a lottery's numbers lie between 0 and 99")
    return " ".join(f"{n:02d}" for n in sorted(numbers))


def check_value(source: Source, value: str, *, refused: bool = False) -> None:
    """Raise DrawError("value", …) unless `value` is one that `source` can give.

    `refused`: one of the parties did not reveal in time; the value then is a lottery's, alone. Whether drand or the
    bulletin really said so cannot be told from here.
    """
    if isinstance(source, DrandSource):
        if not _HEX64.fullmatch(value):
            raise DrawError("value", "drand's randomness is 64 lower-case hex digits")
    elif isinstance(source, PublishedSource):
        _check_numbers(value, source.lottery)
    elif refused:
        _check_numbers(value, None)
    else:
        _check_reveals(source, value)


def _check_numbers(value: str, lottery: str | None) -> None:
    if not _NUMBERS.fullmatch(value):
        raise DrawError("value", "a lottery's numbers have two digits each and single spaces between")
    numbers = [int(n) for n in value.split(" ")]
    if any(a > b for a, b in pairwise(numbers)):
        raise DrawError("value", "a lottery's numbers stand in ascending order")
    if lottery in _KNOWN_LOTTERIES:
        count, lowest, highest = _KNOWN_LOTTERIES[lottery]
        if len(set(numbers)) != count or len(numbers) != count or numbers[0] < lowest or numbers[-1] > highest:
            raise DrawError("value", f"{lottery} draws {count} different numbers from {lowest} to {highest}")


def _check_reveals(source: PartiesSource, value: str) -> None:
    reveals = value.split(":")
    if len(reveals) != len(source.commitments):
        raise DrawError("value", "one revealed number for each party, joined by colons")
    for number, (c, r) in enumerate(zip(source.commitments, reveals, strict=True), start=1):
        if not is_reveal_of(c, r):
            raise DrawError("value", f"what party {number} revealed does not hash to its commitment")
