"""Pure parts of panels: who must not judge, what an id and a sheet's hash bind, drops and means, the state tables."""

from fractions import Fraction
from hashlib import sha256
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.core.draw import Member, parse_pool_file, pool_file
from supermarket.core.errors import WrongState
from supermarket.modes.merit_criteria import dropped_places, panel_points
from supermarket.projects.links import Links
from supermarket.selection.panels.avoidance import Judged, Tied, kept_out
from supermarket.selection.panels.commitment import SheetRow, hash_of, person_body, salt_of, sheet_body
from supermarket.selection.panels.convening import alias_at
from supermarket.selection.panels.states import PANEL, SEAT, PanelAction, PanelState, SeatAction, SeatState
from supermarket.selection.panels.summary import Given, lines

OWNER, BIDDER, OTHER, BOSS = "11510000MAX0000001", "91510107MAX0000002", "91510107MAX0000003", "91510107MAX0000009"
JUDGED = Judged(Links(OWNER, None), (Links(BIDDER, "head", frozenset({BOSS})), Links(OTHER, None)), frozenset())
FREE = "12510000MAX0000007"


@pytest.mark.parametrize(
    ("expert", "code"),
    [
        (Tied(None), None),
        (Tied(Links(FREE, None)), None),
        (Tied(Links(OWNER, None)), "employer_is_owner"),
        (Tied(Links(BIDDER, None)), "employer_is_bidder"),
        (Tied(Links(BOSS, None)), "employer_is_linked"),
        (Tied(Links(FREE, None, frozenset({BIDDER}))), "employer_is_linked"),
        (Tied(Links(FREE, None, frozenset({OWNER}))), "employer_is_linked"),
        (Tied(Links(FREE, "head")), "employer_is_linked"),
        # The same controller is too weak a link to keep two agencies out of one pool, but not for a judge.
        (Tied(Links(FREE, None, frozenset({BOSS}))), "employer_is_linked"),
        (Tied(None, (Links(BIDDER, None),)), "declared_interest"),
        (Tied(None, (Links(OWNER, None),)), "declared_interest"),
        (Tied(None, (Links(BOSS, None),)), "declared_interest"),
        (Tied(None, (Links(FREE, None),)), None),
        (Tied(None, served_before=True), "served_before"),
        (Tied(None, open_seats=3, most_seats=3), "load"),
        (Tied(None, open_seats=2, most_seats=3), None),
    ],
)
def test_who_must_not_judge(expert: Tied, code: str | None) -> None:
    assert kept_out(expert, JUDGED) == code


def test_whose_employer_did_the_preceding_work_does_not_judge() -> None:
    judged = Judged(None, (), frozenset({FREE}))
    assert kept_out(Tied(Links(FREE, None)), judged) == "employer_did_preceding_work"


def test_an_id_is_the_hash_of_the_person_and_fits_a_pool_file() -> None:
    body = person_body("P-2026-000001", "E-2026-000001", "张 三", "某大学", None, "ab" * 32)
    assert body == f"expert-v1\nP-2026-000001\nE-2026-000001\n张 三\n某大学\n-\n{'ab' * 32}\n"
    assert hash_of(body) == sha256(body.encode()).hexdigest()
    assert salt_of(body) == "ab" * 32
    data = pool_file("P-2026-000001", "panel", "published:kl8", [Member(hash_of(body))])
    assert parse_pool_file(data).members == (Member(hash_of(body)),)


words = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
rows = st.lists(st.builds(SheetRow, st.sampled_from([OWNER, BIDDER]), words, st.integers(0, 100), words), max_size=6)


@given(rows, st.randoms(use_true_random=False))
def test_a_sheets_hash_does_not_depend_on_the_order_of_its_rows(given_rows: list[SheetRow], rng: object) -> None:
    shuffled = list(given_rows)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random of hypothesis
    assert sheet_body("P-1", "id", shuffled, "salt") == sheet_body("P-1", "id", given_rows, "salt")
    body = sheet_body("P-1", "id", given_rows, "salt")
    assert body.count("\n") == 4 + len(given_rows)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=9))
def test_drops_and_mean_agree_and_do_not_depend_on_the_order(points: list[int]) -> None:
    out = dropped_places(points)
    assert len(out) == (2 if len(points) >= 5 else 0)
    kept = [value for place, value in enumerate(points) if place not in out]
    assert panel_points(points) == Fraction(sum(kept), len(kept))
    if out:
        assert sorted(points[place] for place in out) == [min(points), max(points)]
    assert panel_points(sorted(points)) == panel_points(points)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=9), st.integers(0, 8))
def test_more_points_never_lower_a_mean(points: list[int], place: int) -> None:
    raised = [min(100, value + 7) if at == place % len(points) else value for at, value in enumerate(points)]
    assert panel_points(raised) >= panel_points(points)


def test_the_table_of_a_record() -> None:
    sheets = {str(n): {("X", "a"): Given(points, f"s{n}")} for n, points in enumerate((50, 90, 70, 60, 80))}
    (line,) = lines([str(n) for n in range(5)], ["X"], ["a"], sheets)
    assert [(cell.points, cell.dropped) for cell in line.cells] == [
        (50, True),
        (90, True),
        (70, False),
        (60, False),
        (80, False),
    ]
    assert line.mean == 70
    with pytest.raises(KeyError):
        lines(["0", "9"], ["X"], ["a"], sheets)


def test_letters_go_on_after_z() -> None:
    assert [alias_at(place) for place in (0, 1, 25, 26, 27, 51, 52, 701, 702)] == [
        "A",
        "B",
        "Z",
        "AA",
        "AB",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


SEAT_STEPS = {
    ("pooled", "invite"): "invited",
    ("pooled", "release"): "released",
    ("invited", "accept"): "serving",
    ("invited", "decline"): "declined",
    ("invited", "lapse"): "no_answer",
    ("invited", "release"): "released",
    ("serving", "submit"): "submitted",
    ("serving", "recuse"): "recused",
    ("serving", "lapse"): "late",
    ("serving", "release"): "released",
    ("submitted", "confirm"): "confirmed",
    ("submitted", "dissent"): "dissented",
    ("submitted", "release"): "released",
}
PANEL_STEPS = {
    ("drawing", "seat"): "scoring",
    ("drawing", "end"): "ended",
    ("scoring", "complete"): "confirming",
    ("scoring", "end"): "ended",
    ("confirming", "close"): "closed",
    ("confirming", "end"): "ended",
}


@pytest.mark.parametrize(("state", "action"), list(product(SeatState, SeatAction)))
def test_every_state_and_action_of_a_seat(state: SeatState, action: SeatAction) -> None:
    wanted = SEAT_STEPS.get((state.value, action.value))
    if wanted is None:
        with pytest.raises(WrongState):
            SEAT.next(state, action)
    else:
        assert SEAT.next(state, action) == wanted


@pytest.mark.parametrize(("state", "action"), list(product(PanelState, PanelAction)))
def test_every_state_and_action_of_a_panel(state: PanelState, action: PanelAction) -> None:
    wanted = PANEL_STEPS.get((state.value, action.value))
    if wanted is None:
        with pytest.raises(WrongState):
            PANEL.next(state, action)
    else:
        assert PANEL.next(state, action) == wanted
