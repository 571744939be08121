"""A person moves from one agency to another: asked, answered, disputed, decided; nobody works for two."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.accounts.models import OrganisationKind
from supermarket.agencies import operations
from supermarket.agencies.commands import NewPractitioner
from supermarket.agencies.deadlines import DUE
from supermarket.agencies.models import Agency, MoveState, Practitioner, PractitionerLicence, PractitionerMove, Standing
from supermarket.agencies.move_states import MOVE, MoveAction
from supermarket.agencies.practitioner_queries import (
    move_for,
    moves_asked_by,
    moves_asked_of,
    moves_disputed,
    practice_of,
)
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import ANONYMOUS, SYSTEM, Actor, Role
from supermarket.core.states import Machine
from supermarket.data.invent import invented_identity_number
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.notices.models import Notice
from supermarket.policies.queries import calendar
from supermarket.projects import operations as projects
from supermarket.projects.commands import Enrol
from supermarket.projects.models import Enrolment
from supermarket.projects.people import loads, locks_of, projects_of
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.selection.models import Award
from supermarket.selection.states import AwardState
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.agencies import LONG, make_agency, make_agency_actor, make_licence, make_move, make_practitioner
from tests.factories.contracts import make_ranked
from tests.factories.projects import make_open_project, make_operator, needed_people

IDENTITY = invented_identity_number(77)


@dataclass
class Scene:
    """A person at `home`, filed by `other` too."""

    home: Agency
    other: Agency
    person: Practitioner
    asked: PractitionerMove

    @property
    def holder(self) -> Actor:
        """Somebody of the agency where the person is."""
        return make_agency_actor(self.home)

    @property
    def asker(self) -> Actor:
        """Somebody of the agency that asked."""
        return make_agency_actor(self.other)


def filed(number: str = "川新001", name: str = "李迁移") -> NewPractitioner:
    return NewPractitioner(name, "Q064", number, LONG, IDENTITY)


def scene(at: datetime) -> Scene:
    home, other = make_agency(matters=()), make_agency(matters=())
    person = make_practitioner(home)
    person.identity_cipher = current().keys.encrypt(IDENTITY)
    person.identity_hash = current().keys.keyed_hash("identity", IDENTITY)
    db.session.flush()
    asked = operations.add_practitioner(other.uscc, filed(), actor=make_agency_actor(other), at=at)
    assert isinstance(asked, PractitionerMove)
    return Scene(home, other, person, asked)


def run_due(at: datetime) -> list[str]:
    """Everything of moves that is due; gives the names of what was done."""
    done = []
    for kind in DUE:
        if not kind.name.startswith("practitioner_move"):
            continue
        for _due, number in kind.find(at, 100):
            if kind.act(number, at, None):
                done.append(kind.name)
    return done


def told(agency: Agency) -> list[str]:
    """The tags of an agency's notices."""
    query = sa.select(Event.tag).join(Notice, Notice.event_id == Event.id).order_by(Notice.id)
    return list(db.session.scalars(query.where(Notice.organisation_id == agency.organisation_id)))


def tags(uscc: str) -> list[str]:
    return list(db.session.scalars(sa.select(Event.tag).where(Event.agency_uscc == uscc).order_by(Event.id)))


def test_filing_somebody_who_is_elsewhere_asks_for_them(session: Session, at: datetime) -> None:
    it = scene(at)
    assert (it.asked.state, it.asked.ended_at) == (MoveState.ASKED, None)
    assert it.asked.answer_due_at == calendar().due_after(at, 5)
    assert it.person.released_at is None
    assert session.scalar(sa.select(sa.func.count()).select_from(Practitioner)) == 1
    assert told(it.home) == ["practitioner.move_asked"]
    assert told(it.other) == []
    assert [row.id for row in moves_asked_of(it.home.id)] == [it.asked.id]
    assert [row.id for row in moves_asked_by(it.other.id)] == [it.asked.id]
    assert not moves_disputed()
    with pytest.raises(Conflict):
        operations.add_practitioner(it.other.uscc, filed(), actor=it.asker, at=at)


def test_a_released_person_is_there_unconfirmed_and_keeps_the_history(session: Session, at: datetime) -> None:
    it = scene(at)
    later = at + timedelta(hours=3)
    operations.release_move(it.asked.id, actor=it.holder, at=later)
    moved = it.asked.moved
    assert it.asked.state is MoveState.RELEASED
    assert moved is not None
    assert (moved.agency_id, moved.name, moved.since, moved.released_at) == (it.other.id, "李迁移", later, None)
    assert [(item.number, item.verified_at) for item in moved.live_licences] == [("川新001", None)]
    assert current().keys.decrypt(moved.identity_cipher) == IDENTITY
    assert it.person.released_at == later
    assert it.person.live_licences == []
    assert (it.home.checks_due_at, it.other.checks_due_at) == (later, later)
    history = [(row.agency_id, row.since, row.released_at) for row in practice_of(moved.identity_hash)]
    assert history == [(it.other.id, later, None), (it.home.id, it.person.since, later)]
    assert told(it.other) == ["practitioner.move_answered"]
    with pytest.raises(WrongState):
        operations.release_move(it.asked.id, actor=it.holder, at=later)


def test_a_refusal_goes_to_the_operator_who_grants_or_denies(session: Session, at: datetime) -> None:
    for grant, state in ((True, MoveState.GRANTED), (False, MoveState.DENIED)):
        it = scene(at)
        operations.refuse_move(it.asked.id, reason="劳动合同未到期", actor=it.holder, at=at)
        assert (it.asked.state, it.asked.refusal) == (MoveState.DISPUTED, "劳动合同未到期")
        assert it.asked.decision_due_at == calendar().due_after(at, 5)
        assert [row.id for row in moves_disputed()] == [it.asked.id]
        with pytest.raises(InvalidInput):
            operations.decide_move(it.asked.id, grant=grant, reason=" ", actor=make_operator(), at=at)
        operations.decide_move(it.asked.id, grant=grant, reason="已核实", actor=make_operator(), at=at)
        assert (it.asked.state, it.asked.decision) == (state, "已核实")
        assert (it.person.released_at is not None) is grant
        assert not moves_disputed()
        db.session.delete(it.asked)
        for row in session.scalars(sa.select(Practitioner)):
            row.identity_hash = f"{row.id}"
        session.execute(sa.update(PractitionerLicence).values(ended_at=at))


def test_after_five_working_days_without_an_answer_the_operator_decides(session: Session, at: datetime) -> None:
    it = scene(at)
    due = it.asked.answer_due_at
    assert due is not None
    assert run_due(due - timedelta(seconds=1)) == []
    assert run_due(due) == ["practitioner_move_unanswered"]
    assert run_due(due) == []
    assert (it.asked.state, it.asked.disputed_at, it.asked.answer_due_at) == (MoveState.DISPUTED, due, None)
    # Until then the agency may still let the person go.
    operations.release_move(it.asked.id, actor=it.holder, at=due)
    assert it.asked.moved is not None


def test_where_nobody_can_answer_the_operator_decides_at_once(session: Session, at: datetime) -> None:
    home, other = make_agency(matters=(), standing=Standing.EXPELLED), make_agency(matters=())
    person = make_practitioner(home)
    person.identity_hash = current().keys.keyed_hash("identity", IDENTITY)
    session.flush()
    asked = operations.add_practitioner(other.uscc, filed(), actor=make_agency_actor(other), at=at)
    assert isinstance(asked, PractitionerMove)
    assert asked.state is MoveState.DISPUTED


def test_a_request_lapses_with_its_licence_or_its_agency(session: Session, at: datetime) -> None:
    it = scene(at)
    it.asked.registered_until = at.date()
    session.flush()
    assert run_due(at) == []
    assert run_due(at + timedelta(days=1)) == ["practitioner_move_lapsed"]
    assert it.asked.state is MoveState.LAPSED
    second = make_move(it.person, make_agency(matters=(), standing=Standing.LEFT), at=at)
    assert run_due(at) == ["practitioner_move_lapsed"]
    assert second.state is MoveState.LAPSED


def test_of_several_who_ask_one_gets_the_person_and_the_others_lapse(session: Session, at: datetime) -> None:
    it = scene(at)
    third = make_agency(matters=())
    also = operations.add_practitioner(third.uscc, filed("川新002"), actor=make_agency_actor(third), at=at)
    assert isinstance(also, PractitionerMove)
    operations.release_move(also.id, actor=it.holder, at=at)
    assert (also.state, it.asked.state) == (MoveState.RELEASED, MoveState.LAPSED)
    assert told(it.other) == ["practitioner.move_answered"]


Act = Callable[[Scene, datetime], object]
ACTS: dict[MoveAction, Act] = {
    MoveAction.RELEASE: lambda it, at: operations.release_move(it.asked.id, actor=it.holder, at=at),
    MoveAction.REFUSE: lambda it, at: operations.refuse_move(it.asked.id, reason="因", actor=it.holder, at=at),
    MoveAction.GRANT: lambda it, at: operations.decide_move(
        it.asked.id, grant=True, reason="因", actor=make_operator(), at=at
    ),
    MoveAction.DENY: lambda it, at: operations.decide_move(
        it.asked.id, grant=False, reason="因", actor=make_operator(), at=at
    ),
    MoveAction.WITHDRAW: lambda it, at: operations.withdraw_move(it.asked.id, actor=it.asker, at=at),
}


def bring_to(it: Scene, state: MoveState, at: datetime) -> None:
    """Bring the request into a state through the operations."""
    ways: dict[MoveState, tuple[MoveAction, ...]] = {
        MoveState.ASKED: (),
        MoveState.DISPUTED: (MoveAction.REFUSE,),
        MoveState.RELEASED: (MoveAction.RELEASE,),
        MoveState.GRANTED: (MoveAction.REFUSE, MoveAction.GRANT),
        MoveState.DENIED: (MoveAction.REFUSE, MoveAction.DENY),
        MoveState.WITHDRAWN: (MoveAction.WITHDRAW,),
    }
    for action in ways.get(state, ()):
        ACTS[action](it, at)
    if state is MoveState.LAPSED:
        it.asked.registered_until = at.date() - timedelta(days=1)
        db.session.flush()
        assert run_due(at) == ["practitioner_move_lapsed"]
    assert it.asked.state is state


@pytest.mark.parametrize("state", MoveState)
@pytest.mark.parametrize("action", ACTS)
def test_each_action_in_each_state(session: Session, at: datetime, state: MoveState, action: MoveAction) -> None:
    it = scene(at)
    bring_to(it, state, at)
    machine: Machine[MoveState, MoveAction] = MOVE
    if machine.can(state, action):
        ACTS[action](it, at)
        assert it.asked.state is machine.next(state, action)
        return
    with pytest.raises(WrongState) as refused:
        ACTS[action](it, at)
    assert (refused.value.state, refused.value.allowed) == (state.value, tuple(machine.allowed(state)))
    assert it.asked.state is state


@pytest.mark.parametrize("action", ACTS)
def test_only_who_is_concerned_may_act(session: Session, at: datetime, action: MoveAction) -> None:
    """Who is asked before when: others hear 403."""
    it = scene(at)
    holder, asker, operator = it.holder, it.asker, make_operator()
    right = {MoveAction.WITHDRAW: asker, MoveAction.GRANT: operator, MoveAction.DENY: operator}.get(action, holder)
    calls: dict[MoveAction, Callable[[Actor], object]] = {
        MoveAction.RELEASE: lambda who: operations.release_move(it.asked.id, actor=who, at=at),
        MoveAction.REFUSE: lambda who: operations.refuse_move(it.asked.id, reason="因", actor=who, at=at),
        MoveAction.WITHDRAW: lambda who: operations.withdraw_move(it.asked.id, actor=who, at=at),
        MoveAction.GRANT: lambda who: operations.decide_move(it.asked.id, grant=True, reason="因", actor=who, at=at),
        MoveAction.DENY: lambda who: operations.decide_move(it.asked.id, grant=False, reason="因", actor=who, at=at),
    }
    stranger = make_agency_actor(make_agency(matters=()))
    elsewhere = make_actor(Role.OPERATOR, make_organisation(OrganisationKind.OPERATOR), region_code="110000")
    for who in (stranger, holder, asker, operator, elsewhere, make_actor(Role.REGULATOR), ANONYMOUS):
        if who is not right:
            with pytest.raises(Forbidden):
                calls[action](who)
    assert it.asked.state is MoveState.ASKED


def test_an_unknown_request_is_not_found(session: Session, at: datetime) -> None:
    with pytest.raises(NotFound):
        operations.release_move(9, actor=SYSTEM, at=at)
    with pytest.raises(NotFound):
        operations.decide_move(9, grant=True, reason="因", actor=SYSTEM, at=at)
    with pytest.raises(NotFound):
        move_for(9, SYSTEM)


def enrolled(at: datetime) -> tuple[str, Agency, Practitioner]:
    """A person named in a live enrolment."""
    project, _owner = make_open_project(at)
    agency = make_agency(matters=(project.matter_code,), practitioners=max(1, needed_people(project.matter_code)))
    person = agency.practitioners[0]
    people = tuple(row.id for row in agency.practitioners)
    projects.enrol(project.code, Enrol(practitioner_ids=people), actor=make_agency_actor(agency), at=at)
    return project.code, agency, person


def test_who_is_named_in_an_enrolment_stays_until_it_is_over(session: Session, at: datetime) -> None:
    code, agency, person = enrolled(at)
    holder = make_agency_actor(agency)
    asked = make_move(person, make_agency(matters=()), at=at)
    with pytest.raises(RuleBroken) as refused:
        operations.release_move(asked.id, actor=holder, at=at)
    assert refused.value.code == "locked"
    assert code in refused.value.findings[0].message
    operations.refuse_move(asked.id, reason="因", actor=holder, at=at)
    with pytest.raises(RuleBroken) as refused:
        operations.decide_move(asked.id, grant=True, reason="因", actor=make_operator(), at=at)
    assert refused.value.code == "locked"
    # Until the freeze nobody is told who enrolled, not the operator either.
    assert code not in str(refused.value.findings)
    assert projects_of([person.id]) == []
    assert code not in locks_of([person.id])[person.id][0].office_sentence
    operations.withdraw_move(asked.id, actor=make_agency_actor(asked.to_agency), at=at)
    with pytest.raises(RuleBroken):
        operations.release_practitioner(agency.uscc, person.id, actor=holder, at=at)
    projects.cancel_enrolment(code, actor=holder, at=at)
    assert locks_of([person.id]) == {}
    operations.release_practitioner(agency.uscc, person.id, actor=holder, at=at)
    assert person.released_at == at


def test_a_running_contract_holds_the_winners_people_and_frees_the_others(session: Session, at: datetime) -> None:
    _code, agency, person = enrolled(at)
    row = session.scalars(sa.select(Enrolment)).one()
    loser = make_agency(matters=(row.project.matter_code,), practitioners=1)
    session.add(
        Enrolment(
            project=row.project,
            agency=loser,
            practitioners=loser.practitioners,
            enrolled_at=at,
            state=EnrolmentState.LIVE,
        )
    )
    project = row.project
    # The database knows no winner without an award, and no award outside the stored order.
    make_ranked(project, [agency], at)
    price = project.ceiling
    session.add(Award(project_id=project.id, agency=agency, position=1, state=AwardState.ANNOUNCED, price=price))
    session.flush()
    project.winner_id, project.award_price = agency.id, price
    for state, both in ((ProjectState.ANNOUNCED, True), (ProjectState.IN_SERVICE, False)):
        project.state = state
        session.flush()
        found = locks_of([person.id, loser.practitioners[0].id])
        assert set(found) == ({person.id, loser.practitioners[0].id} if both else {person.id})
        assert found[person.id][0].running
        assert loads([person.id, loser.practitioners[0].id]) == {person.id: 1}
        assert loads([person.id], beside=project) == {}
    project.state = ProjectState.COMPLETED
    session.flush()
    assert locks_of([person.id]) == {}


def test_with_a_request_open_the_person_is_released_by_answering_it(session: Session, at: datetime) -> None:
    it = scene(at)
    with pytest.raises(WrongState) as refused:
        operations.release_practitioner(it.home.uscc, it.person.id, actor=it.holder, at=at)
    assert refused.value.allowed == ("release_move", "refuse_move")


def test_neither_names_nor_numbers_nor_whereabouts_are_in_events(session: Session, at: datetime) -> None:
    it = scene(at)
    operations.refuse_move(it.asked.id, reason="因", actor=it.holder, at=at)
    operations.decide_move(it.asked.id, grant=True, reason="因", actor=make_operator(), at=at)
    for event in session.scalars(sa.select(Event)):
        text = str(event.data)
        assert IDENTITY not in text
        assert it.asked.name not in text
        assert it.asked.number not in text
        if event.agency_uscc == it.other.uscc:
            assert it.home.uscc not in text
            assert event.actor_organisation_id != it.home.organisation_id
    assert tags(it.other.uscc).count("practitioner.move_answered") == 2


def test_a_number_that_is_filed_for_another_person_is_refused(session: Session, at: datetime) -> None:
    it = scene(at)
    stranger = make_practitioner(make_agency(matters=()))
    stranger.licences[0].number = "川新009"
    session.flush()
    fourth = make_agency(matters=())
    with pytest.raises(InvalidInput) as refused:
        operations.add_practitioner(fourth.uscc, filed("川新009"), actor=make_agency_actor(fourth), at=at)
    assert [error.field for error in refused.value.errors] == ["licence_number"]
    make_licence(stranger).number = it.asked.number
    session.flush()
    with pytest.raises(RuleBroken) as broken:
        operations.release_move(it.asked.id, actor=it.holder, at=at)
    assert broken.value.code == "licence_taken"
