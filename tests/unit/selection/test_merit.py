"""The merit score (selection rules, section 6)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.modes import merit_criteria as merit
from supermarket.modes.merit_criteria import Criterion, CriterionKind, check_criteria
from supermarket.modes.stages import (
    Candidate,
    Done,
    Exclusion,
    Facts,
    LowDecision,
    StageError,
    Waiting,
    WaitingFor,
    score,
)
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.stages.score import ScoreParams

BOUNDS = Bounds(ceiling=100_000, low_of_ceiling=0, low_of_mean=0)
FIVE = (
    Criterion(CriterionKind.PRICE, Decimal(40)),
    Criterion(CriterionKind.STARS, Decimal(20)),
    Criterion(CriterionKind.CREDIT, Decimal(15)),
    Criterion(CriterionKind.EXPERIENCE, Decimal(15)),
    Criterion(CriterionKind.LEAD_TIME, Decimal(10)),
)


def make_uscc(number: int) -> str:
    return f"91510100MA61T2XX{number:02d}"


def panel(name: str, weight: int) -> Criterion:
    return Criterion(CriterionKind.PANEL, Decimal(weight), name)


def test_the_five_automatic_criteria_by_hand() -> None:
    candidates = [
        Candidate(
            make_uscc(0), credit_points=110, star_score=Decimal("71.9665"), quote=30_000, offered_days=7, experience=12
        ),
        Candidate(
            make_uscc(1), credit_points=85, star_score=Decimal("90"), quote=27_000, offered_days=10, experience=3
        ),
    ]
    outcome = score.run(candidates, ScoreParams(FIVE, BOUNDS), Facts("P-1"))
    assert isinstance(outcome, Done)
    # 36 + 14.3933 + 15 + 15 + 10 = 90.3933;  40 + 18 + 12.75 + 4.5 + 7 = 82.25
    assert outcome.order == (make_uscc(0), make_uscc(1))
    assert outcome.figures[make_uscc(0)] == {
        "rank": 1,
        "total": "90.3933",
        "quote": 30_000,
        "credit_points": 110,
        "points.price": "90",
        "points.stars": "143933/2000",
        "points.credit": "100",
        "points.experience": "100",
        "points.lead_time": "100",
    }
    assert outcome.figures[make_uscc(1)]["total"] == "82.2500"
    assert outcome.figures[make_uscc(1)]["points.lead_time"] == "70"


def test_only_the_total_is_rounded_half_up_at_the_fourth_decimal() -> None:
    third = Fraction(100, 3)
    assert merit.total([(Decimal(50), third), (Decimal(50), third)]) == Decimal("33.3333")
    assert merit.half_up(Fraction(1, 20_000)) == Decimal("0.0001")
    assert merit.half_up(Fraction(1, 20_001)) == Decimal("0.0000")
    assert merit.half_up(Fraction(33_33335, 100_000)) == Decimal("33.3334")
    # Rounded one by one these would be 33.3333 + 33.3333 + 33.3333 = 99.9999
    assert merit.total([(Decimal(100), third)] * 3) == Decimal("100.0000")


@given(st.fractions(0, 100))
def test_half_up_is_never_further_than_half_a_unit(value: Fraction) -> None:
    rounded = Fraction(merit.half_up(value))
    assert -Fraction(1, 20_000) < rounded - value <= Fraction(1, 20_000)


def test_the_points_at_their_edges() -> None:
    assert merit.price_points(30, 10) == Fraction(100, 3)
    assert merit.credit_points(120) == 100
    assert merit.credit_points(0) == 0
    assert merit.experience_points(10) == merit.experience_points(99) == 100
    assert merit.lead_time_points(3, 1) == Fraction(100, 3)
    assert merit.panel_points([0, 50, 60]) == Fraction(110, 3)
    assert merit.panel_points([0, 50, 60, 70, 100]) == 60
    assert merit.panel_points([10, 10, 10, 90, 90]) == Fraction(110, 3)


@pytest.mark.parametrize(
    ("criteria", "code"),
    [
        (FIVE, None),
        ((), "no_criteria"),
        (FIVE[:4], "weights_not_100"),
        ((Criterion(CriterionKind.PRICE, Decimal("33.34")), Criterion(CriterionKind.STARS, Decimal("66.66"))), None),
        (
            (Criterion(CriterionKind.PRICE, Decimal(110)), Criterion(CriterionKind.STARS, Decimal(-10))),
            "weight_not_positive",
        ),
        ((Criterion(CriterionKind.PRICE, Decimal("NaN")),), "weight_not_positive"),
        ((Criterion(CriterionKind.PRICE, Decimal(50)), Criterion(CriterionKind.PRICE, Decimal(50))), "criterion_twice"),
        ((Criterion(CriterionKind.PANEL, Decimal(100)),), "panel_criterion_name"),
        ((Criterion(CriterionKind.PRICE, Decimal(100), "x"),), "panel_criterion_name"),
        ((panel("method", 50), panel("team", 50)), None),
    ],
)
def test_weights_sum_to_exactly_one_hundred(criteria: tuple[Criterion, ...], code: str | None) -> None:
    assert check_criteria(criteria) == code


def test_ties_go_to_the_lower_quote_then_higher_credit_then_a_draw() -> None:
    criteria = (Criterion(CriterionKind.EXPERIENCE, Decimal(100)),)
    candidates = [
        Candidate(make_uscc(0), quote=200, credit_points=120),
        Candidate(make_uscc(1), quote=100, credit_points=80),
        Candidate(make_uscc(2), quote=100, credit_points=90),
    ]
    outcome = score.run(candidates, ScoreParams(criteria, BOUNDS), Facts("P-1"))
    assert isinstance(outcome, Done)
    assert outcome.order == (make_uscc(2), make_uscc(1), make_uscc(0))
    equal = [Candidate(make_uscc(n), quote=100) for n in range(2)]
    waiting = score.run(equal, ScoreParams(criteria, BOUNDS), Facts("P-1"))
    assert isinstance(waiting, Waiting)
    assert (waiting.for_, waiting.purpose) == (WaitingFor.TIE_DRAW, "tie1")


def test_totals_that_round_to_the_same_are_tied() -> None:
    """Rounded, then compared: a difference below the fourth decimal decides nothing."""
    criteria = (Criterion(CriterionKind.STARS, Decimal("0.01")), Criterion(CriterionKind.EXPERIENCE, Decimal("99.99")))
    candidates = [
        Candidate(make_uscc(0), star_score=Decimal("70.1001"), quote=200),
        Candidate(make_uscc(1), star_score=Decimal("70.1000"), quote=100),
    ]
    outcome = score.run(candidates, ScoreParams(criteria, BOUNDS), Facts("P-1"))
    assert isinstance(outcome, Done)
    assert outcome.order == (make_uscc(1), make_uscc(0))


def test_who_lacks_a_quote_or_days_is_out_and_sets_no_best() -> None:
    candidates = [
        Candidate(make_uscc(0), quote=None, offered_days=1),
        Candidate(make_uscc(1), quote=1, offered_days=None),
        Candidate(make_uscc(2), quote=1, offered_days=0),
        Candidate(make_uscc(3), quote=200_000, offered_days=1),
        Candidate(make_uscc(4), quote=50_000, offered_days=20),
    ]
    outcome = score.run(candidates, ScoreParams(FIVE, BOUNDS), Facts("P-1"))
    assert isinstance(outcome, Done)
    assert outcome.order == (make_uscc(4),)
    assert outcome.excluded == (
        Exclusion(make_uscc(1), "days_missing"),
        Exclusion(make_uscc(2), "days_below_one"),
        Exclusion(make_uscc(0), "quote_missing"),
        Exclusion(make_uscc(3), "quote_above_ceiling"),
    )
    assert outcome.figures[make_uscc(4)]["points.price"] == "100"
    assert outcome.figures[make_uscc(4)]["points.lead_time"] == "100"


def test_a_low_quote_waits_for_its_statement_and_if_rejected_is_not_the_lowest() -> None:
    params = ScoreParams((Criterion(CriterionKind.PRICE, Decimal(100)),), Bounds(ceiling=1000))
    candidates = [Candidate(make_uscc(0), quote=500), Candidate(make_uscc(1), quote=800)]
    assert score.run(candidates, params, Facts("P-1")) == Waiting(WaitingFor.COST_STATEMENT, members=(make_uscc(0),))
    outcome = score.run(candidates, params, Facts("P-1", low_decisions={make_uscc(0): LowDecision.REJECTED}))
    assert isinstance(outcome, Done)
    assert outcome.order == (make_uscc(1),)
    assert outcome.figures[make_uscc(1)]["total"] == "100.0000"


def test_a_panel_is_waited_for_until_every_expert_has_rated_everyone() -> None:
    params = ScoreParams((Criterion(CriterionKind.PRICE, Decimal(50)), panel("method", 50)), BOUNDS, panel_size=3)
    candidates = [Candidate(make_uscc(0), quote=100), Candidate(make_uscc(1), quote=200)]
    given_points = {"method": {make_uscc(0): (50, 60, 70), make_uscc(1): (90, 90)}}
    waiting = score.run(candidates, params, Facts("P-1", panel=given_points))
    assert waiting == Waiting(WaitingFor.PANEL, members=(make_uscc(1),), purpose="panel")
    given_points["method"][make_uscc(1)] = (100, 100, 100)
    outcome = score.run(candidates, params, Facts("P-1", panel=given_points))
    assert isinstance(outcome, Done)
    assert [outcome.figures[u]["total"] for u in outcome.order] == ["80.0000", "75.0000"]
    given_points["method"][make_uscc(1)] = (100, 100, 101)
    with pytest.raises(StageError):
        score.run(candidates, params, Facts("P-1", panel=given_points))


def test_parameters_that_do_not_fit_are_refused() -> None:
    with pytest.raises(StageError, match="weights_not_100"):
        ScoreParams(FIVE[:2], BOUNDS)
    with pytest.raises(StageError, match="panel_size"):
        ScoreParams((panel("method", 100),), BOUNDS)
    with pytest.raises(StageError, match="panel_size"):
        ScoreParams(FIVE, BOUNDS, panel_size=3)


def test_nobody_valid_gives_an_empty_order() -> None:
    outcome = score.run([], ScoreParams(FIVE, BOUNDS), Facts("P-1"))
    assert outcome == Done((), (), {}, ())
