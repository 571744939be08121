"""What follows from a draw's value, as first drawn and as computed again, and its public record (selection.md §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from supermarket.core.draw import Excluded, Receipt, Record, parse_time
from supermarket.selection.models import Draw, DrawCorrection
from supermarket.selection.states import CorrectionState


@dataclass(frozen=True)
class Computed:
    """A draw's value with all that follows; `number` is 1 as first drawn, 2 as computed again …"""

    number: int
    issue: str | None
    source_time: datetime | None
    value: str
    key: str
    order: tuple[str, ...]
    at: datetime


def computations(draw: Draw) -> Sequence[Computed]:
    """As first drawn, then each time that a proven typing error was computed again; empty before the draw."""
    if draw.value is None or draw.key is None or draw.order is None or draw.drawn_at is None:
        return ()
    first = Computed(1, draw.issue, draw.source_time, draw.value, draw.key, tuple(draw.order), draw.drawn_at)
    again = [
        Computed(number, row.issue, row.closed_at, row.value, row.key, tuple(row.order), row.ended_at)
        for number, row in enumerate(taken_of(draw), 2)
        if row.value is not None and row.key is not None and row.order is not None and row.ended_at is not None
    ]
    return (first, *again)


def taken_of(draw: Draw) -> Sequence[DrawCorrection]:
    """The claims of a typing error that were proven, in their order."""
    return [row for row in draw.corrections if row.state is CorrectionState.TAKEN]


def computed(draw: Draw) -> Computed | None:
    """The computation that counts: the last one; None before the draw."""
    known = computations(draw)
    return known[-1] if known else None


def public_record(draw: Draw, shown: Computed | None = None) -> Record:
    """The record of selection.md §3, as far as it is known: of the computation that counts, or of the one `shown`."""
    known = shown or computed(draw)
    return Record(
        pool_file=draw.pool_file,
        pool_hash=draw.pool_hash,
        receipt=None
        if draw.receipt is None
        else Receipt(at=parse_time(draw.receipt["at"]), by=draw.receipt["by"], signature=draw.receipt["signature"]),
        source_time=None if known is None else known.source_time,
        value=None if known is None else known.value,
        entered_by=None if known is None else tuple(draw.entered_by),
        refused=None if known is None else tuple(draw.refused),
        drawn_at=None if known is None else known.at,
        key=None if known is None else known.key,
        order=None if known is None else known.order,
        excluded=tuple(Excluded(item["id"], item["code"]) for item in draw.excluded),
    )
