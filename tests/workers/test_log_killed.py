"""Kill -9 while the tree of the log grows: what was committed stays, the next run goes on to the tree that would have come."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from config import ROOT
from supermarket.core.events import Event, SealedEvent, body_of, seal, verify_chain
from supermarket.core.log_tree import tree_size
from supermarket.core.merkle import Edge, leaf_hash
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.supervision.sealing import grow_tree
from tests.threads import committing_app

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
# Batches of 7 as the hourly job makes them of 5000; the third is computed, written, and never committed.
PROGRAM = """
import sys, time
from pathlib import Path
from supermarket.core.events import grow
from supermarket.core.unit import unit
from supermarket.foundation import make_foundation
from tests.conftest import settings

app = make_foundation(settings(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
with app.app_context():
    for number in range(3):
        with unit():
            assert grow(7) == 7
            if number == 2:
                print("here", flush=True)
                time.sleep(600)
"""
WRITTEN = sa.text(
    "INSERT INTO platform.events (tag, subject_kind, subject_code, at, recorded_at, public, data) "
    "SELECT 'test.told', 'project', 'P-' || g, :at, :at, true, jsonb_build_object('n', g) FROM generate_series(1, 40) g"
)


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a database of its own, where commits are real."""
    with committing_app(f"{worker_id}_log_killed", redis_address, tmp_path_factory.mktemp("log")) as made:
        yield made


def killed_in_the_third_batch(market: Flask) -> None:
    """A process that is killed with a batch written and not committed."""
    config = market.config
    arguments = [config["SQLALCHEMY_DATABASE_URI"], config["REDIS_URL"], config["DATA"]]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(Path(ROOT))},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait(20)
    process.stdout.close()


def test_a_killed_run_changes_nothing_of_the_tree_that_comes(market: Flask) -> None:
    with market.app_context():
        with unit() as session:
            session.execute(WRITTEN, {"at": AT})
        with unit():
            assert seal() == 40
        db.session.remove()
        killed_in_the_third_batch(market)
        with unit():
            assert tree_size() == 14, "two batches are there, nothing of the third"
        for _ in range(2):
            grow_tree()
            with unit() as session:
                rows = session.scalars(sa.select(Event).join(SealedEvent).order_by(SealedEvent.seq)).all()
                edge = Edge()
                for batch in (rows[:7], rows[7:14], rows[14:]):
                    for leaf in sorted(leaf_hash(body_of(row)) for row in batch):
                        edge.push(leaf)
                found = verify_chain()
            assert (found.tree, found.root, found.holds) == (40, edge.root().hex(), True)
