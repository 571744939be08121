"""Cases of agencies in the market whose body fails its checks: opened, mended, dismissed, frozen."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.agencies.checks.sources import DATA_SHARING
from supermarket.agencies.models import Reverification, ReverificationState, Standing
from supermarket.agencies.operations import dismiss_reverification, freeze_for_reverification
from supermarket.agencies.verification import reverification_cases
from supermarket.core.errors import Forbidden, InvalidInput, NotFound, WrongState
from supermarket.core.permissions import Role
from tests.factories.accounts import make_actor
from tests.factories.agencies import make_agency_actor
from tests.factories.policies import count
from tests.factories.registries import World, make_world
from tests.rooms.test_verification import NIGHT, agency_in_market, check, hidden, tags


@pytest.fixture
def world(app: Flask, session: Session) -> Iterator[World]:
    """Registries that a test has in hand."""
    with make_world(app) as made:
        yield made


def test_a_failing_body_hides_everything_and_the_operator_gets_a_case(
    session: Session, world: World, at: datetime
) -> None:
    row = agency_in_market(world, at)
    world.confirm(row, status="注销")
    check(row, at + NIGHT)
    check(row, at + NIGHT + timedelta(hours=1))
    case = session.scalars(sa.select(Reverification)).one()
    assert (case.state, case.codes, case.opened_at) == (ReverificationState.OPEN, ["registration"], at + NIGHT)
    assert case.due_at == datetime.fromisoformat("2026-03-06T00:00+08:00")
    assert (row.standing, hidden(row)) == (Standing.ACTIVE, {"check:registration"})
    assert [item.id for item in reverification_cases()] == [case.id]
    assert tags(session, row).count("agency.reverification_opened") == 1
    # A silent registry changes nothing.
    world.down = {DATA_SHARING}
    world.put()
    check(row, at + 2 * NIGHT)
    assert (case.state, hidden(row)) == (ReverificationState.OPEN, {"check:registration"})
    world.down = set()
    world.confirm(row)
    check(row, at + 3 * NIGHT)
    assert (case.state, case.ended_at, hidden(row)) == (ReverificationState.MENDED, at + 3 * NIGHT, {None})
    assert list(reverification_cases()) == []
    assert [item.id for item in reverification_cases(is_open=False)] == [case.id]


def test_who_when_and_whether_of_a_case(session: Session, world: World, at: datetime) -> None:
    row = agency_in_market(world, at)
    world.confirm(row, status="注销")
    check(row, at)
    case, operator = session.scalars(sa.select(Reverification)).one(), make_actor(Role.OPERATOR)
    for role in (Role.OWNER, Role.SUPERVISOR, Role.EDITOR):
        with pytest.raises(Forbidden):
            dismiss_reverification(case.id, reason="登记机关已更正", actor=make_actor(role), at=at)
        with pytest.raises(Forbidden):
            freeze_for_reverification(case.id, basis="停业", actor=make_actor(role), at=at)
    with pytest.raises(Forbidden):
        dismiss_reverification(case.id, reason="我没有停业", actor=make_agency_actor(row), at=at)
    with pytest.raises(NotFound):
        dismiss_reverification(0, reason="x", actor=operator, at=at)
    with pytest.raises(InvalidInput):
        dismiss_reverification(case.id, reason=" ", actor=operator, at=at)
    assert (case.state, hidden(row)) == (ReverificationState.OPEN, {"check:registration"})
    dismiss_reverification(case.id, reason="登记机关已更正", actor=operator, at=at)
    assert (case.state, case.decided_by, hidden(row)) == (ReverificationState.DISMISSED, operator.user_id, {None})
    with pytest.raises(WrongState):
        dismiss_reverification(case.id, reason="x", actor=operator, at=at)
    with pytest.raises(WrongState):
        freeze_for_reverification(case.id, basis="停业", actor=operator, at=at)


def test_dismissed_holds_for_the_same_finding_only(session: Session, world: World, at: datetime) -> None:
    row, operator = agency_in_market(world, at), make_actor(Role.OPERATOR)
    world.confirm(row, status="注销")
    check(row, at)
    first = session.scalars(sa.select(Reverification)).one()
    dismiss_reverification(first.id, reason="登记机关已更正", actor=operator, at=at)
    world.down = {DATA_SHARING}
    world.put()
    check(row, at + NIGHT)
    world.down = set()
    world.put()
    check(row, at + 2 * NIGHT)
    assert (count(Reverification), hidden(row)) == (1, {None})
    world.confirm(row, legal_representative="别人")
    check(row, at + 3 * NIGHT)
    second = session.scalars(sa.select(Reverification).where(Reverification.id != first.id)).one()
    assert (second.codes, hidden(row)) == (["legal_representative"], {"check:legal_representative"})
    assert first.ended_at == at + 3 * NIGHT


def test_frozen_for_a_case_is_frozen_and_shown_again_once_the_checks_pass(
    session: Session, world: World, at: datetime
) -> None:
    row, operator = agency_in_market(world, at), make_actor(Role.OPERATOR)
    world.confirm(row, status="注销")
    check(row, at)
    case = session.scalars(sa.select(Reverification)).one()
    with pytest.raises(InvalidInput):
        freeze_for_reverification(case.id, basis=" ", actor=operator, at=at)
    freeze_for_reverification(case.id, basis="市场主体已注销", until=at + 30 * NIGHT, actor=operator, at=at)
    assert (row.standing, case.state, hidden(row)) == (
        Standing.FROZEN,
        ReverificationState.FROZEN,
        {"check:registration"},
    )
    world.confirm(row)
    check(row, at + NIGHT)
    assert (row.standing, case.ended_at, hidden(row)) == (Standing.FROZEN, at + NIGHT, {None})
