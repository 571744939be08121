"""The tree over the log as it is stored: blinded leaves, batches, two growers, rows that the database itself refuses."""

import json
from hashlib import sha256
from threading import Barrier, Thread

import orjson
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.core.events import (
    GENESIS,
    SealedEvent,
    body_of,
    chained,
    grow,
    seal,
    verify_chain,
)
from supermarket.core.log_tree import LogNode, path_between, path_in_tree, tree_root, tree_size
from supermarket.core.merkle import EMPTY, Edge, extends, includes, leaf_hash, node_hash
from supermarket.core.unit import unit
from supermarket.extensions import db
from tests.threads import committing_app
from tests.unit.test_kernel_events import _behind_the_triggers, owner, sealed_rows, tags, tell  # noqa: F401 -- fixtures

pytestmark = pytest.mark.usefixtures("tags")


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


def test_events_chained_before_bodies_were_blinded_stay_as_they_were_hashed(session: Session) -> None:
    """A log that began without a tree: its chain holds as it stands, and the first sealing grows the tree in batches."""
    rows = [tell(number) for number in range(1, 8)]
    previous = GENESIS
    for seq, row in enumerate(rows, start=1):
        previous = chained(previous, row, blinded=False)
        session.add(SealedEvent(seq=seq, event_id=row.id, hash=previous, blinded=False))
    session.flush()
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
    assert sealed_rows(session)[7].hash == chained(previous, eighth)


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


def test_the_audit_names_a_tree_that_is_not_that_of_the_events(app: Flask, owner: Session) -> None:  # noqa: F811
    for number in range(5):
        tell(number)
    seal()
    grow()
    run = app.test_cli_runner()
    held = run.invoke(args=["audit", "verify"])
    assert (held.exit_code, held.output.splitlines()[-1]) == (0, "chain and tree hold")
    _behind_the_triggers(
        owner, "platform.log_nodes", "UPDATE platform.log_nodes SET hashes[1] = repeat('0', 64) WHERE place = 3"
    )
    broken = run.invoke(args=["audit", "verify"])
    assert broken.exit_code == 1
    assert broken.output.splitlines()[-1] == "the tree is BROKEN at 3"
