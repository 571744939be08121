"""From the receipt to the published order nothing moves a project; before and after it everything goes as its state allows."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.core.draw import Member, parse_pool_file, parse_record, verify_record
from supermarket.core.errors import Conflict, MarketError
from supermarket.core.events import Event
from supermarket.core.permissions import Role
from supermarket.core.unit import unit
from supermarket.gateways import current
from supermarket.gateways.beacon import MemoryBeacon
from supermarket.projects import operations
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.bulletins import sales_close_from
from supermarket.selection.deadlines import DUE
from supermarket.selection.models import Draw
from supermarket.selection.pools import fix_pool
from supermarket.selection.queries import draw_record, draws_of
from supermarket.selection.states import DrawState
from supermarket.supervision.tick import tick
from tests.factories.accounts import make_actor
from tests.factories.api_world import SICHUAN
from tests.factories.projects import draft_command, make_enrolled, make_open_project, make_operator
from tests.rooms.drawing import Waiting, receipted, silent, witness
from tests.rooms.test_selection import present, settle

WHY = "情况有变，公开说明理由"
NUMBERS = " ".join(f"{number:02d}" for number in range(1, 21))
TEN = timedelta(minutes=10)


def frozen(at: datetime) -> Waiting:
    return receipted(at, "parties")


def revealing(at: datetime) -> Waiting:
    return silent(at)


def fallen_back(at: datetime) -> Waiting:
    found = silent(at)
    settle(found.draw.draw_at + TEN)
    assert found.draw.state is DrawState.FALLEN_BACK
    return found


def typing(at: datetime) -> Waiting:
    found = receipted(at, "published:kl8")
    assert found.project.select_at is not None
    settle(max(found.project.select_at, found.draw.draw_at))
    return found


def waiting_for_a_round(at: datetime) -> Waiting:
    beacon = current().beacon
    assert isinstance(beacon, MemoryBeacon)
    beacon.down = True
    found = receipted(at, "drand")
    assert found.project.select_at is not None
    settle(found.project.select_at)
    return found


STATES = {each.__name__: each for each in (frozen, revealing, fallen_back, typing, waiting_for_a_round)}
Act = Callable[[Waiting, datetime], object]
ACTS: dict[str, Act] = {
    "withdraw": lambda found, at: operations.withdraw(found.project.code, reason=WHY, actor=found.owner, at=at),
    "void": lambda found, at: operations.void(found.project.code, reason=WHY, actor=make_operator(), at=at),
    "suspend": lambda found, at: operations.suspend(
        found.project.code, reason=WHY, actor=make_actor(Role.SUPERVISOR, region_code=SICHUAN), at=at
    ),
    "resume": lambda found, at: operations.resume(
        found.project.code, reason=WHY, actor=make_actor(Role.SUPERVISOR, region_code=SICHUAN), at=at
    ),
    "amend": lambda found, at: operations.amend(
        found.project.code,
        draft_command(found.project.owner),
        reason=WHY,
        version=found.project.version,
        actor=found.owner,
        at=at,
    ),
    "cancel": lambda found, at: operations.cancel_enrolment(found.project.code, actor=found.enrolled[0][1], at=at),
    "decline": lambda found, at: selection.decline_award(
        found.project.code, reason=WHY, actor=found.enrolled[0][1], at=at
    ),
    "disqualify": lambda found, at: selection.disqualify_award(
        found.project.code, reason=WHY, actor=make_operator(), at=at
    ),
    "accept_reduced": lambda found, at: operations.accept_reduced(
        found.project.code, reason=WHY, actor=found.owner, at=at
    ),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", STATES)
def test_nothing_moves_a_project_between_receipt_and_order(
    session: Session, at: datetime, state: str, act: str
) -> None:
    found = STATES[state](at)
    session.commit()
    before = present(found.project)
    assert before.draw_locked
    was = (before.state, before.version, before.ended_at, before.due_at, before.select_at)
    events = session.scalar(sa.select(sa.func.count()).select_from(Event))
    with pytest.raises(MarketError) as refused:
        ACTS[act](found, found.draw.draw_at + timedelta(seconds=1))
    assert refused.value.status in {404, 409}
    session.rollback()
    row = present(found.project)
    assert (row.state, row.version, row.ended_at, row.due_at, row.select_at) == was
    assert row.draw_locked
    assert session.scalar(sa.select(sa.func.count()).select_from(Event)) == events


@pytest.mark.parametrize("act", ["withdraw", "void", "suspend"])
def test_what_the_state_allows_is_refused_for_the_draws_sake_alone(session: Session, at: datetime, act: str) -> None:
    """Frozen, all three are allowed by the state table; the receipt is what stands against them."""
    found = frozen(at)
    with pytest.raises(Conflict) as refused:
        ACTS[act](found, found.draw.draw_at)
    assert refused.value.code == "draw_under_way"
    assert found.project.select_at is not None
    settle(found.project.select_at)
    with unit():
        ACTS[act](found, found.project.select_at)
    assert present(found.project).state in {ProjectState.WITHDRAWN, ProjectState.VOID, ProjectState.SUSPENDED}


def test_a_draw_whose_project_is_suspended_before_its_receipt_waits_and_goes_on(session: Session, at: datetime) -> None:
    found = frozen_without_receipt(at)
    supervisor = make_actor(Role.SUPERVISOR, region_code=SICHUAN)
    moment = present(found.project).frozen_at
    assert moment is not None
    with unit():
        operations.suspend(found.project.code, reason=WHY, actor=supervisor, at=moment)
    witness().down = False
    settle(moment + timedelta(days=9))
    assert draws_of(found.project.id)[0].state is DrawState.RECEIPT_PENDING
    with unit():
        operations.resume(found.project.code, reason=WHY, actor=supervisor, at=moment + timedelta(days=9))
    settle(moment + timedelta(days=9))
    settle(moment + timedelta(days=30))
    assert present(found.project).announced_at is not None
    assert verify_record(draw_record(found.project.code, "main").to_json()).differences == ()


def frozen_without_receipt(at: datetime) -> Waiting:
    """The witness is away at the freeze: a pool that nobody has signed."""
    project, owner = make_open_project(at)
    enrolled = make_enrolled(project, 3, at + timedelta(hours=1))
    witness().down = True
    until = present(project).enrol_until
    assert until is not None
    settle(until)
    assert draws_of(project.id)[0].state is DrawState.RECEIPT_PENDING
    assert not present(project).draw_locked
    return Waiting(present(project), owner, [*enrolled], at)


def test_a_clock_that_jumps_back_and_forth_draws_once(session: Session, at: datetime) -> None:
    found = frozen(at)
    select_at = found.project.select_at
    assert select_at is not None
    for moment in (
        select_at - timedelta(hours=1),
        select_at,
        select_at - timedelta(days=2),
        select_at + timedelta(days=9),
    ):
        settle(moment)
    record = draw_record(found.project.code, "main")
    assert verify_record(record.to_json()).differences == ()
    assert session.scalar(sa.select(sa.func.count()).select_from(Draw)) == 1
    tags = session.scalars(sa.select(Event.tag).where(Event.project_code == found.project.code)).all()
    assert (tags.count("draw.drawn"), tags.count("draw.revealed")) == (1, 2)


def test_no_purpose_is_ever_fixed_twice(session: Session, at: datetime) -> None:
    found = frozen(at)
    with pytest.raises(Conflict), unit():  # the database itself refuses it
        fix_pool(present(found.project), "main", [Member("91510100MA61T2XX00")], at=at)
    session.rollback()
    assert len(draws_of(found.project.id)) == 1


def test_experts_are_drawn_with_a_file_a_receipt_and_a_record_of_their_own(
    session: Session, client: FlaskClient, at: datetime
) -> None:
    """`panel`: members are experts by their ids, each with one ticket; public and verified like any other draw."""
    found = typing(at)
    moment = found.draw.draw_at + timedelta(minutes=5)
    experts = [Member(f"expert-{number:03d}-{'x' * number}") for number in range(1, 50)]
    with unit():
        fix_pool(present(found.project), "panel", experts, at=moment)
    settle(moment)
    _main, panel = draws_of(found.project.id)
    assert (panel.excluded, panel.state) == ([], DrawState.RECEIPTED)
    pool = parse_pool_file(panel.pool_file.encode())
    assert (pool.purpose, {member.tickets for member in pool.members}) == ("panel", {1})
    closes = sales_close_from(panel)
    bulletin = selection.Bulletin("2026059", closes, NUMBERS)
    for actor in (found.owner, make_actor(Role.REGULATOR, region_code=SICHUAN)):
        selection.enter_numbers(found.project.code, bulletin, purpose="panel", actor=actor, at=panel.draw_at)
    session.commit()
    record = client.get(f"/projects/{found.project.code}/draws/panel.json").data
    assert verify_record(record).differences == ()
    assert sorted(parse_record(record).order or ()) == sorted(expert.id for expert in experts)
    assert present(found.project).draw_locked  # the main draw still stands between its receipt and its order
    for page in ("ceremony", "live.json"):
        assert client.get(f"/projects/{found.project.code}/draws/panel/{page}").status_code == 200
    assert "/draws/panel.json" in client.get(f"/projects/{found.project.code}").text
    bulletin = selection.Bulletin("2026058", sales_close_from(found.draw), NUMBERS)
    for actor in (found.owner, make_actor(Role.REGULATOR, region_code=SICHUAN)):
        selection.enter_numbers(found.project.code, bulletin, purpose="main", actor=actor, at=panel.draw_at)
    assert not present(found.project).draw_locked
    assert present(found.project).state is ProjectState.ANNOUNCED


def test_two_ticks_at_once_and_again_draw_once(session: Session, at: datetime) -> None:
    found = frozen(at)
    assert found.project.select_at is not None
    session.commit()
    for _time in range(3):
        tick(found.project.select_at, kinds=DUE)
    tags = session.scalars(sa.select(Event.tag).where(Event.project_code == found.project.code)).all()
    assert [tags.count(once) for once in ("draw.receipted", "draw.drawn", "project.announced")] == [1, 1, 1]
