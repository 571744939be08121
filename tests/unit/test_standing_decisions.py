"""Monthly reviews and removal cases: each sentence of the spec, and properties that hold for any history."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.core.working_days import SHANGHAI
from supermarket.credit.points import CreditLevel
from supermarket.standing.decisions import (
    Approval,
    GraveCause,
    GraveDecision,
    HeldState,
    Identity,
    Move,
    Office,
    Opinion,
    PublishedScore,
    Rectification,
    RemovalFacts,
    Review,
    ReviewFacts,
    Verdict,
    removal_grounds,
    removal_verdict,
    replay,
    review,
    review_moments,
    succession_signs,
)

MOMENTS = review_moments(datetime(2025, 1, 15, tzinfo=UTC), datetime(2027, 1, 15, tzinfo=UTC))
NOTHING_HELD = HeldState()
LONG_AGO = MOMENTS[0] - timedelta(days=300)


def make_score(number: int, score: str = "90", at: datetime = LONG_AGO, owner: str | None = None) -> PublishedScore:
    return PublishedScore(f"C{number}", Decimal(score), at + timedelta(hours=number), owner or f"o{number}")


def make_scores(*scores: str, at: datetime = LONG_AGO, owner: str | None = None) -> tuple[PublishedScore, ...]:
    return tuple(make_score(number, score, at, owner) for number, score in enumerate(scores))


def run(
    *levels: int | None,
    scores: tuple[PublishedScore, ...] = (),
    opinions: tuple[Opinion, ...] = (),
    appeals: frozenset[int] = frozenset(),
    start: HeldState = NOTHING_HELD,
) -> tuple[Review, ...]:
    return replay(
        (
            ReviewFacts(MOMENTS[place], level, scores, opinions, ("A1",) if place in appeals else ())
            for place, level in enumerate(levels)
        ),
        start,
    )


def moves(reviews: tuple[Review, ...]) -> list[str]:
    return [f"{each.move.value} {each.after}" for each in reviews]


def codes(outcome: Review) -> list[str]:
    return [reason.code for reason in outcome.reasons]


def test_moments_are_the_first_day_at_half_past_two() -> None:
    local = [moment.astimezone(SHANGHAI).replace(tzinfo=None).isoformat() for moment in MOMENTS]
    assert local[:2] == ["2025-02-01T02:30:00", "2025-03-01T02:30:00"]
    assert local[-1] == "2027-01-01T02:30:00"
    assert len(local) == 24
    # After the last one nothing is due; at the moment itself the new one is.
    assert review_moments(MOMENTS[3], MOMENTS[4] - timedelta(seconds=1)) == ()
    assert review_moments(MOMENTS[3], MOMENTS[4]) == (MOMENTS[4],)
    assert review_moments(MOMENTS[3] - timedelta(seconds=1), MOMENTS[4]) == MOMENTS[3:5]


def test_the_first_level_is_that_of_the_stars() -> None:
    assert moves(run(None, None, 4, 4)) == ["not_rated None", "not_rated None", "first 4", "held 4"]


def test_two_reviews_below_demote_by_one_and_use_up_the_run() -> None:
    reviews = run(5, 2, 2, 2, 2, 2)
    assert moves(reviews) == ["first 5", "held 5", "demoted 4", "held 4", "demoted 3", "held 3"]
    assert codes(reviews[1]) == ["below_once"]
    assert codes(reviews[2]) == ["below_twice"]
    assert reviews[2].opens_rectification
    assert reviews[2].reasons[0].sentence.text() == (
        "The stars were at level 2, below the level held (5), at two reviews in a row."
    )


def test_a_review_at_the_level_breaks_the_run() -> None:
    assert moves(run(4, 3, 4, 3, 3)) == ["first 4", "held 4", "held 4", "held 4", "demoted 3"]
    assert moves(run(4, 3, None, 3, 3)) == ["first 4", "held 4", "held 4", "held 4", "demoted 3"]


def test_two_reviews_above_promote_with_two_new_ratings() -> None:
    scores = make_scores("90", "90", "90")
    assert moves(run(3, 4, 4, scores=scores)) == ["first 3", "held 3", "promoted 4"]
    reviews = run(3, 5, 5, 5, 5, scores=scores)
    assert moves(reviews) == ["first 3", "held 3", "promoted 4", "held 4", "held 4"]
    assert codes(reviews[-1]) == ["few_new_ratings"]
    more = scores + make_scores("90", "90", at=MOMENTS[2] + timedelta(minutes=1))
    assert moves(run(3, 5, 5, 5, 5, scores=more))[-1] == "promoted 5"
    one = scores + make_scores("90", at=MOMENTS[2] + timedelta(hours=1))
    assert moves(run(3, 5, 5, 5, 5, scores=one))[-1] == "held 4"


def test_no_promotion_while_the_last_three_are_low() -> None:
    low = make_scores("59.9999", "10", "10", owner="one")
    reviews = run(3, 4, 4, scores=low)
    assert moves(reviews)[-1] == "held 3"
    assert codes(reviews[-1]) == ["three_low"]
    assert moves(run(3, 4, 4, scores=make_scores("60", "10", "10", owner="one")))[-1] == "promoted 4"


def test_three_low_scores_of_two_owners_demote_at_once_and_only_once() -> None:
    low = make_scores("50", "50", "50", at=MOMENTS[0])
    reviews = run(4, 4, 4, scores=low)
    assert moves(reviews) == ["first 4", "demoted 3", "held 3"]
    assert codes(reviews[1]) == ["three_low"]
    assert reviews[1].reasons[0].evidence == ("C0", "C1", "C2")
    newer = (*low, make_score(9, "50", MOMENTS[1]))
    assert moves(run(4, 4, 4, scores=newer)) == ["first 4", "demoted 3", "demoted 2"]


def test_three_low_scores_of_one_owner_do_not_demote() -> None:
    assert moves(run(4, 4, scores=make_scores("50", "50", "50", owner="one")))[-1] == "held 4"


def test_an_accepted_opinion_demotes_once() -> None:
    opinion = Opinion("O1", MOMENTS[1])
    reviews = run(4, 4, 4, 4, opinions=(opinion,))
    assert moves(reviews) == ["first 4", "demoted 3", "held 3", "held 3"]
    assert reviews[1].reasons[0].evidence == ("O1",)
    assert moves(run(4, 4, opinions=(Opinion("O1", MOMENTS[1] + timedelta(seconds=1)),)))[-1] == "held 4"


def test_several_reasons_are_one_star() -> None:
    scores = make_scores("50", "50", "50")
    reviews = run(4, 3, scores=scores, opinions=(Opinion("O1", LONG_AGO), Opinion("O2", LONG_AGO)))
    assert moves(reviews) == ["first 4", "demoted 3"]
    assert codes(reviews[1]) == ["three_low", "opinion"]
    assert reviews[1].state.used_opinions == {"O1", "O2"}


def test_demotion_is_looked_at_before_promotion() -> None:
    scores = make_scores("90", "90", "90")
    reviews = run(3, 4, 4, scores=scores, opinions=(Opinion("O1", MOMENTS[2]),))
    assert moves(reviews) == ["first 3", "held 3", "demoted 2"]
    assert reviews[2].state.above == 0


def test_an_open_appeal_holds_the_demotion_back_until_it_is_closed() -> None:
    reviews = run(4, 3, 3, 3, 3, appeals=frozenset({2, 3}))
    assert moves(reviews) == ["first 4", "held 4", "held 4", "held 4", "demoted 3"]
    assert codes(reviews[2]) == ["below_twice", "appeal_open"]
    assert reviews[2].reasons[1].evidence == ("A1",)
    opinion = run(4, 4, 4, opinions=(Opinion("O1", LONG_AGO),), appeals=frozenset({1}))
    assert moves(opinion) == ["first 4", "held 4", "demoted 3"]


def test_nobody_falls_below_one_star_and_the_opinion_is_spent() -> None:
    scores = make_scores("90", "90", "90")
    reviews = run(1, 2, 2, 2, scores=scores, opinions=(Opinion("O1", MOMENTS[1]),))
    assert codes(reviews[1]) == ["opinion", "lowest_level"]
    assert moves(reviews) == ["first 1", "held 1", "promoted 2", "held 2"]


def test_a_month_is_reviewed_once() -> None:
    state = run(4)[0].state
    with pytest.raises(ValueError, match="reviewed already"):
        review(state, ReviewFacts(MOMENTS[0], 4))


def make_removal(low: int = 3, credit: CreditLevel = CreditLevel.C, accepted: bool | None = False) -> RemovalFacts:
    return RemovalFacts(MOMENTS[5], HeldState(level=2, low=low), credit, (Rectification("R1", MOMENTS[4], accepted),))


def test_low_levels_are_counted_by_reviews() -> None:
    assert [each.state.low for each in run(3, 2, 2, 2, 2, 3)] == [0, 0, 1, 2, 3, 4]
    assert [each.state.low for each in run(2, 2, 2)] == [1, 2, 3]


def test_removal_needs_the_run_and_the_credit_and_the_rectification() -> None:
    assert [ground.code for ground in removal_grounds(make_removal())] == ["low_and_not_mended"]
    assert removal_grounds(make_removal())[0].evidence == ("R1",)
    assert removal_grounds(make_removal(accepted=None))[0].evidence == ("R1",)
    assert removal_grounds(make_removal(low=2)) == ()
    assert removal_grounds(make_removal(credit=CreditLevel.B)) == ()
    assert removal_grounds(make_removal(accepted=True)) == ()
    not_due = RemovalFacts(
        MOMENTS[5], HeldState(level=2, low=3), CreditLevel.D, (Rectification("R1", MOMENTS[6], None),)
    )
    assert removal_grounds(not_due) == ()


@pytest.mark.parametrize("cause", list(GraveCause))
def test_a_grave_decision_opens_a_case_once(cause: GraveCause) -> None:
    decision = GraveDecision("D1", cause, MOMENTS[1])
    facts = RemovalFacts(MOMENTS[1], HeldState(level=5), CreditLevel.A, decisions=(decision,))
    assert [(ground.code, ground.evidence) for ground in removal_grounds(facts)] == [(cause.value, ("D1",))]
    used = RemovalFacts(MOMENTS[1], HeldState(), CreditLevel.A, decisions=(decision,), used=frozenset({"D1"}))
    assert removal_grounds(used) == ()
    earlier = RemovalFacts(MOMENTS[0], HeldState(), CreditLevel.A, decisions=(decision,))
    assert removal_grounds(earlier) == ()


def test_a_removal_takes_two_people_of_two_bodies() -> None:
    authority = Approval(Office.AUTHORITY, "p1", "b1", True)
    operator = Approval(Office.OPERATOR, "p2", "b2", True)
    assert removal_verdict([], heard=False) == (Verdict.HEARING, (Office.AUTHORITY, Office.OPERATOR))
    assert removal_verdict([authority, operator], heard=False) == (Verdict.HEARING, ())
    assert removal_verdict([authority], heard=True) == (Verdict.UNDECIDED, (Office.OPERATOR,))
    assert removal_verdict([operator, authority], heard=True) == (Verdict.APPROVED, ())
    no = Approval(Office.OPERATOR, "p2", "b2", False)
    assert removal_verdict([no], heard=False) == (Verdict.REFUSED, (Office.AUTHORITY,))
    for same in (Approval(Office.OPERATOR, "p1", "b2", True), Approval(Office.OPERATOR, "p2", "b1", True)):
        with pytest.raises(ValueError, match="two different people of two bodies"):
            removal_verdict([authority, same], heard=True)
    with pytest.raises(ValueError, match="answers once"):
        removal_verdict([authority, authority], heard=True)


def test_who_comes_back_is_recognised() -> None:
    former = Identity("h", frozenset({"c"}), frozenset({"1", "2", "3"}))
    left = date(2024, 3, 1)
    back = Identity("h", frozenset({"c", "d"}), frozenset({"2", "3"}))
    assert succession_signs(former, left, back, date(2027, 3, 1)) == (
        "same_head",
        "same_controller",
        "half_the_practitioners",
    )
    assert succession_signs(former, left, back, date(2027, 3, 2)) == ()
    nobody = Identity(None, frozenset(), frozenset())
    assert succession_signs(nobody, left, nobody, left) == ()
    assert succession_signs(former, left, Identity("x", frozenset(), frozenset({"1"})), left) == ()


HISTORIES = st.lists(
    st.tuples(st.none() | st.integers(1, 5), st.integers(0, 100), st.booleans(), st.booleans()), max_size=24
)


@given(HISTORIES)
def test_any_history_moves_one_star_at_most_and_repeats(history: list[tuple[int | None, int, bool, bool]]) -> None:
    scores = tuple(
        make_score(place, str(score), MOMENTS[place] - timedelta(days=20), f"o{place % 3}")
        for place, (_, score, _, _) in enumerate(history)
    )
    opinions = tuple(Opinion(f"O{place}", MOMENTS[place]) for place, row in enumerate(history) if row[2])
    facts = [
        ReviewFacts(MOMENTS[place], level, scores, opinions, ("A",) if appealed else ())
        for place, (level, _, _, appealed) in enumerate(history)
    ]
    reviews = replay(facts)
    assert replay(facts) == reviews
    half = len(facts) // 2
    if half:
        assert replay(facts[half:], reviews[half - 1].state) == reviews[half:]
    for before, after in pairwise(reviews):
        assert after.before == before.after
    for each, fact in zip(reviews, facts, strict=True):
        assert each.reasons
        if each.before is None:
            assert each.after == fact.level
        else:
            assert each.after is not None
            step = {Move.DEMOTED: -1, Move.PROMOTED: 1}.get(each.move, 0)
            assert each.after == each.before + step
            assert 1 <= each.after <= 5
        if fact.open_appeals:
            assert each.move is not Move.DEMOTED
