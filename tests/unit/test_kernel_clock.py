"""The market's clock: real time, or in a demo a stored offset that only grows; and columns that refuse what is not time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from supermarket.core import clock
from supermarket.core.columns import Fen, UtcDateTime
from supermarket.core.errors import RuleBroken

SOON = timedelta(seconds=5)


@pytest.fixture
def real_market(app: Flask) -> Iterator[None]:
    """A market that is no demo."""
    app.config["DEMO"] = False
    yield
    app.config["DEMO"] = True


def test_without_a_demo_clock_it_is_real_time(session: Session) -> None:
    assert clock.offset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < SOON


def test_the_demo_clock_stands_where_it_was_put_and_goes_on(session: Session) -> None:
    there = clock.real_now() + timedelta(days=400)
    clock.move_to(there)
    assert timedelta(0) <= clock.now() - there < SOON
    assert clock.now() < clock.now() + timedelta(microseconds=1)
    assert abs(clock.real_now() - datetime.now(UTC)) < SOON


def test_the_demo_clock_may_begin_in_the_past_so_that_a_year_can_be_played(session: Session) -> None:
    there = clock.real_now() - timedelta(days=365)
    clock.move_to(there)
    assert timedelta(0) <= clock.now() - there < SOON


def test_the_demo_clock_never_goes_back(session: Session) -> None:
    there = clock.real_now() + timedelta(days=10)
    clock.move_to(there)
    with pytest.raises(RuleBroken) as refusal:
        clock.move_to(there - timedelta(seconds=1))
    assert (refusal.value.status, refusal.value.code) == (422, "clock_backwards")
    assert timedelta(0) <= clock.now() - there < SOON


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.integers(-5_000, 5_000), min_size=1, max_size=6))
def test_whatever_is_asked_the_clock_only_grows(session: Session, moves: list[int]) -> None:
    start = clock.now()
    stands = clock.offset()
    for days in moves:
        moment = start + timedelta(days=days)
        if moment < clock.now():
            if clock.offset() == timedelta(0) and stands == timedelta(0):
                continue  # the first setting of all is free
            with pytest.raises(RuleBroken):
                clock.move_to(moment)
        else:
            clock.move_to(moment)
        assert clock.offset() >= stands
        stands = clock.offset()


@pytest.mark.usefixtures("real_market")
def test_a_real_market_has_no_clock_to_move(session: Session) -> None:
    with pytest.raises(RuleBroken) as refusal:
        clock.move_to(clock.real_now() + timedelta(days=1))
    assert refusal.value.code == "not_a_demo"
    assert clock.offset() == timedelta(0)


def test_people_read_beijing_time() -> None:
    assert clock.local_text(datetime(2026, 11, 27, 16, 5, tzinfo=UTC)) == "2026-11-28 00:05"


DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy types it loosely


def test_a_column_of_moments_refuses_a_naive_one_and_stores_utc() -> None:
    column = UtcDateTime()
    with pytest.raises(ValueError, match="time zone"):
        column.process_bind_param(datetime(2026, 1, 1), DIALECT)  # noqa: DTZ001 - the refusal of it is the test
    beijing = datetime(2026, 1, 1, 8, 0, tzinfo=timezone(timedelta(hours=8)))
    stored = column.process_bind_param(beijing, DIALECT)
    assert stored == datetime(2026, 1, 1, tzinfo=UTC)
    assert stored is not None and stored.tzinfo is UTC
    assert column.process_bind_param(None, DIALECT) is None


@pytest.mark.parametrize("value", [1.0, "100", True])
def test_a_column_of_money_takes_whole_fen_only(value: object) -> None:
    with pytest.raises(TypeError, match="whole fen"):
        Fen().process_bind_param(value, DIALECT)  # type: ignore[arg-type]  # the refusal of it is the test
    assert Fen().process_bind_param(100, DIALECT) == 100
