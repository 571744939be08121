"""From stored rows to the pure score and back: what the system knows of a contract, and P with its explanation."""

from collections.abc import Iterable, Mapping

from supermarket.contracts.models import Contract
from supermarket.deliverables.queries import deliverables_of
from supermarket.deliverables.rules import lateness
from supermarket.payments.queries import balance
from supermarket.ratings.models import RaterKind, Rating
from supermarket.ratings.score import (
    ContractScore,
    Dimension,
    Given,
    Known,
    Outcome,
    Rater,
    contract_score,
    fees_points,
    quality_points,
    timeliness_points,
)
from supermarket.ratings.states import RatingState

COUNTED = frozenset(
    {RatingState.GIVEN, RatingState.PUBLISHED, RatingState.APPEALED, RatingState.UPHELD, RatingState.ADJUSTED}
)
PARTS = {RaterKind.OWNER: Rater.OWNER, RaterKind.AUTHORITY: Rater.AUTHORITY, RaterKind.OPERATOR: Rater.OPERATOR}


def known_of(contract: Contract) -> Known:
    """What is computed instead of clicked: the most days late of any deliverable over the contract's days, paid over
    contracted, and the worst outcome that an authority recorded.
    """
    rows = deliverables_of(contract)
    outcomes = [quality_points(Outcome(row.approval_outcome.value)) for row in rows if row.approval_outcome is not None]
    submitted = [lateness(row) for row in rows if row.submissions]
    return Known(
        timeliness=timeliness_points(max(submitted), contract.duration_days) if submitted else None,
        fees=fees_points(balance(contract).paid, contract.price),
        quality=min(outcomes) if outcomes else None,
    )


def stored_known(known: Known) -> dict[str, int | None]:
    """The computed points as JSON."""
    return {"timeliness": known.timeliness, "fees": known.fees, "quality": known.quality}


def known_from(stored: object) -> Known:
    """Back from JSON. Raises TypeError if it is not of this shape."""
    if not isinstance(stored, Mapping):
        raise TypeError("the computed points are a JSON object")
    return Known(timeliness=stored["timeliness"], fees=stored["fees"], quality=stored["quality"])


def points_of(row: Rating) -> dict[Dimension, int]:
    """A rating's points by dimension."""
    return {Dimension(name): points for name, points in row.points.items()}


def score_of(rows: Iterable[Rating], known: Known) -> ContractScore | None:
    """P from the ratings that were given; the agency's own rating of the owner enters no P."""
    given = [Given(PARTS[row.rater], points_of(row)) for row in rows if row.rater in PARTS and row.state in COUNTED]
    return contract_score(given, known)


def explanation(score: ContractScore | None, known: Known) -> dict[str, object]:
    """How P came about (依据), as JSON: every rater's weight and points, and which of them were computed."""
    return {
        "known": stored_known(known),
        "raters": [
            {
                "rater": row.rater.value,
                "score": str(row.score),
                "weight": str(row.weight),
                "effective_weight": str(row.effective_weight),
                "contribution": str(row.contribution),
                "dimensions": [
                    {
                        "dimension": part.dimension.value,
                        "weight": str(part.weight),
                        "points": part.points,
                        "computed": part.computed,
                        "contribution": str(part.contribution),
                    }
                    for part in row.dimensions
                ],
            }
            for row in (score.rows if score is not None else ())
        ],
    }
