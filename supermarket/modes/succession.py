"""Who is next when a winner drops out (递补): down the stored order, never back, never drawn again (selection rules,
1).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Succession:
    """`next`: the successor, None when the order is used up. `too_high`: passed over now, because of their price."""

    next: str | None
    too_high: tuple[str, ...] = ()


def next_in_order(
    order: Sequence[str],
    skipped: Collection[str],
    priced_quotes: Mapping[str, int] | None = None,
    winner_quote: int | None = None,
    limit_percent: int = 5,
) -> Succession:
    """The first of `order` who is not `skipped` (winners before, decliners, the disqualified).

    In priced modes `priced_quotes` (USCC → fen) and the first winner's `winner_quote` are given: then only one whose
    quote is at most `limit_percent` above it. Without them no price is looked at. Raises ValueError where one of the
    two is missing, or a quote of someone in the order.
    """
    if (priced_quotes is None) != (winner_quote is None):
        raise ValueError("quotes and the winner's quote belong together")
    too_high: list[str] = []
    for uscc in order:
        if uscc in skipped:
            continue
        if priced_quotes is None or winner_quote is None:
            return Succession(uscc)
        if uscc not in priced_quotes:
            raise ValueError(f"no quote of {uscc}, who stands in the order")
        if priced_quotes[uscc] * 100 <= winner_quote * (100 + limit_percent):
            return Succession(uscc, tuple(too_high))
        too_high.append(uscc)
    return Succession(None, tuple(too_high))


def passed_over(
    order: Sequence[str],
    awarded: Sequence[str],
    quotes: Mapping[str, int],
    winner_quote: int,
    limit_percent: int = 5,
    *,
    used_up: bool = False,
) -> tuple[str, ...]:
    """Who of a priced order was passed over for the price: before the last award, or all the way where it is used up."""
    last = max((order.index(uscc) for uscc in awarded if uscc in order), default=-1)
    seen = order if used_up else order[: last + 1]
    return tuple(
        uscc
        for uscc in seen
        if uscc not in awarded and uscc in quotes and quotes[uscc] * 100 > winner_quote * (100 + limit_percent)
    )
