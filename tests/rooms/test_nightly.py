"""The night of the agencies: counts, one that breaks, reminders; and the registries asked again before a notice."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.agencies import nightly, operations
from supermarket.agencies.checks.sources import DATA_SHARING
from supermarket.agencies.models import Agency, Check, ExpiryReminder, NightlyRun, Qualification, Standing
from supermarket.agencies.nightly import reverify, slot_of
from supermarket.agencies.reminders import remind
from supermarket.agencies.rounds import Asked, ask_about, write_rounds
from supermarket.agencies.verification import nightly_runs, reminders_of
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.projects.models import EligibilityCheck, Enrolment
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.selection.deadlines import DUE
from supermarket.selection.queries import live_award
from supermarket.supervision.timed import BY_NAME
from tests.factories.agencies import make_agency, make_practitioner
from tests.factories.policies import count
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.registries import World, make_world
from tests.rooms.test_selection import present, settle, until_selected

SURVEY = "ZJ051"
# The registered scope of an agency that offers what the project of these tests asks for.
DESIGNS = "工程咨询；工程测量；工程造价咨询；建设工程设计；初步设计及概算编制"
NIGHT = datetime.fromisoformat("2026-03-03T02:00:00+08:00")


@pytest.fixture
def world(app: Flask, session: Session) -> Iterator[World]:
    """Registries that a test has in hand."""
    with make_world(app) as made:
        yield made


def in_market(world: World, number: int) -> list[Agency]:
    rows = [make_agency(matters=(SURVEY,)) for _each in range(number)]
    for row in rows:
        world.confirm(row)
    return rows


def test_the_night_begins_at_two_and_belongs_to_the_day_before_until_then() -> None:
    assert slot_of(NIGHT) == NIGHT
    assert slot_of(NIGHT - timedelta(seconds=1)) == NIGHT - timedelta(days=1)
    assert slot_of(NIGHT + timedelta(hours=21)) == NIGHT
    assert BY_NAME["reverify"].last_slot(NIGHT + timedelta(hours=1)) == NIGHT
    assert BY_NAME["reminders"].last_slot(NIGHT + timedelta(hours=7)) == NIGHT + timedelta(hours=7)


def test_the_second_night_writes_no_row_and_no_event(session: Session, world: World) -> None:
    in_market(world, 3)
    make_agency(standing=Standing.LEFT, matters=())
    make_agency(standing=Standing.APPLIED, matters=())
    assert reverify(NIGHT) == {"checked": 3, "changed": 3, "silent": 0, "passed_over": 0, "broken": 0}
    checks, events, versions = (
        count(Check),
        count(Event),
        session.scalars(sa.select(Agency.version).order_by(Agency.id)).all(),
    )
    tomorrow = NIGHT + timedelta(days=1)
    assert reverify(tomorrow) == {"checked": 3, "changed": 0, "silent": 0, "passed_over": 0, "broken": 0}
    assert (count(Check), count(Event)) == (checks, events)
    assert session.scalars(sa.select(Agency.version).order_by(Agency.id)).all() == versions
    assert set(session.scalars(sa.select(Check.last_at))) == {tomorrow}
    assert [run.finished_at for run in nightly_runs()] == [tomorrow, NIGHT]


def test_one_that_breaks_holds_up_nobody_and_is_due_for_the_tick(
    session: Session, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = in_market(world, 3)
    bad = rows[1].id

    def breaking(asked: Asked, at: datetime) -> object:
        if bad in asked.files:
            raise RuntimeError("broken file")
        return write_rounds(asked, at)

    monkeypatch.setattr(nightly, "write_rounds", breaking)
    assert reverify(NIGHT) == {"checked": 2, "changed": 2, "silent": 0, "passed_over": 0, "broken": 1}
    due = session.execute(sa.select(Agency.id).where(Agency.checks_due_at == NIGHT)).scalars().all()
    assert list(due) == [bad]


def test_who_changes_its_file_between_asking_and_writing_is_checked_again_at_once(
    session: Session, world: World
) -> None:
    first, second = in_market(world, 2)
    asked = ask_about([first.id, second.id], NIGHT)
    first.legal_representative = "新负责人"
    session.flush()
    done = write_rounds(asked, NIGHT)
    assert (done.checked, done.passed_over) == ([second.id], [first.id])
    session.refresh(first)
    assert (first.checks_due_at, first.checked_at) == (NIGHT, None)


def test_whoever_was_checked_since_the_night_began_is_not_checked_twice(session: Session, world: World) -> None:
    first, _second = in_market(world, 2)
    operations.run_checks(first.uscc, actor=SYSTEM, at=NIGHT + timedelta(minutes=1))
    assert reverify(NIGHT + timedelta(minutes=2))["checked"] == 1


def remind_at(day: str) -> object:
    return remind(datetime.fromisoformat(f"{day}T09:00:00+08:00"))["reminders"]


def ending(row: Agency, until: date, verified: datetime) -> Qualification:
    certificate = row.qualifications[0]
    certificate.valid_until, certificate.verified_at = until, verified
    db.session.flush()
    return certificate


def test_reminders_90_30_and_7_days_before_each_once(session: Session) -> None:
    row = make_agency(matters=(SURVEY,))
    ending(row, date(2026, 9, 30), datetime.fromisoformat("2026-03-02T10:00:00+08:00"))
    sent = [
        day
        for day in ("2026-07-01", "2026-07-02", "2026-07-03", "2026-08-30", "2026-08-31", "2026-09-01", "2026-09-23")
        for _twice in range(2)
        if remind_at(day)
    ]
    assert sent == ["2026-07-02", "2026-08-31", "2026-09-23"]
    rows = session.scalars(sa.select(ExpiryReminder).order_by(ExpiryReminder.id)).all()
    assert [item.days for item in rows] == [90, 30, 7]
    at = datetime.fromisoformat("2026-09-24T09:00:00+08:00")
    assert [(item.days, item.until) for item in reminders_of(row.id, at)] == [(7, date(2026, 9, 30))]
    row.qualifications[0].valid_until = date(2030, 1, 1)
    session.flush()
    assert list(reminders_of(row.id, at)) == []


def test_reminders_that_were_missed_are_not_sent_in_arrears(session: Session) -> None:
    """The worker was off for weeks: only the nearest one goes out. An import with 20 days left: only the last one."""
    missed, imported = make_agency(matters=(SURVEY,)), make_agency(matters=(SURVEY,))
    ending(missed, date(2026, 9, 30), datetime.fromisoformat("2026-03-02T10:00:00+08:00"))
    ending(imported, date(2026, 9, 30), datetime.fromisoformat("2026-09-10T10:00:00+08:00"))
    assert remind_at("2026-09-10") == 1
    assert [(item.agency_id, item.days) for item in session.scalars(sa.select(ExpiryReminder))] == [(missed.id, 30)]
    assert remind_at("2026-09-23") == 2
    assert remind_at("2026-10-01") == 0


def test_reminders_for_licences_and_only_to_agencies_in_the_market(session: Session) -> None:
    row, left = make_agency(matters=()), make_agency(standing=Standing.LEFT, matters=())
    for agency in (row, left):
        make_practitioner(agency, registered_until=date(2026, 9, 30))
    make_practitioner(row, registered_until=date(2026, 9, 30), verified=False)
    assert remind_at("2026-08-31") == 1
    found = reminders_of(row.id, datetime.fromisoformat("2026-09-01T00:00:00+08:00"))
    assert [(item.subject.partition(":")[0], item.days) for item in found] == [("licence", 30)]
    tags = session.scalars(sa.select(Event.tag).where(Event.agency_uscc == row.uscc)).all()
    assert tags.count("agency.expiry_reminded") == 1


def test_an_expired_certificate_at_the_freeze_drops_the_enrolment(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    agencies = [agency for agency, _actor in make_enrolled(project, 4, at)]
    until = present(project).enrol_until
    assert until is not None
    for item in agencies[0].qualifications:
        item.valid_until = (until - timedelta(days=1)).date()
    session.commit()
    settle(until)
    states = {
        row.agency_id: (row.state, row.exclusion_code)
        for row in session.scalars(sa.select(Enrolment).where(Enrolment.project_id == project.id))
    }
    assert states[agencies[0].id] == (EnrolmentState.EXCLUDED, "qualifications_valid")
    assert {states[agency.id] for agency in agencies[1:]} == {(EnrolmentState.LIVE, None)}


def standstill(session: Session, world: World, at: datetime) -> tuple[int, Agency, datetime]:
    """A purchase at the end of its standstill: project, winner, moment."""
    project, _owner = make_open_project(at)
    for agency, _actor in make_enrolled(project, 3, at + timedelta(hours=1)):
        world.confirm(agency, business_scope=DESIGNS)
    until_selected(project)
    award = live_award(project.id)
    assert award is not None and award.due_at is not None
    return project.id, award.agency, award.due_at


def run_standstill(due: datetime) -> None:
    kind = next(item for item in DUE if item.name == "award.standstill")
    for _moment, number in kind.find(due, 10):
        assert kind.prepare is not None
        prepared = kind.prepare(number, due)
        with unit():
            kind.act(number, due, prepared)


def last_finding(session: Session) -> dict[str, object]:
    newest = session.scalars(sa.select(EligibilityCheck).order_by(EligibilityCheck.id.desc()).limit(1)).one()
    assert newest.moment == "award"
    return next(item for item in newest.findings if item["code"] == "registries")


def test_the_registries_are_asked_again_before_the_award_notice(session: Session, world: World, at: datetime) -> None:
    number, winner, due = standstill(session, world, at)
    world.confirm(winner, status="注销", business_scope=DESIGNS)
    session.commit()
    run_standstill(due)
    after = live_award(number)
    assert after is not None
    assert after.agency.uscc != winner.uscc
    assert {service.hidden_reason for service in winner.services} == {"check:registration"}
    assert winner.standing is Standing.ACTIVE


def test_a_silent_registry_before_the_notice_lets_the_last_state_count_and_says_so(
    session: Session, world: World, at: datetime
) -> None:
    number, winner, due = standstill(session, world, at)
    world.down = {DATA_SHARING}
    world.put()
    run_standstill(due)
    award = live_award(number)
    assert award is not None
    assert (award.agency.uscc, award.notice_at) == (winner.uscc, due)
    finding = last_finding(session)
    assert finding["ok"] is True
    assert [item["registry"] for item in finding["evidence"]["silent"]] == [DATA_SHARING]  # type: ignore[index]  # stored JSON


def test_the_project_is_awarded_where_all_registries_answer(session: Session, world: World, at: datetime) -> None:
    number, _winner, due = standstill(session, world, at)
    run_standstill(due)
    award = live_award(number)
    assert award is not None
    assert award.project.state is ProjectState.AWARDED
    assert last_finding(session)["evidence"] == {"silent": []}
    assert count(NightlyRun) == 0
