"""The agency's stars S(t) (rating spec, "The agency's stars"): pure values, all Decimal.

S(t) = (5·m + Σ wᵢPᵢ) / (5 + Σ wᵢ), wᵢ = 0.5^(ageᵢ/365) × min(2, √(amountᵢ / 100 000 CNY)) × share of rater weight.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from supermarket.core.working_days import calendar_days_between
from supermarket.ratings.score import PRECISION, round4

NEWCOMER_FLOOR_LEVEL = 3
LEVELS = (1, 2, 3, 4, 5)
FEWEST_RATINGS = 3
_HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class StarRules:
    """The numbers of the policy that holds at t. Amounts in fen, ages in whole local days."""

    prior_weight: Decimal = Decimal(5)
    prior_mean: Decimal = Decimal("75.0")
    prior_needs: int = 30
    half_life_days: int = 365
    reference_fen: int = 10_000_000
    largest_amount_factor: Decimal = Decimal(2)
    smallest_fen: int = 500_000
    group_cap: Decimal = Decimal(2)


DEFAULT_RULES = StarRules()


@dataclass(frozen=True, slots=True)
class Rated:
    """One contract with a published P. ``owner_group`` is the same for an owner and the owners linked with it."""

    reference: str
    score: Decimal
    published_at: datetime
    amount_fen: int
    share: Decimal
    owner_group: str
    industry: str


@dataclass(frozen=True, slots=True)
class StarRow:
    """How one contract counts: the factors, the weight before and after the cap, its contribution to S."""

    reference: str
    score: Decimal
    age_days: int
    age_factor: Decimal
    amount_factor: Decimal
    share: Decimal
    weight_before_cap: Decimal
    weight: Decimal
    contribution: Decimal

    @property
    def capped(self) -> bool:
        """Whether the cap on one owner and its linked owners scaled it down."""
        return self.weight != self.weight_before_cap


@dataclass(frozen=True, slots=True)
class Stars:
    """S with four decimals, its level (None: not yet rated) and how it came about.

    ``owners`` counts an owner and its linked owners once, so that a family of owners cannot lift a level.
    ``too_small`` names the contracts that do not count because of their amount.
    """

    score: Decimal
    level: int | None
    ratings: int
    owners: int
    mean: Decimal
    prior_contribution: Decimal
    rows: tuple[StarRow, ...]
    too_small: tuple[str, ...]


def counted(ratings: Iterable[Rated], at: datetime, rules: StarRules = DEFAULT_RULES) -> tuple[Rated, ...]:
    """The ratings that count at t: published by then and not too small; oldest first, then by reference."""
    chosen = (each for each in ratings if each.published_at <= at and each.amount_fen >= rules.smallest_fen)
    return tuple(sorted(chosen, key=lambda each: (each.published_at, each.reference)))


def main_industry(ratings: Sequence[Rated]) -> str | None:
    """The industry with most of these ratings; at equal numbers the one rated last, then the first by code."""
    if not ratings:
        return None
    numbers = Counter(each.industry for each in ratings)
    newest: dict[str, datetime] = {}
    for each in ratings:
        newest[each.industry] = max(newest.get(each.industry, each.published_at), each.published_at)
    most = max((number, newest[industry]) for industry, number in numbers.items())
    return min(industry for industry, number in numbers.items() if (number, newest[industry]) == most)


def industry_mean(count: int, total: Decimal, rules: StarRules = DEFAULT_RULES) -> Decimal:
    """m: the mean of the P published in an industry in the last 3 years, from their count and sum; 75.0 below 30."""
    if count < rules.prior_needs:
        return rules.prior_mean
    with localcontext(prec=PRECISION):
        return total / count


def level_of(score: Decimal, ratings: int, owners: int) -> int | None:
    """The level of an S (rounded to 4 decimals) with its number of ratings and of owners; None: not yet rated."""
    if ratings < FEWEST_RATINGS:
        return None
    if score >= 90 and ratings >= 5 and owners >= 5:
        return 5
    if score >= 80 and owners >= 3:
        return 4
    if score >= 65:
        return 3
    return 2 if score >= 50 else 1


def level_for_floor(level: int | None) -> int:
    """The level that is held against a project's floor: who is not yet rated counts as 3 stars."""
    return NEWCOMER_FLOOR_LEVEL if level is None else level


def _factors(rated: Rated, at: datetime, rules: StarRules) -> tuple[int, Decimal, Decimal, Decimal]:
    age = calendar_days_between(rated.published_at, at)
    age_factor = _HALF ** (Decimal(age) / rules.half_life_days)
    amount_factor = min(rules.largest_amount_factor, (Decimal(rated.amount_fen) / rules.reference_fen).sqrt())
    return age, age_factor, amount_factor, age_factor * amount_factor * rated.share


def stars(ratings: Iterable[Rated], at: datetime, mean: Decimal, rules: StarRules = DEFAULT_RULES) -> Stars:
    """S(t) of one agency from all its ratings, with m from :func:`industry_mean`.

    Ratings published after ``at`` are left out, so that any past moment can be computed again. Raises ValueError for a
    share outside (0, 1] or a score outside 0–100.
    """
    everything = tuple(ratings)
    for each in everything:
        if not 0 < each.share <= 1 or not 0 <= each.score <= 100:
            raise ValueError(f"rating {each.reference} has an impossible share or score")
    chosen = counted(everything, at, rules)
    small = sorted(each.reference for each in everything if each.published_at <= at and each not in chosen)
    with localcontext(prec=PRECISION):
        factors = [_factors(each, at, rules) for each in chosen]
        groups: dict[str, Decimal] = {}
        for each, (_, _, _, weight) in zip(chosen, factors, strict=True):
            groups[each.owner_group] = groups.get(each.owner_group, Decimal(0)) + weight
        weights = [
            weight
            if groups[each.owner_group] <= rules.group_cap
            else weight * rules.group_cap / groups[each.owner_group]
            for each, (_, _, _, weight) in zip(chosen, factors, strict=True)
        ]
        below = rules.prior_weight + sum(weights, Decimal(0))
        above = rules.prior_weight * mean
        above += sum((weight * each.score for weight, each in zip(weights, chosen, strict=True)), Decimal(0))
        rows = tuple(
            StarRow(each.reference, each.score, age, aged, amount, each.share, raw, weight, weight * each.score / below)
            for each, (age, aged, amount, raw), weight in zip(chosen, factors, weights, strict=True)
        )
        score = round4(above / below)
        level = level_of(score, len(chosen), len(groups))
        prior = rules.prior_weight * mean / below
    return Stars(score, level, len(chosen), len(groups), mean, prior, rows, tuple(small))
