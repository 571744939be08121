"""Removal cases: grounds, hearing, two people of two bodies, what is carried out."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies.models import Agency, Standing
from supermarket.core.errors import Conflict, Forbidden, RuleBroken
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Actor, Grant, Role
from supermarket.core.working_days import local_date
from supermarket.credit.points import CreditEvent
from supermarket.credit.queries import held_level
from supermarket.documents.models import Document
from supermarket.projects.models import Enrolment
from supermarket.projects.states import EnrolmentState
from supermarket.standing import operations
from supermarket.standing.deadlines import DUE
from supermarket.standing.decisions import Office
from supermarket.standing.models import Rectification, RemovalCase
from supermarket.standing.monthly import review_all
from supermarket.standing.states import RemovalState
from supermarket.supervision.models import Finding, Level
from tests.factories.agencies import make_agency_actor
from tests.factories.contracts import make_running
from tests.factories.credit import make_credit_entry, make_stars
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.reading import tick
from tests.factories.standing import make_authority, make_operator, make_rated_agency, t


def make_case(session: Session, at: datetime) -> tuple[Agency, RemovalCase]:
    """A case that a decided collusion opened by itself."""
    agency = make_rated_agency("82.0000", "84.0000", "86.0000")
    make_credit_entry(agency.uscc, CreditEvent.COLLUSION, at=at)
    return agency, session.scalars(sa.select(RemovalCase).where(RemovalCase.agency_uscc == agency.uscc)).one()


def test_a_decided_collusion_opens_a_case_at_once_and_only_one(session: Session, at: datetime) -> None:
    agency, case = make_case(session, at)
    assert case.state is RemovalState.HEARING
    assert [ground["code"] for ground in case.grounds] == ["collusion"]
    # 5 and 15 working days after Monday 2 March 2026.
    assert local_date(case.statement_due_at - timedelta(seconds=1)).isoformat() == "2026-03-09"
    assert local_date(case.decision_due_at - timedelta(seconds=1)).isoformat() == "2026-03-23"
    assert operations.open_case_if_grounds(agency.uscc, at=at) is None


def test_low_level_bad_credit_and_no_mending_open_a_case(session: Session) -> None:
    agency = make_rated_agency("40.0000", "45.0000", "50.0000")
    make_stars(agency, 3)
    review_all(t(4))  # 2 from January on, so low at four reviews; every task since is overdue or open
    assert held_level(agency.uscc) == 2
    for task in session.scalars(sa.select(Rectification)):
        operations.note_rectification_overdue(task.id, at=t(6))
    assert operations.open_case_if_grounds(agency.uscc, at=t(6)) is None  # credit is still good
    for _number in range(3):
        make_credit_entry(agency.uscc, CreditEvent.PENALTY_LIGHT, at=t(5))
    case = operations.open_case_if_grounds(agency.uscc, at=t(6))
    assert case is not None
    assert [ground["code"] for ground in case.grounds] == ["low_and_not_mended"]


def test_removal_takes_two_people_of_two_bodies(session: Session, at: datetime) -> None:
    agency, case = make_case(session, at)
    authority, operator = make_authority(), make_operator()
    both = Actor(user_id=authority.user_id, grants=(*authority.grants, *operator.grants))
    other_person_same_body = Actor(
        user_id=operator.user_id,
        grants=(Grant(Role.OPERATOR, authority.grants[0].organisation_id, "510000"),),
    )
    operations.state_in_removal(case.id, statement="我们没有串通", actor=make_agency_actor(agency), at=at)
    with pytest.raises(Forbidden):
        operations.answer_removal(case.id, Office.OPERATOR, approve=True, reason="同意清退", actor=authority, at=at)
    with pytest.raises(Forbidden):
        operations.answer_removal(case.id, Office.OPERATOR, approve=True, reason="同意清退", actor=SYSTEM, at=at)
    operations.answer_removal(case.id, Office.AUTHORITY, approve=True, reason="事实清楚", actor=authority, at=at)
    with pytest.raises(RuleBroken) as same_person:
        operations.answer_removal(case.id, Office.OPERATOR, approve=True, reason="同意清退", actor=both, at=at)
    with pytest.raises(RuleBroken) as same_body:
        operations.answer_removal(
            case.id, Office.OPERATOR, approve=True, reason="同意清退", actor=other_person_same_body, at=at
        )
    assert {same_person.value.code, same_body.value.code} == {"same_person_or_body"}
    with pytest.raises(Conflict):
        operations.answer_removal(case.id, Office.AUTHORITY, approve=True, reason="再次同意", actor=authority, at=at)
    assert case.state is RemovalState.DECIDING
    operations.answer_removal(case.id, Office.OPERATOR, approve=True, reason="同意清退", actor=operator, at=at)
    assert case.state is RemovalState.APPROVED
    assert agency.standing is Standing.ACTIVE  # the job carries it out, not the second click


def test_the_job_carries_an_approved_removal_out_once(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    agency, _actor = make_enrolled(project, 1, at)[0]
    make_credit_entry(agency.uscc, CreditEvent.FALSE_MATERIAL, at=at)
    case = session.scalars(sa.select(RemovalCase)).one()
    operations.state_in_removal(case.id, statement="材料是真实的", actor=make_agency_actor(agency), at=at)
    for office, actor in ((Office.AUTHORITY, make_authority()), (Office.OPERATOR, make_operator())):
        operations.answer_removal(case.id, office, approve=True, reason="事实清楚，同意清退", actor=actor, at=at)
    assert tick(DUE, at) == ["standing.removal"]
    assert tick(DUE, at) == []
    session.expire_all()
    assert agency.standing is Standing.EXPELLED
    assert session.scalars(sa.select(Enrolment.state)).all() == [EnrolmentState.EXCLUDED]
    notice = session.get_one(Document, case.notice_document_id)
    assert (notice.public, notice.subject_code) == (True, agency.uscc)
    event = session.scalars(sa.select(Event).where(Event.tag == "standing.removed")).one()
    assert (event.public, event.data["enrolments"], event.data["contracts"]) == (True, 1, 0)
    assert case.appeal_until is not None


def test_running_contracts_are_shown_to_their_owners_who_choose(session: Session, at: datetime) -> None:
    deal = make_running(at=at)
    agency = deal.award.agency
    make_credit_entry(agency.uscc, CreditEvent.COLLUSION, at=at)
    case = session.scalars(sa.select(RemovalCase)).one()
    with pytest.raises(Conflict):
        operations.choose_contract(deal.code, go_on=True, reason="还没有清退", actor=deal.owner, at=at)
    operations.close_hearing(case.id, at=case.statement_due_at)
    for office, actor in ((Office.AUTHORITY, make_authority()), (Office.OPERATOR, make_operator())):
        operations.answer_removal(
            case.id, office, approve=True, reason="事实清楚，同意清退", actor=actor, at=case.statement_due_at
        )
    tick(DUE, case.statement_due_at)
    with pytest.raises(Forbidden):
        operations.choose_contract(deal.code, go_on=True, reason="继续履行", actor=deal.agency, at=at)
    operations.choose_contract(deal.code, go_on=False, reason="另行委托机构", actor=deal.owner, at=case.decision_due_at)
    session.expire_all()
    assert deal.project.state.value == "terminated"
    with pytest.raises(Conflict):
        operations.choose_contract(deal.code, go_on=True, reason="改变主意了", actor=deal.owner, at=at)


def test_one_refusal_closes_the_case(session: Session, at: datetime) -> None:
    agency, case = make_case(session, at)
    operations.answer_removal(
        case.id, Office.OPERATOR, approve=False, reason="证据不足，不同意", actor=make_operator(), at=at
    )
    assert case.state is RemovalState.REFUSED
    # The same decision opens no second case.
    assert operations.open_case_if_grounds(agency.uscc, at=at + timedelta(days=1)) is None


def test_undecided_in_time_freezes_and_cards_the_offices(session: Session, at: datetime) -> None:
    agency, case = make_case(session, at)
    authority, operator = make_authority(), make_operator()
    operations.answer_removal(case.id, Office.AUTHORITY, approve=True, reason="事实清楚", actor=authority, at=at)
    assert tick(DUE, case.statement_due_at) == ["standing.hearing_over"]
    assert tick(DUE, case.decision_due_at) == ["standing.removal_overdue"]
    assert tick(DUE, case.decision_due_at) == []
    session.expire_all()
    assert agency.standing is Standing.FROZEN
    cards = session.scalars(sa.select(Finding)).all()
    assert [(card.code, card.level, card.organisation_id) for card in cards] == [
        ("removal_undecided_by_operator", Level.RED, operator.grants[0].organisation_id)
    ]
    operations.answer_removal(
        case.id, Office.OPERATOR, approve=False, reason="证据不足", actor=operator, at=case.decision_due_at
    )
    session.expire_all()
    assert agency.standing is Standing.ACTIVE


def test_the_time_for_the_statement_ends(session: Session, at: datetime) -> None:
    agency, case = make_case(session, at)
    actor = make_agency_actor(agency)
    with pytest.raises(RuleBroken) as late:
        operations.state_in_removal(case.id, statement="我们没有串通", actor=actor, at=case.statement_due_at)
    assert late.value.code == "too_late"
