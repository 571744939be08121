"""The stage of a play: the market's clock, moved on with everything due on the way, and people who act at its time."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, time
from typing import TypeVar

import sqlalchemy as sa
from flask import current_app

from supermarket.core.permissions import Actor
from supermarket.core.unit import unit
from supermarket.core.working_days import Calendar, local_date, local_moment
from supermarket.demo.crew import Crew
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.queue import MemoryQueue
from supermarket.policies.queries import calendar
from supermarket.supervision.demo_clock import hold, whole_second
from supermarket.supervision.kinds import KINDS
from supermarket.supervision.tick import Ticked, tick
from supermarket.supervision.timed import TIMED, TimedJob, run_slot

# The registries of the demonstration never change: asked again each night, a year would be 26 000 equal rounds.
PLAYED = tuple(kind for kind in KINDS if kind.name != "agency_checks")
# People work at these times; few of them, so that the clock stops seldom.
HOURS = (time(9, 30), time(15, 0))
_BATCH = 20

T = TypeVar("T")


class Stage:
    """One play. `now` is the moment at which everybody acts."""

    def __init__(self, crew: Crew, now: datetime) -> None:
        self.crew = crew
        self.now = whole_second(now)
        self.ticked = Ticked()
        self.days: Calendar = calendar()
        self._acted = True
        hold(self.now)

    def act(self, operation: Callable[..., T], *args: object, actor: Actor, **more: object) -> T:
        """Somebody does something now, in a unit of work of its own. Raises what the operation raises."""
        self._acted = True
        with unit():
            return operation(*args, actor=actor, at=self.now, **more)

    def later(self, working_days: int, rng: random.Random) -> datetime:
        """An hour of the n-th working day from today; with 0 of today, or of the next one where nobody works today."""
        today = local_date(self.now)
        whole = working_days if working_days or self.days.is_working(today) else 1
        return local_moment(self.days.working_day_after(today, whole), rng.choice(HOURS))

    def after(self, moment: datetime, rng: random.Random) -> datetime:
        """An hour of the first working day after a moment."""
        day = self.days.working_day_after(local_date(moment), 1)
        return local_moment(day, rng.choice(HOURS))

    def go_to(self, until: datetime) -> None:
        """Move the clock on, stopping at every due moment and at the slots of the jobs on the way."""
        until = max(whole_second(until), self.now)
        while (stop := self._next_stop(until)) is not None:
            moment, jobs = stop
            if moment > self.now:
                self.now = moment
                hold(moment)
            self.ticked.add(tick(moment, kinds=PLAYED))
            self._acted = False
            for job in jobs:
                run_slot(job, moment, moment)
        if until > self.now:
            self.now = until
            hold(until)

    def _next_stop(self, until: datetime) -> tuple[datetime, list[TimedJob]] | None:
        with unit():
            due = [moment for kind in PLAYED for moment, _thing in kind.find(until, _BATCH)]
        if self._acted and any(moment <= self.now for moment in due):
            return self.now, []
        # What was due before and is still there waits for the outside world, or for nothing that comes by itself.
        first = min((whole_second(moment) for moment in due if moment > self.now), default=None)
        stop = None if first is None else min(first, until)
        slots = [
            (slot, job)
            for job in TIMED
            if job.on_the_way
            for slot in job.slots(self.now, stop or until)
            if _plays(slot, job)
        ]
        if slots:
            stop = min(slot for slot, _job in slots)
        return None if stop is None else (stop, [job for slot, job in slots if slot == stop])


def _plays(slot: datetime, job: TimedJob) -> bool:
    """Reviews each month; of the nights only that to Monday: what one night misses, the next one does."""
    return job.name != "nightly" or local_date(slot).isoweekday() == 1


@contextmanager
def quietly() -> Iterator[None]:
    """No mail about an invented past, and no waiting for the disk at each commit."""
    gateways = current()
    current_app.extensions["gateways"] = replace(gateways, queue=MemoryQueue())
    sa.event.listen(db.engine, "begin", _no_wait)
    try:
        yield
    finally:
        sa.event.remove(db.engine, "begin", _no_wait)
        current_app.extensions["gateways"] = gateways


def _no_wait(connection: sa.Connection) -> None:
    # Whoever pulls the plug during a play starts it again anyway.
    connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
