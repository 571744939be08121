"""Events: exact keys, one row per change, and a chain in which a changed, missing or inserted row is found."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from supermarket.core import events
from supermarket.core.events import (
    GENESIS,
    Event,
    SealedEvent,
    Tag,
    body_of,
    canonical,
    chained,
    grow,
    seal,
    verify_chain,
)
from supermarket.core.log_tree import LogNode
from supermarket.core.permissions import SYSTEM, Actor, Grant, Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from tests.factories.accounts import make_actor
from tests.servers import TestDatabase
from tests.threads import committing_app

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TOLD = Tag("test.told", "project", frozenset({"reason", "count"}), True, "It was told")
HIDDEN = Tag("test.hidden", "agency", frozenset(), False, "It was whispered")


@pytest.fixture
def tags() -> Iterator[None]:
    """Two tags that only this test knows."""
    events.TAGS.update({TOLD.name: TOLD, HIDDEN.name: HIDDEN})
    yield
    for tag in (TOLD, HIDDEN):
        events.TAGS.pop(tag.name)
        events.HANDLERS.pop(tag.name, None)


@pytest.fixture
def owner(app: Flask, database: TestDatabase) -> Iterator[Session]:
    """A session of the tables' owner, of which nothing stays."""
    engine = sa.create_engine(database.owner_url, poolclass=sa.NullPool)
    with app.app_context(), engine.connect() as connection:
        outer = connection.begin()
        real = db.session
        db.session = scoped_session(sessionmaker(bind=connection, join_transaction_mode="create_savepoint"))
        try:
            yield db.session()
        finally:
            db.session.remove()
            db.session = real
            outer.rollback()


pytestmark = pytest.mark.usefixtures("tags")


def tell(number: int = 1) -> Event:
    """One event."""
    return events.record(TOLD, f"P-{number}", actor=SYSTEM, at=AT, data={"reason": "因为", "count": number})


@pytest.mark.parametrize("data", [None, {}, {"reason": "x"}, {"reason": "x", "count": 1, "more": 2}])
def test_the_keys_are_exactly_those_of_the_tag(session: Session, data: dict[str, events.Value] | None) -> None:
    before = session.scalar(sa.select(sa.func.count()).select_from(Event))
    with pytest.raises(ValueError, match=r"test.told wants keys \['count', 'reason'\]"):
        events.record(TOLD, "P-1", actor=SYSTEM, at=AT, data=data)
    assert session.scalar(sa.select(sa.func.count()).select_from(Event)) == before


def test_a_tag_is_declared_once() -> None:
    with pytest.raises(ValueError, match=r"test\.told is declared twice"):
        events.declare("test.told", subject="project", sentence="x")


def test_an_event_says_what_about_what_when_and_by_whom(session: Session) -> None:
    actor = make_actor(Role.OWNER)
    row = events.record(TOLD, "P-7", actor=actor, at=AT, data={"reason": "x", "count": 1}, agency_uscc="A" * 18)
    assert (row.tag, row.subject_kind, row.subject_code, row.project_code, row.agency_uscc) == (
        "test.told",
        "project",
        "P-7",
        "P-7",
        "A" * 18,
    )
    assert (row.at, row.public, row.sentence) == (AT, True, "It was told")
    assert (row.actor_user_id, row.actor_organisation_id) == (actor.user_id, actor.organisation_id)
    assert abs(row.recorded_at - datetime.now(UTC)).total_seconds() < 5


def test_an_event_about_an_agency_is_in_the_agencys_timeline(session: Session) -> None:
    events.record(HIDDEN, "B" * 18, actor=SYSTEM, at=AT)
    assert [row.tag for row in _timeline("B" * 18, public_only=False)] == ["test.hidden"]
    assert _timeline("B" * 18, public_only=True) == []


def _timeline(uscc: str, *, public_only: bool) -> list[Event]:
    return list(events.timeline(subject_kind="agency", subject_code=uscc, public_only=public_only))


def test_handlers_run_in_the_same_transaction_and_may_stop_it(session: Session) -> None:
    seen = []
    events.HANDLERS[TOLD.name] = (lambda row: seen.append(row.data["count"]),)
    tell(3)
    assert seen == [3]

    def refuse(row: Event) -> None:
        raise RuntimeError("no")

    events.HANDLERS[TOLD.name] = (refuse,)
    with pytest.raises(RuntimeError, match="no"), unit():
        tell(4)
    assert session.scalar(sa.select(sa.func.count()).select_from(Event).where(Event.subject_code == "P-4")) == 0


def sealed_rows(session: Session) -> list[SealedEvent]:
    """The chain."""
    return list(session.scalars(sa.select(SealedEvent).order_by(SealedEvent.seq)))


def test_sealing_chains_in_order_and_twice_changes_nothing(session: Session) -> None:
    rows = [tell(number) for number in range(1, 6)]
    assert verify_chain().unsealed == 5
    assert seal() == 5
    chain = sealed_rows(session)
    assert [item.seq for item in chain] == [1, 2, 3, 4, 5]
    assert [item.event_id for item in chain] == [row.id for row in rows]
    assert chain[0].hash == chained(GENESIS, rows[0])
    assert chain[4].hash == chained(chain[3].hash, rows[4])
    assert seal() == 0
    assert sealed_rows(session) == chain
    audit = verify_chain()
    assert (audit.sealed, audit.unsealed, audit.broken_at, audit.head) == (5, 0, None, chain[4].hash)


def test_an_empty_chain_is_whole(session: Session) -> None:
    audit = verify_chain()
    assert (audit.sealed, audit.head, audit.unsealed, audit.broken_at) == (0, GENESIS, 0, None)


def test_sealing_goes_on_where_it_stopped(session: Session) -> None:
    for number in range(7):
        tell(number)
    assert [seal(3), seal(3), seal(3), seal(3)] == [3, 3, 1, 0]
    tell(8)
    assert seal() == 1
    assert verify_chain().broken_at is None


CHANGES = {
    "tag": "'test.hidden'",
    "subject_kind": "'agency'",
    "subject_code": "'P-999'",
    "project_code": "NULL",
    "agency_uscc": "'915101070000000000'",
    "at": "at + interval '1 second'",
    "salt": "repeat('0', 32)",
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "public": "false",
    "data": '\'{"reason": "另", "count": 3}\'::jsonb',
}


def _behind_the_triggers(session: Session, table: str, statement: str) -> None:
    """What somebody could do who holds the database itself."""
    session.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER append_only"))
    session.execute(sa.text(statement))
    session.execute(sa.text(f"ALTER TABLE {table} ENABLE TRIGGER append_only"))
    session.expire_all()


@pytest.mark.parametrize("column", sorted(CHANGES))
def test_a_changed_row_is_found_whatever_was_changed(owner: Session, column: str) -> None:
    for number in range(1, 6):
        tell(number)
    seal()
    grow()
    third = sealed_rows(owner)[2]
    _behind_the_triggers(
        owner,
        "platform.events",
        f"UPDATE platform.events SET {column} = {CHANGES[column]} WHERE id = {third.event_id}",  # noqa: S608 - constants of this file
    )
    found = verify_chain()
    place = owner.scalars(sa.select(LogNode.place).where(LogNode.seq == 3)).one()
    assert (found.broken_at, found.tree_broken_at, found.holds) == (3, place, False)


def test_a_row_taken_out_or_swapped_is_found(owner: Session) -> None:
    for number in range(1, 6):
        tell(number)
    seal()
    grow()
    second = sealed_rows(owner)[1].event_id
    _behind_the_triggers(owner, "platform.log_nodes", "DELETE FROM platform.log_nodes WHERE place = 2")
    found = verify_chain()
    assert (found.broken_at, found.tree_broken_at, found.root, found.holds) == (None, 3, "", False)
    _behind_the_triggers(owner, "platform.log_nodes", "DELETE FROM platform.log_nodes")
    _behind_the_triggers(owner, "platform.sealed_events", "DELETE FROM platform.sealed_events WHERE seq = 2")
    assert verify_chain().broken_at == 3
    assert verify_chain().unsealed == 1
    _behind_the_triggers(
        owner,
        "platform.sealed_events",
        f"UPDATE platform.sealed_events SET event_id = {second} WHERE seq = 4",  # noqa: S608 - a number
    )
    assert verify_chain().broken_at == 3


def test_canonical_bytes_do_not_depend_on_the_order_of_keys(session: Session) -> None:
    one = tell(1)
    before = canonical(one)
    body = body_of(one)
    one.data = {"count": 1, "reason": "因为"}
    assert canonical(one) == before
    assert body_of(one) == body
    for made in (before, body):
        assert b'"data":{"count":1,"reason":"' + "因为".encode() in made


def test_many_writers_and_sealers_make_one_chain(
    worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Real threads: writers commit in any order while sealers run; every event is sealed once, and the chain is whole."""
    folder = tmp_path_factory.mktemp("sealers")
    with committing_app(f"{worker_id}_sealers", redis_address, folder) as app:
        barrier = Barrier(6)
        failures: list[BaseException] = []

        def run(act: object, times: int) -> None:
            with app.app_context():
                barrier.wait(30)
                try:
                    for _turn in range(times):
                        with unit():
                            act()  # type: ignore[operator]  # a function of no arguments
                except Exception as error:
                    failures.append(error)
                finally:
                    db.session.remove()

        acts = [(tell, 40)] * 3 + [(seal, 40)] * 3
        threads = [Thread(target=run, args=item) for item in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert failures == []
        with app.app_context(), unit():
            seal()
            audit = verify_chain()
        assert (audit.sealed, audit.unsealed, audit.holds) == (120, 0, True)


def test_an_actor_without_grants_names_no_organisation() -> None:
    assert Actor(user_id=1).organisation_id is None
    assert Actor(user_id=1, grants=(Grant(Role.OWNER, 9),)).organisation_id == 9
