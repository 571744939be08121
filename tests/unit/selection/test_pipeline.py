"""The table of modes, pipelines as data, and stored runs that can be repeated."""

import json
from decimal import Decimal

import pytest

from supermarket.core.draw import Member, TicketRule, draw_key, draw_order, pool_file, pool_hash
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.modes.pipeline import PipelineState, StageRun, advance
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
from supermarket.modes.stages.choose import ChooseParams
from supermarket.modes.stages.draw import DrawParams
from supermarket.modes.stages.price import PriceParams, PriceRule
from supermarket.modes.stages.score import ScoreParams
from supermarket.modes.stages.shortlist import ShortlistBy, ShortlistParams
from supermarket.modes.stored import inputs_to_json, outcome_to_json, repeat, spec_from_json, spec_to_json
from supermarket.modes.table import MODES, ModeName, StageName, Terms, in_words, mode, pipeline_for

VALUE = " ".join(f"{n:02d}" for n in range(1, 21))
BOUNDS = Bounds(ceiling=1000)
TERMS = Terms(
    bounds=BOUNDS,
    criteria=(Criterion(CriterionKind.PRICE, Decimal("62.5")), Criterion(CriterionKind.CREDIT, Decimal("37.5"))),
    keep=4,
    draw_keep=2,
)


def make_uscc(number: int) -> str:
    return f"91510100MA61T2XX{number:02d}"


def make_candidates(count: int = 6) -> list[Candidate]:
    levels = list(CreditLevel)
    return [
        Candidate(make_uscc(n), credit_points=100 - n, credit_level=levels[n % 4], quote=900 - n, offered_days=10 + n)
        for n in range(count)
    ]


def make_draw(members: list[Member], purpose: str = "main", value: str | None = VALUE) -> DrawFact:
    return DrawFact(pool_file("P-1", purpose, "published:kl8", members), receipted=True, value=value)


def test_the_nine_modes_are_the_table_of_the_rules() -> None:
    table = {
        str(row.name): (
            [f"{stage}({','.join(fixed.values())})" if fixed else str(stage) for stage, fixed in row.stages],
            row.fewest_valid,
            row.fewest_after_extension,
            row.needs_quotes,
            row.has_enrolment,
        )
        for row in MODES.values()
    }
    assert table == {
        "direct": (["choose"], 1, 1, False, False),
        "random": (["draw"], 3, 2, False, True),
        "bidding": (["price(lowest)"], 3, 3, True, True),
        "merit": (["score"], 2, 1, True, True),
        "credit_merit": (["shortlist(credit)", "draw(credit)", "choose"], 2, 2, False, True),
        "merit_random": (["shortlist", "draw"], 3, 3, False, True),
        "merit_bidding": (["shortlist", "price(lowest)"], 3, 3, True, True),
        "random_bidding": (["draw", "price(lowest)"], 3, 3, True, True),
        "mean_price": (["price(nearest_mean)"], 3, 3, True, True),
    }
    assert [row.name for row in MODES.values() if row.owner_accepts_fewer] == [ModeName.MERIT]
    assert [str(row.name) for row in MODES.values() if row.priced] == [
        "bidding", "merit_bidding", "random_bidding", "mean_price"
    ]  # fmt: skip
    assert mode("random").draws
    assert not mode("merit").draws
    assert mode("merit").uses(StageName.SCORE)
    with pytest.raises(ValueError, match="lottery"):
        mode("lottery")


@pytest.mark.parametrize(
    ("name", "valid", "extended", "enough"),
    [("random", 2, False, False), ("random", 3, False, True), ("random", 2, True, True), ("random", 1, True, False),
     ("merit", 1, False, False), ("merit", 1, True, True), ("bidding", 2, True, False), ("bidding", 3, True, True)],
)  # fmt: skip
def test_how_many_are_enough(name: str, valid: int, extended: bool, enough: bool) -> None:
    assert mode(name).enough(valid, extended=extended) is enough


def test_every_mode_says_in_words_what_it_will_do() -> None:
    for row in MODES.values():
        for terms in (None, TERMS):
            assert "%" not in in_words(row, terms).text()
    assert in_words(mode("credit_merit"), TERMS).text().startswith("The best 4 by credit stay. A draw in which")


def test_terms_fill_the_rows() -> None:
    assert pipeline_for(mode("direct"), TERMS) == (ChooseParams(),)
    assert pipeline_for(mode("random"), TERMS) == (DrawParams(TicketRule.EQUAL, None),)
    assert pipeline_for(mode("bidding"), TERMS) == (PriceParams(PriceRule.LOWEST, BOUNDS),)
    assert pipeline_for(mode("merit"), TERMS) == (ScoreParams(TERMS.criteria, BOUNDS),)
    assert pipeline_for(mode("credit_merit"), TERMS) == (
        ShortlistParams(ShortlistBy.CREDIT, 4),
        DrawParams(TicketRule.CREDIT, 2),
        ChooseParams(),
    )
    for name in ("credit_merit", "merit_random", "random_bidding"):
        with pytest.raises(StageError):
            pipeline_for(mode(name), Terms(bounds=BOUNDS))


def test_three_stages_run_one_after_the_other_and_wait() -> None:
    stages = pipeline_for(mode("credit_merit"), TERMS)
    candidates = make_candidates()
    kept = [Member(c.uscc, {"A": 3, "B": 2}.get(c.credit_level, 1)) for c in candidates[:4]]
    state = advance(stages, candidates, Facts("P-1"))
    assert (state.order, state.waiting and state.waiting.for_) == (None, WaitingFor.RECEIPT)
    assert [e.uscc for e in state.excluded] == [make_uscc(4), make_uscc(5)]
    facts = Facts("P-1", {"main": make_draw(kept)})
    state = advance(stages, candidates, facts)
    order = draw_order(kept, draw_key(pool_hash(facts.draws["main"].pool_file), VALUE))
    assert state.waiting is not None
    assert (state.waiting.for_, state.waiting.members) == (WaitingFor.CHOICE, tuple(sorted(order[:2])))
    facts = Facts("P-1", facts.draws, Choice(order[1], "has done the like before"))
    state = advance(stages, candidates[::-1], facts)
    assert (state.order, state.waiting) == ((order[1],), None)
    assert [run.stage for run in state.runs] == ["shortlist", "draw", "choose"]


def test_a_pipeline_takes_nobody_twice_and_is_never_empty() -> None:
    with pytest.raises(StageError):
        advance(pipeline_for(mode("random"), TERMS), make_candidates() * 2, Facts("P-1"))
    with pytest.raises(StageError):
        advance((), make_candidates(), Facts("P-1"))
    state = advance(pipeline_for(mode("bidding"), TERMS), [], Facts("P-1"))
    assert (state.order, state.waiting) == ((), None)


def make_states() -> list[tuple[PipelineState, Facts]]:
    """One state of each mode, and some that wait."""
    candidates = make_candidates()
    everyone = Facts(
        "P-1",
        {"main": make_draw([Member(c.uscc) for c in candidates])},
        Choice(make_uscc(2), "near"),
        {make_uscc(9): LowDecision.ACCEPTED},
        {"method": {make_uscc(1): (1, 2, 3)}},
    )
    short = Facts("P-1", {"main": make_draw([Member(c.uscc) for c in candidates[:4]])})
    states = [
        (advance(pipeline_for(row, TERMS), candidates, facts), facts)
        for row in MODES.values()
        if not (row.draws and row.uses(StageName.SHORTLIST))
        for facts in (everyone, Facts("P-1", choice=Choice(make_uscc(0), "only one")))
    ]
    return [*states, (advance(pipeline_for(mode("merit_random"), TERMS), candidates, short), short)]


@pytest.mark.parametrize(("state", "facts"), make_states())
def test_a_stored_run_repeated_from_its_json_gives_what_was_stored(state: PipelineState, facts: Facts) -> None:
    def through_json(content: dict[str, object]) -> dict[str, object]:
        found = json.loads(json.dumps(content))
        assert isinstance(found, dict)
        return found

    assert state.runs
    for run in state.runs:
        assert isinstance(run, StageRun)
        spec = through_json(spec_to_json(run.spec))
        assert spec_from_json(spec) == run.spec
        assert repeat(spec, through_json(inputs_to_json(run, facts))) == through_json(outcome_to_json(run.outcome))


@pytest.mark.parametrize(
    "damage",
    [{"stage": "auction"}, {"stage": "draw", "tickets": "many", "keep": None}, {"stage": "draw", "tickets": "equal", "keep": True},
     {"stage": "price", "rule": "lowest", "bounds": []}, {"stage": 1}, {"stage": "score", "criteria": {}, "bounds": {}},
     {"stage": "score", "criteria": [{"kind": "price", "weight": "x", "name": ""}], "bounds": {}}],
)  # fmt: skip
def test_damaged_stages_are_refused(damage: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"stored here|no such stage|is not a valid"):
        spec_from_json(damage)
