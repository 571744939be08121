"""A dry run (试运行): past purchases run through another pipeline over what was frozen then. Pure, and it decides nothing.

A draw takes the value that its purchase drew with, over a pool file made anew; where there was none, SHA-256 of code and
purpose. A low quote on which nobody decided then counts as accepted. Where the owner chooses, nobody can say whom it would
have chosen: then the small list is compared. Bids of a live auction answer each other, so they are no sealed quotes: where
the other way asks for quotes, an auction cannot be repeated.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from supermarket.core.draw import DrawError, parse_source, pool_file
from supermarket.modes.limits import Numbers, fewest, kept_terms
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.modes.pipeline import PipelineState, advance
from supermarket.modes.stages import Candidate, DrawFact, Facts, LowDecision, StageError, Waiting, WaitingFor
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.stages.draw import MAIN
from supermarket.modes.table import Mode, Terms, pipeline_for

# For purchases that were not scored: what their figures alone can tell.
TRIAL_CRITERIA = (
    Criterion(CriterionKind.PRICE, Decimal(50)),
    Criterion(CriterionKind.STARS, Decimal(25)),
    Criterion(CriterionKind.CREDIT, Decimal(25)),
)
STAND_IN_SOURCE = "drand:" + "0" * 64
MOST_STEPS = 200


class Outcome(StrEnum):
    """What the other way of selection would have meant for one purchase."""

    SAME = "same"
    CHANGED = "changed"
    ON_LIST = "on_list"
    OFF_LIST = "off_list"
    FAILED = "failed"
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class Case:
    """One past purchase as it was frozen: `winner` the first award, `price` in fen; `source` and `value` of its draw.

    `quoted`: whether quotes were asked for; `auctioned`: whether agencies bid live instead; `facts`: decisions on low
    quotes and an expert panel's points, if any.
    """

    project: str
    mode: str
    candidates: tuple[Candidate, ...]
    bounds: Bounds
    numbers: Numbers
    winner: str | None
    price: int | None
    quoted: bool
    criteria: tuple[Criterion, ...] = ()
    panel_size: int = 0
    facts: Facts | None = None
    source: str | None = None
    value: str | None = None
    refused: bool = False
    auctioned: bool = False
    by_rate: bool = False


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What would have come of a purchase; `listed`: whom the owner would have chosen among; `reason`: a code."""

    project: str
    mode: str
    outcome: Outcome
    pool: int
    winner: str | None
    price: int | None
    first: str | None = None
    new_price: int | None = None
    ceiling: int = 0
    listed: tuple[str, ...] = ()
    reason: str = ""
    stand_in: bool = False

    def content(self) -> dict[str, object]:
        """As it is stored."""
        return {
            "project": self.project,
            "mode": self.mode,
            "outcome": str(self.outcome),
            "pool": self.pool,
            "winner": self.winner,
            "price": self.price,
            "first": self.first,
            "new_price": self.new_price,
            "ceiling": self.ceiling,
            "listed": list(self.listed),
            "reason": self.reason,
            "stand_in": self.stand_in,
        }


@dataclass
class _Replay:
    """The facts of one case, filled in as the stages ask for them."""

    case: Case
    draws: dict[str, DrawFact] = field(default_factory=dict)
    low: dict[str, LowDecision] = field(default_factory=dict)
    stand_in: bool = False

    def facts(self) -> Facts:
        known = self.case.facts
        panel = known.panel if known is not None else {}
        decided = dict(known.low_decisions) if known is not None else {}
        return Facts(self.case.project, self.draws, None, decided | self.low, panel)

    def give(self, waiting: Waiting) -> bool:
        """Fill in what the stage waits for; False where nobody can say it afterwards."""
        if waiting.for_ in (WaitingFor.RECEIPT, WaitingFor.TIE_DRAW) and waiting.pool and waiting.purpose:
            own = waiting.purpose == MAIN and self.case.source is not None and self.case.value is not None
            source = self.case.source if own and self.case.source is not None else STAND_IN_SOURCE
            value = self.case.value if own else _stand_in(self.case.project, waiting.purpose)
            self.stand_in = self.stand_in or not own
            data = pool_file(self.case.project, waiting.purpose, str(parse_source(source)), waiting.pool)
            refused = own and self.case.refused
            self.draws[waiting.purpose] = DrawFact(data, receipted=True, value=value, refused=refused)
            return True
        if waiting.for_ is WaitingFor.COST_STATEMENT:
            self.low |= dict.fromkeys(waiting.members, LowDecision.ACCEPTED)
            return True
        return False


def _stand_in(project: str, purpose: str) -> str:
    return hashlib.sha256(f"{project}:{purpose}".encode("ascii")).hexdigest()


def try_out(row: Mode, cases: Iterable[Case]) -> tuple[CaseResult, ...]:
    """Every case through the row's stages, in the order in which they come."""
    return tuple(_try(row, case) for case in cases)


def _try(row: Mode, case: Case) -> CaseResult:
    result = CaseResult(
        case.project,
        case.mode,
        Outcome.NOT_COMPARABLE,
        len(case.candidates),
        case.winner,
        case.price,
        ceiling=case.bounds.ceiling,
    )
    if row.needs_quotes and not case.quoted:
        return replace(result, reason="was_auction" if case.auctioned else "no_quotes")
    if row.by_rate and not case.by_rate:
        return replace(result, reason="no_rates")
    valid = [c for c in case.candidates if not row.needs_quotes or c.quote is not None]
    if len(valid) < fewest(row, {}, extended=True):
        return replace(result, outcome=Outcome.FAILED, reason="too_few")
    criteria = case.criteria or TRIAL_CRITERIA
    terms = kept_terms(
        row,
        Terms(bounds=case.bounds, criteria=criteria, panel_size=case.panel_size if case.criteria else 0),
        case.numbers,
    )
    replay = _Replay(case)
    try:
        state = _run(row, terms, valid, replay)
    except (StageError, DrawError):
        return replace(result, reason="does_not_run")
    if state is None:
        return replace(result, reason="not_told")
    return _told(row, case, state, replace(result, stand_in=replay.stand_in))


def _run(row: Mode, terms: Terms, valid: Sequence[Candidate], replay: _Replay) -> PipelineState | None:
    """Up to the order or the owner's choice; None where a panel's points are missing."""
    stages = pipeline_for(row, terms)
    for _step in range(MOST_STEPS):
        state = advance(stages, valid, replay.facts())
        if state.waiting is None or state.waiting.for_ is WaitingFor.CHOICE:
            return state
        if not replay.give(state.waiting):
            return None
    raise StageError("a dry run has no end")


def _told(row: Mode, case: Case, state: PipelineState, result: CaseResult) -> CaseResult:
    if state.waiting is not None:
        listed = state.waiting.members
        on = case.winner in listed
        return replace(result, outcome=Outcome.ON_LIST if on else Outcome.OFF_LIST, listed=listed)
    if not state.order:
        return replace(result, outcome=Outcome.FAILED, reason="nobody_valid")
    first = state.order[0]
    quotes = {c.uscc: c.quote for c in case.candidates}
    price = quotes.get(first) if row.needs_quotes else case.bounds.ceiling
    outcome = Outcome.SAME if first == case.winner else Outcome.CHANGED
    return replace(result, outcome=outcome, first=first, new_price=price)


def summary(results: Sequence[CaseResult]) -> dict[str, object]:
    """The figures of a dry run: how often it changes what, what fails, and how prices lie between floor and ceiling."""
    counts = {str(outcome): sum(1 for item in results if item.outcome is outcome) for outcome in Outcome}
    paired = [item for item in results if item.price is not None and item.new_price is not None]
    return {
        "cases": len(results),
        "counts": counts,
        "reasons": _reasons(results),
        "stand_ins": sum(1 for item in results if item.stand_in),
        "prices": {
            "cases": len(paired),
            "before": sum(item.price or 0 for item in paired),
            "after": sum(item.new_price or 0 for item in paired),
            "shares_before": _spread([Fraction((item.price or 0) * 100, item.ceiling) for item in paired]),
            "shares_after": _spread([Fraction((item.new_price or 0) * 100, item.ceiling) for item in paired]),
        },
    }


def _reasons(results: Sequence[CaseResult]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for item in results:
        if item.reason:
            found[item.reason] = found.get(item.reason, 0) + 1
    return dict(sorted(found.items()))


def _spread(shares: Sequence[Fraction]) -> dict[str, str] | None:
    """Lowest, middle and highest share of the ceiling, in percent with one decimal, half up; None of nothing."""
    if not shares:
        return None
    ordered = sorted(shares)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    return {"least": _tenths(ordered[0]), "middle": _tenths(middle), "most": _tenths(ordered[-1])}


def _tenths(share: Fraction) -> str:
    units = int(share * 10 + Fraction(1, 2))
    return f"{units // 10}.{units % 10}"
