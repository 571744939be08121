"""Events: exact keys, one row per change, and a chain in which a changed, missing or inserted row is found."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from threading import Barrier, Thread

import orjson
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
from supermarket.core.log_tree import LogNode, path_between, path_in_tree, tree_root, tree_size
from supermarket.core.merkle import EMPTY, Edge, extends, includes, leaf_hash, node_hash
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


def test_a_body_names_nobody_and_cannot_be_guessed(session: Session) -> None:
    """Everything about an event may be known but its salt: its leaf, and the chain over it, still confirm nothing."""
    one = tell(1)
    read = json.loads(body_of(one))
    assert sorted(read) == ["agency", "at", "data", "project", "public", "subject", "tag", "withheld"]
    behind = orjson.dumps({"actor": [None, None], "id": one.id, "recorded_at": one.recorded_at.isoformat()})
    assert read["withheld"] == sha256(bytes.fromhex(one.salt) + behind).hexdigest()
    assert len(one.salt) == 32 and one.salt != tell(1).salt
    before = body_of(one)
    one.salt = "0" * 32
    assert body_of(one) != before, "who guesses everything else has still to guess 128 bits"


def test_events_chained_before_bodies_were_blinded_stay_as_they_were_hashed(owner: Session) -> None:
    """A log that began without a tree: its chain holds as it stands, and the first sealing grows the tree in batches."""
    rows = [tell(number) for number in range(1, 8)]
    previous = GENESIS
    for seq, row in enumerate(rows, start=1):
        previous = chained(previous, row, blinded=False)
        owner.add(SealedEvent(seq=seq, event_id=row.id, hash=previous, blinded=False))
    owner.flush()
    found = verify_chain()
    assert (found.sealed, found.tree, found.holds, found.root) == (7, 0, True, EMPTY.hex())
    assert [grow(3), grow(3), grow(3), grow(3)] == [3, 3, 1, 0]
    eighth = tell(8)
    assert (seal(), grow()) == (1, 1)
    found = verify_chain()
    assert (found.sealed, found.tree, found.holds) == (8, 8, True)
    edge = Edge()
    for batch in (rows[:3], rows[3:6], rows[6:], [eighth]):
        for leaf in sorted(leaf_hash(body_of(row)) for row in batch):
            edge.push(leaf)
    assert found.root == edge.root().hex() == tree_root(8)
    assert sealed_rows(owner)[7].hash == chained(previous, eighth)


def test_a_killed_run_leaves_nothing_and_the_next_one_makes_the_same_tree(session: Session) -> None:
    rows = [tell(number) for number in range(11)]
    assert seal() == 11
    roots = []
    for _ in range(2):
        with pytest.raises(RuntimeError, match="killed"), session.begin_nested():
            assert grow(5) == 5
            roots.append(tree_root(5))
            raise RuntimeError("killed")
        assert tree_size() == 0
    sizes = {}
    while grow(5):
        sizes[tree_size()] = tree_root(tree_size())
    assert list(sizes) == [5, 10, 11]
    assert [*roots, sizes[5]] == [sizes[5]] * 3
    for first, second in ((5, 10), (5, 11), (10, 11)):
        proof = [bytes.fromhex(each) for each in path_between(first, second)]
        assert extends(first, bytes.fromhex(sizes[first]), second, bytes.fromhex(sizes[second]), proof)
    sealed = session.scalars(sa.select(SealedEvent).where(SealedEvent.event_id == rows[6].id)).one()
    place = session.scalars(sa.select(LogNode.place).where(LogNode.seq == sealed.seq)).one()
    assert 6 <= place <= 10, "in the batch in which it came"
    path = [bytes.fromhex(each) for each in path_in_tree(place, 11)]
    assert includes(bytes.fromhex(sizes[11]), leaf_hash(body_of(rows[6])), place - 1, 11, path)


def test_two_that_let_the_tree_grow_make_one(
    worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Real threads: one grows while another waits for the lock; no leaf is there twice, none is left out."""
    folder = tmp_path_factory.mktemp("growers")
    with committing_app(f"{worker_id}_growers", redis_address, folder) as app:
        with app.app_context(), unit():
            for number in range(60):
                tell(number)
            seal()
        barrier, failures = Barrier(3), []

        def run() -> None:
            with app.app_context():
                barrier.wait(30)
                try:
                    for _turn in range(8):
                        with unit():
                            grow(4)
                except Exception as error:
                    failures.append(error)
                finally:
                    db.session.remove()

        threads = [Thread(target=run) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert failures == []
        with app.app_context(), unit():
            audit = verify_chain()
        assert (audit.sealed, audit.tree, audit.holds) == (60, 60, True)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((7, ["a" * 64]), "the tree grows leaf by leaf"),
        ((6, ["a" * 64, "b" * 64]), "a node is the hash of the two below it"),
        ((6, ["a" * 64]), "a node is the hash of the two below it"),
        ((6, "right and one more"), "so many subtrees and no more"),
        ((3, ["a" * 64]), "the tree grows leaf by leaf"),
    ],
)
def test_the_database_itself_takes_no_row_that_is_not_the_trees(
    session: Session, row: tuple[int, list[str] | str], reason: str
) -> None:
    for number in range(5):
        tell(number)
    seal()
    grow()
    for number in (6, 7):
        session.add(SealedEvent(seq=number, event_id=tell(number).id, hash=str(number) * 64))
    session.flush()
    place, hashes = row
    if isinstance(hashes, str):
        left = session.get_one(LogNode, 5).hashes[0]
        hashes = ["a" * 64, node_hash(bytes.fromhex(left), bytes.fromhex("a" * 64)).hex(), "c" * 64]
    with pytest.raises(sa.exc.IntegrityError, match=reason), session.begin_nested():
        session.execute(sa.insert(LogNode), [{"place": place, "seq": 6, "hashes": hashes}])
    assert tree_size() == 5


def test_growing_and_proving_read_little_however_long_the_log_is(session: Session) -> None:
    for number in range(70):
        tell(number)
    seal()
    grow()
    read: list[int] = []

    def count(
        _connection: object, _cursor: object, _statement: str, _values: object, context: object, _m: object
    ) -> None:
        read.append(1)

    sa.event.listen(db.engine, "before_cursor_execute", count)
    try:
        for make in (lambda: tree_root(70), lambda: path_in_tree(33, 70), lambda: path_between(33, 70)):
            read.clear()
            assert make()
            assert len(read) == 1, "one statement for all subtrees"
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", count)


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
