"""What the market shows of a witness held against what the witness itself shows, place by place. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from supermarket.gateways.witness_log import is_signature


class Verdict(StrEnum):
    """What one witness has to say about one project and purpose; the last four are findings."""

    EQUAL = "equal"  # both show the same receipt for the market's pool
    ONLY_THERE = "only_there"  # it signed this pool; the market has not stored that receipt (yet)
    NOT_SIGNED = "not_signed"
    NOT_SEEN = "not_seen"  # signed after the last look at its log
    DIFFERS = "differs"  # it shows another pool, or another receipt
    MISSING = "missing"  # the market shows a receipt that its log does not have
    FALSE = "false"  # the receipt that the market shows is not signed by it
    UNKNOWN = "unknown"  # it signed for a draw that the market does not have

    @property
    def is_finding(self) -> bool:
        """Whether somebody must answer for it."""
        return self in (Verdict.DIFFERS, Verdict.MISSING, Verdict.FALSE, Verdict.UNKNOWN)


@dataclass(frozen=True)
class Signed:
    """A receipt: for which pool, when (as it was signed), the signature in hex."""

    pool_hash: str
    at: str
    signature: str


@dataclass(frozen=True)
class Seen:
    """A witness as the market knows it: its key in hex, and up to what time its own log was looked at (none: never)."""

    name: str
    key: str
    until: str | None


@dataclass(frozen=True)
class Cell:
    """One witness's word on one place, and both receipts where they are."""

    witness: str
    verdict: Verdict
    shown_here: Signed | None
    shown_there: Signed | None


class _Compared:
    """What is compared has a cell for each witness."""

    cells: tuple[Cell, ...]

    @property
    def findings(self) -> tuple[Cell, ...]:
        """What somebody must answer for."""
        return tuple(cell for cell in self.cells if cell.verdict.is_finding)


@dataclass(frozen=True)
class Row(_Compared):
    """One project and purpose: the market's pool hash (None: it has no such draw) and each witness's word."""

    project: str
    purpose: str
    pool_hash: str | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class HeadRow(_Compared):
    """One head of the market's log: its size, the root (None: the market showed none of this size), each witness's word.

    The cells' `pool_hash` is the root that was signed.
    """

    size: int
    root: str | None
    cells: tuple[Cell, ...]


def compare(
    project: str,
    purpose: str,
    pool_hash: str | None,
    here: Mapping[str, Signed],
    there: Mapping[str, Signed],
    witnesses: Sequence[Seen],
) -> Row:
    """The word of each witness; `here`: receipts that the market stored, `there`: those in the witnesses' own logs."""

    def lines(signed: Signed) -> Lines:
        return ("receipt-v1", project, purpose, signed.pool_hash, signed.at)

    return Row(project, purpose, pool_hash, _cells(pool_hash, lines, here, there, witnesses))


def compare_head(
    log: str,
    size: int,
    root: str | None,
    here: Mapping[str, Signed],
    there: Mapping[str, Signed],
    witnesses: Sequence[Seen],
) -> HeadRow:
    """The word of each witness on one head of a log; `here` and `there` as above."""

    def lines(signed: Signed) -> Lines:
        return ("head-v2", log, size, signed.pool_hash, signed.at)

    return HeadRow(size, root, _cells(root, lines, here, there, witnesses))


Lines = tuple[str | int, ...]


def _cells(
    wanted: str | None,
    lines: Callable[[Signed], Lines],
    here: Mapping[str, Signed],
    there: Mapping[str, Signed],
    witnesses: Sequence[Seen],
) -> tuple[Cell, ...]:
    return tuple(
        Cell(
            each.name,
            _verdict(wanted, lines, here.get(each.name), there.get(each.name), each),
            here.get(each.name),
            there.get(each.name),
        )
        for each in witnesses
    )


def _verdict(
    wanted: str | None, lines: Callable[[Signed], Lines], here: Signed | None, there: Signed | None, seen: Seen
) -> Verdict:
    if wanted is None:
        return Verdict.NOT_SIGNED if there is None else Verdict.UNKNOWN
    if there is not None and there.pool_hash != wanted:
        return Verdict.DIFFERS
    if here is None:
        return Verdict.NOT_SIGNED if there is None else Verdict.ONLY_THERE
    if here.pool_hash != wanted or not is_signature(seen.key, here.signature, lines(here)):
        return Verdict.FALSE
    if there is None:
        return Verdict.MISSING if seen.until is not None and here.at < seen.until else Verdict.NOT_SEEN
    return Verdict.EQUAL if here == there else Verdict.DIFFERS
