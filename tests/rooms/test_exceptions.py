"""Exceptions to the rules on requirements: who, when, whether; bound to one sentence; public with the notice only."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.events import TAGS, Event
from supermarket.core.permissions import ANONYMOUS, Actor, P, Role
from supermarket.policies.queries import calendar
from supermarket.projects import operations
from supermarket.projects.commands import Attachment
from supermarket.projects.deadlines import DUE
from supermarket.projects.exception_models import RequirementException
from supermarket.projects.exception_queries import (
    ExceptionFilter,
    after,
    covered_keys,
    exception_for,
    exceptions_of,
    exceptions_waiting,
    search_exceptions,
)
from supermarket.projects.models import Funding, Project
from supermarket.projects.requirement_rules import EXCEPTABLE, RULES, Barred
from supermarket.projects.requirements import text_hash
from supermarket.projects.states import EXCEPTION, ExceptionAction, ExceptionState, ProjectState
from supermarket.selection.publication import sources_for
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.exceptions import SENTENCE, ask_command, make_asked, make_granted, make_refused_draft
from tests.factories.projects import draft_command, make_open_project, make_operator, make_owner_actor

S, A = ExceptionState, ExceptionAction
NEVER = sorted(set(Barred) - EXCEPTABLE)


def publish(row: RequirementException, owner: Actor, at: datetime) -> Project:
    project = row.project
    return operations.submit(project.code, sources=sources_for(project, at=at), actor=owner, at=at)


def events_of(number: int, session: Session) -> list[str]:
    query = sa.select(Event.tag).where(Event.subject_kind == "exception", Event.subject_code == str(number))
    return list(session.scalars(query.order_by(Event.id)))


def make_in(state: ExceptionState, at: datetime) -> tuple[RequirementException, Actor]:
    """An exception in a state, brought there as people do."""
    operator = make_operator()
    if state in (S.ASKED, S.DENIED, S.WITHDRAWN):
        row, owner = make_asked(at)
        if state is S.DENIED:
            operations.deny(row.id, reason="法律没有规定", actor=operator, at=at)
        if state is S.WITHDRAWN:
            operations.withdraw_exception(row.id, actor=owner, at=at)
        return row, owner
    row, owner = make_granted(at)
    if state is S.REVOKED:
        operations.revoke(row.id, reason="依据已经废止", actor=operator, at=at)
    if state is S.IN_FORCE:
        publish(row, owner, at)
    return row, owner


@pytest.mark.parametrize("state", list(S))
def test_every_state_allows_exactly_what_its_row_says(state: ExceptionState, session: Session, at: datetime) -> None:
    row, owner = make_in(state, at)
    assert row.state is state
    operator = make_operator()
    acts: dict[ExceptionAction, Callable[[], object]] = {
        A.GRANT: lambda: operations.grant(row.id, reason="特别法有规定", actor=operator, at=at),
        A.DENY: lambda: operations.deny(row.id, reason="法律没有规定", actor=operator, at=at),
        A.REVOKE: lambda: operations.revoke(row.id, reason="依据已经废止", actor=operator, at=at),
        A.WITHDRAW: lambda: operations.withdraw_exception(row.id, actor=owner, at=at),
    }
    for action, act in acts.items():
        nested = session.begin_nested()
        if EXCEPTION.can(state, action):
            act()
            assert row.state is EXCEPTION.next(state, action)
        else:
            with pytest.raises(WrongState) as refused:
                act()
            assert refused.value.allowed == tuple(item.value for item in EXCEPTION.allowed(state))
            assert row.state is state
        nested.rollback()
        session.expire_all()


def test_only_the_owner_asks_and_only_the_operator_of_the_region_decides(session: Session, at: datetime) -> None:
    row, owner = make_asked(at)
    stranger, far = make_actor(Role.OWNER, make_organisation()), make_actor(Role.OPERATOR, region_code="330000")
    agency = make_agency_actor(make_agency())
    for actor in (ANONYMOUS, stranger, agency, far, make_operator()):
        with pytest.raises(Forbidden):
            operations.ask(row.project.code, ask_command(text="注册资本不低于1万元"), actor=actor, at=at)
        with pytest.raises(Forbidden):
            operations.withdraw_exception(row.id, actor=actor, at=at)
    for actor in (ANONYMOUS, stranger, agency, far, owner, make_actor(Role.REGULATOR, region_code="510000")):
        for act in (operations.grant, operations.deny, operations.revoke):
            with pytest.raises(Forbidden):
                act(row.id, reason="没有理由的", actor=actor, at=at)
    assert row.state is S.ASKED


def test_who_asked_does_not_decide(session: Session, at: datetime) -> None:
    row, owner = make_asked(at)
    both = Actor(user_id=owner.user_id, grants=(*owner.grants, *make_operator().grants))
    with pytest.raises(Forbidden):
        operations.grant(row.id, reason="特别法有规定", actor=both, at=at)


def test_the_draft_keeps_it_and_publication_waits_for_the_exception(session: Session, at: datetime) -> None:
    project, owner = make_refused_draft(at)
    with pytest.raises(RuleBroken) as refused:
        operations.submit(project.code, sources=sources_for(project, at=at), actor=owner, at=at)
    (finding,) = refused.value.findings
    assert (finding.code, finding.evidence["field"], finding.evidence["found"]) == (
        "registered_capital",
        "requirements",
        "注册资本不低于",
    )
    assert (finding.evidence["start"], finding.evidence["end"]) == (0, 7)
    assert (finding.evidence["passage"], finding.evidence["exceptable"]) == (SENTENCE, True)
    row = operations.ask(project.code, ask_command(), actor=owner, at=at)
    assert row.due_at == calendar().due_after(at, 2)
    with pytest.raises(RuleBroken):
        operations.submit(project.code, sources=sources_for(project, at=at), actor=owner, at=at)
    operations.grant(row.id, reason="特别法有明确规定", actor=make_operator(), at=at)
    assert exceptions_of(project.id, public_only=True) == []
    publish(row, owner, at)
    assert project.state is ProjectState.OPEN
    assert (row.state, row.in_force_at) == (S.IN_FORCE, at)
    assert list(exceptions_of(project.id, public_only=True)) == [row]
    assert events_of(row.id, session) == ["exception.asked", "exception.granted", "exception.in_force"]
    assert [name for name in ("exception.asked", "exception.granted", "exception.in_force") if TAGS[name].public] == [
        "exception.in_force"
    ]


def test_fiscal_money_is_not_even_reviewed_without_the_exception(session: Session, at: datetime) -> None:
    project, owner = make_refused_draft(at, funding=Funding.FISCAL)
    with pytest.raises(RuleBroken):
        operations.submit(project.code, sources=sources_for(project, at=at), actor=owner, at=at)
    assert project.state is ProjectState.DRAFT


def test_one_changed_character_is_not_covered(session: Session, at: datetime) -> None:
    row, owner = make_granted(at)
    project = row.project
    for notes, covered in (
        (f"按规范编制。{SENTENCE}；按时提交。", True),
        (f"  {SENTENCE}\n", True),
        ("注册资本不低于600万元。", False),
        (f"{SENTENCE}并优先。", False),
        (f"{SENTENCE}。在当地设有分公司。", False),
    ):
        command = draft_command(project.owner, requirement_notes=notes, keep_refused=True)
        operations.edit(project.code, command, version=project.version, actor=owner, at=at)
        nested = session.begin_nested()
        if covered:
            publish(row, owner, at)
        else:
            with pytest.raises(RuleBroken):
                publish(row, owner, at)
        nested.rollback()
        session.expire_all()


def test_it_does_not_cover_another_project_nor_a_reissue(session: Session, at: datetime) -> None:
    row, owner = make_granted(at)
    publish(row, owner, at)
    operations.withdraw(row.project.code, reason="项目取消了", actor=owner, at=at)
    again = operations.reissue(row.project.code, actor=owner, at=at)
    assert covered_keys(again.id) == frozenset()
    with pytest.raises(RuleBroken):
        operations.submit(again.code, sources=sources_for(again, at=at), actor=owner, at=at)


@pytest.mark.parametrize("code", NEVER)
def test_some_rules_have_no_exception(code: Barred, session: Session, at: datetime) -> None:
    sentences = {
        Barred.LOCAL_TAX: "在本区依法纳税",
        Barred.LOCAL_INSURANCE: "人员在本地缴纳社保",
        Barred.LOCAL_RECORD: "具有本省同类业绩",
        Barred.PAST_AWARD: "曾为我局提供过服务",
        Barred.NAMED_AGENCY: "指定由某某设计研究院承担",
        Barred.HONOURS: "守合同重信用企业优先",
    }
    project, owner = make_refused_draft(at)
    with pytest.raises(RuleBroken) as refused:
        operations.ask(project.code, ask_command(rule=code, text=sentences[code]), actor=owner, at=at)
    assert refused.value.findings[0].code == "never_exceptable"
    with pytest.raises(RuleBroken) as kept:
        command = draft_command(project.owner, requirement_notes=sentences[code], keep_refused=True)
        operations.edit(project.code, command, version=project.version, actor=owner, at=at)
    assert code.value in {finding.code for finding in kept.value.findings}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": "按规范编制"}, "text"),
        ({"text": ""}, "text"),
        ({"text": f"按规范编制。{SENTENCE}"}, "text"),
        ({"text": "注册资本不低于500万元" + "且" * 1000}, "text"),
        ({"rule": Barred.LOCAL_BRANCH}, "text"),
        ({"rule": Barred.BEYOND_MATTER}, "text"),
        ({"reason": "需要"}, "reason"),
        ({"legal_basis": " "}, "legal_basis"),
    ],
)
def test_a_wrong_request_is_refused_at_its_field(
    changes: dict[str, object], field: str, session: Session, at: datetime
) -> None:
    project, owner = make_refused_draft(at)
    with pytest.raises(InvalidInput) as refused:
        operations.ask(project.code, ask_command(**changes), actor=owner, at=at)
    assert field in {error.field for error in refused.value.errors}


def test_the_same_is_asked_once_and_again_after_a_denial(session: Session, at: datetime) -> None:
    row, owner = make_asked(at)
    with pytest.raises(Conflict):
        operations.ask(row.project.code, ask_command(), actor=owner, at=at)
    operations.deny(row.id, reason="没有说明依据", actor=make_operator(), at=at)
    assert (row.state, row.ended_at) == (S.DENIED, at)
    assert operations.ask(row.project.code, ask_command(), actor=owner, at=at).id != row.id


def test_an_amendment_needs_its_own_exception_and_publishes_it(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at)
    command = draft_command(project.owner, requirement_notes=f"{SENTENCE}。", keep_refused=True)
    later = at + timedelta(hours=1)

    def amend() -> Project:
        return operations.amend(
            project.code, command, reason="补充法定要求", version=project.version, actor=owner, at=later
        )

    with pytest.raises(RuleBroken):
        amend()
    row = operations.ask(project.code, ask_command(), actor=owner, at=later)
    operations.grant(row.id, reason="特别法有明确规定", actor=make_operator(), at=later)
    amend()
    assert (row.state, row.in_force_at) == (S.IN_FORCE, later)


def test_nothing_is_asked_once_enrolment_has_ended(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at)
    assert project.enrol_until is not None
    with pytest.raises(WrongState):
        operations.ask(project.code, ask_command(), actor=owner, at=project.enrol_until)
    operations.withdraw(project.code, reason="项目取消了", actor=owner, at=at)
    with pytest.raises(WrongState):
        operations.ask(project.code, ask_command(), actor=owner, at=at)


def test_a_deleted_draft_takes_its_requests_with_it(session: Session, at: datetime) -> None:
    row, owner = make_asked(at)
    other, other_owner = make_granted(at)
    for each, actor in ((row, owner), (other, other_owner)):
        operations.delete(each.project.code, actor=actor, at=at)
        assert (each.state, each.ended_at) == (S.WITHDRAWN, at)
    assert exceptions_waiting(None) == []


def test_what_waits_comes_by_its_due_moment_within_the_region(session: Session, at: datetime) -> None:
    later, _owner = make_asked(at + timedelta(days=3))
    sooner, _owner = make_asked(at)
    assert [row.id for row in exceptions_waiting("510000")] == [sooner.id, later.id]
    assert exceptions_waiting("330000") == []
    operations.grant(sooner.id, reason="特别法有明确规定", actor=make_operator(), at=at)
    assert [row.id for row in exceptions_waiting(None)] == [later.id]


def test_the_operator_is_reminded_once_when_the_decision_is_overdue(session: Session, at: datetime) -> None:
    row, _owner = make_asked(at)
    kind = next(kind for kind in DUE if kind.name == "exception_overdue")
    assert kind.find(row.due_at - timedelta(seconds=1), 10) == []
    assert kind.find(row.due_at, 10) == [(row.due_at, row.id)]
    assert kind.act(row.id, row.due_at, None) is True
    assert kind.act(row.id, row.due_at, None) is False
    assert kind.find(row.due_at, 10) == []
    assert events_of(row.id, session) == ["exception.asked", "exception.overdue"]


def test_the_document_is_for_the_owner_and_the_office(session: Session, at: datetime) -> None:
    project, owner = make_refused_draft(at)
    file = Attachment(io.BytesIO(b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"), "a.pdf")
    row = operations.ask(project.code, ask_command(file=file), actor=owner, at=at)
    assert row.document is not None
    assert (row.document.public, row.document.owner_organisation_id) == (False, project.owner_id)


def test_who_reads_what(session: Session, at: datetime) -> None:
    row, owner = make_granted(at)
    for actor in (owner, make_operator(), make_actor(Role.SUPERVISOR, region_code="510000")):
        assert exception_for(row.id, actor) is row
    for actor in (ANONYMOUS, make_actor(Role.OWNER, make_organisation())):
        with pytest.raises(NotFound):
            exception_for(row.id, actor)
    publish(row, owner, at)
    assert exception_for(row.id, ANONYMOUS) is row


def test_the_public_list_is_searched_narrowed_and_counted(session: Session, at: datetime) -> None:
    for _number in range(2):
        row, owner = make_granted(at)
        publish(row, owner, at)
    make_granted(at)
    page = search_exceptions(ExceptionFilter())
    assert (page.total, page.pages) == (2, 1)
    assert page.facets == {"region": {"510100": 2}, "rule": {"registered_capital": 2}}
    assert search_exceptions(ExceptionFilter(q="特别管理条例")).total == 2
    assert search_exceptions(ExceptionFilter(q="100%")).total == 0
    assert search_exceptions(ExceptionFilter(region="510100")).total == 2
    assert search_exceptions(ExceptionFilter(region="330000")).total == 0
    narrowed = search_exceptions(ExceptionFilter(rule="local_branch"))
    assert (narrowed.total, narrowed.facets["rule"]) == (0, {"registered_capital": 2})
    assert [each.id for each in after(ExceptionFilter(), last_id=None, limit=5)] == [
        each.id for each in search_exceptions(ExceptionFilter(), sort="newest").items
    ]


def test_what_is_in_force_is_never_changed_in_the_database(session: Session, at: datetime) -> None:
    row, owner = make_granted(at)
    publish(row, owner, at)
    mine = sa.update(RequirementException).where(RequirementException.id == row.id)
    for change in ({"text": "x"}, {"state": S.REVOKED, "in_force_at": None}, {"decision_reason": "x"}):
        with pytest.raises(sa.exc.IntegrityError, match="not reworded"), session.begin_nested():
            session.execute(mine.values(**change).execution_options(synchronize_session=False))
    with pytest.raises(sa.exc.IntegrityError, match="not reworded"), session.begin_nested():
        session.execute(sa.delete(RequirementException).where(RequirementException.id == row.id))


def test_the_permission_is_the_operators(session: Session, at: datetime) -> None:
    assert make_operator().organisations_with(P.REQUIREMENT_EXCEPT)
    assert not make_actor(Role.SUPERVISOR).organisations_with(P.REQUIREMENT_EXCEPT)
    assert all(RULES[code].code is code for code in Barred)
    assert text_hash(f" {SENTENCE}\n") == text_hash(SENTENCE)


def test_a_form_sent_twice_makes_one_draft(session: Session, at: datetime) -> None:
    owner, actor = make_owner_actor()
    command = draft_command(owner, draft_key="the-form")
    first = operations.draft(command, actor=actor, at=at)
    assert operations.draft(command, actor=actor, at=at).id == first.id
    other, other_actor = make_owner_actor()
    assert operations.draft(draft_command(other, draft_key="the-form"), actor=other_actor, at=at).id != first.id
    assert session.scalar(sa.select(sa.func.count()).select_from(Project)) == 2
