"""Experts who sign at the same moment, or against the clock: real threads, real commits, each sheet counts once or not at all."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from supermarket.core.events import Event
from supermarket.extensions import db
from supermarket.selection.panels import operations as panels
from supermarket.selection.panels.deadlines import DUE
from supermarket.selection.panels.models import Panel, PanelScore, PanelSeat
from supermarket.selection.panels.states import PanelState, SeatState
from tests.factories.experts import PanelWorld, make_panel
from tests.threads import at_once, committing_app

SCORES_OF_A_SHEET = 6  # three plans under two criteria


@pytest.fixture
def market(redis_address: str, worker_id: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database of its own, where commits are real."""
    with committing_app(f"{worker_id}_panels", redis_address, tmp_path) as made:
        yield made


def serving(at: datetime) -> tuple[PanelWorld, list[PanelSeat]]:
    """A panel of three who all serve."""
    world = make_panel(at, experts=4)
    for seat in world.seats(SeatState.INVITED):
        world.accept(seat)
    return world, world.seats(SeatState.SERVING)


def count(what: type[PanelScore] | sa.ColumnElement[bool]) -> int:
    if isinstance(what, type):
        return db.session.scalar(sa.select(sa.func.count()).select_from(what)) or 0
    return db.session.scalar(sa.select(sa.func.count()).select_from(Event).where(what)) or 0


def test_of_one_expert_s_sheets_at_once_one_counts(market: Flask, at: datetime) -> None:
    with market.app_context():
        world, seats = serving(at)
        actor, moment, code = world.actor(seats[0]), world.at, world.code
        sheets = [world.sheet(base=base) for base in (60, 70, 80, 90)]
        db.session.remove()
    acts = [lambda sheet=sheet: panels.submit(code, sheet, actor=actor, at=moment) for sheet in sheets]
    results = at_once(market, acts)
    assert sorted(results) == ["409 wrong_state"] * 3 + ["done"]
    with market.app_context():
        assert count(PanelScore) == SCORES_OF_A_SHEET
        assert count(Event.tag == "scores.sealed") == 1
        best = [60, 70, 80, 90][results.index("done")]
        assert db.session.scalar(sa.select(sa.func.max(PanelScore.points))) == best


def test_the_last_two_at_once_both_count_and_the_record_is_made_once(market: Flask, at: datetime) -> None:
    with market.app_context():
        world, seats = serving(at)
        world.score(seats[0])
        actors, sheet, moment, code = [world.actor(seat) for seat in seats[1:]], world.sheet(), world.at, world.code
        db.session.remove()
    assert at_once(
        market, [lambda actor=actor: panels.submit(code, sheet, actor=actor, at=moment) for actor in actors]
    ) == ["done", "done"]
    with market.app_context():
        assert count(PanelScore) == 3 * SCORES_OF_A_SHEET
        panel = db.session.scalars(sa.select(Panel)).one()
        assert panel.state is PanelState.CONFIRMING
        assert panel.record is not None


def test_a_sheet_against_the_end_of_the_time_counts_or_is_late(market: Flask, at: datetime) -> None:
    with market.app_context():
        world, seats = serving(at)
        seat = seats[0]
        assert seat.due_at is not None
        actor, sheet, code, number, due = world.actor(seat), world.sheet(), world.code, seat.id, seat.due_at
        db.session.remove()
    overdue = next(kind for kind in DUE if kind.name == "panel.scores")
    signed, _tick = at_once(
        market,
        [
            lambda: panels.submit(code, sheet, actor=actor, at=due - timedelta(seconds=1)),
            lambda: overdue.act(number, due, None),
        ],
    )
    with market.app_context():
        state = db.session.scalars(sa.select(PanelSeat).where(PanelSeat.id == number)).one().state
        assert (signed, state, count(PanelScore)) in (
            ("done", SeatState.SUBMITTED, SCORES_OF_A_SHEET),
            ("409 wrong_state", SeatState.LATE, 0),
        )
