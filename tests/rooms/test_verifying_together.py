"""Checks of many agencies at once: the statements do not grow with them, and each is judged as if it were alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.accounts.models import Identity, Organisation
from supermarket.agencies import events, operations
from supermarket.agencies.checks import CHECKS
from supermarket.agencies.checks.sources import DATA_SHARING
from supermarket.agencies.models import (
    Agency,
    Check,
    Onboarding,
    Outcome,
    Reverification,
    Service,
    Standing,
)
from supermarket.agencies.nightly import reverify
from supermarket.agencies.operations.identity import may_be_listed
from supermarket.agencies.operations.verifying import BODY
from supermarket.agencies.queries import last_checks
from supermarket.agencies.verification import onboarding_waiting
from supermarket.core.events import HANDLERS, Entry, Event, Together, record_many
from supermarket.core.permissions import SYSTEM, Role
from supermarket.extensions import db
from tests.factories.accounts import make_actor
from tests.factories.agencies import make_agency, make_practitioner, make_related_party
from tests.factories.matters import make_matter
from tests.factories.policies import count
from tests.factories.registries import World, make_world

SURVEY, PROPOSAL = "ZJ051", "ZJ001"
NIGHT = datetime.fromisoformat("2026-03-03T02:00:00+08:00")
DAY = timedelta(days=1)


@pytest.fixture
def world(app: Flask, session: Session) -> Iterator[World]:
    """Registries that a test has in hand."""
    with make_world(app) as made:
        yield made


@contextmanager
def rows_sent() -> Iterator[list[str]]:
    """Every statement that is sent meanwhile, savepoints left out; one with several rows of values counts for each row."""
    seen: list[str] = []

    def note(_link: object, _cursor: object, sql: str, values: object, _context: object, executemany: bool) -> None:
        if not sql.startswith(("SAVEPOINT", "RELEASE")):
            seen.extend([sql] * (len(values) if executemany and isinstance(values, list) else 1))

    engine = db.session.connection().engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def count_of(condition: sa.ColumnElement[bool]) -> int | None:
    return db.session.scalar(sa.select(sa.func.count()).where(condition))


def newcomers(world: World, number: int) -> list[Agency]:
    """Agencies of which nothing was ever verified or shown."""
    made = [make_agency(matters=(SURVEY,), practitioners=1) for _each in range(number)]
    ids = [row.id for row in made]
    db.session.execute(sa.update(Service).where(Service.agency_id.in_(ids)).values(hidden_reason="unchecked"))
    for row in made:
        for certificate in row.qualifications:
            certificate.verified_at = None
        for licence in (item for person in row.practitioners for item in person.live_licences):
            licence.verified_at = None
    db.session.flush()
    db.session.expire_all()
    for row in made:
        world.confirm(row)
    return made


def statements_of_nights(world: World, number: int, first: datetime) -> list[int]:
    """How many statements a first night, a usual one, a silent one, and one after it take."""
    newcomers(world, number)
    counts = []
    for day in range(4):
        world.down = {DATA_SHARING} if day == 2 else set()
        world.put()
        db.session.expunge_all()
        with rows_sent() as seen:
            done = reverify(first + day * DAY)
        assert done["checked"] == number
        assert done["broken"] == done["passed_over"] == 0
        counts.append(len(seen))
    assert set(db.session.scalars(sa.select(Service.hidden_reason))) == {None}
    # They leave the market to the next ones.
    db.session.execute(sa.update(Agency).values(standing=Standing.LEFT))
    return counts


def test_a_batch_takes_as_many_statements_for_fifty_agencies_as_for_five(
    app: Flask, session: Session, world: World
) -> None:
    few = statements_of_nights(world, 5, NIGHT)
    many = statements_of_nights(world, 50, NIGHT + 10 * DAY)
    assert many == few
    assert count_of(Event.tag == "agency.service_shown") == 55
    first, usual, *_others = few
    assert usual < first < 70


def test_each_of_a_batch_has_what_it_would_have_alone(session: Session, world: World) -> None:
    good, gone, denied = newcomers(world, 3)
    world.confirm(gone, status="注销")
    world.confirm(denied)
    for rows in world.rows.values():
        rows[:] = [row for row in rows if row["uscc"] != denied.uscc or "level" not in row]
    world.put()
    reverify(NIGHT)
    session.expire_all()

    def told(row: Agency) -> list[str]:
        return list(session.scalars(sa.select(Event.tag).where(Event.agency_uscc == row.uscc).order_by(Event.id)))

    assert [service.hidden_reason for row in (good, gone, denied) for service in row.services] == [
        None,
        "check:registration",
        "check:qualification",
    ]
    assert told(good) == ["agency.checked", "agency.service_shown"]
    assert told(gone) == ["agency.checked", "agency.reverification_opened", "agency.service_hidden"]
    assert told(denied) == ["agency.checked", "agency.check_failed", "agency.service_hidden"]
    assert {row.checked_at for row in (good, gone, denied)} == {NIGHT}
    assert good.expiry_due_at == datetime.fromisoformat("2036-01-01T00:00+08:00")
    assert [case.agency_id for case in session.scalars(sa.select(Reverification))] == [gone.id]
    # One that is mended, beside one whose case begins.
    world.confirm(gone)
    world.confirm(good, legal_representative="别人")
    reverify(NIGHT + DAY)
    session.expire_all()
    cases = {case.agency_id: (case.codes, case.ended_at) for case in session.scalars(sa.select(Reverification))}
    assert cases == {gone.id: (["registration"], NIGHT + DAY), good.id: (["legal_representative"], None)}


def test_a_scope_that_lacks_one_service_hides_that_one_and_opens_no_case(session: Session, world: World) -> None:
    make_matter(PROPOSAL)
    row = make_agency(matters=(SURVEY, PROPOSAL))
    row.business_scope = ""
    session.flush()
    world.confirm(row, business_scope="工程测量；工程咨询")
    reverify(NIGHT)
    session.expire_all()
    assert {service.matter_code: service.hidden_reason for service in row.services} == {SURVEY: None, PROPOSAL: None}
    world.confirm(row, business_scope="餐饮服务；工程咨询")
    reverify(NIGHT + DAY)
    session.expire_all()
    after = {service.matter_code: service.hidden_reason for service in row.services}
    assert after == {SURVEY: f"check:registration:{SURVEY}", PROPOSAL: None}
    assert count(Reverification) == 0
    failed = session.scalars(sa.select(Event).where(Event.tag == "agency.check_failed")).one()
    assert failed.data == {"codes": ["registration"]}


def test_an_account_of_another_body_opens_a_case(session: Session, world: World) -> None:
    row = make_agency(matters=(SURVEY,))
    world.confirm(row)
    reverify(NIGHT)
    body = session.get_one(Organisation, row.organisation_id)
    other = make_agency(matters=())
    session.add(identity_of(body, other.uscc))
    session.flush()
    reverify(NIGHT + DAY)
    session.expire_all()
    case = session.scalars(sa.select(Reverification).where(Reverification.agency_id == row.id)).one()
    assert (case.codes, row.standing) == (["national_identity"], Standing.ACTIVE)
    assert {service.hidden_reason for service in row.services} == {"check:national_identity"}


def identity_of(body: Organisation, uscc: str) -> Identity:
    """What the platform states of the account: this code."""
    return Identity(
        provider="unified",
        subject_hash=f"{body.id:064d}",
        organisation_id=body.id,
        user_id=make_actor(Role.AGENCY, body).user_id,
        uscc=uscc,
        assurance="verified",
        assured=True,
        bound_at=NIGHT,
    )


def test_the_codes_of_the_body_are_those_of_the_checks_that_look_at_it() -> None:
    about_rows = {"qualification", "practitioners", "service"}
    # Who came back is never failed by a machine.
    assert {check.code for check in CHECKS} - about_rows - {"come_back"} == BODY


def test_who_came_back_waits_for_a_person_though_every_registry_answers(session: Session, world: World) -> None:
    before = make_agency(matters=())
    make_related_party(before, "legal_representative", mark="same")
    before.standing, before.standing_since = Standing.LEFT, NIGHT - 100 * DAY
    row, stranger = (make_agency(standing=Standing.APPLIED, matters=(SURVEY,)) for _each in range(2))
    make_related_party(row, "legal_representative", mark="same")
    for each in (row, stranger):
        make_practitioner(each)
        world.confirm(each)
        operations.admit_checked(each.uscc, at=NIGHT)
    assert stranger.standing is Standing.ACTIVE
    assert (row.standing, row.onboarding) == (Standing.APPLIED, Onboarding.WAITING)
    (waiting,) = onboarding_waiting()
    assert (waiting.agency.id, waiting.silent, waiting.to_look_at) == (row.id, (), ("come_back",))
    assert may_be_listed(row) is False
    # Nor does the hourly repetition admit it.
    operations.run_checks(row.uscc, actor=SYSTEM, at=NIGHT + timedelta(hours=1))
    assert (row.standing, row.onboarding) == (Standing.APPLIED, Onboarding.WAITING)
    operator = make_actor(Role.OPERATOR)
    operations.decide(row.uscc, admit=True, reason="已核实，不属于承继", actor=operator, at=NIGHT + timedelta(hours=2))
    session.refresh(row)
    assert (row.standing, row.onboarding) == (Standing.ACTIVE, Onboarding.ADMITTED)
    reverify(NIGHT + DAY)
    assert {check.outcome for check in last_checks(row.id)} <= {Outcome.PASS, Outcome.NOT_APPLICABLE}
    assert count_of(Check.code == "come_back") == 1


def test_events_are_recorded_together_by_the_rules_of_one(
    session: Session, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[list[str]] = []
    alone: list[str] = []

    @Together
    def together(found: object) -> None:
        assert isinstance(found, list)
        handed.append([event.subject_code for event in found])

    monkeypatch.setitem(HANDLERS, events.NOTED.name, (together, lambda event: alone.append(event.subject_code)))
    monkeypatch.setitem(HANDLERS, events.SUBMITTED.name, ())
    with pytest.raises(ValueError, match="wants keys"):
        record_many([Entry(events.NOTED, "A"), Entry(events.NOTED, "B", {"more": 1})], actor=SYSTEM, at=at)
    assert (count(Event), handed, alone) == (0, [], [])
    made = record_many(
        [Entry(events.NOTED, "A"), Entry(events.SUBMITTED, "B"), Entry(events.NOTED, "C")], actor=SYSTEM, at=at
    )
    assert [event.id for event in made] == sorted(event.id for event in made)
    assert [(event.tag, event.subject_code, event.agency_uscc) for event in made] == [
        ("agency.noted", "A", "A"),
        ("agency.submitted", "B", "B"),
        ("agency.noted", "C", "C"),
    ]
    assert (handed, alone) == ([["A", "C"]], ["A", "C"])
    assert record_many([], actor=SYSTEM, at=at) == []
