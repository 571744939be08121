"""The live auction as a pure function: every refusal, soft close, doubling step, outage; and what holds for any bids."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supermarket.modes.auction import (
    Accepted,
    AuctionTerms,
    Bidder,
    Phase,
    Refusal,
    Refused,
    Standing,
    after_bid,
    closed,
    doublings,
    judge,
    offer_to,
    opened,
    paused,
    resumed,
    step_at,
    terms_for,
)
from supermarket.modes.stages import (
    AcceptedBid,
    AuctionFact,
    Candidate,
    Done,
    Exclusion,
    Facts,
    StageError,
    Waiting,
    WaitingFor,
)
from supermarket.modes.stages import auction as stage
from supermarket.modes.stages.auction import AuctionParams
from supermarket.modes.stored import facts_from_json, facts_to_json, spec_from_json, spec_to_json

T0 = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TERMS = AuctionTerms(ceiling=10_000_000, floor=1, start=10_000_000, step=50_000, low_line=6_000_000)
ANNA, BERT = Bidder("1"), Bidder("2")


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def bid(standing: Standing, bidder: Bidder, amount: int, seconds: float) -> Standing:
    """The standing after a bid that must be accepted."""
    found = judge(TERMS, standing, bidder, amount, after(seconds))
    assert isinstance(found, Accepted), found
    return after_bid(standing, found)


def refused(standing: Standing, bidder: Bidder, amount: int, seconds: float = 1) -> tuple[Refusal, int | None, str]:
    found = judge(TERMS, standing, bidder, amount, after(seconds))
    assert isinstance(found, Refused), found
    return found.code, found.would_be_accepted, found.sentence.text()


RUNNING = opened(TERMS, T0)


def test_the_terms_come_from_money_and_policy() -> None:
    numbers = {"seconds": 600, "extension_seconds": 120, "cap_seconds": 3600, "step_doubles_seconds": 600}
    assert terms_for(10_000_000, 1, step_permille=5, low_percent=60, **numbers) == TERMS
    odd = terms_for(101, 1, step_permille=5, low_percent=60, **numbers)
    assert (odd.step, odd.low_line) == (1, 61)  # 0.505 fen is no step; 60.6 fen is below the line, 61 is not


@pytest.mark.parametrize(
    "wrong", [{"floor": 0}, {"start": 10_000_001}, {"step": 0}, {"low_line": 10_000_001}, {"seconds": 0}]
)
def test_terms_that_contradict_themselves_are_no_terms(wrong: dict[str, int]) -> None:
    with pytest.raises(StageError):
        replace(TERMS, **wrong)


def test_the_first_bid_is_at_most_the_start_and_every_other_a_step_lower() -> None:
    assert offer_to(TERMS, RUNNING, ANNA, T0) == 10_000_000
    assert refused(RUNNING, ANNA, 10_000_001) == (
        Refusal.ABOVE_START, 10_000_000, "The first bid is at most ¥100,000.00."
    )  # fmt: skip
    standing = bid(RUNNING, ANNA, 10_000_000, 1)
    assert refused(standing, BERT, 9_950_001) == (
        Refusal.TOO_HIGH,
        9_950_000,
        "The lowest bid is ¥100,000.00 and the step ¥500.00: bid at most ¥99,500.00.",
    )
    standing = bid(standing, BERT, 9_950_000, 2)
    assert (standing.seq, standing.bids, standing.lowest, standing.leader) == (2, 2, 9_950_000, "2")
    # The leader may go lower too; that is its own affair.
    assert bid(standing, BERT, 9_000_000, 3).lowest == 9_000_000


def test_each_refusal_has_its_own_reason_and_says_what_would_be_accepted() -> None:
    with_bid = bid(RUNNING, ANNA, 8_000_000, 1)
    low = bid(RUNNING, Bidder("3", explained_from=1), 20_000, 1)
    cases = [
        (refused(Standing(), ANNA, 10_000_000), Refusal.NOT_OPEN_YET, 10_000_000),
        (refused(paused(with_bid, after(2)), ANNA, 7_000_000), Refusal.PAUSED, 7_950_000),
        (refused(with_bid, BERT, 7_000_000, 600), Refusal.OVER, None),
        (refused(with_bid, Bidder("9", in_pool=False), 7_000_000), Refusal.NOT_IN_POOL, None),
        (refused(with_bid, BERT, 0), Refusal.NOT_POSITIVE, 7_950_000),
        (refused(with_bid, BERT, -5), Refusal.NOT_POSITIVE, 7_950_000),
        (refused(with_bid, ANNA, 8_000_000), Refusal.DOUBLED, 7_950_000),
        (refused(with_bid, BERT, 8_000_000), Refusal.TOO_HIGH, 7_950_000),
        (refused(with_bid, BERT, 5_999_999), Refusal.BELOW_LINE, 7_950_000),
        (refused(with_bid, Bidder("3", explained_from=5_000_000), 4_999_999), Refusal.BELOW_LINE, 7_950_000),
        (refused(low, BERT, 10_000), Refusal.BOTTOM, None),
    ]
    assert [(code, offer) for (code, offer, _text), _c, _o in cases] == [(code, offer) for _r, code, offer in cases]
    again = judge(TERMS, with_bid, ANNA, 8_000_000, after(2), earlier=1)
    assert isinstance(again, Refused)
    assert (again.code, again.would_be_accepted) == (Refusal.REPLAYED, 7_950_000)
    others = {Refusal.BELOW_FLOOR, Refusal.ABOVE_START, Refusal.REPLAYED}
    assert {code for _r, code, _o in cases} | others == set(Refusal)
    assert len({text for (_code, _offer, text), *_rest in cases}) == len(cases) - 1  # not positive: twice the same


def test_a_floor_of_the_project_holds_in_the_auction_too() -> None:
    terms = replace(TERMS, floor=7_000_000)
    found = judge(terms, RUNNING, ANNA, 6_999_999, after(1))
    assert isinstance(found, Refused)
    assert (found.code, found.would_be_accepted) == (Refusal.BELOW_FLOOR, 10_000_000)


def test_below_the_line_only_with_a_statement_that_explains_it() -> None:
    standing = bid(RUNNING, ANNA, 6_010_000, 1)
    # The next step lies below the line: from whoever has no statement nothing would be accepted any more.
    assert refused(standing, BERT, 5_960_000)[:2] == (Refusal.BELOW_LINE, None)
    explained = replace(BERT, explained_from=5_500_000)
    assert offer_to(TERMS, standing, explained, after(2)) == 5_960_000
    assert bid(standing, explained, 5_500_000, 2).lowest == 5_500_000
    assert refused(standing, explained, 5_499_999)[0] is Refusal.BELOW_LINE


def test_a_bid_in_the_last_seconds_moves_the_end_to_its_own_time_plus_the_extension() -> None:
    early = bid(RUNNING, ANNA, 9_000_000, 480)
    assert early.ends_at == after(600)  # exactly 120 s before the end: nothing to add
    late = bid(early, BERT, 8_900_000, 480.000001)
    assert late.ends_at == after(600.000001)
    last = bid(late, ANNA, 8_800_000, 599)
    assert last.ends_at == after(719)
    assert refused(last, BERT, 8_700_000, 719)[0] is Refusal.OVER


def test_after_the_cap_the_step_doubles_every_ten_minutes_instead_of_a_hard_stop() -> None:
    assert [doublings(TERMS, RUNNING, after(s)) for s in (0, 3599, 3600, 4199, 4200, 4800)] == [0, 0, 1, 1, 2, 3]
    assert step_at(TERMS, RUNNING, after(4200)) == 200_000
    # Days later the step is the ceiling, and no lower bid is possible.
    assert step_at(TERMS, RUNNING, after(10**6)) == TERMS.ceiling


def test_time_in_which_nobody_could_bid_doubles_no_step_and_ends_with_a_full_extension() -> None:
    standing = bid(RUNNING, ANNA, 9_000_000, 590)
    again = resumed(TERMS, standing, after(595), after(4000))
    assert (again.phase, again.seq, again.ends_at) == (Phase.RUNNING, standing.seq + 1, after(4120))
    assert doublings(TERMS, again, after(4001)) == 0
    assert doublings(TERMS, again, after(3600 + 3405)) == 1
    # Down only for a moment at the beginning: the end stays where it was.
    assert resumed(TERMS, RUNNING, after(10), after(70)).ends_at == after(600)


def test_a_suspended_project_stops_the_auction_and_it_goes_on_with_a_full_extension() -> None:
    standing = paused(bid(RUNNING, ANNA, 9_000_000, 500), after(510))
    assert (standing.phase, standing.seq) == (Phase.PAUSED, 2)
    again = resumed(TERMS, standing, after(510), after(90_000))
    assert (again.phase, again.ends_at, again.stood) == (Phase.RUNNING, after(90_120), timedelta(seconds=89_490))


def test_an_auction_closes_at_its_end_and_not_before() -> None:
    with pytest.raises(StageError):
        closed(RUNNING, after(599))
    assert closed(RUNNING, after(600)).phase is Phase.CLOSED
    with pytest.raises(StageError):
        closed(closed(RUNNING, after(600)), after(601))


def test_a_bid_that_comes_late_to_the_lock_is_written_after_the_one_before_it() -> None:
    standing = bid(RUNNING, ANNA, 9_000_000, 10)
    found = judge(TERMS, standing, BERT, 8_000_000, after(9))
    assert isinstance(found, Accepted)
    assert found.at == after(10)


# -- for any bids

MOVES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(-10, 10_100_000), st.integers(0, 400), st.sampled_from(["bid", "outage"])),
    max_size=60,
)


@given(MOVES)
@settings(max_examples=300, deadline=None)
def test_whatever_comes_amounts_decrease_by_a_step_and_moments_and_end_never_go_back(
    moves: list[tuple[int, int, int, str]],
) -> None:
    standing, clock = RUNNING, T0
    accepted: list[Accepted] = []
    for who, amount, seconds, kind in moves:
        clock += timedelta(seconds=seconds)
        if kind == "outage":
            before = standing
            standing = resumed(TERMS, standing, clock - timedelta(seconds=seconds), clock)
            assert before.ends_at is not None and standing.ends_at is not None
            assert standing.ends_at >= max(before.ends_at, clock + timedelta(seconds=120))
            continue
        bidder = Bidder(str(who), in_pool=who > 0, explained_from=5_000_000 if who == 1 else None)
        offer = offer_to(TERMS, standing, bidder, clock)
        found = judge(TERMS, standing, bidder, amount, clock)
        if isinstance(found, Refused):
            # What it says would be accepted is accepted, and one fen more is not.
            if found.would_be_accepted is not None:
                assert found.would_be_accepted == offer
                assert isinstance(judge(TERMS, standing, bidder, found.would_be_accepted, clock), Accepted)
                assert isinstance(judge(TERMS, standing, bidder, found.would_be_accepted + 1, clock), Refused)
            elif found.code not in {Refusal.OVER, Refusal.NOT_IN_POOL}:
                assert offer is None
            continue
        assert offer is not None and amount <= offer
        if accepted:
            assert amount <= accepted[-1].amount - found.step
            assert found.at >= accepted[-1].at
        assert found.step >= TERMS.step
        assert standing.ends_at is not None and found.at < standing.ends_at <= found.ends_at
        assert found.ends_at >= found.at + timedelta(seconds=120)
        accepted.append(found)
        standing = after_bid(standing, found)
    assert standing.bids == len(accepted)
    outcome = stage.run(
        [Candidate(f"U{n}") for n in range(6)],
        AuctionParams(TERMS),
        Facts("P-1", auction=AuctionFact(tuple(AcceptedBid(f"U{b.alias}", b.amount) for b in accepted), "0" * 64)),
    )
    assert isinstance(outcome, Done)
    best = {b.alias: b.amount for b in accepted}
    assert outcome.order == tuple(f"U{alias}" for alias in sorted(best, key=lambda alias: best[alias]))
    assert {item.uscc for item in outcome.excluded} == {f"U{n}" for n in range(6)} - set(outcome.order)


# -- the stage


def make_fact(*bids: tuple[str, int]) -> AuctionFact:
    return AuctionFact(tuple(AcceptedBid(uscc, amount) for uscc, amount in bids), "ab" * 32)


POOL = [Candidate("A"), Candidate("B"), Candidate("C")]


def test_the_stage_waits_for_the_auction_and_then_ranks_by_each_ones_lowest_bid() -> None:
    params = AuctionParams(TERMS)
    assert stage.run(POOL, params, Facts("P-1")) == Waiting(WaitingFor.AUCTION, members=("A", "B", "C"))
    fact = make_fact(("A", 9_000_000), ("B", 8_900_000), ("A", 8_800_000))
    assert stage.run(POOL, params, Facts("P-1", auction=fact)) == Done(
        ("A", "B"),
        ("A", "B"),
        {"A": {"rank": 1, "bid": 8_800_000, "bids": 2}, "B": {"rank": 2, "bid": 8_900_000, "bids": 1}},
        (Exclusion("C", "no_bid"),),
    )
    nobody = stage.run(POOL, params, Facts("P-1", auction=make_fact()))
    assert isinstance(nobody, Done)
    assert (nobody.order, len(nobody.excluded)) == ((), 3)
    assert stage.run([], params, Facts("P-1")) == Done((), ())


@pytest.mark.parametrize(
    "bids", [(("D", 9_000_000),), (("A", 10_000_001),), (("A", 9_000_000), ("B", 8_950_001)), (("A", 0),)]
)
def test_the_stage_takes_no_bids_that_no_auction_could_have_accepted(bids: tuple[tuple[str, int], ...]) -> None:
    with pytest.raises(StageError):
        stage.run(POOL, AuctionParams(TERMS), Facts("P-1", auction=make_fact(*bids)))


def test_stage_and_fact_come_back_from_what_is_stored() -> None:
    params = AuctionParams(TERMS)
    assert spec_from_json(spec_to_json(params)) == params
    facts = Facts("P-1", auction=make_fact(("A", 9_000_000)))
    assert facts_from_json(facts_to_json(facts)) == facts
    assert "auction" not in facts_to_json(Facts("P-1"))
