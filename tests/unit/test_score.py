"""One contract's score P: the worked example to the last digit, the limits, what drops out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.ratings.score import (
    RATER_WEIGHTS,
    ContractScore,
    Dimension,
    Given,
    Known,
    Outcome,
    Rater,
    ScoreRules,
    contract_score,
    fees_points,
    practitioner_mean,
    quality_points,
    round4,
    timeliness_points,
)

ON_TIME_AS_PAID = Known(timeliness=5, fees=5)


def make_given(rater: Rater, quality: int, compliance: int, attitude: int, timeliness: int = 1, fees: int = 1) -> Given:
    return Given(
        rater,
        {
            Dimension.QUALITY: quality,
            Dimension.TIMELINESS: timeliness,
            Dimension.COMPLIANCE: compliance,
            Dimension.FEES: fees,
            Dimension.ATTITUDE: attitude,
        },
    )


def score_of(*given_ratings: Given, known: Known = ON_TIME_AS_PAID) -> ContractScore:
    found = contract_score(given_ratings, known)
    assert found is not None
    return found


def test_worked_example() -> None:
    found = score_of(make_given(Rater.OWNER, 4, 4, 3), make_given(Rater.AUTHORITY, 5, 5, 4))
    assert [(row.rater, row.score) for row in found.rows] == [
        (Rater.OWNER, Decimal("82.5")),
        (Rater.AUTHORITY, Decimal("97.5")),
    ]
    assert str(found.score) == "88.1250"
    assert found.share == Decimal("0.8")
    assert [row.effective_weight for row in found.rows] == [Decimal("0.625"), Decimal("0.375")]


def test_what_the_system_knows_replaces_the_click() -> None:
    clicked = make_given(Rater.OWNER, 5, 5, 5, timeliness=5, fees=5)
    known = score_of(clicked, known=Known(timeliness=1, fees=2, quality=1))
    assert str(known.score) == "33.7500"  # 20 + 10 full, 15 × 1/4 for the fees
    rows = {row.dimension: row for row in known.rows[0].dimensions}
    assert [dimension for dimension, row in rows.items() if row.computed] == [
        Dimension.QUALITY,
        Dimension.TIMELINESS,
        Dimension.FEES,
    ]
    assert str(score_of(clicked, known=Known()).score) == "100.0000"


def test_nobody_rated_means_no_score() -> None:
    assert contract_score([], ON_TIME_AS_PAID) is None


def test_a_missing_dimension_is_never_taken_as_given() -> None:
    with pytest.raises(ValueError, match="owner gave no points for quality"):
        contract_score([Given(Rater.OWNER, {Dimension.COMPLIANCE: 5, Dimension.ATTITUDE: 5})], ON_TIME_AS_PAID)
    with pytest.raises(ValueError, match="from 1 to 5"):
        contract_score([make_given(Rater.OWNER, 6, 4, 3)], ON_TIME_AS_PAID)
    with pytest.raises(ValueError, match="rated twice"):
        contract_score([make_given(Rater.OWNER, 4, 4, 3)] * 2, ON_TIME_AS_PAID)


@pytest.mark.parametrize(
    ("days_late", "points"),
    [(-3, 5), (0, 5), (1, 4), (4, 4), (5, 3), (10, 3), (11, 2), (20, 2), (21, 1), (400, 1)],
)
def test_timeliness_of_a_term_of_40_days(days_late: int, points: int) -> None:
    assert timeliness_points(days_late, 40) == points


@pytest.mark.parametrize(
    ("paid", "points"),
    [(0, 5), (10_000, 5), (10_001, 4), (10_500, 4), (10_501, 3), (11_000, 3), (11_001, 2), (12_000, 2), (12_001, 1)],
)
def test_fees_of_100_yuan(paid: int, points: int) -> None:
    assert fees_points(paid, 10_000) == points


def test_impossible_facts_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        timeliness_points(0, 0)
    with pytest.raises(ValueError, match="negative"):
        fees_points(-1, 10_000)
    assert fees_points(1, 0) == 1


def test_quality_from_the_outcome() -> None:
    assert [quality_points(outcome) for outcome in Outcome] == [5, 4, 3, 2, 1]


def test_weights_of_a_policy_must_add_up() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        ScoreRules(raters={**RATER_WEIGHTS, Rater.OWNER: Decimal("0.6")})
    with pytest.raises(ValueError, match="add up to 100"):
        ScoreRules(dimensions={Dimension.QUALITY: Decimal(100)})


def test_practitioner_is_shown_as_a_mean_of_three_or_more() -> None:
    assert practitioner_mean([5, 5]) is None
    assert practitioner_mean([5, 4, 4]) == Decimal("4.33")
    assert practitioner_mean([5, 5, 4, 4, 4, 4, 4, 4]) == Decimal("4.25")
    assert practitioner_mean([5, 5, 5, 5, 5, 5, 5, 4]) == Decimal("4.88")  # 4.875: half up


def test_rounding_is_half_up() -> None:
    assert [str(round4(Decimal(text))) for text in ("0.00005", "0.00015", "0.00014999")] == [
        "0.0001",
        "0.0002",
        "0.0001",
    ]


RATINGS = st.lists(
    st.builds(make_given, st.sampled_from(Rater), *[st.integers(1, 5)] * 5),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each.rater,
)


@given(RATINGS)
def test_the_explanation_adds_up(ratings: list[Given]) -> None:
    found = score_of(*ratings, known=Known())
    assert 0 <= found.score <= 100
    assert found.share == sum(RATER_WEIGHTS[each.rater] for each in ratings)
    assert abs(sum(row.contribution for row in found.rows) - found.score) <= Decimal("0.00005")
    assert abs(sum((row.effective_weight for row in found.rows), Decimal(0)) - 1) < Decimal("1e-25")
    assert min(row.score for row in found.rows) - Decimal("0.0001") <= found.score
    assert found.score <= max(row.score for row in found.rows) + Decimal("0.0001")


@given(RATINGS)
def test_the_order_of_the_raters_does_not_matter(ratings: list[Given]) -> None:
    assert score_of(*ratings, known=Known()) == score_of(*reversed(ratings), known=Known())
