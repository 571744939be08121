"""The stages over frozen candidates: shortlist, draw, price, choose; ties; bounds; succession."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.core.draw import DrawError, Member, TicketRule, draw_key, draw_order, pool_file, pool_hash
from supermarket.modes.discount import amount_of
from supermarket.modes.stages import (
    Candidate,
    Choice,
    CreditLevel,
    Done,
    DrawFact,
    Exclusion,
    Facts,
    LowDecision,
    StageError,
    Waiting,
    WaitingFor,
    choose,
    draw,
    price,
    shortlist,
)
from supermarket.modes.stages.bounds import Bounds, abnormally_low, validate_quote, validate_rate
from supermarket.modes.stages.choose import ChooseParams
from supermarket.modes.stages.draw import DrawParams
from supermarket.modes.stages.price import PriceParams, PriceRule, reference_mean
from supermarket.modes.stages.shortlist import ShortlistBy, ShortlistParams
from supermarket.modes.succession import Succession, next_in_order

VALUE = " ".join(f"{n:02d}" for n in range(1, 21))
NO_FACTS = Facts("P-1")
WIDE = Bounds(ceiling=10**12, low_of_ceiling=0, low_of_mean=0)


def make_uscc(number: int) -> str:
    return f"91510100MA61T2XX{number:02d}"


def make_candidates(*quotes: int | None, **common: object) -> list[Candidate]:
    return [Candidate(make_uscc(n), quote=q, **common) for n, q in enumerate(quotes)]  # type: ignore[arg-type]


def make_fact(
    purpose: str, members: list[str] | list[Member], *, receipted: bool = True, value: str | None = VALUE
) -> DrawFact:
    full = [m if isinstance(m, Member) else Member(m) for m in members]
    return DrawFact(pool_file("P-1", purpose, "published:kl8", full), receipted, value)


def drawn(purpose: str, members: list[Member]) -> tuple[str, ...]:
    file = pool_file("P-1", purpose, "published:kl8", members)
    return draw_order(members, draw_key(pool_hash(file), VALUE))


def numbers(outcome: Done | Waiting) -> list[int]:
    assert isinstance(outcome, Done)
    return [int(uscc[-2:]) for uscc in outcome.order]


def rank(rule: PriceRule, *quotes: int, facts: Facts = NO_FACTS) -> Done | Waiting:
    return price.run(make_candidates(*quotes), PriceParams(rule, WIDE), facts)


# -- price


@pytest.mark.parametrize(
    ("rule", "quotes", "order"),
    [
        (PriceRule.LOWEST, (300, 100, 200), [1, 2, 0]),
        (PriceRule.NEAREST_MEAN, (100, 200, 360), [1, 0, 2]),  # mean 220: 120, 20, 140
        (PriceRule.NEAREST_MEAN, (100, 200, 300), [1, 0, 2]),  # 100 and 300 are equally far: the lower first
        (PriceRule.NEAREST_MEAN, (1, 2, 2 + 2), [1, 0, 2]),  # mean 7/3, a third is exact
        (PriceRule.NEAREST_MEAN, (100, 110, 120, 130, 9000), [2, 1, 3, 0, 4]),  # mean of the middle three is 120
        (PriceRule.NEAREST_MEAN, (100, 110, 120, 9000), [2, 1, 0, 3]),  # four: nothing is left out, mean 2332.5
        (PriceRule.SECOND_LOWEST, (300, 100, 200, 400), [2, 1, 0, 3]),
    ],
)
def test_the_four_rules_rank_exactly(rule: PriceRule, quotes: tuple[int, ...], order: list[int]) -> None:
    assert numbers(rank(rule, *quotes)) == order


def test_the_highest_discount_first() -> None:
    rates = [Decimal(text) for text in ("10.00", "12.50", "9.99", "30.01")]
    candidates = [Candidate(make_uscc(n), quote=amount_of(r, WIDE.ceiling), rate=r) for n, r in enumerate(rates)]
    bounds = replace(WIDE, min_rate=Decimal("0.00"), max_rate=Decimal("30.00"))
    outcome = price.run(candidates, PriceParams(PriceRule.HIGHEST_DISCOUNT, bounds), NO_FACTS)
    assert numbers(outcome) == [1, 0, 2]
    assert isinstance(outcome, Done)
    assert outcome.excluded == (Exclusion(make_uscc(3), "rate_above_maximum"),)
    assert outcome.figures[make_uscc(1)] == {
        "rank": 1,
        "credit_points": 100,
        "rate": "12.50",
        "quote": amount_of(rates[1], WIDE.ceiling),
    }


def test_of_five_or_more_one_highest_and_one_lowest_are_left_out_of_the_mean_only() -> None:
    assert reference_mean([1, 1, 1, 5, 5]) == Fraction(7, 3)
    assert reference_mean([1, 1, 1, 5]) == 2
    outcome = rank(PriceRule.NEAREST_MEAN, 100, 110, 125, 130, 9000)
    assert isinstance(outcome, Done)
    assert len(outcome.order) == 5
    assert outcome.figures[make_uscc(2)] == {
        "rank": 1, "credit_points": 100, "quote": 125, "mean": "365/3", "distance": "10/3"
    }  # fmt: skip


def test_second_lowest_looks_at_distinct_amounts() -> None:
    first = [Candidate(make_uscc(n), credit_points=100 - n, quote=q) for n, q in enumerate([100, 100, 150, 150, 90])]
    outcome = price.run(first, PriceParams(PriceRule.SECOND_LOWEST, WIDE), NO_FACTS)
    assert numbers(outcome) == [0, 1, 4, 2, 3]  # 90, then 100 is the second-lowest amount


def test_with_one_distinct_amount_all_are_tied() -> None:
    waiting = rank(PriceRule.SECOND_LOWEST, 100, 100, 100)
    assert waiting == Waiting(
        WaitingFor.TIE_DRAW,
        members=tuple(make_uscc(n) for n in range(3)),
        purpose="tie1",
        detail="pool_file",
        pool=tuple(Member(make_uscc(n), 1) for n in range(3)),
    )


def test_a_tie_is_ended_by_credit_then_by_a_draw_of_its_own_one_after_the_other() -> None:
    quotes = [200, 100, 100, 200, 100, 200]
    points = [90, 90, 95, 90, 90, 91]
    candidates = [
        Candidate(make_uscc(n), quote=q, credit_points=p) for n, (q, p) in enumerate(zip(quotes, points, strict=True))
    ]
    params = PriceParams(PriceRule.LOWEST, WIDE)

    def run(**draws: DrawFact) -> Done | Waiting:
        return price.run(candidates, params, Facts("P-1", draws=draws))

    one, two = [make_uscc(1), make_uscc(4)], [make_uscc(0), make_uscc(3)]
    waiting = run()
    assert isinstance(waiting, Waiting)
    assert (waiting.for_, waiting.purpose, waiting.members) == (WaitingFor.TIE_DRAW, "tie1", tuple(one))
    waiting = run(tie1=make_fact("tie1", one, receipted=False, value=None))
    assert isinstance(waiting, Waiting)
    assert (waiting.for_, waiting.purpose) == (WaitingFor.RECEIPT, "tie1")
    waiting = run(tie1=make_fact("tie1", one, value=None))
    assert isinstance(waiting, Waiting)
    assert (waiting.for_, waiting.purpose) == (WaitingFor.DRAW_VALUE, "tie1")
    waiting = run(tie1=make_fact("tie1", one))
    assert isinstance(waiting, Waiting)
    assert (waiting.for_, waiting.purpose, waiting.members) == (WaitingFor.TIE_DRAW, "tie2", tuple(two))
    done = run(tie1=make_fact("tie1", one), tie2=make_fact("tie2", two))
    assert isinstance(done, Done)
    first = drawn("tie1", [Member(m) for m in one])
    second = drawn("tie2", [Member(m) for m in two])
    assert done.order == (make_uscc(2), *first, make_uscc(5), *second)
    assert done.figures[make_uscc(1)]["tie"] == "tie1"
    assert "tie" not in done.figures[make_uscc(2)]


@given(
    st.lists(st.integers(1, 10**9), min_size=1, max_size=12, unique=True),
    st.sampled_from(list(PriceRule)[:1] + list(PriceRule)[2:]),
)
def test_every_rule_gives_a_permutation_whatever_the_order_of_input(quotes: list[int], rule: PriceRule) -> None:
    candidates = make_candidates(*quotes)
    params = PriceParams(rule, WIDE)
    outcome = price.run(candidates, params, NO_FACTS)
    assert isinstance(outcome, Done)
    assert sorted(outcome.order) == [c.uscc for c in candidates]
    assert price.run(candidates[::-1], params, NO_FACTS).order == outcome.order  # type: ignore[union-attr]  # Done too


# -- bounds


@pytest.mark.parametrize(
    ("amount", "code"),
    [(None, "quote_missing"), (0, "quote_not_positive"), (-1, "quote_not_positive"), (49, "quote_below_floor"),
     (50, None), (100, None), (101, "quote_above_ceiling")],
)  # fmt: skip
def test_a_quote_keeps_to_its_bounds(amount: int | None, code: str | None) -> None:
    assert validate_quote(amount, 50, 100) == code


@pytest.mark.parametrize(
    ("rate", "code"),
    [(None, "rate_missing"), ("5.00", None), ("10.00", None), ("7.5", None), ("7.125", "rate_not_two_decimals"),
     ("NaN", "rate_not_two_decimals"), ("Infinity", "rate_not_two_decimals"), ("4.99", "rate_below_minimum"),
     ("10.01", "rate_above_maximum"), ("1E+999999", "rate_above_maximum"), ("1E-999999", "rate_not_two_decimals")],
)  # fmt: skip
def test_a_rate_has_two_decimals_and_keeps_to_its_bounds(rate: str | None, code: str | None) -> None:
    given_rate = None if rate is None else Decimal(rate)
    assert validate_rate(given_rate, Decimal("5.00"), Decimal("10.00")) == code


def test_abnormally_low_is_below_sixty_of_the_ceiling_or_seventy_of_the_mean() -> None:
    assert abnormally_low({"A": 599, "B": 600, "C": 1000}, 1000) == {"A": "below_ceiling_share"}
    # mean of 699, 1000, 1299 is 2998/3 = 999.33; 70 % of it is 699.53
    assert abnormally_low({"A": 699, "B": 1000, "C": 1299}, 1000) == {"A": "below_mean_share"}
    # mean of 700, 1000, 1300 is exactly 1000: 700 is at the limit, not below
    assert abnormally_low({"A": 700, "B": 1000, "C": 1300}, 1000) == {}
    assert abnormally_low({}, 1000) == {}


def test_an_abnormally_low_quote_waits_for_the_owner_and_may_be_out() -> None:
    candidates = make_candidates(500, 900, 950, 1001)
    params = PriceParams(PriceRule.LOWEST, Bounds(ceiling=1000))
    assert price.run(candidates, params, NO_FACTS) == Waiting(WaitingFor.COST_STATEMENT, members=(make_uscc(0),))
    high = Exclusion(make_uscc(3), "quote_above_ceiling")
    for decision, order, out in (
        (LowDecision.ACCEPTED, [0, 1, 2], (high,)),
        (LowDecision.REJECTED, [1, 2], (high, Exclusion(make_uscc(0), "cost_statement_rejected"))),
        (LowDecision.ABSENT, [1, 2], (high, Exclusion(make_uscc(0), "cost_statement_absent"))),
    ):
        outcome = price.run(candidates, params, Facts("P-1", low_decisions={make_uscc(0): decision}))
        assert isinstance(outcome, Done)
        assert (numbers(outcome), outcome.excluded) == (order, out)
    accepted = price.run(candidates, params, Facts("P-1", low_decisions={make_uscc(0): LowDecision.ACCEPTED}))
    assert isinstance(accepted, Done)
    assert accepted.figures[make_uscc(0)]["low"] == "below_ceiling_share"


def test_a_rejected_low_quote_counts_in_no_mean() -> None:
    candidates = make_candidates(300, 800, 900, 1000)
    facts = Facts("P-1", low_decisions={make_uscc(0): LowDecision.REJECTED})
    outcome = price.run(candidates, PriceParams(PriceRule.NEAREST_MEAN, Bounds(ceiling=1000)), facts)
    assert numbers(outcome) == [2, 1, 3]
    assert isinstance(outcome, Done)
    assert outcome.figures[make_uscc(2)]["mean"] == "900"


def test_without_a_valid_quote_the_order_is_empty() -> None:
    outcome = price.run(make_candidates(None, 0), PriceParams(PriceRule.NEAREST_MEAN, Bounds(ceiling=10)), NO_FACTS)
    assert isinstance(outcome, Done)
    assert outcome.order == ()
    assert [e.code for e in outcome.excluded] == ["quote_missing", "quote_not_positive"]


# -- draw


def test_a_draw_waits_for_receipt_then_value_then_gives_the_full_order() -> None:
    candidates = [
        Candidate(make_uscc(n), credit_level=level)
        for n, level in enumerate([CreditLevel.A, CreditLevel.B, CreditLevel.C])
    ]
    members = [Member(make_uscc(0), 3), Member(make_uscc(1), 2), Member(make_uscc(2), 1)]
    params = DrawParams(TicketRule.CREDIT, keep=2)
    waiting = draw.run(candidates, params, NO_FACTS)
    assert isinstance(waiting, Waiting)
    assert (waiting.for_, waiting.purpose, len(waiting.members)) == (WaitingFor.RECEIPT, "main", 3)
    waiting = draw.run(candidates, params, Facts("P-1", {"main": make_fact("main", members, value=None)}))
    assert isinstance(waiting, Waiting)
    assert (waiting.for_, waiting.detail) == (WaitingFor.DRAW_VALUE, "published:kl8")
    outcome = draw.run(candidates, params, Facts("P-1", {"main": make_fact("main", members)}))
    assert isinstance(outcome, Done)
    assert outcome.order == drawn("main", members)
    assert outcome.passed_on == outcome.order[:2]
    assert outcome.figures[make_uscc(0)]["tickets"] == 3
    assert draw.run([], params, NO_FACTS) == Done((), ())


def test_a_draw_takes_no_other_pool_and_no_impossible_value() -> None:
    candidates = [Candidate(make_uscc(n)) for n in range(3)]
    ids = [c.uscc for c in candidates]
    for fact in (make_fact("main", ids[:2]), make_fact("tie1", ids), make_fact("main", [Member(i, 2) for i in ids])):
        with pytest.raises(StageError):
            draw.run(candidates, DrawParams(), Facts("P-1", {"main": fact}))
    with pytest.raises(StageError):
        draw.run(candidates, DrawParams(), Facts("P-2", {"main": make_fact("main", ids)}))
    with pytest.raises(DrawError):
        draw.run(candidates, DrawParams(), Facts("P-1", {"main": make_fact("main", ids, value="1 2 3")}))


# -- shortlist and choice


def test_a_shortlist_keeps_everyone_tied_with_the_last_and_newcomers_count_85() -> None:
    points = [(99, False), (85, False), (100, True), (84, False), (110, False)]
    candidates = [Candidate(make_uscc(n), credit_points=p, newcomer=new) for n, (p, new) in enumerate(points)]
    outcome = shortlist.run(candidates, ShortlistParams(ShortlistBy.CREDIT, 3), NO_FACTS)
    assert isinstance(outcome, Done)
    assert outcome.order == tuple(make_uscc(n) for n in (4, 0, 1, 2))
    assert outcome.excluded == (Exclusion(make_uscc(3), "not_shortlisted"),)
    assert outcome.figures[make_uscc(2)] == {"ranked_as": "85", "kept": 1}
    everyone = shortlist.run(candidates, ShortlistParams(ShortlistBy.STARS, 9), NO_FACTS)
    assert isinstance(everyone, Done)
    assert len(everyone.order) == 5
    assert shortlist.run([], ShortlistParams(ShortlistBy.STARS, 1), NO_FACTS) == Done((), ())
    with pytest.raises(StageError):
        ShortlistParams(ShortlistBy.STARS, 0)


def test_a_shortlist_by_stars_looks_at_the_exact_score() -> None:
    candidates = [Candidate(make_uscc(n), star_score=Decimal(s)) for n, s in enumerate(["71.9665", "71.9666"])]
    outcome = shortlist.run(candidates, ShortlistParams(ShortlistBy.STARS, 1), NO_FACTS)
    assert numbers(outcome) == [1]


def test_the_owner_chooses_one_of_those_left_with_a_reason() -> None:
    candidates = make_candidates(None, None)
    waiting = choose.run(candidates, ChooseParams(), NO_FACTS)
    assert waiting == Waiting(WaitingFor.CHOICE, members=(make_uscc(0), make_uscc(1)))
    outcome = choose.run(candidates, ChooseParams(), Facts("P-1", choice=Choice(make_uscc(1), "knows the dam")))
    assert isinstance(outcome, Done)
    assert outcome.order == (make_uscc(1),)
    assert outcome.figures == {make_uscc(1): {"rank": 1, "reason": "knows the dam"}}
    for wrong in (Choice(make_uscc(7), "good"), Choice(make_uscc(1), " ")):
        with pytest.raises(StageError):
            choose.run(candidates, ChooseParams(), Facts("P-1", choice=wrong))
    assert choose.run([], ChooseParams(), NO_FACTS) == Done((), ())


# -- succession


def test_the_next_is_the_first_who_was_not_skipped() -> None:
    assert next_in_order(["A", "B", "C"], set()) == Succession("A")
    assert next_in_order(["A", "B", "C"], {"A", "B"}) == Succession("C")
    assert next_in_order(["A"], {"A"}) == Succession(None)


def test_in_priced_modes_a_successor_is_at_most_five_percent_dearer() -> None:
    quotes = {"A": 1000, "B": 1051, "C": 1050, "D": 900}
    assert next_in_order("ABCD", {"A"}, quotes, 1000) == Succession("C", ("B",))
    assert next_in_order("AB", {"A"}, quotes, 1000) == Succession(None, ("B",))
    assert next_in_order("AB", {"A"}, quotes, 1000, limit_percent=6) == Succession("B")
    assert next_in_order("AC", {"A"}, {"A": 999, "C": 1049}, 999) == Succession(None, ("C",))  # 1048.95
    with pytest.raises(ValueError, match="belong together"):
        next_in_order("AB", set(), quotes)
    with pytest.raises(ValueError, match="no quote"):
        next_in_order("X", set(), quotes, 1000)
