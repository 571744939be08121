"""A typing error in a panel's draw: what experts did counts if the right order calls the same; else nothing repairs it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Role
from supermarket.projects.queries import project_for
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.bulletins import Bulletin, sales_close_from
from supermarket.selection.models import Draw
from supermarket.selection.panels.states import SeatState
from supermarket.selection.queries import draws_of, ranks_of
from tests.factories.accounts import make_actor
from tests.factories.experts import PanelWorld, called, make_experts, make_panel_project, settle
from tests.factories.policies import make_policy
from tests.factories.projects import SICHUAN
from tests.rooms.mistyped import NUMBERS, Mistyped, numbers_for

Wanted = Callable[[tuple[str, ...]], bool]


def judged(at: datetime) -> tuple[PanelWorld, Mistyped, Draw]:
    """Three of six experts are called by a lottery that both sides have mistyped."""
    make_policy("draw_source_social", "published:kl8")
    make_experts(6)
    world = called(make_panel_project(at))
    settle(world.at)
    (draw,) = draws_of(world.project.id)
    typed = Bulletin("2026058", sales_close_from(draw), NUMBERS)
    regulator = make_actor(Role.REGULATOR, region_code=SICHUAN)
    for actor in (world.owner, regulator):
        selection.enter_numbers(world.code, typed, purpose="panel", actor=actor, at=draw.draw_at)
    world.at = draw.draw_at + timedelta(minutes=5)
    return world, Mistyped(world.code, world.owner, regulator, [], typed, world.at), draw


def correct(found: Mistyped, draw: Draw, wanted: Wanted) -> None:
    """Both sides type other numbers."""
    true = replace(found.typed, numbers=numbers_for(draw, wanted))
    for actor in (found.owner, found.regulator):
        found.enter(true, actor, purpose="panel")


def test_the_same_experts_go_on_and_further_calls_follow_the_right_order(session: Session, at: datetime) -> None:
    world, found, draw = judged(at)
    first = (draw.order or [])[:3]
    fourth = (draw.order or [])[3]
    correct(found, draw, lambda order: set(order[:3]) == set(first) and order[3] != fourth)
    project = world.present()
    assert (project.state, project.series) == (ProjectState.SELECTING, 2)
    assert {seat.pool_id for seat in world.seats(SeatState.INVITED)} == set(first)
    gone = world.seats(SeatState.INVITED)[0]
    settle(world.at + timedelta(days=5))  # nobody answers: the next in the right order are called
    now = draws_of(project.id)[0].corrections[-1].order or []
    assert [seat.pool_id for seat in world.seats()] == now
    assert gone.pool_id in now[:3]


def test_after_the_scores_the_same_panel_gives_the_same_award(session: Session, at: datetime) -> None:
    world, found, draw = judged(at)
    world.finished([80, 70, 60])
    project = world.present()
    assert project.state is ProjectState.ANNOUNCED
    winner, order = project.winner_id, [row.agency_id for row in ranks_of(project)]
    first = (draw.order or [])[:3]
    correct(found, draw, lambda order: set(order[:3]) == set(first))
    project = world.present()
    assert (project.state, project.series, project.winner_id) == (ProjectState.ANNOUNCED, 2, winner)
    assert [row.agency_id for row in ranks_of(project)] == order


def test_other_experts_would_have_judged_the_purchase_fails(session: Session, at: datetime) -> None:
    world, found, draw = judged(at)
    world.all_scored([80, 70, 60])
    first = (draw.order or [])[:3]
    correct(found, draw, lambda order: set(order[:3]) != set(first))
    project = project_for(world.code, SYSTEM)
    assert project.state is ProjectState.FAILED
    failed = session.scalars(sa.select(Event).where(Event.tag == "project.failed")).one()
    assert failed.data["code"] == "not_repeatable"
    assert [seat.pool_id for seat in world.seats()] == draw.order  # who judged stays as it was
