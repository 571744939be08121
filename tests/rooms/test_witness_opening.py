"""Whenever enrolment ends later the witness learns it: at once, or by the tick once it answers again."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from supermarket.core.permissions import Role
from supermarket.core.unit import unit
from supermarket.gateways import current
from supermarket.gateways.witness import WitnessError
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.policies.queries import calendar
from supermarket.projects import operations
from supermarket.projects.deadlines import DUE
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.supervision.tick import tick
from tests.factories.accounts import make_actor
from tests.factories.projects import draft_command, make_enrolled, make_open_project

KIND = next(kind for kind in DUE if kind.name == "witness_opening")


def witness() -> MemoryWitness:
    found = current().witness
    assert isinstance(found, MemoryWitness)
    return found


def knows(project: Project, at: datetime) -> bool:
    """Whether the witness keeps quotes sealed until the end of enrolment: it opens no earlier than it was told."""
    assert project.enrol_until is not None
    until = project.enrol_until.replace(microsecond=0)
    try:
        witness().quote_key(project.code, until - timedelta(seconds=1), at=at)
    except WitnessError as refused:
        return refused.params["reason"] == "opens_at_earlier"
    return False


def amend(project: Project, at: datetime, owner: object, **changes: object) -> None:
    with unit():
        operations.amend(
            project.code,
            draft_command(project.owner, mode="bidding", **changes),
            reason="修改服务说明",
            version=project.version,
            actor=owner,  # type: ignore[arg-type]  # the factory's actor
            at=at,
        )


def test_the_publication_has_told_it(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at, mode="bidding")
    assert project.witness_opens_at == project.enrol_until
    assert knows(project, at)
    assert KIND.find(at, 10) == []


def test_an_amendment_tells_it_after_the_commit(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at, mode="bidding")
    first, later = project.enrol_until, at + timedelta(days=1)
    amend(project, later, owner)
    assert first is not None and project.enrol_until is not None and project.enrol_until > first
    assert knows(project, later)
    version = project.version
    assert tick(later, kinds=[KIND]).done == {"witness_opening": 1}
    session.expire_all()
    assert project.witness_opens_at == project.enrol_until
    assert project.version == version, "who is editing must not be told of a change that is none"
    assert KIND.find(later, 10) == []


def test_a_silent_witness_is_told_by_the_tick(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at, mode="bidding")
    later = at + timedelta(days=1)
    witness().down = True
    amend(project, later, owner)
    assert tick(later, kinds=[KIND]).waiting == {"witness_opening": 1}
    witness().down = False
    assert not knows(project, later)
    assert tick(later, kinds=[KIND]).done == {"witness_opening": 1}
    assert knows(project, later)


def test_an_amendment_never_ends_sealed_quotes_earlier(session: Session, at: datetime) -> None:
    far = calendar().due_after(at, 20)
    project, owner = make_open_project(at, mode="bidding", enrol_until=far)
    assert project.enrol_until == far
    amend(project, at + timedelta(hours=1), owner)
    assert project.enrol_until == far
    assert project.select_at is not None and project.select_at > far


def test_an_extension_tells_it(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at, mode="bidding")
    first = project.enrol_until
    assert first is not None
    with unit():
        make_enrolled(project, 1, at)
        operations.extend(project, needed=3, at=first)
    assert project.enrol_until is not None and project.enrol_until > first
    assert knows(project, first)


def test_going_on_after_a_suspension_tells_it(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at, mode="bidding")
    first = project.enrol_until
    supervisor = make_actor(Role.SUPERVISOR, region_code="510000")
    with unit():
        operations.suspend(project.code, reason="投诉处理中", actor=supervisor, at=at)
    assert KIND.find(at, 10) == []
    later = calendar().due_after(at, 8)
    with unit():
        operations.resume(project.code, reason="投诉不成立", actor=supervisor, at=later)
    assert project.state is ProjectState.OPEN
    assert first is not None and project.enrol_until is not None and project.enrol_until > later > first
    assert knows(project, later)


def test_without_sealed_quotes_nothing_is_told(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at)
    with unit():
        operations.amend(
            project.code,
            draft_command(project.owner),
            reason="修改服务说明",
            version=project.version,
            actor=owner,
            at=at + timedelta(days=1),
        )
    assert KIND.find(at + timedelta(days=1), 10) == []
    with pytest.raises(WitnessError) as refused:
        witness().countersign(project.code, "", at=at)
    assert refused.value.params["reason"] == "no_key"
