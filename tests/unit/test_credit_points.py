"""Credit points C: the table of the spec, what is in force on a day, reversals, levels and effects."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.credit.points import (
    CREDIT_TABLE,
    EFFECTS,
    OWNER_TABLE,
    CreditEvent,
    CreditLevel,
    Entry,
    EntryState,
    OwnerEvent,
    add_months,
    agency_credit,
    in_force_until,
    lateness_points,
    ledger_rows,
    level_of,
    owner_credit,
    red_listed,
    repair_from,
)

START = date(2026, 1, 15)


def make_entry(
    event: CreditEvent = CreditEvent.GAVE_UP_AWARD,
    start: date = START,
    reference: str = "e1",
    reverses: str | None = None,
    points: int | None = None,
) -> Entry:
    term = CREDIT_TABLE[event]
    value = term.points if points is None else points
    return Entry(reference, event, value, start, in_force_until(start, term), reverses)


@pytest.mark.parametrize(
    ("event", "points", "months"),
    [
        (CreditEvent.GAVE_UP_AWARD, -10, 12),
        (CreditEvent.DID_NOT_SIGN, -8, 12),
        (CreditEvent.QUOTE_NOT_HANDED_IN, -10, 12),
        (CreditEvent.LATE_DELIVERABLE, -2, 12),
        (CreditEvent.RETURNED_BY_AUTHORITY, -5, 12),
        (CreditEvent.ACCEPTANCE_FAILED, -8, 12),
        (CreditEvent.COMPLAINT_NOT_ANSWERED, -5, 12),
        (CreditEvent.UNLAWFUL_PASSING_ON, -30, 24),
        (CreditEvent.PENALTY_LIGHT, -10, 12),
        (CreditEvent.PENALTY_HEAVY, -20, 24),
        (CreditEvent.PENALTY_SEVERE, -40, 36),
        (CreditEvent.COLLUSION, -60, 36),
        (CreditEvent.FALSE_MATERIAL, -60, 36),
        (CreditEvent.COMMENDED, 3, 12),
        (CreditEvent.TOOK_PART_IN_STANDARD, 3, 12),
        (CreditEvent.GOOD_YEAR, 2, 12),
    ],
)
def test_table(event: CreditEvent, points: int, months: int) -> None:
    assert (CREDIT_TABLE[event].points, CREDIT_TABLE[event].months) == (points, months)


def test_every_event_has_its_row() -> None:
    assert set(CREDIT_TABLE) == set(CreditEvent)
    assert {event: term.points for event, term in OWNER_TABLE.items()} == {
        OwnerEvent.LATE_PAYMENT: -5,
        OwnerEvent.REFUSED_TO_SIGN: -10,
        OwnerEvent.WITHDREW_AFTER_AWARD: -10,
        OwnerEvent.DID_NOT_REVEAL: -10,
        OwnerEvent.DIRECT_CONCENTRATION: -5,
    }


@pytest.mark.parametrize(
    ("late", "points"), [(-1, 0), (0, 0), (1, -2), (3, -2), (4, -4), (9, -6), (12, -8), (13, -10), (90, -10)]
)
def test_lateness_of_a_term_of_30_days(late: int, points: int) -> None:
    assert lateness_points(late, 30) == points


def test_lateness_needs_a_term() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        lateness_points(1, 0)


def test_months_end_where_the_month_ends() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2026, 12, 5), 1) == date(2027, 1, 5)
    assert add_months(date(2026, 1, 5), -24) == date(2024, 1, 5)


def test_an_entry_counts_from_its_day_until_its_end() -> None:
    entry = make_entry()
    assert entry.until == date(2027, 1, 15)
    counted = {day: agency_credit([entry], day, 9, 9).points for day in (date(2026, 1, 14), START, date(2027, 1, 14))}
    assert list(counted.values()) == [100, 90, 90]
    after = agency_credit([entry], entry.until, 9, 9)
    assert (after.points, after.rows[0].state) == (100, EntryState.RUN_OUT)


def test_a_reversal_ends_the_entry_from_its_own_day() -> None:
    ledger = [make_entry(), make_entry(reference="e2", start=date(2026, 3, 1), reverses="e1", points=10)]
    assert agency_credit(ledger, date(2026, 2, 28), 9, 9).points == 90
    reversed_ = agency_credit(ledger, date(2026, 3, 1), 9, 9)
    assert reversed_.points == 100
    assert [row.state for row in reversed_.rows] == [EntryState.REVERSED, EntryState.REVERSAL]


def test_a_reversal_can_be_reversed() -> None:
    ledger = [
        make_entry(),
        make_entry(reference="e2", start=date(2026, 3, 1), reverses="e1", points=10),
        make_entry(reference="e3", start=date(2026, 4, 1), reverses="e2", points=-10),
    ]
    assert [agency_credit(ledger, date(2026, month, 2), 9, 9).points for month in (2, 3, 4)] == [90, 100, 90]


def test_a_reversal_must_follow_what_it_reverses() -> None:
    with pytest.raises(ValueError, match="does not stand before it"):
        ledger_rows([make_entry(reference="e2", reverses="e1")], START)


def test_c_stays_within_its_bounds() -> None:
    good = [make_entry(CreditEvent.COMMENDED, reference=str(number)) for number in range(9)]
    assert agency_credit(good, START, 9, 9).points == 120
    bad = [make_entry(CreditEvent.COLLUSION, reference=str(number)) for number in range(2)]
    assert agency_credit(bad, START, 9, 9).points == 0


@pytest.mark.parametrize(
    ("points", "level"),
    [(120, "A"), (90, "A"), (89, "B"), (80, "B"), (79, "C"), (60, "C"), (59, "D"), (0, "D")],
)
def test_levels(points: int, level: str) -> None:
    assert level_of(points) == CreditLevel(level)


@pytest.mark.parametrize(("ratings", "owners", "held"), [(0, 0, True), (2, 2, True), (9, 1, True), (3, 2, False)])
def test_without_three_ratings_from_two_owners_at_most_b(ratings: int, owners: int, held: bool) -> None:
    found = agency_credit([], START, ratings, owners)
    assert found.points == 100
    assert (found.level, found.held_at_b) == ((CreditLevel.B, True) if held else (CreditLevel.A, False))
    assert agency_credit([make_entry(CreditEvent.PENALTY_SEVERE)], START, ratings, owners).level is CreditLevel.C


def test_effects() -> None:
    assert [EFFECTS[level].tickets for level in CreditLevel] == [3, 2, 1, 1]
    assert [EFFECTS[level].direct_with_fiscal for level in CreditLevel] == [True, True, False, False]
    assert [EFFECTS[level].freeze_months for level in CreditLevel] == [None, None, None, (3, 6)]
    assert EFFECTS[CreditLevel.A].rank < EFFECTS[CreditLevel.B].rank


def test_levels_against_a_floor() -> None:
    assert CreditLevel.A.at_least(CreditLevel.B)
    assert CreditLevel.B.at_least(CreditLevel.B)
    assert not CreditLevel.C.at_least(CreditLevel.B)


def test_owner_ledger() -> None:
    late = Entry("o1", OwnerEvent.LATE_PAYMENT, -5, START, date(2027, 1, 15))
    refused = Entry("o2", OwnerEvent.REFUSED_TO_SIGN, -10, START, date(2027, 1, 15))
    found = owner_credit([late, refused], START)
    assert (found.points, found.level, found.held_at_b) == (85, CreditLevel.B, False)
    assert owner_credit([], START).level is CreditLevel.A


def test_red_list() -> None:
    clean = agency_credit([], START, 9, 9)
    assert red_listed(clean, 5, START)
    assert not red_listed(clean, 4, START)
    assert not red_listed(agency_credit([], START, 1, 1), 5, START)
    old = make_entry(CreditEvent.COMPLAINT_NOT_ANSWERED, start=date(2024, 2, 1))
    assert not red_listed(agency_credit([old], START, 9, 9), 5, START)
    assert red_listed(agency_credit([old], date(2026, 2, 1), 9, 9), 5, date(2026, 2, 1))
    undone = [old, make_entry(start=date(2024, 3, 1), reference="e2", reverses="e1", points=5)]
    assert red_listed(agency_credit(undone, START, 9, 9), 5, START)


def test_repair() -> None:
    assert repair_from(make_entry(CreditEvent.DID_NOT_SIGN)) == date(2026, 4, 15)
    assert repair_from(make_entry(CreditEvent.PENALTY_HEAVY)) == date(2026, 7, 15)
    severe = make_entry(CreditEvent.COLLUSION)
    assert (severe.until - severe.from_date).days == 1096
    assert repair_from(severe) == date(2027, 7, 17)  # 548 days later
    assert repair_from(make_entry(CreditEvent.COMMENDED)) is None
    assert repair_from(make_entry(reference="e2", reverses="e1")) is None


LEDGERS = st.lists(st.tuples(st.sampled_from(CreditEvent), st.dates(date(2023, 1, 1), date(2027, 1, 1))), max_size=15)


@given(LEDGERS, st.dates(date(2023, 1, 1), date(2030, 1, 1)))
def test_the_rows_add_up_and_repeat(items: list[tuple[CreditEvent, date]], on: date) -> None:
    ledger = [make_entry(event, start, str(number)) for number, (event, start) in enumerate(items)]
    found = agency_credit(ledger, on, 9, 9)
    assert found.points == min(120, max(0, 100 + sum(row.counted for row in found.rows)))
    assert found == agency_credit(list(ledger), on, 9, 9)
    assert [row.entry for row in found.rows] == ledger


@given(LEDGERS, st.dates(date(2023, 1, 1), date(2030, 1, 1)))
def test_reversing_everything_gives_a_clean_slate(items: list[tuple[CreditEvent, date]], on: date) -> None:
    ledger = [make_entry(event, start, str(number)) for number, (event, start) in enumerate(items)]
    undone = [
        make_entry(entry.event, on, f"r{entry.reference}", entry.reference)
        for entry in ledger
        if isinstance(entry.event, CreditEvent)
    ]
    assert agency_credit([*ledger, *undone], on, 9, 9).points == 100
