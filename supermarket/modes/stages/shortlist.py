"""Stage `shortlist`: keeps the K best by credit or stars; everyone tied with the K-th stays in (selection rules,
section 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from supermarket.modes.stages import Candidate, Done, Exclusion, Facts, StageError, StageOutcome

NEWCOMER = Fraction(85)


class ShortlistBy(StrEnum):
    """What is compared: the credit points C, or the score S behind the stars."""

    CREDIT = "credit"
    STARS = "stars"


@dataclass(frozen=True, slots=True)
class ShortlistParams:
    """`keep`: K, 1 or more."""

    by: ShortlistBy
    keep: int

    def __post_init__(self) -> None:
        if self.keep < 1:
            raise StageError("a shortlist keeps one or more")


def ranked_as(candidate: Candidate, by: ShortlistBy) -> Fraction:
    """What the candidate counts for; a newcomer, whose level is not yet earned, for 85."""
    if candidate.newcomer:
        return NEWCOMER
    return Fraction(candidate.credit_points if by is ShortlistBy.CREDIT else candidate.star_score)


def run(candidates: Sequence[Candidate], params: ShortlistParams, facts: Facts) -> StageOutcome:
    """Keep the K best; `facts` play no part. The order among equals is that of their USCC and decides nothing."""
    values = {c.uscc: ranked_as(c, params.by) for c in candidates}
    order = sorted(values, key=lambda uscc: (-values[uscc], uscc))
    least = values[order[min(params.keep, len(order)) - 1]] if order else NEWCOMER
    kept = tuple(uscc for uscc in order if values[uscc] >= least)
    return Done(
        order=kept,
        passed_on=kept,
        figures={uscc: {"ranked_as": str(values[uscc]), "kept": int(uscc in kept)} for uscc in order},
        excluded=tuple(Exclusion(uscc, "not_shortlisted") for uscc in order if uscc not in kept),
    )
