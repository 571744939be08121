"""Changes of an admitted agency's profile: field by field through the registries; what is filed ends and stays readable."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies import operations
from supermarket.agencies.change_queries import (
    changes_waiting,
    earlier_values,
    findings_of,
    open_changes,
)
from supermarket.agencies.change_states import CHANGE, ChangeAction
from supermarket.agencies.checks import sources
from supermarket.agencies.deadlines import DUE
from supermarket.agencies.models import (
    Agency,
    ChangeState,
    Outcome,
    ProfileChange,
    Standing,
)
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Actor, Role
from tests.factories.accounts import make_actor
from tests.factories.agencies import (
    make_agency,
    make_agency_actor,
)
from tests.factories.policies import count

NEW = "四川改名测绘有限公司"
KIND = next(kind for kind in DUE if kind.name == "profile_change_checks")


def tell_register(agency: Agency, at: datetime, **register: str) -> None:
    """The enterprise register's row of an agency: as filed but for `register`'s fields."""
    row = {
        "uscc": agency.uscc,
        "name": agency.name,
        "status": "存续",
        "legal_representative": agency.legal_representative,
        "business_scope": agency.business_scope,
    } | register
    operations.load_registry(sources.DATA_SHARING, sources.ENTERPRISES, [row], label="t.csv", actor=SYSTEM, at=at)


def correct(
    agency: Agency, at: datetime, values: Mapping[str, str | bool | None], actor: Actor | None = None
) -> object:
    return operations.correct_profile(
        agency.uscc, values, expected_version=None, actor=actor or make_agency_actor(agency), at=at
    )


def check(change: ProfileChange, at: datetime) -> ProfileChange:
    answers = operations.ask_about_change(change.id, at)
    return operations.check_change(change.id, answers=answers, actor=SYSTEM, at=at)


def proposed(agency: Agency, at: datetime, **values: str | bool | None) -> ProfileChange:
    correct(agency, at, values)
    return open_changes(agency.id)[-1]


def test_a_name_that_the_register_confirms_is_public_at_once_and_the_old_one_stays_readable(
    session: Session, at: datetime
) -> None:
    agency = make_agency()
    old = agency.name
    tell_register(agency, at, name=NEW)
    change = proposed(agency, at, name=NEW)
    assert (agency.name, change.state, change.number) == (old, ChangeState.CHECKING, 1)
    check(change, at)
    assert (agency.name, change.state, change.decided_at) == (NEW, ChangeState.APPLIED, at)
    assert [(item.field, item.value) for item in earlier_values(agency.id)] == [("name", old)]
    tags = session.scalars(sa.select(Event.tag).where(Event.agency_uscc == agency.uscc).order_by(Event.id)).all()
    assert tags == ["agency.change_proposed", "agency.change_applied"]
    assert agency.checks_due_at == at


def test_a_name_that_the_register_denies_is_refused_and_the_old_one_stands(session: Session, at: datetime) -> None:
    agency = make_agency()
    old = agency.name
    tell_register(agency, at)
    change = check(proposed(agency, at, name=NEW), at)
    assert (agency.name, change.state, agency.standing) == (old, ChangeState.REFUSED, Standing.ACTIVE)
    assert [item.outcome for item in findings_of(change)] == [Outcome.FAIL]
    assert earlier_values(agency.id) == []


def test_silence_waits_for_the_operator_is_repeated_hourly_and_changes_nothing(session: Session, at: datetime) -> None:
    agency = make_agency()
    old = agency.name
    change = check(proposed(agency, at, name=NEW), at)
    assert (change.state, agency.name) == (ChangeState.WAITING, old)
    assert change.decision_due_at == datetime.fromisoformat("2026-03-05T00:00+08:00")
    assert [row.id for row in changes_waiting()] == [change.id]
    later, due = at + timedelta(hours=1), change.decision_due_at
    assert KIND.find(later - timedelta(seconds=1), 10) == []
    assert KIND.find(later, 10) == [(later, change.id)]
    assert KIND.prepare is not None
    assert KIND.act(change.id, later, KIND.prepare(change.id, later)) is True
    assert (change.state, change.decision_due_at) == (ChangeState.WAITING, due)
    tell_register(agency, at, name=NEW)
    latest = later + timedelta(hours=1)
    assert KIND.act(change.id, latest, KIND.prepare(change.id, latest)) is True
    assert KIND.act(change.id, latest, {}) is False
    assert (change.state, agency.name) == (ChangeState.APPLIED, NEW)


def test_without_answers_nothing_is_applied(session: Session, at: datetime) -> None:
    agency = make_agency()
    change = proposed(agency, at, legal_representative="张三丰")
    operations.check_change(change.id, answers={}, actor=SYSTEM, at=at)
    assert (change.state, agency.legal_representative) == (ChangeState.WAITING, "测试负责人")


def test_name_and_head_changed_one_after_the_other_do_not_refuse_each_other(session: Session, at: datetime) -> None:
    agency = make_agency()
    tell_register(agency, at, name=NEW, legal_representative="张三丰")
    assert check(proposed(agency, at, name=NEW), at).state is ChangeState.APPLIED
    assert check(proposed(agency, at, legal_representative="张三丰"), at).state is ChangeState.APPLIED
    assert (agency.name, agency.legal_representative) == (NEW, "张三丰")
    # A person's name is in nobody's public list.
    assert [item.field for item in earlier_values(agency.id)] == ["name"]


def test_a_body_out_of_business_changes_nothing(session: Session, at: datetime) -> None:
    agency = make_agency()
    tell_register(agency, at, name=NEW, status="注销")
    assert check(proposed(agency, at, name=NEW), at).state is ChangeState.REFUSED


def test_what_no_registry_knows_applies_at_once_and_is_in_the_history(session: Session, at: datetime) -> None:
    agency = make_agency()
    correct(agency, at, {"public_contact": "028-7654321"})
    change = session.scalars(sa.select(ProfileChange)).one()
    assert (change.state, change.before) == (ChangeState.APPLIED, {"public_contact": "028-01234567"})
    assert agency.public_contact == "028-7654321"


def test_one_form_with_both_kinds_of_field_makes_two_changes(session: Session, at: datetime) -> None:
    agency = make_agency()
    correct(agency, at, {"address": "别处1号", "name": NEW})
    found = session.scalars(sa.select(ProfileChange).order_by(ProfileChange.number)).all()
    assert [(row.number, row.state, sorted(row.after)) for row in found] == [
        (1, ChangeState.APPLIED, ["address"]),
        (2, ChangeState.CHECKING, ["name"]),
    ]


def test_an_applicant_edits_freely(session: Session, at: datetime) -> None:
    agency = make_agency(standing=Standing.APPLIED)
    assert correct(agency, at, {"name": NEW}) == ()
    assert (agency.name, count(ProfileChange)) == (NEW, 0)


def test_who_may_and_what_is_wrong(session: Session, at: datetime) -> None:
    agency, other = make_agency(), make_agency()
    for stranger in (make_agency_actor(other), make_actor(Role.OPERATOR), make_actor(Role.OWNER)):
        with pytest.raises(Forbidden):
            correct(agency, at, {"name": NEW}, stranger)
    with pytest.raises(InvalidInput):
        correct(agency, at, {"name": " "})
    with pytest.raises(InvalidInput):
        correct(agency, at, {"is_branch": True, "head_office_uscc": None})
    with pytest.raises(Conflict):
        operations.correct_profile(
            agency.uscc, {"name": NEW}, expected_version=0, actor=make_agency_actor(agency), at=at
        )
    assert count(ProfileChange) == 0


def test_a_field_is_checked_once_at_a_time_and_sending_twice_makes_one_change(session: Session, at: datetime) -> None:
    agency = make_agency()
    seen = agency.version
    actor = make_agency_actor(agency)
    operations.correct_profile(agency.uscc, {"name": NEW}, expected_version=seen, actor=actor, at=at)
    with pytest.raises(Conflict):
        operations.correct_profile(agency.uscc, {"name": NEW}, expected_version=seen, actor=actor, at=at)
    with pytest.raises(Conflict):
        correct(agency, at, {"name": "另一个名字有限公司"})
    assert count(ProfileChange) == 1


def test_the_operator_decides_only_what_waits_with_a_reason_in_its_region(session: Session, at: datetime) -> None:
    agency, operator = make_agency(), make_actor(Role.OPERATOR)
    change = proposed(agency, at, name=NEW)
    with pytest.raises(WrongState):
        operations.decide_change(change.id, admit=True, reason="营业执照已核验", actor=operator, at=at)
    check(change, at)
    with pytest.raises(Forbidden):
        operations.decide_change(change.id, admit=True, reason="x", actor=make_agency_actor(agency), at=at)
    with pytest.raises(Forbidden):
        elsewhere = make_actor(Role.OPERATOR, region_code="110000")
        operations.decide_change(change.id, admit=True, reason="x", actor=elsewhere, at=at)
    with pytest.raises(InvalidInput):
        operations.decide_change(change.id, admit=True, reason=" ", actor=operator, at=at)
    operations.decide_change(change.id, admit=True, reason="营业执照已核验", actor=operator, at=at)
    assert (agency.name, change.reason, change.decided_by_id) == (NEW, "营业执照已核验", operator.user_id)
    with pytest.raises(WrongState):
        operations.decide_change(change.id, admit=False, reason="晚了", actor=operator, at=at)


def test_a_refusal_by_the_operator_leaves_the_old_value(session: Session, at: datetime) -> None:
    agency = make_agency()
    old = agency.name
    change = check(proposed(agency, at, name=NEW), at)
    operations.decide_change(change.id, admit=False, reason="材料不符", actor=make_actor(Role.OPERATOR), at=at)
    assert (agency.name, change.state) == (old, ChangeState.REFUSED)


def test_an_open_change_can_be_taken_back_by_its_own_agency(session: Session, at: datetime) -> None:
    agency, other = make_agency(), make_agency()
    change = proposed(agency, at, name=NEW)
    with pytest.raises(NotFound):
        operations.withdraw_change(other.uscc, change.number, actor=make_agency_actor(other), at=at)
    with pytest.raises(Forbidden):
        operations.withdraw_change(agency.uscc, change.number, actor=make_agency_actor(other), at=at)
    operations.withdraw_change(agency.uscc, change.number, actor=make_agency_actor(agency), at=at)
    assert change.state is ChangeState.WITHDRAWN
    with pytest.raises(WrongState):
        operations.withdraw_change(agency.uscc, change.number, actor=make_agency_actor(agency), at=at)


@pytest.mark.parametrize("state", list(ChangeState))
@pytest.mark.parametrize("action", list(ChangeAction))
def test_every_pair_of_change_and_action(session: Session, state: ChangeState, action: ChangeAction) -> None:
    if CHANGE.can(state, action):
        assert CHANGE.next(state, action) in ChangeState
    else:
        with pytest.raises(WrongState):
            CHANGE.next(state, action)
