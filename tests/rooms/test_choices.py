"""The owner's choice from the small list: once, in time, from the list, with a reason; else nothing changes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.errors import Forbidden, InvalidInput, MarketError, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Actor, Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.modes.stored import repeat
from supermarket.policies.queries import calendar
from supermarket.projects import operations
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.deadlines import DUE
from supermarket.selection.lists import BIG, SMALL, lists_of
from supermarket.selection.models import Award, Choice, Rank, StageRun
from supermarket.selection.queries import draw_record, live_award
from supermarket.selection.record.contents import selection_record
from supermarket.selection.record.verifying import verify_selection
from supermarket.supervision.queries import findings_of_project
from tests.factories.accounts import make_actor
from tests.factories.projects import SICHUAN, make_enrolled, make_open_project, make_owner_actor
from tests.threads import at_once, committing_app

WHY = "同类项目业绩最多，报告质量好"


def settle(at: datetime) -> None:
    """Everything of the selection that is due at `at`."""
    again = True
    while again:
        again = False
        for kind in DUE:
            for _due, number in kind.find(at, 100):
                prepared = kind.prepare(number, at) if kind.prepare else None
                with unit():
                    again = kind.act(number, at, prepared) or again


def present(code: str) -> Project:
    return project_for(code, SYSTEM)


def waiting(at: datetime, count: int = 5) -> tuple[str, Actor, dict[str, Actor]]:
    """A credit-merit purchase whose small list stands: its code, its owner, the agencies by code."""
    with unit():
        project, owner = make_open_project(at, mode="credit_merit", keep=4, draw_keep=2)
        agencies = {agency.uscc: actor for agency, actor in make_enrolled(project, count, at)}
        code = project.code
    for name in ("enrol_until", "select_at"):
        moment = getattr(present(code), name)
        assert isinstance(moment, datetime)
        settle(moment)
    return code, owner, agencies


def small_list(code: str) -> Sequence[str]:
    """Whom the draw has left."""
    return [place.uscc for place in lists_of(present(code))[-1].staying]


def chosen_at(code: str) -> datetime:
    moment = present(code).select_at
    assert moment is not None
    return moment + timedelta(hours=3)


def test_the_small_list_is_the_head_of_the_draw_and_both_lists_are_public_before_the_choice(
    session: Session, at: datetime
) -> None:
    code, _owner, agencies = waiting(at)
    project = present(code)
    assert (project.state, project.due_what, project.announced_at) == (ProjectState.SELECTING, "choice", None)
    assert project.select_at is not None
    assert project.due_at == calendar().due_after(project.select_at, 3)
    big, small = lists_of(project)
    assert (big.kind, small.kind, big.keep, small.keep) == (BIG, SMALL, 4, 2)
    # All five are newcomers, count for 85 and are tied with the fourth: everybody stays.
    assert {place.uscc for place in big.staying} == set(agencies)
    assert [place.counted for place in big.places] == ["85"] * 5
    order = draw_record(code, "main").order
    assert order is not None
    assert small_list(code) == list(order[:2])
    assert [place.rank for place in small.places] == [1, 2, 3, 4, 5]
    assert session.scalars(sa.select(Choice)).one().members == sorted(order[:2])


def test_the_chosen_one_is_announced_alone_with_the_reason(session: Session, at: datetime) -> None:
    code, owner, _agencies = waiting(at)
    chosen, when = small_list(code)[1], chosen_at(code)
    with unit():
        selection.choose(code, agency_uscc=chosen, reason=f"  {WHY} ", actor=owner, at=when)
    assert present(code).state is ProjectState.ANNOUNCED
    assert [rank.agency.uscc for rank in session.scalars(sa.select(Rank))] == [chosen]
    row = session.scalars(sa.select(Choice)).one()
    assert (row.reason, row.chosen_at, row.chosen_by) == (WHY, when, owner.user_id)
    event = session.scalars(sa.select(Event).where(Event.tag == "choice.made")).one()
    assert (event.data, event.public) == ({"agency_uscc": chosen, "reason": WHY}, True)
    runs = session.scalars(sa.select(StageRun).order_by(StageRun.position)).all()
    assert [run.stage for run in runs] == ["shortlist", "draw", "choose"]
    assert all(repeat(run.parameters, run.inputs) == run.outputs for run in runs)
    assert [place.uscc for place in lists_of(present(code))[-1].staying] == small_list(code)


def test_nobody_follows_the_chosen_one_and_the_purchase_may_be_reissued(session: Session, at: datetime) -> None:
    code, owner, agencies = waiting(at)
    chosen, when = small_list(code)[0], chosen_at(code)
    with unit():
        selection.choose(code, agency_uscc=chosen, reason=WHY, actor=owner, at=when)
    with unit():
        selection.decline_award(code, reason="人手不足，无法承接", actor=agencies[chosen], at=when)
    assert present(code).state is ProjectState.FAILED
    with unit():
        again = operations.reissue(code, actor=owner, at=when)
    assert (again.mode, again.terms) == ("credit_merit", {"keep": 4, "draw_keep": 2})


def test_an_owner_who_stays_silent_lets_the_purchase_fail(session: Session, at: datetime) -> None:
    code, owner, _agencies = waiting(at)
    due = present(code).due_at
    assert due is not None
    settle(due - timedelta(seconds=1))
    assert present(code).state is ProjectState.SELECTING
    chosen = small_list(code)[0]
    with pytest.raises(WrongState):
        selection.choose(code, agency_uscc=chosen, reason=WHY, actor=owner, at=due)
    settle(due)
    settle(due)
    project = present(code)
    assert (project.state, bool(project.end_reason)) == (ProjectState.FAILED, True)
    assert live_award(project.id) is None
    assert [place.uscc for place in lists_of(project)[-1].staying]  # what led there stays public
    with pytest.raises(WrongState):
        selection.choose(code, agency_uscc=chosen, reason=WHY, actor=owner, at=due)


def test_what_is_refused_changes_nothing(session: Session, at: datetime) -> None:
    code, owner, agencies = waiting(at)
    small, when = small_list(code), chosen_at(code)
    other = next(uscc for uscc in sorted(agencies) if uscc not in small)
    _body, stranger = make_owner_actor()
    tries: list[tuple[Actor, str, str, type[MarketError]]] = [
        (owner, other, WHY, InvalidInput),
        (owner, "91510107MA6CA01X05", WHY, InvalidInput),
        (owner, "", WHY, InvalidInput),
        (owner, small[0], "  ", InvalidInput),
        (stranger, small[0], WHY, Forbidden),
        (agencies[small[0]], small[0], WHY, Forbidden),
        (make_actor(Role.OPERATOR, region_code=SICHUAN), small[0], WHY, Forbidden),
        (SYSTEM, small[0], WHY, Forbidden),
    ]
    for actor, uscc, reason, refusal in tries:
        with pytest.raises(refusal):
            selection.choose(code, agency_uscc=uscc, reason=reason, actor=actor, at=when)
        row = session.scalars(sa.select(Choice)).one()
        assert (row.agency_id, row.reason, row.chosen_at) == (None, "", None)
    assert session.scalar(sa.select(sa.func.count()).select_from(Rank)) == 0
    with unit():
        selection.choose(code, agency_uscc=small[0], reason=WHY, actor=owner, at=when)
    with pytest.raises(WrongState):
        selection.choose(code, agency_uscc=small[1], reason=WHY, actor=owner, at=when)
    assert session.scalar(sa.select(sa.func.count()).select_from(Award)) == 1


def test_nothing_waits_for_a_choice_in_other_ways_of_selection(session: Session, at: datetime) -> None:
    with unit():
        project, owner = make_open_project(at)
        agencies = make_enrolled(project, 3, at)
    with pytest.raises(WrongState):
        selection.choose(project.code, agency_uscc=agencies[0][0].uscc, reason=WHY, actor=owner, at=at)


def test_a_suspension_moves_the_owners_time(session: Session, at: datetime) -> None:
    code, owner, _agencies = waiting(at)
    supervisor, when = make_actor(Role.SUPERVISOR, region_code=SICHUAN), chosen_at(code)
    before = present(code).due_at
    assert before is not None
    with unit():
        operations.suspend(code, reason="投诉处理期间暂停", actor=supervisor, at=when)
    with pytest.raises(WrongState):
        selection.choose(code, agency_uscc=small_list(code)[0], reason=WHY, actor=owner, at=when)
    later = calendar().shift(when, 4)
    settle(later)
    assert present(code).state is ProjectState.SUSPENDED
    with unit():
        operations.resume(code, reason="投诉已处理完毕", actor=supervisor, at=later)
    assert present(code).due_at == calendar().shift(before, 4)
    with unit():
        selection.choose(code, agency_uscc=small_list(code)[0], reason=WHY, actor=owner, at=later)
    assert present(code).state is ProjectState.ANNOUNCED
    assert verify_selection(selection_record(present(code)))[0] == []
    assert [row.code for row in findings_of_project(code)] == []


def test_two_choices_at_once_are_one(worker_id: str, redis_address: str, tmp_path: Path, at: datetime) -> None:
    with committing_app(f"{worker_id}_choices", redis_address, tmp_path) as app:
        with app.app_context():
            code, owner, _agencies = waiting(at)
            small, when, due = small_list(code), chosen_at(code), present(code).due_at
            assert due is not None
            db.session.remove()

        def act(uscc: str) -> object:
            return selection.choose(code, agency_uscc=uscc, reason=WHY, actor=owner, at=when)

        results = at_once(app, [lambda uscc=uscc: act(uscc) for uscc in (small[0], small[1], small[0])])
        assert sorted(results) == ["409 wrong_state", "409 wrong_state", "done"]
        with app.app_context():
            settle(due)  # the limit passes after the choice: nothing fails any more
            assert present(code).state is ProjectState.AWARDED
            assert db.session.scalar(sa.select(sa.func.count()).select_from(Award)) == 1
            db.session.remove()
