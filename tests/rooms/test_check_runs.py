"""Checks started for many agencies: who may, each once, killed and taken up again, two officers at once."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies import operations
from supermarket.agencies.deadlines import DUE
from supermarket.agencies.models import (
    Agency,
    AgencyNote,
    Check,
    CheckRun,
    CheckRunItem,
    Onboarding,
    RunItemState,
    RunKind,
    Standing,
)
from supermarket.agencies.operations.runs import STANDS_STILL, counts_of
from supermarket.core.errors import Conflict, Forbidden, InvalidInput
from supermarket.core.events import Event
from supermarket.core.permissions import Actor, Role
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.queue import MemoryQueue
from tests.factories.accounts import make_actor
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.policies import make_region
from workers.jobs import check_run

MIANYANG, SICHUAN = "510700", "510000"
KIND = {kind.name: kind for kind in DUE}


def operator(region: str = SICHUAN) -> Actor:
    make_region(region)
    return make_actor(Role.OPERATOR, region_code=region)


def applicants(count: int) -> list[Agency]:
    """Imported and never sent in."""
    return [make_agency(standing=Standing.APPLIED, matters=()) for _ in range(count)]


def queue() -> MemoryQueue:
    found = current().queue
    assert isinstance(found, MemoryQueue)
    found.calls.clear()
    return found


def started(count: int, at: datetime) -> tuple[CheckRun, list[Agency]]:
    rows = applicants(count)
    run = operations.start_run(RunKind.START, [row.uscc for row in rows], actor=operator(), at=at)
    db.session.commit()
    return run, rows


def number_of_events(tag: str) -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(Event.tag == tag)) or 0


def test_a_run_checks_each_agency_once_however_often_the_job_runs(session: Session, at: datetime) -> None:
    run, rows = started(3, at)
    for _ in range(2):
        check_run.run(run.id)
    assert counts_of(run.id) == {RunItemState.DONE: 3}
    assert number_of_events("agency.submitted") == number_of_events("agency.checked") == 3
    assert number_of_events("agency.check_run_finished") == 1
    codes = session.scalars(sa.select(Agency.onboarding).where(Agency.id.in_([row.id for row in rows]))).all()
    assert Onboarding.DRAFT not in codes
    assert session.get_one(CheckRun, run.id, populate_existing=True).finished_at is not None


def test_a_run_is_enqueued_after_the_commit(session: Session, at: datetime) -> None:
    waiting = queue()
    rows = applicants(1)
    run = operations.start_run(RunKind.START, [rows[0].uscc], actor=operator(), at=at)
    assert waiting.calls == []
    assert (run.total, run.kind) == (1, RunKind.START)


def test_who_no_longer_waits_is_passed_over(session: Session, at: datetime) -> None:
    run, rows = started(2, at)
    operations.submit_for_checks(rows[0].uscc, actor=make_agency_actor(rows[0]), at=at)
    db.session.commit()
    check_run.run(run.id)
    assert counts_of(run.id) == {RunItemState.DONE: 1, RunItemState.PASSED_OVER: 1}


def test_a_run_is_for_ones_own_region_and_writes_nothing_otherwise(session: Session, at: datetime) -> None:
    rows = applicants(2)
    codes = [row.uscc for row in rows]
    for stranger in (operator(MIANYANG), make_actor(Role.REGULATOR), make_agency_actor(rows[0])):
        with pytest.raises(Forbidden):
            operations.start_run(RunKind.START, codes, actor=stranger, at=at)
    assert session.scalars(sa.select(CheckRun)).all() == []


def test_who_is_in_a_run_is_not_taken_into_a_second_one(session: Session, at: datetime) -> None:
    _run, rows = started(2, at)
    with pytest.raises(Conflict):
        operations.start_run(RunKind.START, [row.uscc for row in rows], actor=operator(), at=at)
    assert len(session.scalars(sa.select(CheckRun)).all()) == 1


def test_only_who_waits_for_a_registry_is_checked_again(session: Session, at: datetime) -> None:
    active, waiting = make_agency(matters=()), make_agency(standing=Standing.APPLIED, matters=())
    waiting.onboarding, waiting.decision_due_at = Onboarding.WAITING, at
    session.flush()
    run = operations.start_run(RunKind.AGAIN, [active.uscc, waiting.uscc], actor=operator(), at=at)
    assert session.scalars(sa.select(CheckRunItem.agency_id).where(CheckRunItem.run_id == run.id)).all() == [waiting.id]
    db.session.commit()
    check_run.run(run.id)
    assert session.scalars(sa.select(Check.agency_id).distinct()).all() == [waiting.id]


def test_a_run_that_stands_still_is_taken_up_again_once(session: Session, at: datetime) -> None:
    run, _rows = started(1, at)
    kind, later = KIND["check_run_stands_still"], at + STANDS_STILL
    assert kind.find(later - timedelta(seconds=1), 10) == []
    assert kind.find(later, 10) == [(later, run.id)]
    assert [kind.act(run.id, later, None) for _ in range(2)] == [True, False]
    check_run.run(run.id)
    assert kind.find(later + STANDS_STILL, 10) == []


def test_notes_are_the_offices_own_and_stay(session: Session, at: datetime) -> None:
    agency = make_agency(matters=())
    for stranger in (operator(MIANYANG), make_agency_actor(agency), make_actor(Role.REGULATOR)):
        with pytest.raises(Forbidden):
            operations.add_note(agency.uscc, "看过原件。", actor=stranger, at=at)
    with pytest.raises(InvalidInput):
        operations.add_note(agency.uscc, " ", actor=operator(), at=at)
    operations.add_note(agency.uscc, "看过原件。", actor=operator(), at=at)
    assert [row.text for row in session.scalars(sa.select(AgencyNote))] == ["看过原件。"]
    for statement in (sa.update(AgencyNote).values(text="改过"), sa.delete(AgencyNote)):
        with pytest.raises(sa.exc.DBAPIError), session.begin_nested():
            session.execute(statement)
