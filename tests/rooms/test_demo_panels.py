"""A purchase of the demonstration that a panel scores, up to where the printed expert's sheet is waited for."""

import random
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.unit import unit
from supermarket.demo import cast
from supermarket.demo.crew import assemble
from supermarket.demo.experts import SHOWN
from supermarket.demo.load import load
from supermarket.demo.play import _favourites, _Ideas
from supermarket.demo.purchase import Purchase
from supermarket.demo.repertoire import PARTS, Part, Plot
from supermarket.demo.stage import Stage, quietly
from supermarket.projects.states import ProjectState
from supermarket.selection.panels.models import PanelSeat
from supermarket.selection.panels.states import SeatState
from supermarket.supervision.demo_clock import follow, set_clock

SURVEYORS = 16


@pytest.mark.parametrize("plot", [Plot.SCORING, Plot.RATED])
def test_a_panel_of_the_demonstration(session: Session, at: datetime, plot: Plot) -> None:
    load(agencies=SURVEYORS, at=at)
    part = next(item for item in PARTS if item.panel and item.plot is plot)
    rng = random.Random(f"{plot}")
    set_clock(at)
    with quietly(), unit():
        pass
    with quietly():
        stage = Stage(assemble(), at)
        wanted = Part(part.plot, part.mode, part.funding, None, True, panel=part.panel)
        idea = _Ideas(cast.SEED, 40).take(wanted, rng)
        life = Purchase(stage, wanted, idea, rng, _favourites_there(), at + timedelta(days=60))
        for moment in life.until_contract():
            stage.go_to(moment)
        state, code = life.state(), life.code
        follow()
    assert stage.ticked.failures == []
    seats = session.scalars(sa.select(PanelSeat).where(PanelSeat.invited_at.is_not(None))).all()
    mine = [seat for seat in seats if seat.expert.email == SHOWN]
    if plot is Plot.SCORING:
        assert (state, [seat.state for seat in mine]) == (ProjectState.SELECTING, [SeatState.SERVING])
        assert mine[0].due_at is not None
    else:
        assert state in (ProjectState.IN_SERVICE, ProjectState.AWARDED, ProjectState.ANNOUNCED), code
        assert sum(seat.state is SeatState.CONFIRMED for seat in seats) == part.panel


def _favourites_there() -> dict[object, str]:
    return dict(_favourites())
