"""Whole pipelines of the nine modes: a permutation of a subset, whatever the order of the input, with ties and drop-outs;
a worse offer more makes nobody else win, but by the rules that say so: each of these has its counterexample here.

The list stands in docs/selection.md, too.
"""

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.core.draw import pool_file
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.modes.pipeline import PipelineState, StageSpec, advance
from supermarket.modes.stages import (
    Candidate,
    Choice,
    CreditLevel,
    DrawFact,
    Facts,
    LowDecision,
    StageError,
    WaitingFor,
)
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.stages.price import PriceParams, PriceRule
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.succession import next_in_order
from supermarket.modes.table import MODES, Terms, pipeline_for

CEILING = 10_000
CRITERIA = (Criterion(CriterionKind.PRICE, Decimal(70)), Criterion(CriterionKind.CREDIT, Decimal(30)))
TERMS = Terms(Bounds(CEILING), CRITERIA, shortlist_by=ShortlistBy.STARS, keep=4, draw_keep=3)
CALM = Terms(Bounds(CEILING, low_of_ceiling=0, low_of_mean=0), CRITERIA, keep=4, draw_keep=3)
VALUE = "01 02 03"
Pool = list[Candidate]


def uscc(place: int) -> str:
    return f"91510100MA61T2XX{place:02d}"


@st.composite
def pools(make: st.DrawFn) -> Pool:
    """Up to eight candidates of few amounts and points, so that many are tied; some without a quote, some out of bounds."""
    return [
        Candidate(
            uscc(place),
            credit_points=make(st.sampled_from((80, 100, 110))),
            credit_level=make(st.sampled_from(CreditLevel)),
            star_score=Decimal(make(st.sampled_from((60, 75, 90)))),
            newcomer=make(st.booleans()),
            quote=make(st.sampled_from((None, 0, 1_000, 6_500, 7_000, 9_000, 10_000, 10_001))),
            offered_days=make(st.integers(1, 30)),
        )
        for place in range(make(st.integers(0, 8)))
    ]


def complete(stages: tuple[StageSpec, ...], pool: Pool, low: LowDecision = LowDecision.ACCEPTED) -> PipelineState:
    """Give the stages what they wait for, until the order stands: draws by one value, a choice, decisions on low quotes."""
    facts = Facts("P-1")
    for _round in range(40):
        state = advance(stages, pool, facts)
        waiting = state.waiting
        if waiting is None:
            return state
        if waiting.for_ is WaitingFor.COST_STATEMENT:
            facts = replace(facts, low_decisions=dict.fromkeys(waiting.members, low) | dict(facts.low_decisions))
        elif waiting.for_ is WaitingFor.CHOICE:
            facts = replace(facts, choice=Choice(min(waiting.members), "最合适"))
        else:
            assert waiting.purpose is not None and waiting.pool
            file = pool_file("P-1", waiting.purpose, "published:test", waiting.pool)
            facts = replace(facts, draws={**facts.draws, waiting.purpose: DrawFact(file, receipted=True, value=VALUE)})
    raise AssertionError("it waits for ever")


@pytest.mark.parametrize("mode", MODES)
@given(pool=pools(), seed=st.integers(0, 2**32), low=st.sampled_from(LowDecision))
def test_a_pipeline_gives_a_permutation_of_a_subset_whatever_the_order_of_its_input(
    mode: str, pool: Pool, seed: int, low: LowDecision
) -> None:
    stages = pipeline_for(MODES[mode], TERMS)
    state = complete(stages, pool, low)
    assert state.order is not None
    assert len(set(state.order)) == len(state.order)
    assert set(state.order) <= {each.uscc for each in pool}
    out = [each.uscc for each in state.excluded]
    assert len(set(out)) == len(out)
    assert not set(out) & set(state.order)
    for before, after in zip(state.runs, state.runs[1:], strict=False):
        assert {each.uscc for each in after.candidates} == set(getattr(before.outcome, "passed_on", ()))
    mixed = complete(stages, random.Random(seed).sample(pool, len(pool)), low)
    assert mixed == state


@pytest.mark.parametrize("mode", MODES)
@given(pool=pools(), dropped=st.integers(0, 7))
def test_who_drops_out_is_skipped_down_the_same_order(mode: str, pool: Pool, dropped: int) -> None:
    """Nothing is computed again: however many drop out, each next one stands after the one before."""
    order = complete(pipeline_for(MODES[mode], TERMS), pool).order or ()
    quotes = {each.uscc: each.quote for each in pool if each.quote is not None}
    priced = MODES[mode].priced
    skipped: list[str] = []
    for _round in range(dropped + 1):
        first = quotes[skipped[0]] if priced and skipped else None
        found = next_in_order(order, skipped, quotes if first is not None else None, first)
        if found.next is None:
            assert all(u in skipped or u in found.too_high for u in order)
            break
        assert all(u in skipped or u in found.too_high for u in order[: order.index(found.next)])
        if first is not None:
            assert quotes[found.next] * 100 <= first * 105
        skipped.append(found.next)
    assert [order.index(u) for u in skipped] == sorted(order.index(u) for u in skipped)


# -- a worse offer more


def winner(stages: tuple[StageSpec, ...], pool: Pool, low: LowDecision = LowDecision.ACCEPTED) -> str | None:
    return next(iter(complete(stages, pool, low).order or ()), None)


def worse(pool: Pool) -> Candidate:
    """One more who is last in everything that any rule compares, and whose quote is valid."""
    return Candidate(
        uscc(99), credit_points=0, credit_level=CreditLevel.D, star_score=Decimal(0), quote=CEILING, offered_days=90
    )


KEEPS = ("bidding", "merit", "merit_bidding")
"""Modes in which a worse offer more never makes another one win, the limits for abnormally low quotes aside."""


@pytest.mark.parametrize("mode", KEEPS)
@given(pool=pools())
def test_a_worse_offer_more_makes_nobody_else_win(mode: str, pool: Pool) -> None:
    stages = pipeline_for(MODES[mode], CALM)
    # Somebody is valid already; a draw of a tie is one of the tied, whom the worse one never joins.
    valid = [each for each in pool if each.quote is not None and 1 <= each.quote < CEILING]
    if not valid:
        return
    before = winner(stages, pool)
    if before is not None:
        assert winner(stages, [*pool, worse(pool)]) == before


def quoted(*amounts: int) -> Pool:
    return [Candidate(uscc(place), quote=amount, credit_points=100 - place) for place, amount in enumerate(amounts)]


def by_rule(rule: PriceRule, bounds: Bounds) -> tuple[StageSpec, ...]:
    return (PriceParams(rule, bounds),)


def test_nearest_mean_says_so() -> None:
    """100, 200, 210 have the mean 170 and 200 wins; 330 more lifts it to 210, and 210 wins."""
    stages = by_rule(PriceRule.NEAREST_MEAN, Bounds(400, low_of_ceiling=0, low_of_mean=0))
    assert winner(stages, quoted(100, 200, 210)) == uscc(1)
    assert winner(stages, quoted(100, 200, 210, 330)) == uscc(2)


def test_second_lowest_says_so() -> None:
    """Of 100 alone 100 wins; 200 more is the second-lowest amount, and wins itself."""
    stages = by_rule(PriceRule.SECOND_LOWEST, Bounds(400, low_of_ceiling=0, low_of_mean=0))
    assert winner(stages, quoted(100)) == uscc(0)
    assert winner(stages, quoted(100, 200)) == uscc(1)


@pytest.mark.parametrize("mode", ["bidding", "merit", "merit_bidding", "random_bidding"])
def test_the_limit_for_abnormally_low_quotes_says_so(mode: str) -> None:
    """6 400, 8 000, 9 000: 70 % of the mean are 5 460. 10 000 five times more lift it to 5 845, then to 6 895 and on:
    the lowest must explain itself, and who does not is out."""
    terms = replace(TERMS, keep=20, draw_keep=20)
    stages = pipeline_for(MODES[mode], terms)
    few = quoted(6_400, 8_000, 9_000)
    many = [*few, *(Candidate(uscc(place), quote=CEILING, credit_points=10) for place in range(50, 60))]
    assert winner(stages, few, LowDecision.ABSENT) == uscc(0)
    assert winner(stages, many, LowDecision.ABSENT) == uscc(1)


@pytest.mark.parametrize("mode", ["random", "random_bidding", "credit_merit", "merit_random"])
def test_a_draw_says_so(mode: str) -> None:
    """One more member is another pool file, so another key: nobody can foresee what joining does to the order."""
    stages = pipeline_for(MODES[mode], replace(CALM, keep=20))
    pools_of = [quoted(*(8_000 + place for place in range(count))) for count in range(3, 12)]
    orders = [complete(stages, pool).order for pool in pools_of]
    winners = [order[0] for order in orders if order]
    assert len(set(winners)) > 1


def test_a_candidate_twice_is_refused_in_every_mode() -> None:
    for mode in MODES.values():
        with pytest.raises(StageError):
            advance(pipeline_for(mode, TERMS), [Candidate(uscc(0))] * 2, Facts("P-1"))
