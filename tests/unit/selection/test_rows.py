"""A mode's row and a project's terms as JSON and back; what can be fixed at the freeze; the live form."""

import json
from decimal import Decimal

import pytest

from supermarket.core.draw import Member
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.modes.pipeline import drawn_at_freeze
from supermarket.modes.rows import mode_from_json, mode_to_json, published_stages, terms_from_json, terms_to_json
from supermarket.modes.stages import Candidate, CreditLevel, Exclusion, StageError, Waiting, WaitingFor
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import MODES, StageName, Terms, mode, pipeline_for

BOUNDS = Bounds(ceiling=1000)
TERMS = Terms(
    bounds=BOUNDS,
    criteria=(
        Criterion(CriterionKind.PRICE, Decimal("62.5")),
        Criterion(CriterionKind.PANEL, Decimal("37.5"), "plan", "Is it sound?"),
    ),
    panel_size=3,
    shortlist_by=ShortlistBy.STARS,
    keep=2,
    draw_keep=1,
)
USCCS = [f"91510100MA61T2XX{number:02d}" for number in range(4)]


@pytest.mark.parametrize("name", list(MODES))
def test_every_row_comes_back_from_json(name: str) -> None:
    row = mode(name)
    assert mode_from_json(json.loads(json.dumps(mode_to_json(row)))) == row


@pytest.mark.parametrize("terms", [TERMS, Terms(bounds=BOUNDS), Terms(bounds=BOUNDS, live=True)])
def test_terms_come_back_from_json(terms: Terms) -> None:
    assert terms_from_json(json.loads(json.dumps(terms_to_json(terms))), BOUNDS) == terms


def test_what_was_not_chosen_is_left_out() -> None:
    assert terms_to_json(Terms(bounds=BOUNDS)) == {}


@pytest.mark.parametrize(
    "damage",
    [{"fewest_valid": "3"}, {"needs_quotes": 1}, {"label": None}, {"stages": [{"stage": 7}]}, {"stages": "draw"},
     {"stages": [{"stage": "raffle"}]}],
)  # fmt: skip
def test_a_damaged_row_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises((StageError, ValueError)):
        mode_from_json(mode_to_json(mode("random")) | damage)


def test_the_published_pipeline_has_every_parameter_but_the_bounds() -> None:
    assert published_stages(pipeline_for(mode("merit_bidding"), TERMS)) == [
        {"stage": "shortlist", "by": "stars", "keep": 2},
        {"stage": "price", "rule": "lowest"},
    ]


def test_the_live_form_puts_an_auction_in_the_place_of_the_lowest_sealed_quote() -> None:
    assert mode("merit_bidding").live().stages == (mode("merit_bidding").stages[0], (StageName.AUCTION, {}))
    assert not mode("bidding").live().needs_quotes
    assert {row.name for row in MODES.values() if row.can_be_live} == {"bidding", "merit_bidding", "random_bidding"}
    with pytest.raises(StageError):
        mode("mean_price").live()


def test_a_draw_after_shortlists_only_is_fixed_at_the_freeze() -> None:
    candidates = [
        Candidate(uscc, credit_points=100 - n, credit_level=list(CreditLevel)[n]) for n, uscc in enumerate(USCCS)
    ]
    state = drawn_at_freeze(pipeline_for(mode("credit_merit"), TERMS), candidates, "P-1")
    assert state is not None
    assert state.waiting == Waiting(
        WaitingFor.RECEIPT,
        members=(USCCS[0], USCCS[1]),
        purpose="main",
        detail="pool_file",
        pool=(Member(USCCS[0], 3), Member(USCCS[1], 2)),
    )
    assert state.excluded == (Exclusion(USCCS[2], "not_shortlisted"), Exclusion(USCCS[3], "not_shortlisted"))
    assert drawn_at_freeze(pipeline_for(mode("random"), TERMS), candidates, "P-1") is not None
    for name in ("bidding", "merit", "merit_bidding", "direct"):
        assert drawn_at_freeze(pipeline_for(mode(name), TERMS), candidates, "P-1") is None
