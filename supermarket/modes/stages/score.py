"""Stage `score`: ranks by the merit score (selection rules, section 6). Ties: lower quote, higher credit, then a
draw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from supermarket.modes import merit_criteria as merit
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.modes.stages import (
    Candidate,
    Done,
    Exclusion,
    Facts,
    Figure,
    StageError,
    StageOutcome,
    Waiting,
    WaitingFor,
)
from supermarket.modes.stages.bounds import Bounds, sift
from supermarket.modes.stages.ties import rank


@dataclass(frozen=True, slots=True)
class ScoreParams:
    """Criteria and weights fixed at publishing; `panel_size` experts rate the panel's criteria. Raises StageError."""

    criteria: tuple[Criterion, ...]
    bounds: Bounds
    panel_size: int = 0

    def __post_init__(self) -> None:
        wrong = merit.check_criteria(self.criteria)
        if wrong is not None:
            raise StageError(wrong)
        if any(c.kind is CriterionKind.PANEL for c in self.criteria) != (self.panel_size > 0):
            raise StageError("panel_size")

    def uses(self, kind: CriterionKind) -> bool:
        """Whether the criterion is among them."""
        return any(c.kind is kind for c in self.criteria)


def _missing_panel(candidates: Sequence[Candidate], params: ScoreParams, facts: Facts) -> Waiting | None:
    names = [c.name for c in params.criteria if c.kind is CriterionKind.PANEL]
    missing = []
    for candidate in candidates:
        given = [facts.panel.get(name, {}).get(candidate.uscc, ()) for name in names]
        if any(not 0 <= points <= 100 for all_points in given for points in all_points):
            raise StageError("an expert gives 0 to 100 points")
        if any(len(all_points) != params.panel_size for all_points in given):
            missing.append(candidate.uscc)
    return Waiting(WaitingFor.PANEL, members=tuple(missing), purpose="panel") if missing else None


def _points(criterion: Criterion, candidate: Candidate, lowest: int, shortest: int, facts: Facts) -> Fraction:
    match criterion.kind:
        case CriterionKind.PRICE:
            return merit.price_points(candidate.quote or 0, lowest)
        case CriterionKind.STARS:
            return merit.star_points(candidate.star_score)
        case CriterionKind.CREDIT:
            return merit.credit_points(candidate.credit_points)
        case CriterionKind.EXPERIENCE:
            return merit.experience_points(candidate.experience)
        case CriterionKind.LEAD_TIME:
            return merit.lead_time_points(candidate.offered_days or 0, shortest)
        case CriterionKind.PANEL:
            return merit.panel_points(facts.panel[criterion.name][candidate.uscc])


def _days_code(candidate: Candidate) -> str | None:
    if candidate.offered_days is None:
        return "days_missing"
    return "days_below_one" if candidate.offered_days < 1 else None


def run(candidates: Sequence[Candidate], params: ScoreParams, facts: Facts) -> StageOutcome:
    """Score and rank those with a valid quote (and offered days, where they are scored)."""
    with_days: list[Candidate] = []
    excluded: list[Exclusion] = []
    for candidate in candidates:
        code = _days_code(candidate) if params.uses(CriterionKind.LEAD_TIME) else None
        if code is None:
            with_days.append(candidate)
        else:
            excluded.append(Exclusion(candidate.uscc, code))
    sifted = sift(with_days, params.bounds, facts)
    if isinstance(sifted, Waiting):
        return sifted
    excluded.extend(sifted.excluded)
    left = sifted.left
    waiting = _missing_panel(left, params, facts)
    if waiting is not None:
        return waiting
    lowest = min(sifted.quotes().values(), default=1)
    shortest = min((c.offered_days for c in left if c.offered_days is not None), default=1)
    points = {
        c.uscc: {criterion.code: _points(criterion, c, lowest, shortest, facts) for criterion in params.criteria}
        for c in left
    }
    totals = {
        uscc: merit.total([(criterion.weight, own[criterion.code]) for criterion in params.criteria])
        for uscc, own in points.items()
    }
    ranked = rank(left, lambda c: (-Fraction(totals[c.uscc]), c.quote or 0), facts)
    if isinstance(ranked, Waiting):
        return ranked
    quotes = sifted.quotes()
    credit = {c.uscc: c.credit_points for c in left}
    figures: dict[str, dict[str, Figure]] = {}
    for position, uscc in enumerate(ranked.order, start=1):
        figures[uscc] = {
            "rank": position,
            "total": f"{totals[uscc]:.4f}",
            "quote": quotes[uscc],
            "credit_points": credit[uscc],
            **{f"points.{code}": str(value) for code, value in points[uscc].items()},
        }
        if uscc in sifted.low:
            figures[uscc]["low"] = sifted.low[uscc]
        if uscc in ranked.ties:
            figures[uscc]["tie"] = ranked.ties[uscc]
    return Done(ranked.order, ranked.order, figures, tuple(excluded))
