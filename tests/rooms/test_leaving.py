"""An agency leaves the market of its own will, and comes back: what blocks it, what follows, who is told."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies import operations
from supermarket.agencies.come_back import left_before, noted_come_backs
from supermarket.agencies.models import Agency, ChangeState, Onboarding, ProfileChange, Standing, StandingChange
from supermarket.agencies.queries import practitioners
from supermarket.core.errors import Forbidden, InvalidInput, RuleBroken, WrongState
from supermarket.core.permissions import SYSTEM, Role
from supermarket.projects.models import Enrolment
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.standing.operations import leave, what_runs
from tests.factories.accounts import make_actor
from tests.factories.agencies import make_agency, make_agency_actor, make_practitioner, make_related_party
from tests.factories.contracts import make_deal, make_running
from tests.factories.policies import count
from tests.factories.projects import make_enrolled, make_open_project

WHY = "业务调整，退出本市场"


def gone(agency: Agency, at: datetime) -> Agency:
    leave(agency.uscc, reason=WHY, actor=make_agency_actor(agency), at=at)
    return agency


def test_leaving_says_why_and_releases_people(session: Session, at: datetime) -> None:
    agency = make_agency()
    make_practitioner(agency)
    gone(agency, at)
    assert (agency.standing, agency.checks_due_at, practitioners(agency.id)) == (Standing.LEFT, None, [])
    change = session.scalars(sa.select(StandingChange)).one()
    assert (change.before, change.after, change.basis) == (Standing.ACTIVE, Standing.LEFT, WHY)


def test_who_may_leave_and_with_what_reason(session: Session, at: datetime) -> None:
    agency, other = make_agency(), make_agency()
    for stranger in (make_agency_actor(other), make_actor(Role.OPERATOR), make_actor(Role.REGULATOR)):
        with pytest.raises(Forbidden):
            leave(agency.uscc, reason=WHY, actor=stranger, at=at)
    with pytest.raises(InvalidInput):
        leave(agency.uscc, reason=" ", actor=make_agency_actor(agency), at=at)
    assert agency.standing is Standing.ACTIVE
    gone(agency, at)
    with pytest.raises(WrongState):
        gone(agency, at)


def test_a_running_contract_keeps_an_agency(session: Session, at: datetime) -> None:
    deal = make_running(make_deal(at=at), at=at)
    agency = deal.bodies[0]
    with pytest.raises(RuleBroken) as refused:
        gone(agency, at)
    assert [item.code for item in refused.value.findings] == ["contract_runs"]
    assert agency.standing is Standing.ACTIVE


def test_a_fixed_pool_keeps_an_agency_and_an_open_purchase_lets_it_go(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    (agency, _actor), *_others = make_enrolled(project, 3, at)
    project.state = ProjectState.FROZEN
    session.flush()
    assert [item.code for item in what_runs(agency.id)] == ["selection_runs"]
    with pytest.raises(RuleBroken):
        gone(agency, at)
    project.state = ProjectState.OPEN
    session.flush()
    gone(agency, at)
    row = session.scalars(sa.select(Enrolment).where(Enrolment.agency_id == agency.id)).one()
    assert (row.state, row.exclusion_code) == (EnrolmentState.EXCLUDED, "left")


def test_an_applicant_takes_its_form_along_and_waits_in_no_queue(session: Session, at: datetime) -> None:
    agency = make_agency(standing=Standing.APPLIED)
    operations.admit_checked(agency.uscc, at=at)
    assert agency.onboarding is Onboarding.WAITING
    gone(agency, at)
    assert (agency.standing, agency.onboarding, agency.decision_due_at) == (Standing.LEFT, Onboarding.DRAFT, None)


def test_an_open_change_is_taken_back_with_its_agency(session: Session, at: datetime) -> None:
    agency = make_agency()
    operations.correct_profile(
        agency.uscc, {"name": "新名字有限公司"}, expected_version=None, actor=make_agency_actor(agency), at=at
    )
    gone(agency, at)
    assert session.scalars(sa.select(ProfileChange.state)).all() == [ChangeState.WITHDRAWN]


def test_who_comes_back_is_an_applicant_and_the_operator_is_told_within_36_months(
    session: Session, at: datetime
) -> None:
    agency = gone(make_agency(), at)
    actor = make_agency_actor(agency)
    with pytest.raises(Forbidden):
        operations.come_back(agency.uscc, reason=WHY, actor=make_agency_actor(make_agency()), at=at)
    with pytest.raises(InvalidInput):
        operations.come_back(agency.uscc, reason="", actor=actor, at=at)
    later = at + timedelta(days=300)
    operations.come_back(agency.uscc, reason="重新开展业务", actor=actor, at=later)
    assert (agency.standing, agency.onboarding) == (Standing.APPLIED, Onboarding.DRAFT)
    assert noted_come_backs(agency.uscc) == []
    operations.submit_for_checks(agency.uscc, actor=actor, at=later)
    assert [(item.how, item.uscc, item.left_at) for item in noted_come_backs(agency.uscc)] == [
        ("itself", agency.uscc, at)
    ]
    with pytest.raises(WrongState):
        operations.come_back(agency.uscc, reason="又一次", actor=actor, at=later)


def test_after_36_months_nobody_is_told(session: Session, at: datetime) -> None:
    agency = gone(make_agency(), at)
    later = at + timedelta(days=1097)
    operations.come_back(agency.uscc, reason="重新开展业务", actor=make_agency_actor(agency), at=later)
    assert left_before(agency, later) == []


@pytest.mark.parametrize(("relation", "how"), [("legal_representative", "head"), ("controller", "controller")])
def test_another_body_with_the_same_head_or_controller_is_seen(
    session: Session, at: datetime, relation: str, how: str
) -> None:
    before = make_agency()
    make_related_party(before, relation, mark="same")
    gone(before, at)
    after = make_agency(standing=Standing.APPLIED)
    make_related_party(after, relation, mark="same")
    make_related_party(after, "manager", mark="else")
    found = left_before(after, at + timedelta(days=10))
    assert [(item.how, item.uscc) for item in found] == [(how, before.uscc)]
    operations.submit_for_checks(after.uscc, actor=SYSTEM, at=at + timedelta(days=10))
    assert [item.how for item in noted_come_backs(after.uscc)] == [how]


@pytest.mark.parametrize(("shared", "expected"), [(1, []), (2, ["practitioners"])])
def test_half_of_the_people_is_a_succession_to_look_at(
    session: Session, at: datetime, shared: int, expected: list[str]
) -> None:
    before = make_agency()
    people = [make_practitioner(before) for _number in range(4)]
    gone(before, at)
    after = make_agency(standing=Standing.APPLIED)
    for person in people[:shared]:
        make_practitioner(after).identity_hash = person.identity_hash
    session.flush()
    assert [item.how for item in left_before(after, at)] == expected
    assert count(Agency) == 2
