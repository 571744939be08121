"""A mode at work: its stages run one after the other over frozen inputs, until one waits or the order is complete."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from supermarket.modes.stages import (
    Candidate,
    Done,
    Exclusion,
    Facts,
    StageError,
    StageOutcome,
    Waiting,
    auction,
    choose,
    draw,
    price,
    score,
    shortlist,
)
from supermarket.modes.stages.auction import AuctionParams
from supermarket.modes.stages.choose import ChooseParams
from supermarket.modes.stages.draw import DrawParams
from supermarket.modes.stages.price import PriceParams
from supermarket.modes.stages.score import ScoreParams
from supermarket.modes.stages.shortlist import ShortlistParams

StageSpec = ShortlistParams | DrawParams | PriceParams | AuctionParams | ScoreParams | ChooseParams


@dataclass(frozen=True, slots=True)
class StageRun:
    """One stage with all that went in and came out."""

    spec: StageSpec
    candidates: tuple[Candidate, ...]
    outcome: StageOutcome

    @property
    def stage(self) -> str:
        """The stage's name: shortlist, draw, price, auction, score or choose."""
        return stage_name(self.spec)


@dataclass(frozen=True, slots=True)
class PipelineState:
    """Either `waiting` says for what, or `order` is final: the whole order, empty where nothing was valid."""

    runs: tuple[StageRun, ...]
    order: tuple[str, ...] | None
    waiting: Waiting | None

    @property
    def excluded(self) -> tuple[Exclusion, ...]:
        """All who are out so far, stage by stage."""
        return tuple(e for run in self.runs if isinstance(run.outcome, Done) for e in run.outcome.excluded)


def stage_name(spec: StageSpec) -> str:
    """The name under which a stage's run is stored."""
    match spec:
        case ShortlistParams():
            return "shortlist"
        case DrawParams():
            return "draw"
        case PriceParams():
            return "price"
        case AuctionParams():
            return "auction"
        case ScoreParams():
            return "score"
        case ChooseParams():
            return "choose"


def run_stage(spec: StageSpec, candidates: Sequence[Candidate], facts: Facts) -> StageOutcome:
    """Run one stage; the order in which the candidates come does not matter. Raises StageError for a double."""
    ordered = sorted(candidates, key=lambda c: c.uscc)
    if len({c.uscc for c in ordered}) != len(ordered):
        raise StageError("a candidate stands in the pool twice")
    match spec:
        case ShortlistParams():
            return shortlist.run(ordered, spec, facts)
        case DrawParams():
            return draw.run(ordered, spec, facts)
        case PriceParams():
            return price.run(ordered, spec, facts)
        case AuctionParams():
            return auction.run(ordered, spec, facts)
        case ScoreParams():
            return score.run(ordered, spec, facts)
        case ChooseParams():
            return choose.run(ordered, spec, facts)


def advance(mode_stages: Sequence[StageSpec], candidates: Sequence[Candidate], facts: Facts) -> PipelineState:
    """Run the stages from the first. Pure: called again with more facts it repeats what was done and goes on.

    Raises StageError for inputs that no operation may hand in, DrawError for a value that its source cannot give.
    """
    if not mode_stages:
        raise StageError("a mode has one stage or more")
    left = {c.uscc: c for c in candidates}
    if len(left) != len(candidates):
        raise StageError("a candidate stands in the pool twice")
    runs: list[StageRun] = []
    order: tuple[str, ...] = ()
    for spec in mode_stages:
        entering = tuple(left[uscc] for uscc in sorted(left))
        outcome = run_stage(spec, entering, facts)
        runs.append(StageRun(spec, entering, outcome))
        if isinstance(outcome, Waiting):
            return PipelineState(tuple(runs), None, outcome)
        order = outcome.order
        left = {uscc: left[uscc] for uscc in outcome.passed_on}
    return PipelineState(tuple(runs), order, None)


def drawn_at_freeze(
    mode_stages: Sequence[StageSpec], candidates: Sequence[Candidate], project: str
) -> PipelineState | None:
    """The stages up to the draw, where it can be fixed at the freeze: only shortlists, which need nothing but the
    freeze's own figures, stand before it. Then the state waits for the pool file; None in other pipelines.
    """
    before = list(takewhile(lambda spec: isinstance(spec, ShortlistParams), mode_stages))
    if len(before) == len(mode_stages) or not isinstance(mode_stages[len(before)], DrawParams):
        return None
    return advance(mode_stages[: len(before) + 1], candidates, Facts(project))


def bidding_at_freeze(
    mode_stages: Sequence[StageSpec], candidates: Sequence[Candidate], project: str
) -> tuple[str, ...]:
    """Who may bid in a live auction that only shortlists stand before: known at the freeze. Empty in other pipelines."""
    before = list(takewhile(lambda spec: isinstance(spec, ShortlistParams), mode_stages))
    if len(before) == len(mode_stages) or not isinstance(mode_stages[len(before)], AuctionParams):
        return ()
    state = advance(mode_stages[: len(before) + 1], candidates, Facts(project))
    return () if state.waiting is None else state.waiting.members
