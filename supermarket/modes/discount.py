"""A discount in percent and the amount that it gives under a ceiling (selection rules, section 4). Pure and exact.

What is sealed is the amount in fen, as everywhere; under the rule `highest_discount` only an amount counts that a rate
with two decimals gives, so that either can be computed from the other.
"""

from dataclasses import replace
from decimal import Decimal

from supermarket.modes.stages.bounds import Bounds, validate_quote

# Hundredths of a percent.
WHOLE = 10_000
NOT_A_RATE = "rate_not_two_decimals"


def _amount(hundredths: int, ceiling: int) -> int:
    """Half a fen is rounded up."""
    return (ceiling * (WHOLE - hundredths) * 2 + WHOLE) // (2 * WHOLE)


def _rate(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)


def amount_of(rate: Decimal, ceiling: int) -> int:
    """The amount in fen that a discount leaves of the ceiling. Raises ValueError for more than two decimals."""
    hundredths = rate * 100
    if hundredths != int(hundredths):
        raise ValueError("a discount has two decimals")
    return _amount(int(hundredths), ceiling)


def rate_of(amount: int, ceiling: int) -> Decimal | None:
    """The discount in percent that gives exactly this amount; None where none with two decimals does."""
    nearest = ((ceiling - amount) * WHOLE * 2 + ceiling) // (2 * ceiling)
    return _rate(nearest) if _amount(nearest, ceiling) == amount else None


def with_rates(bounds: Bounds) -> Bounds:
    """The same bounds said in percent, too: none at the ceiling, the most whose amount is not below the floor."""
    most = WHOLE * (2 * (bounds.ceiling - bounds.floor) + 1) // (2 * bounds.ceiling)
    return replace(bounds, min_rate=_rate(0), max_rate=_rate(most))


def wrong_offer(amount: int | None, bounds: Bounds, *, by_rate: bool) -> str | None:
    """None for an amount that counts, else the code of what is wrong with it; `by_rate`: only that of a discount does."""
    code = validate_quote(amount, bounds.floor, bounds.ceiling)
    if code is None and by_rate and amount is not None and rate_of(amount, bounds.ceiling) is None:
        return NOT_A_RATE
    return code
