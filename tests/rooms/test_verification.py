"""Findings kept as run lengths, what counts as verified, cases of agencies in the market, expiry."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.agencies import operations
from supermarket.agencies.checks.sources import CONSTRUCTION_MARKET, DATA_SHARING, ENTERPRISES, SOCIAL_CREDIT
from supermarket.agencies.commands import NewService
from supermarket.agencies.deadlines import DUE
from supermarket.agencies.models import (
    Agency,
    Check,
    Onboarding,
    Outcome,
    Qualification,
    RegistryAnswer,
    Reverification,
    Service,
    Standing,
)
from supermarket.agencies.operations.files import file_of
from supermarket.agencies.operations.onboarding import preview
from supermarket.agencies.queries import last_checks
from supermarket.agencies.verification import (
    evidence,
    findings_history,
    onboarding_waiting,
    silences,
)
from supermarket.core.errors import NotFound
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Role
from supermarket.notices.models import Notice
from tests.factories.accounts import make_actor
from tests.factories.agencies import make_agency, make_agency_actor, make_needed_qualifications, make_qualification
from tests.factories.matters import make_matter
from tests.factories.policies import count
from tests.factories.registries import World, make_world

SURVEY = "ZJ051"
NIGHT = timedelta(days=1)


@pytest.fixture
def world(app: Flask, session: Session) -> Iterator[World]:
    """Registries that a test has in hand."""
    with make_world(app) as made:
        yield made


def agency_in_market(world: World, at: datetime) -> Agency:
    row = make_agency(matters=(SURVEY,))
    world.confirm(row)
    check(row, at)
    return row


def check(row: Agency, at: datetime) -> None:
    operations.run_checks(row.uscc, actor=SYSTEM, at=at)


def due(at: datetime) -> int:
    """Everything of this room that is due."""
    done = 0
    for kind in DUE:
        for _moment, number in kind.find(at, 1_000):
            done += kind.act(number, at, kind.prepare(number, at) if kind.prepare else None)
    return done


def hidden(row: Agency) -> set[str | None]:
    return {service.hidden_reason for service in row.services}


def verified_at(session: Session, row: Agency) -> datetime | None:
    return session.scalars(sa.select(Qualification.verified_at).where(Qualification.agency_id == row.id)).one()


def tags(session: Session, row: Agency) -> list[str]:
    query = sa.select(Event.tag).where(Event.agency_uscc == row.uscc).order_by(Event.id)
    return list(session.scalars(query))


def test_an_unchanged_round_is_no_new_row_and_a_changed_one_leaves_the_old_readable(
    session: Session, world: World, at: datetime
) -> None:
    row = agency_in_market(world, at)
    first = [(item.id, item.code, item.outcome) for item in last_checks(row.id)]
    check(row, at + NIGHT)
    assert [(item.id, item.code, item.outcome) for item in last_checks(row.id)] == first
    assert {(item.first_at, item.last_at) for item in last_checks(row.id)} == {(at, at + NIGHT)}
    world.confirm(row, legal_representative="别人")
    check(row, at + 2 * NIGHT)
    changed = [item for item in last_checks(row.id) if item.code == "legal_representative"]
    assert [(item.outcome, item.first_at) for item in changed] == [(Outcome.FAIL, at + 2 * NIGHT)]
    before = [item for item in findings_history(row.id) if item.code == "legal_representative" and not item.present]
    assert [(item.outcome, item.first_at, item.last_at) for item in before] == [(Outcome.PASS, at, at + NIGHT)]
    assert count(Check) == len(first) + 1
    assert [item.code.partition(":")[0] for item in last_checks(row.id)] == [
        code.partition(":")[0] for _, code, _ in first
    ]


def test_why_a_registry_is_silent_may_change_without_a_new_row(session: Session, world: World, at: datetime) -> None:
    row = make_agency(matters=(SURVEY,))
    world.confirm(row)
    world.down = {DATA_SHARING}
    world.put()
    check(row, at)
    world.registries._by_name.pop(DATA_SHARING)  # now its list is not even loaded
    check(row, at + timedelta(hours=1))
    unknown = [item for item in last_checks(row.id) if item.outcome is Outcome.UNKNOWN]
    assert {(item.first_at, item.last_at) for item in unknown} == {(at, at + timedelta(hours=1))}
    found = silences([row.id])[row.id]
    assert [(item.registry, item.since) for item in found] == [(DATA_SHARING, at)]
    assert {"registration", "legal_representative"} <= set(found[0].codes)


def test_evidence_is_kept_once_for_its_bytes(session: Session, world: World, at: datetime) -> None:
    first, second = agency_in_market(world, at), agency_in_market(world, at)
    kept = count(RegistryAnswer)
    for night in range(1, 4):
        for row in (first, second):
            check(row, at + night * NIGHT)
    assert count(RegistryAnswer) == kept
    assert len(set(session.scalars(sa.select(RegistryAnswer.sha256)))) <= kept
    registration = next(item for item in last_checks(first.id) if item.code == "registration")
    found = evidence(registration.id)
    assert found is not None
    assert (found.registry, found.question, found.first_at) == (DATA_SHARING, ENTERPRISES, at)
    assert first.name in found.body.decode()
    pledge = next(item for item in last_checks(first.id) if item.code == "pledge")
    assert evidence(pledge.id) is None
    with pytest.raises(NotFound):
        evidence(0)


@pytest.mark.parametrize(
    "change",
    [
        "outcome = 'pass'",
        "sentence = 'x'",
        "first_at = first_at - interval '1 day'",
        "last_at = last_at - interval '1 day'",
    ],
)
def test_the_database_keeps_a_finding_as_it_was_found(
    session: Session, world: World, at: datetime, change: str
) -> None:
    row = make_agency(matters=())
    check(row, at)
    with pytest.raises(sa.exc.IntegrityError, match="kept as it was found"), session.begin_nested():
        session.execute(
            sa.text(f"UPDATE agencies.checks SET {change} WHERE code = 'registration'")  # noqa: S608 - this file's words
        )
    with pytest.raises(sa.exc.IntegrityError, match="kept as it was found"), session.begin_nested():
        session.execute(sa.text("DELETE FROM agencies.checks"))


def test_pass_verifies_fail_ends_it_and_silence_leaves_it(session: Session, world: World, at: datetime) -> None:
    row = agency_in_market(world, at)
    since = verified_at(session, row)
    assert since is not None
    assert hidden(row) == {None}
    world.down = {DATA_SHARING, CONSTRUCTION_MARKET}
    world.put()
    check(row, at + NIGHT)
    assert (verified_at(session, row), hidden(row)) == (since, {None})
    world.down = set()
    world.forget(row.uscc)
    world.put()
    check(row, at + 2 * NIGHT)
    assert (verified_at(session, row), hidden(row)) == (None, {"check:registration"})
    world.confirm(row)
    check(row, at + 3 * NIGHT)
    assert (verified_at(session, row), hidden(row)) == (at + 3 * NIGHT, {None})


def test_a_certificate_that_is_denied_hides_what_needs_it_and_the_agency_is_told_once(
    session: Session, world: World, at: datetime
) -> None:
    row = agency_in_market(world, at)
    for name in {name for name, _question in world.rows}:
        world.rows[(name, "qualifications")] = []
    world.put()
    check(row, at + NIGHT)
    check(row, at + 2 * NIGHT)
    assert hidden(row) == {"check:qualification"}
    assert row.standing is Standing.ACTIVE
    assert tags(session, row).count("agency.check_failed") == 1
    assert count(Reverification) == 0
    assert count(Notice) >= 1


def test_a_new_service_is_hidden_until_its_checks_pass(session: Session, world: World, at: datetime) -> None:
    row = make_agency(matters=())
    make_needed_qualifications(row, SURVEY)
    make_matter(SURVEY)
    world.confirm(row)
    check(row, at)
    operations.add_service(row.uscc, NewService(SURVEY, "按合同约定", 20), actor=make_agency_actor(row), at=at)
    service = session.scalars(sa.select(Service)).one()
    assert service.hidden_reason == "unchecked"
    world.down = {DATA_SHARING}
    world.put()
    check(row, at)
    assert service.hidden_reason == "unchecked"  # nobody has told yet whether the register covers it
    world.down = set()
    world.put()
    check(row, at + NIGHT)
    assert service.hidden_reason is None


def test_a_registry_down_for_an_hour_admits_and_expels_nobody_and_catches_up(
    session: Session, world: World, at: datetime
) -> None:
    inside = agency_in_market(world, at)
    outside = make_agency(standing=Standing.APPLIED, matters=(SURVEY,))
    world.confirm(outside)
    world.confirm(inside)
    world.confirm(outside)
    world.down = {DATA_SHARING}
    world.put()
    operations.admit_checked(outside.uscc, at=at)
    check(inside, at)
    assert (inside.standing, hidden(inside)) == (Standing.ACTIVE, {None})
    assert (outside.standing, outside.onboarding) == (Standing.APPLIED, Onboarding.WAITING)
    assert {service.hidden_reason for service in outside.services} != {None}
    waiting = onboarding_waiting()
    assert [(item.agency.id, item.due_at) for item in waiting] == [(outside.id, outside.decision_due_at)]
    assert [(item.registry, item.since) for item in waiting[0].silent] == [(DATA_SHARING, at)]
    assert due(at + timedelta(minutes=59)) == 0
    hour = at + timedelta(hours=1)
    assert due(hour) == 1  # both together, in one batch
    assert (outside.onboarding, inside.checks_due_at) == (Onboarding.WAITING, hour + timedelta(hours=1))
    world.down = set()
    world.put()
    due(hour + timedelta(hours=1))
    session.expire_all()
    assert (outside.standing, outside.onboarding, hidden(outside)) == (Standing.ACTIVE, Onboarding.ADMITTED, {None})
    assert (inside.checks_due_at, outside.checks_due_at, list(onboarding_waiting())) == (None, None, [])


def test_a_missing_answer_never_passes_end_to_end(session: Session, world: World, at: datetime) -> None:
    """Each registry silent by itself: the form never passes, and nothing becomes verified that it would confirm."""
    for name in {DATA_SHARING, SOCIAL_CREDIT}:
        row = make_agency(standing=Standing.APPLIED, matters=(SURVEY,))
        world.confirm(row)
        world.down = {name}
        world.put()
        operations.admit_checked(row.uscc, at=at)
        assert (row.standing, row.onboarding) == (Standing.APPLIED, Onboarding.WAITING)
        world.down = set()
        world.put()


def test_a_preview_keeps_nothing_and_its_answers_are_good_for_the_real_run(
    session: Session, world: World, at: datetime
) -> None:
    row = make_agency(standing=Standing.APPLIED, matters=(SURVEY,))
    world.confirm(row)
    seen = preview(file_of(row.uscc, at), at)
    assert (seen.of(Outcome.FAIL), seen.of(Outcome.UNKNOWN)) == ((), ())
    assert (count(Check), count(RegistryAnswer)) == (0, 0)
    world.down = {DATA_SHARING}
    world.put()
    operations.submit_for_checks(row.uscc, actor=SYSTEM, at=at)
    operations.run_checks(row.uscc, actor=SYSTEM, at=at, answers=seen.answers)
    assert row.standing is Standing.ACTIVE


def test_what_was_filed_after_asking_is_asked_about_at_once(session: Session, world: World, at: datetime) -> None:
    row = agency_in_market(world, at)
    answers = operations.ask_registries(row.uscc, at)
    make_qualification(row, "Q008", verified=False)
    operations.run_checks(row.uscc, actor=SYSTEM, at=at, answers=answers)
    assert row.checks_due_at == at
    late = session.scalars(sa.select(Qualification).where(Qualification.kind_code == "Q008")).one()
    assert late.verified_at is None


def test_an_operator_who_admits_past_a_silent_registry_has_the_certificates_count(
    session: Session, world: World, at: datetime
) -> None:
    row = make_agency(standing=Standing.APPLIED, matters=(SURVEY,))
    world.confirm(row)
    world.down = {DATA_SHARING, CONSTRUCTION_MARKET}
    world.put()
    operations.admit_checked(row.uscc, at=at)
    operations.decide(row.uscc, admit=True, reason="原件已核验", actor=make_actor(Role.OPERATOR), at=at)
    assert (row.standing, hidden(row), row.checks_due_at) == (Standing.ACTIVE, {None}, at + timedelta(hours=1))


def test_a_certificate_ends_at_midnight_and_a_new_one_brings_the_service_back(
    session: Session, world: World, at: datetime
) -> None:
    row = make_agency(matters=(SURVEY,))
    for item in row.qualifications:
        item.valid_until = date(2026, 3, 2)
    session.flush()
    world.confirm(row)
    check(row, at)
    midnight = datetime.fromisoformat("2026-03-03T00:00+08:00")
    kind = next(kind for kind in DUE if kind.name == "agency_expiry")
    assert row.expiry_due_at == midnight
    assert kind.find(midnight - timedelta(seconds=1), 10) == []
    assert kind.find(midnight, 10) == [(midnight, row.id)]
    assert kind.act(row.id, midnight, None) is True
    assert kind.act(row.id, midnight, None) is False
    assert hidden(row) == {"qualification_expired"}
    for item in list(row.qualifications):
        make_qualification(row, item.kind_code, speciality=item.speciality, level=item.level, verified=False)
    world.confirm(row)
    check(row, midnight + timedelta(hours=9))
    assert hidden(row) == {None}
    assert tags(session, row).count("agency.service_hidden") == 1
    assert tags(session, row)[-1] == "agency.service_shown"
