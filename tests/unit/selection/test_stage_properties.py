"""What holds for every pool: a stage gives a permutation of a subset whatever the input's order, and a worse offer
more helps nobody, but by the two rules that look at all offers together (nearest_mean, second_lowest)."""

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.core.draw import Member, TicketRule, draw_key, draw_order, pool_file, pool_hash, tickets_for
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.modes.stages import (
    Candidate,
    Choice,
    CreditLevel,
    Done,
    DrawFact,
    Facts,
    StageOutcome,
    choose,
    draw,
    price,
    score,
    shortlist,
)
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.stages.choose import ChooseParams
from supermarket.modes.stages.draw import DrawParams
from supermarket.modes.stages.price import PriceParams, PriceRule
from supermarket.modes.stages.score import ScoreParams
from supermarket.modes.stages.shortlist import ShortlistBy, ShortlistParams

CEILING = 10**9
BOUNDS = Bounds(ceiling=CEILING, low_of_ceiling=0, low_of_mean=0)
RATES = Bounds(ceiling=CEILING, min_rate=Decimal(0), max_rate=Decimal(99), low_of_ceiling=0, low_of_mean=0)
AUTOMATIC = (
    Criterion(CriterionKind.PRICE, Decimal(40)),
    Criterion(CriterionKind.STARS, Decimal(25)),
    Criterion(CriterionKind.EXPERIENCE, Decimal(20)),
    Criterion(CriterionKind.LEAD_TIME, Decimal(15)),
)
Pool = list[Candidate]


@st.composite
def pools(make: st.DrawFn, least: int = 1) -> Pool:
    """Candidates with distinct quotes and credit points, so that no tie waits for a draw."""
    count = make(st.integers(least, 9))
    quotes = make(st.lists(st.integers(1, CEILING - 1), min_size=count, max_size=count, unique=True))
    rates = make(st.lists(st.integers(0, 9_800), min_size=count, max_size=count, unique=True))
    credit = make(st.lists(st.integers(0, 120), min_size=count, max_size=count, unique=True))
    return [
        Candidate(
            f"91510100MA61T2XX{place:02d}",
            credit_points=credit[place],
            credit_level=make(st.sampled_from(CreditLevel)),
            star_score=Decimal(make(st.integers(0, 10_000))).scaleb(-2),
            newcomer=make(st.booleans()),
            quote=quotes[place],
            rate=Decimal(rates[place]).scaleb(-2),
            offered_days=make(st.integers(1, 90)),
            experience=make(st.integers(0, 15)),
        )
        for place in range(count)
    ]


def by_draw(pool: Pool, rule: TicketRule) -> StageOutcome:
    members = [Member(each.uscc, tickets_for(each.credit_level.value, rule)) for each in pool]
    file = pool_file("P-1", "main", "published:test", members)
    fact = DrawFact(file, receipted=True, value="01 02 03")
    return draw.run(pool, DrawParams(rule), Facts("P-1", draws={"main": fact}))


def by_price(pool: Pool, rule: PriceRule) -> StageOutcome:
    bounds = RATES if rule is PriceRule.HIGHEST_DISCOUNT else BOUNDS
    return price.run(pool, PriceParams(rule, bounds), Facts("P-1"))


def by_list(pool: Pool, by: ShortlistBy) -> StageOutcome:
    return shortlist.run(pool, ShortlistParams(by, 3), Facts("P-1"))


def by_score(pool: Pool) -> StageOutcome:
    return score.run(pool, ScoreParams(AUTOMATIC, BOUNDS), Facts("P-1"))


def by_choice(pool: Pool) -> StageOutcome:
    named = Choice(min(each.uscc for each in pool), "最合适")
    return choose.run(pool, ChooseParams(), Facts("P-1", choice=named))


STAGES: dict[str, Callable[[Pool], StageOutcome]] = {
    **{f"price {rule.value}": partial(by_price, rule=rule) for rule in PriceRule},
    **{f"draw {rule.value}": partial(by_draw, rule=rule) for rule in TicketRule},
    **{f"shortlist {by.value}": partial(by_list, by=by) for by in ShortlistBy},
    "score": by_score,
    "choose": by_choice,
}


@pytest.mark.parametrize("name", STAGES)
@given(pool=pools(), seed=st.integers(0, 2**32))
def test_a_stage_gives_a_permutation_of_a_subset_whatever_the_order_of_its_input(
    name: str, pool: Pool, seed: int
) -> None:
    found = STAGES[name](pool)
    assert isinstance(found, Done)
    everybody = {each.uscc for each in pool}
    assert len(set(found.order)) == len(found.order)
    assert set(found.order) <= everybody
    assert set(found.passed_on) <= set(found.order)
    out = {each.uscc for each in found.excluded}
    # Whom the owner did not choose is not excluded; in every other stage who has no place has a reason.
    assert out == (set() if name == "choose" else everybody - set(found.order))
    mixed = random.Random(seed).sample(pool, len(pool))
    again = STAGES[name](mixed)
    assert isinstance(again, Done)
    assert (again.order, again.passed_on, again.figures) == (found.order, found.passed_on, found.figures)
    assert sorted(again.excluded, key=lambda each: each.uscc) == sorted(found.excluded, key=lambda each: each.uscc)


def worse(pool: Pool) -> Candidate:
    """One more who is worse than everybody in everything that any rule compares."""
    return Candidate(
        "91510100MA61T2XX99",
        credit_points=-1,
        credit_level=CreditLevel.D,
        star_score=Decimal(0),
        quote=max(each.quote or 0 for each in pool) + 1,
        rate=Decimal("0.00") - 1,
        offered_days=max(each.offered_days or 0 for each in pool) + 1,
    )


def winner(name: str, pool: Pool) -> str:
    found = STAGES[name](pool)
    assert isinstance(found, Done)
    return found.order[0]


@pytest.mark.parametrize(
    "name", ["price lowest", "price highest_discount", "shortlist credit", "shortlist stars", "score"]
)
@given(pool=pools())
def test_a_worse_offer_more_makes_nobody_else_win(name: str, pool: Pool) -> None:
    assert winner(name, [*pool, worse(pool)]) == winner(name, pool)


@pytest.mark.parametrize("name", ["price lowest", "price highest_discount", "score"])
@given(pool=pools(least=2), place=st.integers(0, 8))
def test_who_did_not_win_cannot_choose_the_winner_by_a_worse_offer(name: str, pool: Pool, place: int) -> None:
    first = winner(name, pool)
    changed = [each for each in pool if each.uscc != first][place % (len(pool) - 1)]
    outdone = replace(
        changed,
        quote=max(each.quote or 0 for each in pool) + 1,
        rate=Decimal("-1.00"),
        offered_days=max(each.offered_days or 0 for each in pool),
        star_score=Decimal(0),
        experience=0,
    )
    # In the score the best price and the shortest time are measures for all: only who sets neither of them is free.
    if name == "score" and (
        changed.quote == min(each.quote or 0 for each in pool)
        or changed.offered_days == min(each.offered_days or 0 for each in pool)
    ):
        return
    assert winner(name, [outdone if each is changed else each for each in pool]) == first


@pytest.mark.parametrize(
    ("name", "before", "more"),
    [("price nearest_mean", (100, 200, 210), 330), ("price second_lowest", (100,), 200)],
)
def test_the_two_rules_by_which_a_worse_quote_decides_say_so(name: str, before: tuple[int, ...], more: int) -> None:
    pool = [Candidate(f"91510100MA61T2XX{place:02d}", quote=quote) for place, quote in enumerate(before)]
    late = Candidate("91510100MA61T2XX99", quote=more)
    assert winner(name, [*pool, late]) != winner(name, pool)


@given(pool=pools(least=2))
def test_a_draw_is_another_one_for_another_pool(pool: Pool) -> None:
    """That one more member changes the key is the rule: the pool is hashed, so nobody can foresee what joining does."""
    files = [
        pool_file("P-1", "main", "published:test", [Member(each.uscc) for each in some]) for some in (pool, pool[1:])
    ]
    keys = {draw_key(pool_hash(file), "01") for file in files}
    assert len(keys) == 2
    assert sorted(draw_order([Member(each.uscc) for each in pool], keys.pop())) == sorted(each.uscc for each in pool)
