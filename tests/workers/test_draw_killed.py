"""A worker killed by SIGKILL in the middle of a receipt, a reveal, a computation: afterwards the result that would have come.

Everything is real here: two processes, the witness's own program, keys in a folder, commits.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from config import ROOT
from supermarket.app import create_app
from supermarket.core.draw import draw_key, draw_order, parse_pool_file, verify_record
from supermarket.core.events import Event
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection.models import Award, Draw, Reveal
from supermarket.selection.queries import draw_record
from supermarket.selection.states import DrawState
from tests.conftest import migrate_to_head, settings
from tests.factories.projects import make_enrolled, make_open_project
from tests.servers import database_url

# A tick that stops for a minute after the named function has done its work, before anything of it is committed.
PROGRAM = """
import json, sys, time
from datetime import datetime
from importlib import import_module
from supermarket.foundation import make_foundation
from supermarket.supervision.tick import tick
told = json.loads(sys.argv[1])
app = make_foundation(told['settings'])
if told['stop']:
    module = import_module('supermarket.selection.' + told['stop'][0])
    act = getattr(module, told['stop'][1])
    def slowly(*args, **more):
        done = act(*args, **more)
        print('here', flush=True)
        time.sleep(60)
        return done
    setattr(module, told['stop'][1], slowly)
with app.app_context():
    done = tick(datetime.fromisoformat(told['at']))
print('finished', len(done.failures), flush=True)
"""


@dataclass
class Market:
    """The application on a database of its own, beside a real witness whose clock the test sets."""

    app: Flask
    config: dict[str, object]
    clock: Path
    folder: Path

    def start(self, at: datetime, stop: tuple[str, str] | None = None) -> "subprocess.Popen[str]":
        """A worker that ticks once at this moment."""
        self.clock.write_text(f"{at:%Y-%m-%dT%H:%M:%SZ}")
        program = self.folder / "tick.py"
        program.write_text(PROGRAM, encoding="utf-8")
        told = json.dumps({"settings": self.config, "stop": stop, "at": at.isoformat()})
        return subprocess.Popen(
            [sys.executable, str(program), told],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )

    def tick(self, at: datetime) -> None:
        """A worker that is left alone."""
        worker = self.start(at)
        said, _nothing = worker.communicate(timeout=60)
        assert said == "finished 0\n"

    def kill(self, at: datetime, stop: tuple[str, str]) -> None:
        """A worker that is killed where it stopped."""
        worker = self.start(at, stop)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "here\n"
        worker.send_signal(signal.SIGKILL)
        assert worker.wait(10) == -signal.SIGKILL
        worker.stdout.close()


@pytest.fixture
def market(worker_id: str, redis_address: str, tmp_path: Path) -> Iterator[Market]:
    clock = tmp_path / "witness-clock"
    clock.write_text("2026-03-02T02:00:00Z")
    command = [sys.executable, "-m", "witness", "serve", "--home", str(tmp_path / "witness"), "--port", "0"]
    witness = subprocess.Popen([*command, "--clock-file", str(clock)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert witness.stdout is not None
    words = witness.stdout.readline().split()
    with database_url(f"{worker_id}_killed", migrate_to_head) as made:
        config = settings(made.url, redis_address, tmp_path) | {
            "GATEWAYS": "real",
            "WITNESS_URL": words[-1],
            "WITNESS_KEY": words[2],
        }
        app = create_app(dict(config))
        try:
            yield Market(app, config, clock, tmp_path)
        finally:
            witness.terminate()
            witness.wait(10)
            witness.stdout.close()
            with app.app_context():
                db.engine.dispose()


def published(market: Market, at: datetime) -> tuple[str, datetime, datetime]:
    """A purchase with five enrolments: its code, the end of the enrolment, the selection."""
    with market.app.app_context(), unit():
        project, _owner = make_open_project(at)
        make_enrolled(project, 5, at + timedelta(hours=1))
        assert project.enrol_until is not None and project.select_at is not None
        return project.code, project.enrol_until, project.select_at


STOPS = {
    "receipt": ("receipts", "_suffices"),
    "reveal": ("revealing", "_compute_if_whole"),
    "drawing": ("revealing", "compute"),
}


@pytest.mark.parametrize("where", STOPS)
def test_killed_in_the_middle_of_it_the_one_result_comes_that_would_have_come(
    market: Market, at: datetime, where: str
) -> None:
    code, until, select_at = published(market, at)
    if where == "receipt":
        market.kill(until, STOPS[where])
        with market.app.app_context():
            draw = db.session.scalars(sa.select(Draw)).one()
            assert (draw.state, draw.receipt) == (DrawState.RECEIPT_PENDING, None)
            signed = current().witness.receipt(draw.pool_file.encode(), at=until)  # it had signed, once and for good
        market.tick(until + timedelta(seconds=10))
        with market.app.app_context():
            assert draw_record(code, "main").receipt == signed
        market.tick(select_at)
    else:
        market.tick(until)
        market.kill(select_at, STOPS[where])
        with market.app.app_context():
            draw = db.session.scalars(sa.select(Draw)).one()
            assert (draw.state, draw.value, draw.order) == (DrawState.RECEIPTED, None, None)
            assert db.session.scalars(sa.select(Reveal)).all() == []
            would_have_come = _result(code, draw)
        market.tick(select_at + timedelta(seconds=10))
        with market.app.app_context():
            assert draw_record(code, "main").order == would_have_come
    with market.app.app_context():
        project = db.session.scalars(sa.select(Project).where(Project.code == code)).one()
        record = draw_record(code, "main")
        keys = {current().witness.name(): bytes.fromhex(current().witness.verify_key())}
        assert verify_record(record.to_json(), keys).differences == ()
        assert project.state is ProjectState.ANNOUNCED
        (award,) = db.session.scalars(sa.select(Award)).all()
        assert record.order is not None and award.agency.uscc == record.order[0]
        tags = db.session.scalars(sa.select(Event.tag).where(Event.project_code == code)).all()
        assert [tags.count(once) for once in ("draw.receipted", "draw.drawn", "project.announced")] == [1, 1, 1]
    before = record
    market.tick(select_at + timedelta(minutes=1))
    with market.app.app_context():
        assert draw_record(code, "main") == before


def _result(code: str, draw: Draw) -> tuple[str, ...]:
    """The order that both parties' secrets give: they are bound, so there is no other."""
    operators = current().keys.chain_reveal(code, draw.source.split(":")[1])
    value = f"{operators}:{current().witness.reveal(code, 'main')}"
    return draw_order(parse_pool_file(draw.pool_file.encode()).members, draw_key(draw.pool_hash, value))


def test_killed_after_one_party_revealed_its_reveal_stands(market: Market, at: datetime) -> None:
    """A reveal that was committed is not asked for again, and the other's minutes go on from where they were."""
    code, until, select_at = published(market, at)
    market.tick(until)
    down = dict(market.config) | {"WITNESS_URL": "http://127.0.0.1:9"}
    real, market.config = market.config, down
    market.tick(select_at)
    with market.app.app_context():
        (kept,) = db.session.scalars(sa.select(Reveal)).all()
        kept_id, revealed, draw = kept.id, kept.reveal, db.session.scalars(sa.select(Draw)).one()
        assert (kept.party, draw.reveal_until) == ("operator", select_at + timedelta(minutes=10))
    market.config = real
    market.kill(select_at + timedelta(minutes=5), STOPS["drawing"])
    market.tick(select_at + timedelta(minutes=9))
    with market.app.app_context():
        first = db.session.scalars(sa.select(Reveal).order_by(Reveal.id)).first()
        assert first is not None and (first.id, first.reveal) == (kept_id, revealed)
        record = draw_record(code, "main")
        assert (record.refused, record.value is not None and record.value.startswith(revealed)) == ((), True)
