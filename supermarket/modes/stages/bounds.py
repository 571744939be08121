"""Which quotes are valid, and which are abnormally low (selection rules, section 4). Exact: no float, no rounding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from supermarket.modes.stages import Candidate, Exclusion, Facts, LowDecision, Waiting, WaitingFor


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a quote must keep to, in fen, and the two limits of an abnormally low one, in percent; policy of the day.

    `ceiling`: the budget unless lower. `min_rate`, `max_rate`: a discount's limits in percent.
    """

    ceiling: int
    floor: int = 1
    min_rate: Decimal | None = None
    max_rate: Decimal | None = None
    low_of_ceiling: int = 60
    low_of_mean: int = 70


def validate_quote(amount: int | None, floor: int, ceiling: int) -> str | None:
    """None for a valid quote in fen, else the code of what is wrong with it."""
    if amount is None:
        return "quote_missing"
    if amount < 1:
        return "quote_not_positive"
    if amount < floor:
        return "quote_below_floor"
    if amount > ceiling:
        return "quote_above_ceiling"
    return None


def validate_rate(rate: Decimal | None, lowest: Decimal | None, highest: Decimal | None) -> str | None:
    """None for a valid discount rate in percent, written with at most two decimals, else the code."""
    if rate is None:
        return "rate_missing"
    exponent = rate.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -2:  # a letter where it is no number
        return "rate_not_two_decimals"
    if lowest is not None and rate < lowest:
        return "rate_below_minimum"
    if highest is not None and rate > highest:
        return "rate_above_maximum"
    return None


def mean_of(amounts: Sequence[int]) -> Fraction:
    """The exact mean. Raises ValueError for none."""
    if not amounts:
        raise ValueError("no amounts, no mean")
    return Fraction(sum(amounts), len(amounts))


def abnormally_low(
    quotes: Mapping[str, int], ceiling: int, *, low_of_ceiling: int = 60, low_of_mean: int = 70
) -> dict[str, str]:
    """Of the valid `quotes` (USCC → fen) those that are abnormally low, with the reason: `below_ceiling_share` or
    `below_mean_share`. A quote at exactly the limit is not.
    """
    if not quotes:
        return {}
    mean = mean_of(list(quotes.values()))
    low = {}
    for uscc, quote in sorted(quotes.items()):
        if quote * 100 < ceiling * low_of_ceiling:
            low[uscc] = "below_ceiling_share"
        elif quote * 100 < mean * low_of_mean:
            low[uscc] = "below_mean_share"
    return low


@dataclass(frozen=True, slots=True)
class Sifted:
    """Whose quotes count, who is out, and which of them were abnormally low and why."""

    left: tuple[Candidate, ...]
    excluded: tuple[Exclusion, ...]
    low: Mapping[str, str]

    def quotes(self) -> dict[str, int]:
        """The quotes that count, in fen."""
        return {c.uscc: c.quote for c in self.left if c.quote is not None}


_LOW_CODES = {
    LowDecision.REJECTED: "cost_statement_rejected",
    LowDecision.ABSENT: "cost_statement_absent",
}


def sift(candidates: Sequence[Candidate], bounds: Bounds, facts: Facts) -> Sifted | Waiting:
    """Leave out invalid quotes, then ask for cost statements: undecided ones are waited for, all at once.

    Low is told once, against all valid quotes; whoever is rejected then does not make others low.
    """
    excluded = []
    valid = []
    for candidate in candidates:
        code = validate_quote(candidate.quote, bounds.floor, bounds.ceiling)
        if code is None:
            valid.append(candidate)
        else:
            excluded.append(Exclusion(candidate.uscc, code))
    low = abnormally_low(
        {c.uscc: c.quote for c in valid if c.quote is not None},
        bounds.ceiling,
        low_of_ceiling=bounds.low_of_ceiling,
        low_of_mean=bounds.low_of_mean,
    )
    undecided = tuple(uscc for uscc in low if uscc not in facts.low_decisions)
    if undecided:
        return Waiting(WaitingFor.COST_STATEMENT, members=undecided)
    left = []
    for candidate in valid:
        decision = facts.low_decisions[candidate.uscc] if candidate.uscc in low else LowDecision.ACCEPTED
        if decision is LowDecision.ACCEPTED:
            left.append(candidate)
        else:
            excluded.append(Exclusion(candidate.uscc, _LOW_CODES[decision]))
    return Sifted(tuple(left), tuple(excluded), low)
