"""The criteria of a merit score (selection rules, section 6). Points are exact; only the total is rounded."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

TRIM_FROM = 5
_PLACES = 10_000


class CriterionKind(StrEnum):
    """Five that the system computes, and the panel's."""

    PRICE = "price"
    STARS = "stars"
    CREDIT = "credit"
    EXPERIENCE = "experience"
    LEAD_TIME = "lead_time"
    PANEL = "panel"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion with its weight in percent; `name` tells the panel's criteria apart and is empty for the others.

    `description`: what the panel's experts look at; it changes nothing in the score.
    """

    kind: CriterionKind
    weight: Decimal
    name: str = ""
    description: str = ""

    @property
    def code(self) -> str:
        """How figures name it: `price`, `panel:method` …"""
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)


def check_criteria(criteria: Sequence[Criterion]) -> str | None:
    """None where the criteria can be published, else the code of what is wrong: weights sum to exactly 100."""
    if not criteria:
        return "no_criteria"
    if any(not c.weight.is_finite() or c.weight <= 0 for c in criteria):
        return "weight_not_positive"
    if any((c.kind is CriterionKind.PANEL) != bool(c.name.strip()) for c in criteria):
        return "panel_criterion_name"
    if len({c.code for c in criteria}) != len(criteria):
        return "criterion_twice"
    if sum((Fraction(c.weight) for c in criteria), Fraction(0)) != 100:
        return "weights_not_100"
    return None


def price_points(quote: int, lowest: int) -> Fraction:
    """Lowest valid quote / quote × 100."""
    return Fraction(lowest * 100, quote)


def star_points(score: Decimal) -> Fraction:
    """S itself."""
    return Fraction(score)


def credit_points(points: int) -> Fraction:
    """C clipped to 0–100."""
    return Fraction(max(0, min(points, 100)))


def experience_points(contracts: int) -> Fraction:
    """min(n, 10) × 10."""
    return Fraction(max(0, min(contracts, 10)) * 10)


def lead_time_points(days: int, shortest: int) -> Fraction:
    """Shortest offered days / offered days × 100; days are 1 or more."""
    return Fraction(shortest * 100, days)


def dropped_places(given: Sequence[int]) -> frozenset[int]:
    """The places of the scores that do not count: with five or more, the first lowest and the last highest."""
    if len(given) < TRIM_FROM:
        return frozenset()
    places = sorted(range(len(given)), key=lambda place: (given[place], place))
    return frozenset({places[0], places[-1]})


def panel_points(given: Sequence[int]) -> Fraction:
    """The mean of the experts' points; with five or more, one highest and one lowest are dropped."""
    out = dropped_places(given)
    counted = [points for place, points in enumerate(given) if place not in out]
    return Fraction(sum(counted), len(counted))


def half_up(value: Fraction) -> Decimal:
    """A total of 0 or more with exactly four decimals, half up."""
    units = int(value * _PLACES + Fraction(1, 2))
    return Decimal(units).scaleb(-4)


def total(weighted: Sequence[tuple[Decimal, Fraction]]) -> Decimal:
    """Σ weight × points / 100, rounded once at the end."""
    return half_up(sum((Fraction(weight) * points / 100 for weight, points in weighted), Fraction(0)))
