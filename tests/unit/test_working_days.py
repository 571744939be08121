"""Working days and limits: lifecycle spec, "Time limits"."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.core.working_days import (
    SHANGHAI,
    Calendar,
    calendar_days_between,
    due_after_calendar_days,
    due_date,
    end_of_day,
    is_late,
    load_official,
    local_date,
    local_moment,
    read_days,
    shift_calendar_days,
)

OFFICIAL = load_official()
MOMENTS = st.integers(0, 5 * 366 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 5, tzinfo=UTC) + timedelta(minutes=minutes)
)
COUNTS = st.integers(min_value=0, max_value=40)


def make_local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_official_years_are_published_and_later_ones_are_computed() -> None:
    assert [OFFICIAL.is_published(year) for year in (2023, 2024, 2025, 2026, 2027)] == [False, True, True, True, False]
    assert [sum(day.year == year for day in OFFICIAL.official) for year in (2024, 2025, 2026)] == [366, 365, 365]


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2025, 10, 1), False),  # National Day
        (date(2025, 9, 28), True),  # a Sunday, made up
        (date(2025, 10, 11), True),  # a Saturday, made up
        (date(2026, 1, 1), False),
        (date(2026, 2, 17), False),  # Spring Festival
        (date(2027, 1, 1), True),  # not published: a Friday counts
        (date(2027, 1, 2), False),  # a Saturday
    ],
)
def test_is_working(day: date, working: bool) -> None:
    assert OFFICIAL.is_working(day) is working


def test_a_partly_known_year_is_not_published() -> None:
    calendar = Calendar({date(2027, 10, 1): False})
    assert not calendar.is_published(2027)
    assert not calendar.is_working(date(2027, 10, 1))
    assert calendar.is_working(date(2027, 10, 4))


def test_the_day_itself_does_not_count_and_the_limit_ends_at_24_local() -> None:
    # Monday 10:00, three working days: Thursday 24:00 local is 16:00 UTC.
    assert OFFICIAL.due_after(make_local("2026-03-02 10:00"), 3) == datetime(2026, 3, 5, 16, tzinfo=UTC)


def test_the_local_date_counts_not_the_utc_date() -> None:
    # 17:30 UTC on Sunday is 01:30 on Monday in Shanghai.
    assert OFFICIAL.due_after(datetime(2026, 3, 1, 17, 30, tzinfo=UTC), 1) == end_of_day(date(2026, 3, 3))


def test_a_limit_over_the_national_holiday_uses_the_make_up_days() -> None:
    # 2025-09-30 Tuesday; holiday 1 to 8 October; 9, 10 and the made-up Saturday 11 work.
    start = make_local("2025-09-30 09:00")
    assert OFFICIAL.due_after(start, 1) == end_of_day(date(2025, 10, 9))
    assert OFFICIAL.due_after(start, 3) == end_of_day(date(2025, 10, 11))
    assert OFFICIAL.due_after(start, 4) == end_of_day(date(2025, 10, 13))


def test_a_limit_of_nothing_is_at_once() -> None:
    start = make_local("2026-03-01 10:00")
    assert OFFICIAL.due_after(start, 0) == start
    assert due_after_calendar_days(start, 0) == start
    assert OFFICIAL.due_after(start, 0).tzinfo is UTC


def test_calendar_days_run_through_holidays() -> None:
    assert due_after_calendar_days(make_local("2025-09-30 23:59"), 30) == end_of_day(date(2025, 10, 30))
    assert calendar_days_between(make_local("2025-09-30 23:59"), make_local("2025-10-01 00:00")) == 1
    assert calendar_days_between(make_local("2025-10-02 00:00"), make_local("2025-10-01 23:00")) == -1


def test_at_the_due_instant_it_is_late() -> None:
    due = end_of_day(date(2026, 3, 5))
    assert not is_late(due, due - timedelta(microseconds=1))
    assert is_late(due, due)
    assert due_date(due) == date(2026, 3, 5)
    assert local_date(due) == date(2026, 3, 6)


def test_t_minus_n_is_nine_in_the_morning_before_the_due_date() -> None:
    due = end_of_day(date(2026, 3, 5))  # Thursday
    assert OFFICIAL.moment_before(due, 3) == local_moment(date(2026, 3, 2), time(9))
    assert OFFICIAL.moment_before(due, 0) == local_moment(date(2026, 3, 5), time(9))
    # A Monday: one working day before is the Friday.
    assert OFFICIAL.moment_before(make_local("2026-03-09 14:00"), 1) == make_local("2026-03-06 09:00")


def test_shift_keeps_the_local_time_and_24_stays_24() -> None:
    assert OFFICIAL.shift(make_local("2026-03-06 09:30"), 1) == make_local("2026-03-09 09:30")
    assert OFFICIAL.shift(end_of_day(date(2026, 3, 6)), 1) == end_of_day(date(2026, 3, 9))
    assert OFFICIAL.shift(make_local("2026-03-07 09:30"), 0) == make_local("2026-03-07 09:30")
    assert shift_calendar_days(make_local("2026-03-06 09:30"), 2) == make_local("2026-03-08 09:30")


def test_working_days_of_a_suspension() -> None:
    assert OFFICIAL.working_days_between(make_local("2026-03-02 10:00"), make_local("2026-03-02 18:00")) == 0
    assert OFFICIAL.working_days_between(make_local("2026-03-02 10:00"), make_local("2026-03-04 09:00")) == 2
    assert OFFICIAL.working_days_between(make_local("2026-03-06 10:00"), make_local("2026-03-08 09:00")) == 0


def test_remaining_and_overdue() -> None:
    due = end_of_day(date(2026, 3, 5))
    assert OFFICIAL.remaining(due, make_local("2026-03-02 10:00")) == 3
    assert OFFICIAL.remaining(due, make_local("2026-03-05 23:59")) == 0
    assert OFFICIAL.overdue(due, make_local("2026-03-05 23:59")) == 0
    assert OFFICIAL.overdue(due, make_local("2026-03-06 00:00")) == 1
    assert OFFICIAL.remaining(due, make_local("2026-03-10 10:00")) == 0
    assert OFFICIAL.overdue(due, make_local("2026-03-10 10:00")) == 3
    same_day = make_local("2026-03-05 12:00")
    assert is_late(same_day, make_local("2026-03-05 13:00"))
    assert OFFICIAL.overdue(same_day, make_local("2026-03-05 13:00")) == 0


def test_naive_moments_and_negative_counts_are_refused() -> None:
    naive = datetime(2026, 3, 2, 10)  # noqa: DTZ001 - the refused thing itself
    with pytest.raises(ValueError, match="time zone"):
        OFFICIAL.due_after(naive, 1)
    with pytest.raises(ValueError, match="time zone"):
        OFFICIAL.due_after(naive, 0)
    with pytest.raises(ValueError, match="negative"):
        OFFICIAL.due_after(make_local("2026-03-02 10:00"), -1)
    with pytest.raises(ValueError, match="before the start"):
        OFFICIAL.working_days_between(make_local("2026-03-03 10:00"), make_local("2026-03-02 10:00"))


def test_a_bad_calendar_file_is_named_by_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("calendar")
    odd = folder / "odd.csv"
    odd.write_text("date,is_workday\n2027-01-01,0\n2027-01-02,yes\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd\.csv, line 3: is_workday must be 0 or 1"):
        read_days(odd)
    twice = folder / "twice.csv"
    twice.write_text("date,is_workday\n2027-01-01,0\n2027-01-01,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"twice\.csv, line 3: 2027-01-01 is there twice"):
        read_days(twice)


@given(start=MOMENTS, days=COUNTS)
def test_counting_back_gives_the_limit(start: datetime, days: int) -> None:
    due = OFFICIAL.due_after(start, days)
    assert OFFICIAL.working_days_between(start, due) == days
    assert due >= start
    if days:
        assert OFFICIAL.is_working(due_date(due))
        assert due.astimezone(SHANGHAI).time() == time(0)
        assert OFFICIAL.remaining(due, start) == days


@given(start=MOMENTS, first=COUNTS, second=st.integers(min_value=1, max_value=40))
def test_a_shifted_limit_is_a_longer_limit(start: datetime, first: int, second: int) -> None:
    due = OFFICIAL.due_after(start, first) if first else end_of_day(local_date(start))
    assert OFFICIAL.shift(due, second) == OFFICIAL.due_after(start, first + second)


@given(start=MOMENTS, days=st.integers(min_value=1, max_value=40))
def test_urging_comes_before_the_due_moment(start: datetime, days: int) -> None:
    due = OFFICIAL.due_after(start, days)
    urged = OFFICIAL.moment_before(due, days)
    assert urged < due
    assert urged.astimezone(SHANGHAI).time() == time(9)
