"""A discount with two decimals and its amount: either follows from the other, exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.modes.discount import NOT_A_RATE, amount_of, rate_of, with_rates, wrong_offer
from supermarket.modes.stages import Candidate, Facts, LowDecision
from supermarket.modes.stages.bounds import Bounds, validate_rate
from supermarket.modes.stages.price import PriceParams, PriceRule, run

# From a ceiling of 100 yuan on a hundredth of a percent is a fen or more.
CEILINGS = st.integers(10_000, 10**12)
RATES = st.integers(0, 9_999)


@given(CEILINGS, RATES)
def test_the_rate_of_an_amount_is_the_one_that_gave_it(ceiling: int, hundredths: int) -> None:
    rate = Decimal(hundredths).scaleb(-2)
    amount = amount_of(rate, ceiling)
    assert 0 < amount <= ceiling
    assert rate_of(amount, ceiling) == rate


@given(CEILINGS, RATES, RATES)
def test_a_higher_discount_is_never_a_higher_amount(ceiling: int, one: int, other: int) -> None:
    more, less = max(one, other), min(one, other)
    assert amount_of(Decimal(more).scaleb(-2), ceiling) <= amount_of(Decimal(less).scaleb(-2), ceiling)


@given(st.integers(1, 10**12), st.data())
def test_an_amount_has_a_rate_only_if_that_rate_gives_it(ceiling: int, data: st.DataObject) -> None:
    amount = data.draw(st.integers(1, ceiling))
    rate = rate_of(amount, ceiling)
    assert rate is None or amount_of(rate, ceiling) == amount


def test_half_a_fen_is_rounded_up_and_three_decimals_are_none() -> None:
    assert amount_of(Decimal("0.01"), 15_000) == 14_999  # 1.5 fen off leaves 14 998.5
    assert amount_of(Decimal("12.50"), 10_000_000) == 8_750_000
    with pytest.raises(ValueError, match="two decimals"):
        amount_of(Decimal("12.505"), 10_000_000)


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (8_750_000, None),
        (8_750_001, NOT_A_RATE),
        (10_000_000, None),
        (10_000_001, "quote_above_ceiling"),
        (4_999_000, "quote_below_floor"),
        (None, "quote_missing"),
    ],
)
def test_only_the_amount_of_a_rate_within_the_bounds_counts(amount: int | None, code: str | None) -> None:
    assert wrong_offer(amount, Bounds(10_000_000, 5_000_000), by_rate=True) == code


def test_the_bounds_in_percent_follow_from_ceiling_and_floor() -> None:
    bounds = with_rates(Bounds(10_000_000, 4_000_001))
    assert (bounds.min_rate, bounds.max_rate) == (Decimal("0.00"), Decimal("59.99"))


@given(st.integers(1, 10**12), st.data())
def test_what_counts_when_it_is_opened_counts_in_the_stage(ceiling: int, data: st.DataObject) -> None:
    """Also at the floor itself, where half a fen was rounded up."""
    hundredths = data.draw(st.integers(0, 9_999))
    amount = max(1, amount_of(Decimal(hundredths).scaleb(-2), ceiling))
    bounds = with_rates(Bounds(ceiling, data.draw(st.integers(1, amount)) if data.draw(st.booleans()) else amount))
    if wrong_offer(amount, bounds, by_rate=True) is None:
        assert validate_rate(rate_of(amount, ceiling), bounds.min_rate, bounds.max_rate) is None


def test_the_floor_is_the_highest_discount_however_it_was_rounded() -> None:
    floor = amount_of(Decimal("50.00"), 10_000_001)
    assert with_rates(Bounds(10_000_001, floor)).max_rate == Decimal("50.00")
    assert with_rates(Bounds(10_000_001, floor + 1)).max_rate == Decimal("49.99")


def test_a_discount_too_good_to_be_true_is_explained_like_any_low_quote() -> None:
    bounds = with_rates(Bounds(10_000_000, 1, low_of_ceiling=60, low_of_mean=0))
    pool = [
        Candidate(f"91510100MA61T2XX{place:02d}", quote=amount_of(rate, 10_000_000), rate=rate)
        for place, rate in enumerate((Decimal("45.00"), Decimal("12.50"), Decimal("12.49")))
    ]
    params = PriceParams(PriceRule.HIGHEST_DISCOUNT, bounds)
    waiting = run(pool, params, Facts("P"))
    assert getattr(waiting, "members", None) == (pool[0].uscc,)
    done = run(pool, params, Facts("P", low_decisions={pool[0].uscc: LowDecision.REJECTED}))
    assert getattr(done, "order", None) == (pool[1].uscc, pool[2].uscc)
