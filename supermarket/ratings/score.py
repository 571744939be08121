"""One contract's score P, 0 to 100 (rating spec, "One contract's score P"): pure values, all Decimal.

Owner, industry or approving authority and operator weigh 5 : 3 : 2; a missing rater drops out, the rest are
re-weighted, and the share of the weight that was present goes into the stars. What the system knows (days late, money
paid, the authority's outcome) replaces what a person would click; nothing is ever a 5 by default.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum
from types import MappingProxyType

PRECISION = 40
FOUR_PLACES = Decimal("0.0001")
LOWEST, HIGHEST = 1, 5
FEWEST_FOR_PRACTITIONER = 3


class Rater(StrEnum):
    """Who rates an agency's contract."""

    OWNER = "owner"
    AUTHORITY = "authority"
    OPERATOR = "operator"


class Dimension(StrEnum):
    """What is rated, each from 1 to 5."""

    QUALITY = "quality"
    TIMELINESS = "timeliness"
    COMPLIANCE = "compliance"
    FEES = "fees"
    ATTITUDE = "attitude"


class Outcome(StrEnum):
    """What the approving authority recorded about the deliverable."""

    PASSED_FIRST = "passed_first"
    CORRECTED_ONCE = "corrected_once"
    CORRECTED_MORE = "corrected_more"
    RETURNED = "returned"
    REFUSED = "refused"


RATER_WEIGHTS: Mapping[Rater, Decimal] = MappingProxyType(
    {Rater.OWNER: Decimal("0.5"), Rater.AUTHORITY: Decimal("0.3"), Rater.OPERATOR: Decimal("0.2")}
)
DIMENSION_WEIGHTS: Mapping[Dimension, Decimal] = MappingProxyType(
    {
        Dimension.QUALITY: Decimal(30),
        Dimension.TIMELINESS: Decimal(25),
        Dimension.COMPLIANCE: Decimal(20),
        Dimension.FEES: Decimal(15),
        Dimension.ATTITUDE: Decimal(10),
    }
)
_OUTCOME_POINTS = {
    Outcome.PASSED_FIRST: 5,
    Outcome.CORRECTED_ONCE: 4,
    Outcome.CORRECTED_MORE: 3,
    Outcome.RETURNED: 2,
    Outcome.REFUSED: 1,
}


def round4(value: Decimal) -> Decimal:
    """Four decimals, half up: the rounding of P, S and totals before they are used."""
    return value.quantize(FOUR_PLACES, ROUND_HALF_UP)


def _steps(part: int, whole: int, limits: Sequence[int]) -> int:
    """5 minus how many of the percent limits ``part`` of ``whole`` exceeds; exact integers, no division."""
    return HIGHEST - sum(part * 100 > limit * whole for limit in limits)


def timeliness_points(days_late: int, term_days: int) -> int:
    """Points for the last accepted submission: days late (0 or less is on time) over the contract's days.

    Raises ValueError if the term is not at least one day.
    """
    if term_days < 1:
        raise ValueError("the term of a contract is at least one day")
    return _steps(max(days_late, 0), term_days, (0, 10, 25, 50))


def fees_points(paid_fen: int, contracted_fen: int) -> int:
    """Points for what the owner had to pay in the end over what was contracted. Raises ValueError if negative."""
    if paid_fen < 0 or contracted_fen < 0:
        raise ValueError("amounts must not be negative")
    return _steps(paid_fen, contracted_fen, (100, 105, 110, 120))


def quality_points(outcome: Outcome) -> int:
    """Points for the outcome that the approving authority recorded."""
    return _OUTCOME_POINTS[outcome]


@dataclass(frozen=True, slots=True)
class Known:
    """Points that the system computed; None where it does not know, and then the rater's own points count."""

    timeliness: int | None = None
    fees: int | None = None
    quality: int | None = None

    def points(self) -> dict[Dimension, int]:
        """The computed points by dimension."""
        values = {
            Dimension.QUALITY: self.quality,
            Dimension.TIMELINESS: self.timeliness,
            Dimension.FEES: self.fees,
        }
        return {dimension: value for dimension, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Given:
    """What one rater gave, by dimension."""

    rater: Rater
    points: Mapping[Dimension, int]


@dataclass(frozen=True, slots=True)
class DimensionRow:
    """One line of the explanation: ``contribution`` is in points of the rater's score."""

    dimension: Dimension
    weight: Decimal
    points: int
    computed: bool
    contribution: Decimal


@dataclass(frozen=True, slots=True)
class RaterRow:
    """One rater's part: score 0–100, nominal weight, weight after re-weighting, contribution to P (not rounded)."""

    rater: Rater
    score: Decimal
    weight: Decimal
    effective_weight: Decimal
    contribution: Decimal
    dimensions: tuple[DimensionRow, ...]


@dataclass(frozen=True, slots=True)
class ContractScore:
    """P with four decimals, the share of the rater weight that was present, and how it came about."""

    score: Decimal
    share: Decimal
    rows: tuple[RaterRow, ...]


@dataclass(frozen=True, slots=True)
class ScoreRules:
    """The weights of a policy; dimension weights are percent and add up to 100, rater weights to 1."""

    raters: Mapping[Rater, Decimal] = field(default_factory=lambda: RATER_WEIGHTS)
    dimensions: Mapping[Dimension, Decimal] = field(default_factory=lambda: DIMENSION_WEIGHTS)

    def __post_init__(self) -> None:
        if set(self.raters) != set(Rater) or sum(self.raters.values()) != 1:
            raise ValueError("the weights of the raters must name each rater and add up to 1")
        if set(self.dimensions) != set(Dimension) or sum(self.dimensions.values()) != 100:
            raise ValueError("the weights of the dimensions must name each and add up to 100")


DEFAULT_RULES = ScoreRules()


def _rows(given: Given, known: Mapping[Dimension, int], rules: ScoreRules) -> tuple[DimensionRow, ...]:
    rows = []
    for dimension in Dimension:
        computed = dimension in known
        points = known[dimension] if computed else given.points.get(dimension)
        if points is None:
            raise ValueError(f"{given.rater} gave no points for {dimension}")
        if not LOWEST <= points <= HIGHEST:
            raise ValueError(f"points for {dimension} must be from {LOWEST} to {HIGHEST}")
        weight = rules.dimensions[dimension]
        rows.append(DimensionRow(dimension, weight, points, computed, weight * (points - 1) / 4))
    return tuple(rows)


def contract_score(
    given: Iterable[Given], known: Known = Known(), rules: ScoreRules = DEFAULT_RULES
) -> ContractScore | None:
    """P of one contract from the ratings that came in, or None if there is none at all.

    Raises ValueError for a rater that appears twice, points outside 1–5, or a dimension that is neither given nor
    computed.
    """
    by_rater = {}
    for each in given:
        if each.rater in by_rater:
            raise ValueError(f"{each.rater} rated twice")
        by_rater[each.rater] = each
    if not by_rater:
        return None
    with localcontext(prec=PRECISION):
        share = sum((rules.raters[rater] for rater in by_rater), Decimal(0))
        rows = []
        for rater in Rater:
            if rater not in by_rater:
                continue
            dimensions = _rows(by_rater[rater], known.points(), rules)
            score = sum((row.contribution for row in dimensions), Decimal(0))
            weight = rules.raters[rater]
            rows.append(RaterRow(rater, score, weight, weight / share, weight * score / share, dimensions))
        # One division of the exact sum: adding rounded quotients could miss a half.
        total = sum((row.weight * row.score for row in rows), Decimal(0)) / share
        return ContractScore(round4(total), share, tuple(rows))


def practitioner_mean(points: Sequence[int]) -> Decimal | None:
    """What the public sees of a practitioner: the mean of three ratings or more (two decimals, half up), else None."""
    if len(points) < FEWEST_FOR_PRACTITIONER:
        return None
    return (Decimal(sum(points)) / len(points)).quantize(Decimal("0.01"), ROUND_HALF_UP)
