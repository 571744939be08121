"""Which run of which timed job took place: guard against a second one, and heartbeat (architecture: Jobs).

A run is guarded by an advisory lock of its own connection, which goes with the process: after `kill -9` the next run
of the same slot takes it up again.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from supermarket.core.clock import real_now
from supermarket.extensions import db
from supermarket.policies.models import JobSlot

Outcome = dict[str, int | str]
LOCK_CLASS = 7_402


@contextmanager
def alone(job: str) -> Iterator[bool]:
    """Hold the job against every other process; False where one of them is at it."""
    key = zlib.crc32(job.encode()) - 2**31
    with db.engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        query = sa.select(sa.func.pg_try_advisory_lock(LOCK_CLASS, key))
        if not connection.scalar(query):
            yield False
            return
        try:
            yield True
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(LOCK_CLASS, key)))


def is_done(job: str, slot: str) -> bool:
    """Whether this run was finished."""
    query = sa.select(JobSlot.finished_at).where(JobSlot.job == job, JobSlot.slot == slot)
    return db.session.scalar(query) is not None


def begin(job: str, slot: str) -> None:
    """Note that the run begins (in real time); again, where an earlier one was broken off."""
    started = real_now()
    statement = insert(JobSlot).values(job=job, slot=slot, started_at=started)
    db.session.execute(statement.on_conflict_do_update(index_elements=["job", "slot"], set_={"started_at": started}))


def finish(job: str, slot: str, outcome: Outcome) -> None:
    """Note that the run is over and what came of it."""
    done = sa.update(JobSlot).where(JobSlot.job == job, JobSlot.slot == slot)
    db.session.execute(done.values(finished_at=real_now(), outcome=outcome))


def beat(job: str, outcome: Outcome) -> None:
    """Note in one row per job that it ran just now (readyz)."""
    now = real_now()
    values = {"started_at": now, "finished_at": now, "outcome": outcome}
    statement = insert(JobSlot).values(job=job, slot="last", **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["job", "slot"], set_=values))


def last_beat(job: str) -> datetime | None:
    """When the job ran last, in real time."""
    return db.session.scalar(sa.select(JobSlot.finished_at).where(JobSlot.job == job, JobSlot.slot == "last"))


def last_done(job: str) -> str | None:
    """The latest finished slot of a job whose slots are ISO moments."""
    return db.session.scalar(
        sa.select(sa.func.max(JobSlot.slot)).where(
            JobSlot.job == job, JobSlot.slot != "last", JobSlot.finished_at.is_not(None)
        )
    )
