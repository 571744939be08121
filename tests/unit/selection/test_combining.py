"""A region's own mode: what may stand where, how many are enough, and what a dry run says; pure."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.core.draw import Member, TicketRule, draw_key, draw_order, pool_file, pool_hash
from supermarket.modes.combining import DECIDING, StageWanted, combine, faults_of, taken_apart
from supermarket.modes.limits import Range, draw_keep_range, fewest, keep_range, kept_terms, shortlisted
from supermarket.modes.rows import mode_from_json, mode_to_json
from supermarket.modes.stages import Candidate
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.stages.price import PriceRule
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import MODES, Mode, StageName, Terms, mode, pipeline_for
from supermarket.modes.trial import STAND_IN_SOURCE, Case, Outcome, summary, try_out
from supermarket.policies.defaults import DEFAULTS

SHORTLIST = StageWanted(StageName.SHORTLIST, by=ShortlistBy.CREDIT, keep=4)
DRAW = StageWanted(StageName.DRAW, tickets=TicketRule.CREDIT, keep=3)
PRICE = StageWanted(StageName.PRICE, rule=PriceRule.LOWEST)
SCORE, CHOICE = StageWanted(StageName.SCORE), StageWanted(StageName.CHOOSE)
BOUNDS = Bounds(ceiling=1_000)


def row_of(*stages: StageWanted, fewest_valid: int = 3, after: int = 3) -> Mode:
    return combine(
        "m510100_1",
        stages,
        label="Own",
        label_zh="本地",
        sentence="100 %(never)s formatted",
        sentence_zh="本地做法",
        fewest_valid=fewest_valid,
        fewest_after_extension=after,
        owner_accepts_fewer=False,
    )


@pytest.mark.parametrize(
    ("stages", "codes"),
    [
        ((), ["empty"]),
        ((SHORTLIST,) * 7, ["too_many"]),
        ((SHORTLIST,), ["nothing_decides"]),
        ((DRAW, DRAW), ["second_draw"]),
        ((PRICE, DRAW), ["not_last"]),
        ((SCORE, CHOICE), ["not_last"]),
        ((CHOICE,), ["choice_alone"]),
        ((CHOICE, PRICE), ["not_last", "choice_alone"]),
        ((StageWanted(StageName.PRICE),), ["rule_needed"]),
        ((StageWanted(StageName.PRICE, rule=PriceRule.HIGHEST_DISCOUNT),), []),
        ((StageWanted(StageName.AUCTION),), ["auction_is_a_form"]),
        ((replace(SHORTLIST, keep=0), PRICE), ["keep_out_of_range"]),
        ((replace(SHORTLIST, keep=101), PRICE), ["keep_out_of_range"]),
        ((SHORTLIST, replace(DRAW, keep=5), PRICE), ["keeps_more"]),
        ((SHORTLIST, DRAW, PRICE), []),
        ((SHORTLIST, SHORTLIST, DRAW), ["same_again"]),
        ((SHORTLIST, replace(SHORTLIST, by=ShortlistBy.STARS), DRAW), []),
        ((SHORTLIST, DRAW, replace(SHORTLIST, keep=2), PRICE), []),
        ((DRAW, replace(SHORTLIST, keep=2), CHOICE), []),
        ((PRICE,), []),
        ((SCORE,), []),
    ],
)
def test_what_is_wrong_with_a_combination(stages: tuple[StageWanted, ...], codes: list[str]) -> None:
    assert sorted(fault.code for fault in faults_of(stages)) == sorted(codes)


stage = st.builds(
    StageWanted,
    st.sampled_from([StageName.SHORTLIST, StageName.DRAW, StageName.PRICE, StageName.SCORE, StageName.CHOOSE]),
    by=st.sampled_from([None, *ShortlistBy]),
    keep=st.one_of(st.none(), st.integers(-1, 9)),
    tickets=st.sampled_from(list(TicketRule)),
    rule=st.sampled_from([None, *PriceRule]),
)


@given(st.lists(stage, max_size=7))
def test_a_combination_without_faults_runs_and_comes_back_from_json(stages: list[StageWanted]) -> None:
    if faults_of(stages):
        return
    row = row_of(*stages)
    assert mode_from_json(mode_to_json(row)) == row
    assert sum(name is StageName.DRAW for name, _ in row.stages) <= 1
    assert all(name not in DECIDING for name, _ in row.stages[:-1])
    assert row.needs_quotes == (row.uses(StageName.PRICE) or row.uses(StageName.SCORE))
    terms = kept_terms(row, Terms(bounds=BOUNDS, criteria=()), DEFAULTS)
    if not row.uses(StageName.SCORE):
        assert len(pipeline_for(row, terms)) == len(stages)
    assert faults_of(taken_apart(row)) == ()


def test_the_numbers_of_the_region_decide_how_many_are_enough() -> None:
    assert [fewest(mode("random"), DEFAULTS, extended=late) for late in (False, True)] == [3, 2]
    assert [fewest(mode("merit"), DEFAULTS, extended=late) for late in (False, True)] == [2, 1]
    assert [fewest(mode("bidding"), DEFAULTS, extended=late) for late in (False, True)] == [3, 3]
    stricter = {**DEFAULTS, "min_bidding": 5}
    assert [fewest(mode("bidding"), stricter, extended=late) for late in (False, True)] == [5, 5]
    looser = stricter | {"min_bidding_extended": 4}
    assert fewest(mode("bidding"), looser, extended=True) == 4
    # Published before these numbers were policies: the row's own.
    assert fewest(mode("bidding"), {"min_bidding": 3}, extended=True) == 3
    assert fewest(row_of(PRICE, fewest_valid=4, after=2), DEFAULTS, extended=True) == 2


@pytest.mark.parametrize(
    ("name", "keep", "draw_keep"),
    [("credit_merit", Range(3, 20, 5), Range(2, 5, 3)), ("merit_random", Range(3, 20, 5), None),
     ("merit_bidding", Range(3, 20, 5), None), ("random_bidding", None, Range(3, 20, 3)), ("random", None, None),
     ("direct", None, None), ("bidding", None, None), ("merit", None, None), ("mean_price", None, None)],
)  # fmt: skip
def test_k_and_n_of_the_nine(name: str, keep: Range | None, draw_keep: Range | None) -> None:
    row = mode(name)
    assert keep_range(row, DEFAULTS) == keep
    usual = None if keep is None else keep.usual
    assert draw_keep_range(row, DEFAULTS, shortlisted(row, usual)) == draw_keep


def test_what_a_row_fixes_the_owner_is_not_asked_for() -> None:
    row = row_of(SHORTLIST, DRAW, PRICE)
    terms = kept_terms(row, Terms(bounds=BOUNDS, keep=9, draw_keep=9, shortlist_by=ShortlistBy.STARS), DEFAULTS)
    assert (terms.keep, terms.draw_keep, terms.shortlist_by) == (None, None, ShortlistBy.CREDIT)
    assert [getattr(spec, "keep", None) for spec in pipeline_for(row, terms)] == [4, 3, None]


# -- dry runs


def make_case(quotes: list[int | None] | None = None, **changes: object) -> Case:
    quotes = [700, 800, 900, 950] if quotes is None else quotes
    pool = tuple(
        Candidate(f"91510100MA61T2XX{number:02d}", credit_points=100 - number, quote=quote)
        for number, quote in enumerate(quotes)
    )
    case = Case("P-1", "bidding", pool, BOUNDS, DEFAULTS, pool[0].uscc, quotes[0], quoted=True)
    return replace(case, **changes)  # type: ignore[arg-type]  # the caller names real fields


def test_a_dry_run_tells_who_would_have_been_first() -> None:
    case = make_case()
    (lowest,) = try_out(row_of(PRICE), [case])
    assert (lowest.outcome, lowest.first, lowest.new_price, lowest.stand_in) == (Outcome.SAME, case.winner, 700, False)
    (mean,) = try_out(row_of(replace(PRICE, rule=PriceRule.NEAREST_MEAN)), [case])
    assert (mean.outcome, mean.first, mean.new_price) == (Outcome.CHANGED, case.candidates[1].uscc, 800)


def test_a_draw_takes_the_value_of_its_purchase_or_says_that_it_stands_in() -> None:
    lottery = " ".join(f"{number:02d}" for number in range(1, 21))
    case = make_case(source="published:kl8", value=lottery)
    members = [Member(candidate.uscc) for candidate in case.candidates]
    (own,) = try_out(row_of(StageWanted(StageName.DRAW)), [case])
    order = draw_order(members, draw_key(pool_hash(pool_file("P-1", "main", "published:kl8", members)), lottery))
    assert (own.first, own.stand_in, own.new_price) == (order[0], False, BOUNDS.ceiling)
    (stand_in,) = try_out(row_of(StageWanted(StageName.DRAW)), [make_case()])
    value = hashlib.sha256(b"P-1:main").hexdigest()
    order = draw_order(members, draw_key(pool_hash(pool_file("P-1", "main", STAND_IN_SOURCE, members)), value))
    assert (stand_in.first, stand_in.stand_in) == (order[0], True)


def test_where_the_owner_chooses_the_list_is_compared() -> None:
    choice = row_of(replace(SHORTLIST, keep=2), CHOICE, after=2)
    case = make_case()
    (on,) = try_out(choice, [case])
    assert (on.outcome, on.first, on.listed) == (Outcome.ON_LIST, None, tuple(c.uscc for c in case.candidates[:2]))
    (off,) = try_out(choice, [replace(case, winner=case.candidates[3].uscc)])
    assert off.outcome is Outcome.OFF_LIST


@pytest.mark.parametrize(
    ("case", "outcome", "reason"),
    [
        (make_case(quoted=False), Outcome.NOT_COMPARABLE, "no_quotes"),
        (make_case(quoted=False, auctioned=True), Outcome.NOT_COMPARABLE, "was_auction"),
        (make_case([700, 800, None, None]), Outcome.FAILED, "too_few"),
        (make_case([2000, 2000, 2000]), Outcome.FAILED, "nobody_valid"),
    ],
)
def test_what_cannot_be_compared_or_would_have_failed(case: Case, outcome: Outcome, reason: str) -> None:
    (result,) = try_out(row_of(PRICE), [case])
    assert (result.outcome, result.reason, result.first) == (outcome, reason, None)


def test_a_panel_cannot_be_asked_afterwards_and_equals_are_drawn() -> None:
    (tied,) = try_out(row_of(PRICE), [make_case([800, 800, 800])])
    assert tied.outcome in (Outcome.SAME, Outcome.CHANGED)
    assert not tied.stand_in  # higher credit points part them before any draw
    (drawn,) = try_out(row_of(PRICE), [make_case([800, 800, 800], candidates=tuple(
        Candidate(f"91510100MA61T2XX{number:02d}", quote=800) for number in range(3)))])  # fmt: skip
    assert drawn.stand_in


def test_the_figures_of_a_dry_run_add_up() -> None:
    cases = [make_case(), make_case(quoted=False), make_case([700, 800, None, None])]
    found = summary(try_out(row_of(PRICE), cases))
    assert found["cases"] == 3
    assert found["counts"] == {
        "same": 1, "changed": 0, "on_list": 0, "off_list": 0, "failed": 1, "not_comparable": 1
    }  # fmt: skip
    assert found["reasons"] == {"no_quotes": 1, "too_few": 1}
    spread = {"least": "70.0", "middle": "70.0", "most": "70.0"}
    assert found["prices"] == {
        "cases": 1, "before": 700, "after": 700, "shares_before": spread, "shares_after": spread
    }  # fmt: skip
    assert summary([])["prices"] == {
        "cases": 0, "before": 0, "after": 0, "shares_before": None, "shares_after": None
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name in MODES if name != "direct"])
def test_every_one_of_the_nine_can_be_tried_as_if_it_were_a_regions_own(name: str) -> None:
    row = replace(mode(name), name="m510100_1", label="Own")
    (result,) = try_out(row, [make_case()])
    assert result.outcome in (Outcome.SAME, Outcome.CHANGED, Outcome.ON_LIST, Outcome.OFF_LIST)
