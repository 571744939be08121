"""The projects room: who, when, whether; every state × action pair; what is refused leaves nothing behind."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.errors import Conflict, Forbidden, InvalidInput, MarketError, RuleBroken, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import ANONYMOUS, SYSTEM, Actor, Role
from supermarket.core.working_days import local_date
from supermarket.credit.models import CreditEntry, Ledger
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.policies.queries import calendar
from supermarket.projects import operations
from supermarket.projects.commands import Avoided, DeliverableWanted, Enrol, PaymentTerm, PublicationSources
from supermarket.projects.models import Enrolment, Funding, Project
from supermarket.projects.money_rules import Ground
from supermarket.projects.states import PROJECT, ProjectAction, ProjectState
from supermarket.selection.publication import sources_for
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.agencies import make_agency, make_agency_actor, make_qualification
from tests.factories.projects import (
    draft_command,
    make_enrolled,
    make_open_project,
    make_operator,
    make_owner_actor,
)

S, A = ProjectState, ProjectAction
NONE = PublicationSources()


def put_into(project: Project, state: ProjectState, at: datetime, session: Session) -> None:
    """Set the state as no operation would, for the pairs below."""
    project.state = state
    project.suspended_from = S.OPEN if state is S.SUSPENDED else None
    project.suspended_at = at if state is S.SUSPENDED else None
    project.due_what, project.due_at = ("freeze", project.enrol_until) if state is S.OPEN else (None, None)
    session.flush()


def acts(project: Project, owner: Actor, at: datetime) -> dict[ProjectAction, Callable[[], object]]:
    """Every action that people ask for, with whoever may."""
    code, operator = project.code, make_operator()
    supervisor = make_actor(Role.SUPERVISOR, region_code="510000")
    command = draft_command(project.owner)
    return {
        A.EDIT: lambda: operations.edit(code, command, version=project.version, actor=owner, at=at),
        A.DELETE: lambda: operations.delete(code, actor=owner, at=at),
        A.APPROVE: lambda: operations.approve(code, sources=sources_for(project, at=at), actor=operator, at=at),
        A.RETURN: lambda: operations.return_to_owner(code, reason="请补充材料", actor=operator, at=at),
        A.AMEND: lambda: operations.amend(
            code, command, reason="修改预算说明", version=project.version, actor=owner, at=at
        ),
        A.WITHDRAW: lambda: operations.withdraw(code, reason="项目取消了", actor=owner, at=at),
        A.VOID: lambda: operations.void(code, reason="程序违法了", actor=operator, at=at),
        A.SUSPEND: lambda: operations.suspend(code, reason="投诉处理中", actor=supervisor, at=at),
        A.RESUME: lambda: operations.resume(code, reason="投诉不成立", actor=supervisor, at=at),
        A.REISSUE: lambda: operations.reissue(code, actor=owner, at=at),
        A.FAIL: lambda: operations.fail(project.id, failure="test", reason="测试", at=at),
        A.START_SERVICE: lambda: operations.start_service(project.id, actor=SYSTEM, at=at),
        A.COMPLETE: lambda: operations.complete(project.id, actor=SYSTEM, at=at),
        A.TERMINATE: lambda: operations.terminate(project.id, reason="合同解除了", actor=SYSTEM, at=at),
        A.ARCHIVE: lambda: operations.archive(project.id, actor=SYSTEM, at=at),
    }


@pytest.mark.parametrize("state", list(S))
def test_every_state_allows_exactly_what_its_row_says(state: ProjectState, session: Session, at: datetime) -> None:
    project, owner = make_open_project(at)
    for action in acts(project, owner, at):
        nested = session.begin_nested()
        put_into(project, state, at, session)
        before = session.scalar(sa.select(sa.func.count()).select_from(Event))
        act = acts(project, owner, at)[action]
        if PROJECT.can(state, action):
            act()
            session.flush()
            after = PROJECT.next(state, action)
            assert project.state is (S.OPEN if action is A.RESUME else after), action
        else:
            with pytest.raises(WrongState) as refused:
                act()
            assert refused.value.state == state.value
            assert refused.value.allowed == tuple(item.value for item in PROJECT.allowed(state))
            assert project.state is state
            assert session.scalar(sa.select(sa.func.count()).select_from(Event)) == before
        nested.rollback()
        session.expire_all()


def test_the_end_states_keep_no_due_moment(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at)
    operations.withdraw(project.code, reason="不再需要了", actor=owner, at=at)
    assert (project.due_what, project.due_at, project.ended_at) == (None, None, at)


def test_others_may_not(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    stranger = make_actor(Role.OWNER, make_organisation())
    far_operator = make_actor(Role.OPERATOR, region_code="330000")
    for actor in (ANONYMOUS, stranger, far_operator, make_agency_actor(make_agency())):
        for action in (
            lambda a: operations.withdraw(project.code, reason="没有理由的", actor=a, at=at),
            lambda a: operations.void(project.code, reason="没有理由的", actor=a, at=at),
            lambda a: operations.suspend(project.code, reason="没有理由的", actor=a, at=at),
            lambda a: operations.reissue(project.code, actor=a, at=at),
            lambda a: operations.approve(project.code, sources=NONE, actor=a, at=at),
        ):
            with pytest.raises(Forbidden):
                action(actor)
    assert project.state is S.OPEN


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"matter_code": "ZJ999"}, "matter_code"),
        ({"region_code": "999999"}, "region_code"),
        ({"mode": "hand_picked"}, "mode"),
        ({"mode": "m510100_1"}, "mode"),
        ({"mode": "random", "keep": 5}, "keep"),
        ({"mode": "random", "draw_keep": 3}, "draw_keep"),
        ({"mode": "random", "shortlist_by": ShortlistBy.STARS}, "shortlist_by"),
        ({"mode": "credit_merit", "shortlist_by": ShortlistBy.CREDIT}, "shortlist_by"),
        ({"mode": "credit_merit", "keep": 2}, "keep"),
        ({"mode": "credit_merit", "keep": 21}, "keep"),
        ({"mode": "credit_merit", "keep": 3, "draw_keep": 4}, "draw_keep"),
        ({"mode": "credit_merit", "draw_keep": 1}, "draw_keep"),
        ({"mode": "random_bidding", "draw_keep": 2}, "draw_keep"),
        ({"mode": "mean_price", "live": True}, "live"),
        ({"mode": "random", "live": True}, "live"),
        ({"budget": 0, "ceiling": 0}, "budget"),
        ({"ceiling": 10_000_001}, "ceiling"),
        ({"floor": 10_000_001}, "floor"),
        ({"duration_days": 0}, "duration_days"),
        ({"deliverables": ()}, "deliverables"),
        ({"deliverables": (DeliverableWanted("报告", 61),)}, "deliverables"),
        ({"payment_terms": (PaymentTerm("全款", 99, 1),)}, "payment_terms"),
        ({"payment_terms": (PaymentTerm("全款", 100, 3),)}, "payment_terms"),
        ({"mode": "direct"}, "named_agency_uscc"),
        ({"named_agency_uscc": "91510107MA6CA01X05"}, "named_agency_uscc"),
        ({"mode": "merit"}, "criteria"),
        ({"mode": "merit", "criteria": (("price", 50), ("credit", 49))}, "criteria"),
        ({"mode": "merit", "criteria": (("price", 50), ("looks", 50))}, "criteria"),
        ({"avoid": (Avoided("91510107MA6CA01X05", "利害关系"),)}, "avoid"),
    ],
)
def test_a_wrong_draft_is_refused_at_its_field(
    changes: dict[str, object], field: str, session: Session, at: datetime
) -> None:
    owner, actor = make_owner_actor()
    with pytest.raises(InvalidInput) as refused:
        operations.draft(draft_command(owner, **changes), actor=actor, at=at)
    assert field in {error.field for error in refused.value.errors}
    assert session.scalar(sa.select(sa.func.count()).select_from(Project)) == 0


def test_an_agency_is_avoided_once(session: Session, at: datetime) -> None:
    owner, actor = make_owner_actor()
    uscc = make_agency().uscc
    twice = (Avoided(uscc, "利害关系"), Avoided(uscc, "投资关系"))
    with pytest.raises(InvalidInput) as refused:
        operations.draft(draft_command(owner, avoid=twice), actor=actor, at=at)
    assert [(error.field, error.code) for error in refused.value.errors] == [("avoid", "twice")]


def test_a_moment_in_the_past_or_a_selection_too_early_is_refused(session: Session, at: datetime) -> None:
    owner, actor = make_owner_actor()
    for changes, field in (
        ({"enrol_until": at}, "enrol_until"),
        ({"enrol_until": at + timedelta(days=9), "select_at": at + timedelta(days=9, minutes=59)}, "select_at"),
    ):
        with pytest.raises(InvalidInput) as refused:
            operations.draft(draft_command(owner, **changes), actor=actor, at=at)
        assert [error.field for error in refused.value.errors] == [field]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"funding": Funding.FISCAL, "budget": 100_000_001}, "procurement_limit"),
        ({"requirement_notes": "要求注册资本不少于500万元"}, "registered_capital"),
    ],
)
def test_what_the_rules_forbid_is_named(changes: dict[str, object], code: str, session: Session, at: datetime) -> None:
    owner, actor = make_owner_actor()
    with pytest.raises(RuleBroken) as refused:
        operations.draft(draft_command(owner, **changes), actor=actor, at=at)
    assert code in {finding.code for finding in refused.value.findings}


def test_direct_with_fiscal_money_ends_at_the_small_amount_line(session: Session, at: datetime) -> None:
    owner, actor = make_owner_actor()
    agency = make_agency()
    command = draft_command(
        owner, funding=Funding.FISCAL, mode="direct", budget=5_000_001, named_agency_uscc=agency.uscc
    )
    with pytest.raises(RuleBroken):
        operations.draft(command, actor=actor, at=at)
    within = draft_command(
        owner, funding=Funding.FISCAL, mode="direct", budget=5_000_000, named_agency_uscc=agency.uscc
    )
    assert operations.draft(within, actor=actor, at=at).state is S.DRAFT
    urgent = draft_command(
        owner,
        funding=Funding.FISCAL,
        mode="direct",
        budget=5_000_001,
        named_agency_uscc=agency.uscc,
        direct_ground=Ground.EMERGENCY,
        direct_document="川应急〔2026〕7号",
    )
    assert operations.draft(urgent, actor=actor, at=at).state is S.DRAFT


def test_publication_fixes_the_numbers_and_gives_the_full_time(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    days = calendar()
    assert project.enrol_until == days.due_after(at, 3)
    assert project.select_at is not None
    assert project.select_at >= project.enrol_until + timedelta(minutes=60)
    assert days.is_working(local_date(project.select_at))
    assert project.policy["enrolment_days"] == 3
    assert project.draw_source is not None and project.draw_source.startswith("parties:")


def test_a_later_approval_moves_both_moments_by_whole_working_days(session: Session, at: datetime) -> None:
    owner, actor = make_owner_actor()
    days = calendar()
    wanted = days.due_after(at, 3)
    command = draft_command(owner, funding=Funding.FISCAL, enrol_until=wanted, select_at=wanted + timedelta(hours=34))
    project = operations.draft(command, actor=actor, at=at)
    operations.submit(project.code, sources=NONE, actor=actor, at=at)
    later = at + timedelta(days=1)
    operations.approve(project.code, sources=sources_for(project, at=later), actor=make_operator(), at=later)
    assert project.enrol_until == days.shift(wanted, 1)
    assert project.select_at == days.shift(wanted + timedelta(hours=34), 1)


def test_an_amendment_gives_the_full_time_again_and_keeps_enrolments(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at)
    make_enrolled(project, 1, at)
    later = at + timedelta(days=1)
    command = draft_command(project.owner, description="补充说明材料")
    with pytest.raises(Conflict):
        operations.amend(project.code, command, reason="补充说明", version=1, actor=owner, at=later)
    operations.amend(project.code, command, reason="补充说明", version=project.version, actor=owner, at=later)
    assert project.enrol_until == calendar().due_after(later, 3)
    assert session.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == 1
    other = draft_command(project.owner, mode="bidding")
    with pytest.raises(InvalidInput):
        operations.amend(project.code, other, reason="换一种方式", version=project.version, actor=owner, at=later)


def test_withdrawing_after_the_announcement_costs_the_owner_credit(session: Session, at: datetime) -> None:
    for state, points in ((S.OPEN, []), (S.ANNOUNCED, [-10]), (S.AWARDED, [-10])):
        project, owner = make_open_project(at)
        put_into(project, state, at, session)
        operations.withdraw(project.code, reason="资金没有落实", actor=owner, at=at)
        entries = session.scalars(sa.select(CreditEntry).where(CreditEntry.uscc == project.owner.uscc)).all()
        assert [entry.points for entry in entries] == points
        assert all(entry.ledger is Ledger.OWNER for entry in entries)


def test_a_resumed_project_has_its_moments_moved_by_the_days_it_stood(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    supervisor = make_actor(Role.SUPERVISOR, region_code="510000")
    until = project.enrol_until
    assert until is not None
    operations.suspend(project.code, reason="投诉处理中", actor=supervisor, at=at)
    assert project.state is S.SUSPENDED
    back = at + timedelta(days=2)
    operations.resume(project.code, reason="投诉不成立", actor=supervisor, at=back)
    assert project.state is S.OPEN
    assert project.enrol_until == project.due_at == calendar().shift(until, 2)


def test_a_reissue_is_linked_and_happens_once(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at)
    operations.withdraw(project.code, reason="不再需要了", actor=owner, at=at)
    again = operations.reissue(project.code, actor=owner, at=at)
    assert (again.state, again.reissue_of_id, again.name) == (S.DRAFT, project.id, project.name)
    assert project.state is S.WITHDRAWN
    with pytest.raises(Conflict):
        operations.reissue(project.code, actor=owner, at=at)


def test_enrolment_names_every_reason_at_once(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    agency = make_agency(matters=(), qualified=False)
    with pytest.raises(RuleBroken) as refused:
        operations.enrol(project.code, Enrol(), actor=make_agency_actor(agency), at=at)
    assert {finding.code for finding in refused.value.findings} >= {"offers_matter"}
    assert session.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == 0


def test_nobody_cancels_anothers_enrolment(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    make_enrolled(project, 1, at)
    other = make_agency_actor(make_agency())
    with pytest.raises(MarketError):
        operations.cancel_enrolment(project.code, actor=other, at=at)
    assert session.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == 1


def test_practitioners_of_another_agency_cannot_be_named(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    other = make_agency(practitioners=1)
    agency = make_agency()
    make_qualification(agency)
    with pytest.raises(InvalidInput):
        operations.enrol(
            project.code,
            Enrol(practitioner_ids=(other.practitioners[0].id,)),
            actor=make_agency_actor(agency),
            at=at,
        )
