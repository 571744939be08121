"""Stage `price`: ranks sealed quotes (selection rules, section 4, the table of rules). Means are exact rationals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from supermarket.modes.stages import Candidate, Done, Exclusion, Facts, Figure, StageOutcome, Waiting
from supermarket.modes.stages.bounds import Bounds, Sifted, mean_of, sift, validate_rate
from supermarket.modes.stages.ties import Key, rank

TRIM_FROM = 5


class PriceRule(StrEnum):
    """How quotes are ranked."""

    LOWEST = "lowest"
    HIGHEST_DISCOUNT = "highest_discount"
    NEAREST_MEAN = "nearest_mean"
    SECOND_LOWEST = "second_lowest"


@dataclass(frozen=True, slots=True)
class PriceParams:
    """The rule and the bounds, fixed at publishing."""

    rule: PriceRule
    bounds: Bounds


def reference_mean(quotes: Sequence[int]) -> Fraction:
    """The mean for `nearest_mean`: with five quotes or more, one highest and one lowest are left out of it."""
    counted = sorted(quotes)[1:-1] if len(quotes) >= TRIM_FROM else quotes
    return mean_of(counted)


def _sift_rates(candidates: Sequence[Candidate], bounds: Bounds, facts: Facts) -> Sifted | Waiting:
    """Rates first; then the amounts that they give, as under every rule."""
    codes = {c.uscc: validate_rate(c.rate, bounds.min_rate, bounds.max_rate) for c in candidates}
    sifted = sift([c for c in candidates if codes[c.uscc] is None], bounds, facts)
    if isinstance(sifted, Waiting):
        return sifted
    wrong = tuple(Exclusion(uscc, code) for uscc, code in codes.items() if code is not None)
    return Sifted(sifted.left, (*wrong, *sifted.excluded), sifted.low)


def _key(rule: PriceRule, amounts: Sequence[int]) -> Callable[[Candidate], Key]:
    """What is compared, smallest first; `amounts` are the quotes that count."""
    if rule is PriceRule.HIGHEST_DISCOUNT:
        return lambda c: (-Fraction(c.rate or 0),)
    if rule is PriceRule.NEAREST_MEAN:
        mean = reference_mean(amounts) if amounts else Fraction(0)
        return lambda c: (abs((c.quote or 0) - mean), c.quote or 0)
    if rule is PriceRule.SECOND_LOWEST:
        distinct = sorted(set(amounts))
        first = distinct[1] if len(distinct) > 1 else None
        return lambda c: (0 if c.quote == first else 1, c.quote or 0)
    return lambda c: (c.quote or 0,)


def run(candidates: Sequence[Candidate], params: PriceParams, facts: Facts) -> StageOutcome:
    """Rank the valid quotes by the rule; invalid and rejected ones are excluded with their code."""
    by_rate = params.rule is PriceRule.HIGHEST_DISCOUNT
    sifted = _sift_rates(candidates, params.bounds, facts) if by_rate else sift(candidates, params.bounds, facts)
    if isinstance(sifted, Waiting):
        return sifted
    amounts = list(sifted.quotes().values())
    ranked = rank(sifted.left, _key(params.rule, amounts), facts)
    if isinstance(ranked, Waiting):
        return ranked
    by_uscc = {c.uscc: c for c in sifted.left}
    figures = {}
    for position, uscc in enumerate(ranked.order, start=1):
        candidate = by_uscc[uscc]
        figure: dict[str, Figure] = {"rank": position, "credit_points": candidate.credit_points}
        if by_rate:
            figure["rate"] = str(candidate.rate)
        if candidate.quote is not None:
            figure["quote"] = candidate.quote
            if params.rule is PriceRule.NEAREST_MEAN:
                mean = reference_mean(amounts)
                figure["mean"] = str(mean)
                figure["distance"] = str(abs(candidate.quote - mean))
        if uscc in sifted.low:
            figure["low"] = sifted.low[uscc]
        if uscc in ranked.ties:
            figure["tie"] = ranked.ties[uscc]
        figures[uscc] = figure
    return Done(ranked.order, ranked.order, figures, sifted.excluded)
