"""The agency's stars S(t): the worked example to the last digit, the cap, the levels."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.ratings.score import round4
from supermarket.ratings.stars import (
    Rated,
    Stars,
    counted,
    industry_mean,
    level_for_floor,
    level_of,
    main_industry,
    stars,
)

AT = datetime(2026, 6, 30, 18, 30, tzinfo=UTC)  # 02:30 local on 1 July
SEVENTY_FIVE = Decimal("75.0")


def make_rated(
    reference: str = "C-2026-000001",
    score: str = "90",
    age: int = 10,
    yuan: int = 100_000,
    share: str = "1",
    owner: str | None = None,
    industry: str = "transport",
) -> Rated:
    return Rated(
        reference,
        Decimal(score),
        AT - timedelta(days=age),
        yuan * 100,
        Decimal(share),
        owner or reference,
        industry,
    )


def total(found: Stars) -> Decimal:
    return round4(sum((row.contribution for row in found.rows), found.prior_contribution))


def test_worked_example() -> None:
    ratings = [
        make_rated("a", "92.5", 30, 80_000),
        make_rated("b", "61.25", 400, 250_000),
        make_rated("c", "100", 10, 20_000),
        make_rated("d", "45", 200, 1_000_000),
    ]
    found = stars(ratings, AT, SEVENTY_FIVE)
    assert str(found.score) == "71.9665"
    assert (found.level, found.ratings, found.owners) == (3, 4, 4)
    assert total(found) == found.score
    assert [row.reference for row in found.rows] == ["b", "d", "a", "c"]


def test_without_ratings_s_is_the_mean_and_nothing_is_rated() -> None:
    found = stars([], AT, SEVENTY_FIVE)
    assert (str(found.score), found.level, found.rows) == ("75.0000", None, ())


def test_age_is_in_whole_local_days() -> None:
    # Published at 23:00 local, looked at 02:30 local of the next day: one day, although 3.5 hours.
    late = Rated("x", Decimal(90), datetime(2026, 6, 30, 15, tzinfo=UTC), 10_000_000, Decimal(1), "o", "i")
    assert stars([late], AT, SEVENTY_FIVE).rows[0].age_days == 1


def test_half_life_amount_and_share_make_the_weight() -> None:
    row = stars([make_rated(age=365, yuan=1_000_000, share="0.5")], AT, SEVENTY_FIVE).rows[0]
    assert (row.age_factor, row.amount_factor, row.weight) == (Decimal("0.5"), Decimal(2), Decimal("0.50"))


def test_contracts_under_5000_do_not_count() -> None:
    found = stars([make_rated("small", yuan=4_999), make_rated("just", yuan=5_000)], AT, SEVENTY_FIVE)
    assert [row.reference for row in found.rows] == ["just"]
    assert found.too_small == ("small",)
    assert found.ratings == 1


def test_the_future_does_not_count() -> None:
    assert counted([make_rated(age=-1)], AT) == ()
    assert stars([make_rated(age=-1)], AT, SEVENTY_FIVE).too_small == ()


def test_one_owner_and_its_linked_owners_weigh_at_most_two() -> None:
    family = [make_rated(f"f{number}", "100", 0, 400_000, owner="family") for number in range(4)]
    alone = make_rated("alone", "100", 0, 400_000)
    found = stars([*family, alone], AT, SEVENTY_FIVE)
    assert [row.weight for row in found.rows if row.reference != "alone"] == [Decimal("0.5")] * 4
    assert all(row.capped for row in found.rows if row.reference != "alone")
    assert sum(row.weight for row in found.rows) == 4
    assert not any(row.capped for row in found.rows if row.reference == "alone")
    assert found.owners == 2
    assert found.score == round4((5 * SEVENTY_FIVE + 400) / 9)


@pytest.mark.parametrize(
    ("score", "ratings", "owners", "level"),
    [
        ("95", 2, 2, None),
        ("90", 5, 5, 5),
        ("89.9999", 5, 5, 4),
        ("90", 5, 4, 4),
        ("90", 4, 4, 4),
        ("90", 9, 2, 3),
        ("80", 3, 3, 4),
        ("80", 3, 2, 3),
        ("79.9999", 3, 3, 3),
        ("65", 3, 1, 3),
        ("64.9999", 3, 3, 2),
        ("50", 3, 3, 2),
        ("49.9999", 3, 3, 1),
    ],
)
def test_levels(score: str, ratings: int, owners: int, level: int | None) -> None:
    assert level_of(Decimal(score), ratings, owners) == level


def test_not_yet_rated_counts_as_three_against_a_floor() -> None:
    assert [level_for_floor(level) for level in (None, 1, 5)] == [3, 1, 5]


def test_mean_of_an_industry_needs_thirty() -> None:
    assert industry_mean(29, Decimal(2900)) == Decimal("75.0")
    assert industry_mean(30, Decimal(2400)) == Decimal(80)


def test_main_industry() -> None:
    assert main_industry([]) is None
    assert main_industry([make_rated("a", industry="x"), make_rated("b", industry="y", age=1)]) == "y"
    assert main_industry([make_rated("a", industry="y"), make_rated("b", industry="x")]) == "x"
    most = [make_rated("a", industry="x", age=500), make_rated("b", industry="x"), make_rated("c", industry="y", age=1)]
    assert main_industry(most) == "x"


def test_impossible_ratings_are_refused() -> None:
    with pytest.raises(ValueError, match="impossible share"):
        stars([make_rated(share="0")], AT, SEVENTY_FIVE)
    with pytest.raises(ValueError, match="impossible share or score"):
        stars([make_rated(score="100.1")], AT, SEVENTY_FIVE)


RATED = st.lists(
    st.builds(
        make_rated,
        reference=st.uuids().map(str),
        score=st.decimals(0, 100, places=4).map(str),
        age=st.integers(0, 2_000),
        yuan=st.integers(1_000, 3_000_000),
        share=st.sampled_from(["0.2", "0.3", "0.5", "0.7", "0.8", "1"]),
        owner=st.sampled_from(["p", "q", "r"]),
    ),
    max_size=12,
    unique_by=lambda each: each.reference,
)


@given(RATED)
def test_s_is_between_the_worst_and_the_best_and_adds_up(ratings: list[Rated]) -> None:
    found = stars(ratings, AT, SEVENTY_FIVE)
    scores = [row.score for row in found.rows] + [SEVENTY_FIVE]
    assert round4(min(scores)) <= found.score <= round4(max(scores))
    assert total(found) == found.score
    for owner in {each.owner_group for each in ratings}:
        names = {each.reference for each in ratings if each.owner_group == owner}
        assert sum(row.weight for row in found.rows if row.reference in names) <= Decimal("2.000000000001")


@given(RATED)
def test_the_order_of_the_ratings_does_not_matter(ratings: list[Rated]) -> None:
    assert stars(ratings, AT, SEVENTY_FIVE) == stars(list(reversed(ratings)), AT, SEVENTY_FIVE)
