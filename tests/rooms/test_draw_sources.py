"""Draws from the outside's chance: the beacon's one round, the bulletin typed by two."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from supermarket.core.draw import DrandSource, parse_source, parse_time, verify_record
from supermarket.core.errors import InvalidInput, RuleBroken, WrongState
from supermarket.core.permissions import Actor
from supermarket.gateways import current
from supermarket.gateways.beacon import MemoryBeacon
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.models import Draw
from supermarket.selection.queries import draw_record, draws_of
from supermarket.selection.states import DrawState
from tests.factories.policies import make_policy
from tests.factories.projects import make_enrolled, make_open_project
from tests.rooms.test_selection import present, settle

NOBODY = Actor(user_id=None, grants=())


def beacon() -> MemoryBeacon:
    found = current().beacon
    assert isinstance(found, MemoryBeacon)
    return found


def selecting(at: datetime, source: str) -> tuple[Project, Actor, Draw, datetime]:
    """A purchase whose pool is receipted and whose draw waits for its value; gives the moment of the receipt, too."""
    make_policy("draw_source_social", source)
    project, owner = make_open_project(at)
    make_enrolled(project, 3, at + timedelta(hours=1))
    until = present(project).enrol_until
    assert until is not None
    settle(until)
    (draw,) = draws_of(project.id)
    assert draw.state is DrawState.RECEIPTED and draw.receipt is not None
    settle(present(project).select_at or until)
    return present(project), owner, draws_of(project.id)[0], parse_time(draw.receipt["at"])


def test_a_draw_takes_the_beacons_first_round_ten_minutes_after_the_receipt(session: Session, at: datetime) -> None:
    project, _owner, draw, receipted = selecting(at, "drand")
    assert project.state is ProjectState.ANNOUNCED
    source = parse_source(draw.source)
    assert isinstance(source, DrandSource)
    chain = beacon().chain(source.chain_hash)
    number = chain.round_for(receipted)
    assert draw.beacon == {"round": str(number), "signature": beacon().sign(number)}
    record = draw_record(project.code, "main")
    assert record.source_time == chain.time_of(number) >= receipted + timedelta(seconds=600)
    assert (record.entered_by, record.refused) == (("beacon",), ())
    found = verify_record(record.to_json())
    assert (found.differences, found.not_checked) == ((), ("receipt signature", "drand signature"))


def test_where_the_beacon_is_silent_anybody_hands_its_round_in(session: Session, at: datetime) -> None:
    beacon().down = True
    project, _owner, draw, receipted = selecting(at, "drand")
    assert (project.state, draw.state) == (ProjectState.SELECTING, DrawState.RECEIPTED)
    number = beacon().default_chain().round_for(receipted)
    moment = present(project).select_at
    assert moment is not None
    for wrong in (beacon().sign(number + 1), beacon().sign(number)[:-1] + "0", "", "x" * 96):
        with pytest.raises(InvalidInput) as refused:
            selection.hand_in_round(project.code, purpose="main", signature=wrong, actor=NOBODY, at=moment)
        assert [error.field for error in refused.value.errors] == ["signature"]
    with pytest.raises(WrongState):
        early = draw.draw_at - timedelta(seconds=1)
        selection.hand_in_round(project.code, purpose="main", signature=beacon().sign(number), actor=NOBODY, at=early)
    assert draws_of(project.id)[0].state is DrawState.RECEIPTED
    selection.hand_in_round(
        project.code, purpose="main", signature=f" {beacon().sign(number)}\n", actor=NOBODY, at=moment
    )
    assert present(project).state is ProjectState.ANNOUNCED
    assert draw_record(project.code, "main").entered_by == ("anybody",)
    with pytest.raises(WrongState):
        selection.hand_in_round(project.code, purpose="main", signature=beacon().sign(number), actor=NOBODY, at=moment)


def test_no_source_takes_the_value_of_another(session: Session, at: datetime) -> None:
    project, owner, draw, receipted = selecting(at, "published:kl8")
    signature = beacon().sign(beacon().default_chain().round_for(receipted))
    with pytest.raises(RuleBroken):
        selection.hand_in_round(project.code, purpose="main", signature=signature, actor=owner, at=draw.draw_at)
    with pytest.raises(RuleBroken):
        selection.hand_in_reveal(project.code, purpose="main", reveal="ab" * 32, actor=owner, at=draw.draw_at)
    assert draws_of(project.id)[0].state is DrawState.RECEIPTED
