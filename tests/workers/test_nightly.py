"""The nightly re-verification in real processes: killed half-way and started again, two at once, decided while it runs."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from config import ROOT
from supermarket.agencies import operations
from supermarket.agencies.models import Agency, Check, NightlyRun, Onboarding, Standing
from supermarket.agencies.nightly import reverify, slot_of
from supermarket.agencies.operations import load_registry
from supermarket.agencies.rounds import ask_about, write_rounds
from supermarket.core.permissions import SYSTEM, Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.supervision.timed import BY_NAME, run_slot
from tests.factories.accounts import make_actor
from tests.factories.agencies import make_agency
from tests.factories.registries import World, make_world
from tests.threads import at_once, committing_app

SURVEY = "ZJ051"
AT = datetime.fromisoformat("2026-03-03T02:00:00+08:00")
PROGRAM = """
import sys, time
from datetime import datetime
from pathlib import Path
from supermarket.agencies import nightly
from supermarket.foundation import make_foundation
from supermarket.supervision.timed import BY_NAME, run_slot
from tests.conftest import settings
app = make_foundation(settings(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
nightly.BATCH = 2
write = nightly.write_rounds
def slowly(*args, **more):
    done = write(*args, **more)
    print('written', flush=True)  # and not committed yet
    time.sleep(0.4)
    return done
nightly.write_rounds = slowly
at = datetime.fromisoformat(sys.argv[4])
with app.app_context():
    run_slot(BY_NAME['reverify'], at, at)
print('finished', flush=True)
"""


@pytest.fixture
def market(worker_id: str, redis_address: str, tmp_path: Path) -> Iterator[Flask]:
    """The application where commits are real, on a database of its own."""
    with committing_app(f"{worker_id}_nightly", redis_address, tmp_path) as made:
        yield made


def load(world: World) -> None:
    """Put what the registries of a test know into their lists, where other processes read it."""
    for (name, question), rows in world.rows.items():
        load_registry(name, question, rows, label="test.csv", actor=SYSTEM, at=AT)
    for name, question in (
        ("social-credit", "dishonesty"),
        ("national-dishonesty", "dishonesty"),
        ("administrative-penalties", "penalties"),
    ):
        load_registry(name, question, [], label="test.csv", actor=SYSTEM, at=AT)


def in_market(market: Flask, number: int) -> list[int]:
    """Agencies that every registry confirms, by id."""
    with market.app_context(), make_world(market) as world, unit():
        rows = [make_agency(matters=(SURVEY,)) for _each in range(number)]
        for row in rows:
            world.confirm(row)
        load(world)
        return [row.id for row in rows]


def rounds_of(ids: list[int]) -> dict[int, set[tuple[datetime, datetime]]]:
    """When each agency was found what: one pair for all findings of one round."""
    found: dict[int, set[tuple[datetime, datetime]]] = {number: set() for number in ids}
    for agency_id, first, last in db.session.execute(sa.select(Check.agency_id, Check.first_at, Check.last_at)):
        found[agency_id].add((first, last))
    return found


def start(market: Flask, folder: Path, at: datetime) -> "subprocess.Popen[bytes]":
    program = folder / "slow_night.py"
    program.write_text(PROGRAM, encoding="utf-8")
    return subprocess.Popen(
        [
            sys.executable,
            str(program),
            market.config["SQLALCHEMY_DATABASE_URI"],
            market.config["REDIS_URL"],
            str(folder),
            at.isoformat(),
        ],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_killed_in_the_middle_and_started_again_nobody_is_checked_twice_or_left_out(
    market: Flask, tmp_path: Path
) -> None:
    ids = in_market(market, 9)
    killed = start(market, tmp_path, AT)
    assert killed.stdout is not None
    for _batch in range(3):
        assert killed.stdout.readline() == b"written\n"
    killed.send_signal(signal.SIGKILL)  # the third batch is written and not committed
    killed.wait()
    killed.stdout.close()
    with market.app_context():
        with unit():
            run = db.session.scalars(sa.select(NightlyRun)).one()
            assert (run.cursor, run.checked, run.finished_at) == (ids[3], 4, None)
            assert [bool(found) for found in rounds_of(ids).values()] == [True] * 4 + [False] * 5
        later = AT + timedelta(minutes=7)
        assert run_slot(BY_NAME["reverify"], AT, later) is not None
        with unit():
            db.session.refresh(run)
            assert (run.checked, run.changed, run.silent, run.passed_over, run.broken) == (9, 9, 0, 0, 0)
            assert run.finished_at == later
            found = rounds_of(ids)
            assert [found[number] for number in ids[:4]] == [{(AT, AT)}] * 4
            assert [found[number] for number in ids[4:]] == [{(later, later)}] * 5
        assert run_slot(BY_NAME["reverify"], AT, later) is None
        with unit():
            assert rounds_of(ids) == found


def test_two_workers_at_once_check_each_agency_once(market: Flask) -> None:
    ids = in_market(market, 7)
    outcomes: list[object] = []

    def work() -> None:
        with market.app_context():
            try:
                outcomes.append(reverify(AT))
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with market.app_context(), unit():
        run = db.session.get_one(NightlyRun, slot_of(AT))
        assert (run.checked, run.changed, run.broken) == (7, 7, 0)
        assert set(map(frozenset, rounds_of(ids).values())) == {frozenset({(AT, AT)})}
    assert outcomes == [{"checked": 7, "changed": 7, "silent": 0, "passed_over": 0, "broken": 0}] * 2


def test_an_operator_decides_while_the_checks_are_repeated(market: Flask) -> None:
    """Admit and the repeated check meet: one of them decides, the other finds it decided; never both, never neither."""
    with market.app_context():
        with make_world(market) as world:
            with unit():
                row = make_agency(standing=Standing.APPLIED, matters=(SURVEY,))
                operator = make_actor(Role.OPERATOR)
                operations.submit_for_checks(row.uscc, actor=SYSTEM, at=AT)
                world.down = {"data-sharing"}
                world.put()
                operations.run_checks(row.uscc, actor=SYSTEM, at=AT)
                assert row.onboarding is Onboarding.WAITING
                world.down = set()
                world.confirm(row)
                uscc, number = row.uscc, row.id
            later = AT + timedelta(hours=1)
            asked = ask_about([number], later)
            results = at_once(
                market,
                [
                    lambda: operations.decide(uscc, admit=True, reason="原件已核验", actor=operator, at=later),
                    lambda: write_rounds(asked, later, only_due=True),
                    lambda: operations.decide(uscc, admit=True, reason="原件已核验", actor=operator, at=later),
                ],
            )
        with unit():
            found = db.session.get_one(Agency, number, populate_existing=True)
            assert (found.standing, found.onboarding) == (Standing.ACTIVE, Onboarding.ADMITTED)
            changes = db.session.scalar(
                sa.text("SELECT count(*) FROM agencies.standing_changes WHERE agency_id = :id"), {"id": number}
            )
        assert results.count("done") in {1, 2}
        assert changes == 1
        assert set(results) <= {"done", "409 wrong_state", "409 conflict"}


def test_a_registry_that_is_silent_at_night_is_asked_again_an_hour_later(market: Flask) -> None:
    ids = in_market(market, 3)
    with market.app_context():
        with make_world(market) as world:
            world.down = {"data-sharing"}
            world.put()
            assert reverify(AT) == {"checked": 3, "changed": 3, "silent": 3, "passed_over": 0, "broken": 0}
        with unit():
            rows = db.session.scalars(sa.select(Agency).where(Agency.id.in_(ids))).all()
            assert {(row.standing, row.checks_due_at) for row in rows} == {(Standing.ACTIVE, AT + timedelta(hours=1))}
