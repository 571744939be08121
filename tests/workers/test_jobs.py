"""Each job twice, the clockwork's rounds, a real worker on a real queue, and one that is killed half-way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import redis
import rq
import sqlalchemy as sa
from flask import Flask
from rq.registry import ScheduledJobRegistry
from sqlalchemy.orm import Session

from config import ROOT
from supermarket.core.events import Event, SealedEvent, verify_chain
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.queue import SERIALIZER, MemoryQueue, RqQueue
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.jobs import JOBS
from supermarket.policies.models import JobSlot
from supermarket.policies.slots import last_beat
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.standing.models import Review
from supermarket.supervision.demo_clock import set_clock
from supermarket.supervision.sealing import seal_all, sign_head
from supermarket.supervision.supervise import market_now
from supermarket.supervision.timed import BY_NAME, slot_name
from tests.factories.agencies import make_agency
from tests.factories.credit import make_performance
from tests.factories.projects import make_enrolled, make_open_project
from tests.threads import committing_app
from workers.jobs import mail_notices, slot, tick
from workers.schedule import Schedule
from workers.worker import make_worker


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application where commits are real."""
    with committing_app(f"{worker_id}_jobs", redis_address, tmp_path_factory.mktemp("jobs")) as made:
        yield made


@pytest.fixture
def real_queue(market: Flask) -> Iterator[RqQueue]:
    """The market with a real queue, emptied before and after."""
    gateways = market.extensions["gateways"]
    connection = redis.Redis.from_url(market.config["REDIS_URL"])
    connection.flushdb()
    queue = RqQueue(market.config["REDIS_URL"], JOBS)
    market.extensions["gateways"] = replace(gateways, queue=queue)
    yield queue
    market.extensions["gateways"] = gateways
    connection.flushdb()
    connection.close()


def make_due_project(market: Flask) -> str:
    """A project whose enrolment has ended by the market's clock."""
    with market.app_context():
        at = market_now()
        with unit():
            project, _owner = make_open_project(at)
            make_enrolled(project, 3, at)
            code, until = project.code, project.enrol_until
        assert until is not None
        set_clock(until + timedelta(seconds=1))
        return code


def state_of(market: Flask, code: str) -> ProjectState:
    """Where the project stands, read anew."""
    with market.app_context(), unit():
        return db.session.scalars(sa.select(Project.state).where(Project.code == code)).one()


def events_of(market: Flask, code: str, tag: str) -> int:
    """How often something happened to the project."""
    with market.app_context(), unit():
        query = sa.select(sa.func.count()).select_from(Event)
        return db.session.scalar(query.where(Event.project_code == code, Event.tag == tag)) or 0


def test_every_job_of_the_table_has_its_file() -> None:
    files = {path.stem for path in (ROOT / "workers" / "jobs").glob("*.py")} - {"__init__"}
    assert {path.split(".")[2] for path in JOBS.values()} == files
    assert set(JOBS) == files


def test_the_tick_twice(market: Flask) -> None:
    code = make_due_project(market)
    with market.app_context():
        tick.run()
        tick.run()
        assert last_beat("tick") is not None
    assert state_of(market, code) is ProjectState.FROZEN
    assert events_of(market, code, "project.frozen") == 1


def test_the_nightly_job_twice(session: Session, at: datetime) -> None:
    set_clock(max(market_now(), at))
    job = BY_NAME["nightly"]
    name = slot_name(job.last_slot(market_now()))
    slot.run("nightly", name)
    first = session.scalars(sa.select(JobSlot).where(JobSlot.job == "nightly", JobSlot.slot == name)).one()
    assert first.outcome == {"lists": 0, "credit": 0, "removal_cases": 0, "findings": 0}
    finished = first.finished_at
    slot.run("nightly", name)
    session.expire_all()
    assert first.finished_at == finished


def test_the_review_job_twice(session: Session) -> None:
    now = market_now()
    agency = make_agency()
    for number in range(3):
        make_performance(agency.uscc, published_at=now - timedelta(days=70, hours=number))
    session.commit()
    name = slot_name(BY_NAME["review"].last_slot(now))
    slot.run("review", name)
    slot.run("review", name)
    assert session.scalar(sa.select(sa.func.count()).select_from(Review)) in {2, 3}
    periods = session.scalars(sa.select(Review.period).order_by(Review.review_at)).all()
    assert len(set(periods)) == len(periods)


def test_sealing_and_the_head_twice(
    app: Flask, session: Session, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A witness of this test's own: the common one may have signed a longer chain of another test.
    monkeypatch.setitem(app.extensions, "gateways", replace(current(), witnesses=(MemoryWitness(),)))
    make_open_project(at)
    session.commit()
    assert seal_all() > 0
    assert seal_all() == 0
    head = session.scalars(sa.select(SealedEvent).order_by(SealedEvent.seq.desc()).limit(1)).one()
    first = sign_head(at)
    assert first["seq"] == head.seq
    assert sign_head(at) == first
    assert verify_chain().broken_at is None


def test_mailing_nothing(session: Session) -> None:
    mail_notices.run()
    mail_notices.run(10**9)


def test_the_clockwork_enqueues_a_tick_and_each_missed_slot_once(market: Flask, real_queue: RqQueue) -> None:
    schedule = Schedule(market)
    first = schedule.round()
    assert first[0] == "tick"
    assert set(first) >= {"nightly", "reverify", "reminders", "review", "head"}
    # Nobody works: one tick more may wait, then no more of them pile up.
    assert [schedule.round() for _ in range(3)] == [["tick"], [], []]
    assert real_queue.waiting()["urgent"] == 2
    worker = make_worker(market, ["urgent", "default", "bulk"])
    worker.work(burst=True, logging_level="ERROR")
    assert real_queue.waiting() == {"urgent": 0, "default": 0, "bulk": 0}
    assert Schedule(market).round() == ["tick"]


def test_a_second_clockwork_does_no_harm(market: Flask, real_queue: RqQueue) -> None:
    code = make_due_project(market)
    Schedule(market).round()
    Schedule(market).round()
    make_worker(market, ["urgent", "default", "bulk"]).work(burst=True, logging_level="ERROR")
    assert events_of(market, code, "project.frozen") == 1


def test_a_failed_job_comes_back_after_its_pause(market: Flask, real_queue: RqQueue) -> None:
    connection = redis.Redis.from_url(market.config["REDIS_URL"])
    queue = rq.Queue("default", connection=connection, serializer=SERIALIZER)
    job = queue.enqueue_call("workers.jobs.slot.run", args=("nightly", "not a slot"), retry=rq.Retry(max=1, interval=1))
    make_worker(market, ["default"]).work(burst=True, logging_level="CRITICAL")
    waiting = ScheduledJobRegistry("default", connection=connection, serializer=SERIALIZER)
    assert waiting.get_job_ids() == [job.id]
    time.sleep(1.1)
    Schedule(market).round()
    assert waiting.get_job_ids() == []
    assert job.id in queue.job_ids
    connection.close()


def test_killed_half_way_the_next_run_finishes(market: Flask, tmp_path: Path) -> None:
    """A review run is killed by SIGKILL between two agencies; the next one does the rest, and nothing twice."""
    with market.app_context():
        now = market_now()
        with unit():
            codes = []
            for _number in range(6):
                agency = make_agency()
                codes.append(agency.uscc)
                for hours in range(3):
                    make_performance(agency.uscc, published_at=now - timedelta(days=100, hours=hours))
    program = tmp_path / "slow_review.py"
    program.write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from supermarket.foundation import make_foundation\n"
        "from supermarket.standing import monthly\n"
        "from supermarket.supervision.supervise import market_now\n"
        "from supermarket.supervision.timed import BY_NAME, run_slot\n"
        "from tests.conftest import settings\n"
        "app = make_foundation(settings(sys.argv[1], sys.argv[2], Path(sys.argv[3])))\n"
        "each = monthly.review_month\n"
        "def slowly(*args, **more):\n"
        "    time.sleep(0.3)\n"
        "    print('one', flush=True)\n"
        "    return each(*args, **more)\n"
        "monthly.review_month = slowly\n"
        "with app.app_context():\n"
        "    job = BY_NAME['review']\n"
        "    run_slot(job, job.last_slot(market_now()), market_now())\n",
        encoding="utf-8",
    )
    with market.app_context(), unit():
        db.session.execute(sa.delete(JobSlot).where(JobSlot.job == "review"))
    started = subprocess.Popen(
        [
            sys.executable,
            str(program),
            market.config["SQLALCHEMY_DATABASE_URI"],
            market.config["REDIS_URL"],
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert started.stdout is not None
    for _number in range(4):
        assert started.stdout.readline() == b"one\n"
    started.send_signal(signal.SIGKILL)
    started.wait()
    started.stdout.close()
    reviewed = sa.select(Review.agency_uscc, sa.func.count()).where(Review.agency_uscc.in_(codes))
    with market.app_context():
        job = BY_NAME["review"]
        last = job.last_slot(market_now())
        with unit():
            done = sum(count for _uscc, count in db.session.execute(reviewed.group_by(Review.agency_uscc)))
            row = db.session.scalars(sa.select(JobSlot).where(JobSlot.job == "review")).one()
            assert row.finished_at is None
        assert 0 < done < 6 * 3
        slot.run("review", slot_name(last))
        with unit():
            counts = {count for _uscc, count in db.session.execute(reviewed.group_by(Review.agency_uscc))}
            db.session.refresh(row)
            assert row.finished_at is not None
        assert len(counts) == 1
        assert counts <= {3, 4}


def test_the_fake_queue_runs_what_the_table_names(session: Session) -> None:
    queue = current().queue
    assert isinstance(queue, MemoryQueue)
    queue.calls.clear()
    queue.enqueue("mail_notices", 10**9)
    assert queue.run() == 1
