"""What a mode will do with a project, in plain sentences: every mode, with the project's own numbers and dates."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from supermarket.modes.limits import kept_terms
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.modes.plain import Amount, Days, Plan, Topic, Weights, explain, stage_sentences
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import MODES, Terms, mode
from supermarket.policies.defaults import DEFAULTS

UNTIL = datetime(2026, 12, 4, 10, 0, tzinfo=UTC)
AT = datetime(2026, 12, 7, 2, 0, tzinfo=UTC)
TERMS = Terms(
    bounds=Bounds(ceiling=10_000_000),
    criteria=(Criterion(CriterionKind.PRICE, Decimal(60)), Criterion(CriterionKind.STARS, Decimal(40))),
    shortlist_by=ShortlistBy.STARS,
    keep=4,
    draw_keep=3,
)


def plan_of(name: str, **changes: object) -> Plan:
    row = mode(name)
    plan = Plan(
        row,
        kept_terms(row, TERMS, DEFAULTS),
        DEFAULTS,
        fiscal=True,
        ceiling=10_000_000,
        enrol_until=UNTIL,
        select_at=AT,
    )
    return replace(plan, **changes)  # type: ignore[arg-type]  # the caller names real fields


def told(plan: Plan) -> dict[Topic, str]:
    """Each topic as English text; values that the page puts into words stand as they are."""
    return {passage.topic: " ".join(s.text() for s in passage.sentences) for passage in explain(plan)}


@pytest.mark.parametrize("name", list(MODES))
def test_every_mode_is_told_with_its_numbers_and_no_place_left_open(name: str) -> None:
    found = told(plan_of(name))
    assert "%(" not in "".join(found.values())
    assert " K " not in found.get(Topic.STEPS, "") and " n " not in found.get(Topic.STEPS, "")
    if name == "direct":
        assert list(found) == [Topic.WHO, Topic.PRICE, Topic.FOLLOWS, Topic.PUBLIC, Topic.AFTER]
        return
    assert list(found) == list(Topic)
    assert str(UNTIL) in found[Topic.WHO]
    assert str(AT) in found[Topic.STEPS]
    assert ("sealed quote" in found[Topic.PRICE]) == mode(name).needs_quotes


@pytest.mark.parametrize(
    ("name", "topic", "words"),
    [
        (
            "random",
            Topic.FEWEST,
            "Valid enrolments needed: at least 3. With fewer than 3, enrolment is extended once by",
        ),
        ("random", Topic.FEWEST, "After that 2 are enough; with fewer the project fails"),
        ("bidding", Topic.FEWEST, "each with a valid quote: at least 3."),
        ("bidding", Topic.FEWEST, "If it is too few then, too, the project fails"),
        ("merit", Topic.FEWEST, "After that 1 are enough if the owner accepts it in writing within"),
        ("merit", Topic.STEPS, "The best total is selected."),
        ("credit_merit", Topic.STEPS, "By credit points as enrolment ends, the best 4 stay."),
        ("credit_merit", Topic.STEPS, "credit level A has three tickets, B two, all others one."),
        ("credit_merit", Topic.STEPS, "The first 3 of that order go on. The owner chooses one of those left"),
        ("credit_merit", Topic.FOLLOWS, "Nobody follows the one chosen"),
        ("credit_merit", Topic.PUBLIC, "(the big list)"),
        ("credit_merit", Topic.PUBLIC, "(the small list)"),
        ("merit_random", Topic.STEPS, "By stars as enrolment ends, the best 4 stay."),
        ("merit_random", Topic.STEPS, "The first of that order is selected."),
        ("merit_bidding", Topic.FOLLOWS, "at most 5 % above the first winner's"),
        ("random_bidding", Topic.STEPS, "The first 3 of that order go on. The lowest valid quote is selected."),
        ("mean_price", Topic.STEPS, "one highest and one lowest are left out of the mean, not out of the ranking"),
        ("direct", Topic.WHO, "The owner names one eligible agency"),
    ],
)
def test_what_is_said_of_a_mode(name: str, topic: Topic, words: str) -> None:
    assert words in told(plan_of(name))[topic]


def test_values_come_as_values_for_the_page_to_write() -> None:
    (price,) = [passage for passage in explain(plan_of("bidding", floor=5_000_000)) if passage.topic is Topic.PRICE]
    assert price.sentences[0].params == {"floor": Amount(5_000_000), "ceiling": Amount(10_000_000)}
    assert price.sentences[1].params["amount"] == Amount(6_000_000)
    (after,) = [passage for passage in explain(plan_of("random")) if passage.topic is Topic.AFTER]
    assert after.sentences[0].params == {"days": Days(3), "sign": Days(10)}
    (steps,) = [passage for passage in explain(plan_of("merit")) if passage.topic is Topic.STEPS]
    assert steps.sentences[1].params == {"weights": Weights(TERMS.criteria)}


def test_the_live_form_tells_how_long_it_lasts() -> None:
    found = told(plan_of("bidding", row=mode("bidding").live()))
    assert "from at most" in found[Topic.PRICE]
    assert "A live reverse auction follows" in found[Topic.STEPS]
    assert "It lasts 600 seconds; a bid in the last 120 seconds moves the end." in found[Topic.STEPS]


def test_social_money_waits_less_and_a_direct_selection_of_it_not_at_all() -> None:
    assert "Objections are heard" in told(plan_of("random", fiscal=False))[Topic.AFTER]
    assert "follows the announcement at once" in told(plan_of("direct", fiscal=False))[Topic.AFTER]


def test_a_notice_that_is_still_reviewed_says_that_its_moments_may_move() -> None:
    assert told(plan_of("random", reviewed=True))[Topic.WHO].startswith("The operator reviews the notice first")


def test_without_a_project_what_is_open_reads_k_and_n() -> None:
    text = " ".join(sentence.text() for sentence in stage_sentences(mode("credit_merit")))
    assert "the best K stay" in text and "The first n of that order go on" in text
    assert "as the owner says in the notice" in stage_sentences(mode("merit_random"))[0].text()
