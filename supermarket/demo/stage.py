"""The stage of a play: the market's clock, moved on with everything due on the way, and people who act at its time."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import TypeVar

import sqlalchemy as sa
from flask import current_app

from supermarket.core.deadlines import DueKind
from supermarket.core.permissions import Actor
from supermarket.core.unit import unit
from supermarket.core.working_days import Calendar, local_date, local_moment
from supermarket.demo.crew import Crew
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.mail import MemoryMailer
from supermarket.gateways.queue import MemoryQueue
from supermarket.policies.queries import calendar
from supermarket.supervision.demo_clock import hold, whole_second
from supermarket.supervision.kinds import KINDS
from supermarket.supervision.tick import Ticked, tick
from supermarket.supervision.timed import TIMED, TimedJob, run_slot

# The registries of the demonstration never change: asked again each night, a year would be 26 000 equal rounds.
PLAYED = tuple(kind for kind in KINDS if kind.name != "agency_checks")
# People work at these times, mostly at the hour of the selections: the clock stops seldom.
HOURS = (time(10, 0), time(10, 0), time(10, 0), time(15, 0))
_BATCH = 20
_NO_WAIT, _TIMES = "demo_no_wait", 3  # thrice, since a transaction that is rolled back takes it along

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
            if stop.at > self.now:
                self.now = stop.at
                hold(stop.at)
            self._acted = bool(stop.jobs)
            if stop.kinds:
                # Only these look again within the tick; what their acts bring to others, the next look here finds.
                ticked = tick(stop.at, kinds=stop.kinds)
                self.ticked.add(ticked)
                self._acted = self._acted or ticked.total > 0
            for job in stop.jobs:
                run_slot(job, stop.at, stop.at)
        if until > self.now:
            self.now = until
            hold(until)

    def _next_stop(self, until: datetime) -> "_Stop | None":
        with unit():
            due = [(whole_second(moment), kind) for kind in PLAYED for moment, _thing in kind.find(until, _BATCH)]
        # What was due before and is still there waits for the outside world, unless something was done meanwhile.
        first = min((moment for moment, _kind in due if self._acted or moment > self.now), default=None)
        stop = None if first is None else max(min(first, until), self.now)
        slots = [
            (slot, job)
            for job in TIMED
            if job.on_the_way
            for slot in job.slots(self.now, stop or until)
            if _plays(slot, job)
        ]
        at = min((slot for slot, _job in slots), default=stop)
        if at is None:
            return None
        kinds = tuple(kind for kind in PLAYED if any(kind is other and moment <= at for moment, other in due))
        return _Stop(at, kinds if stop is not None else (), tuple(job for slot, job in slots if slot == at))


@dataclass(frozen=True)
class _Stop:
    """A moment to stop at: what is due there, and the jobs with a slot there."""

    at: datetime
    kinds: tuple[DueKind, ...]
    jobs: tuple[TimedJob, ...]


def _plays(slot: datetime, job: TimedJob) -> bool:
    """Reviews each month; of the nights only that to Monday: what one night misses, the next one does."""
    return job.name == "review" or local_date(slot).isoweekday() == 1


@contextmanager
def quietly() -> Iterator[None]:
    """No mail about an invented past, and no waiting for the disk at each commit."""
    gateways = current()
    current_app.extensions["gateways"] = replace(gateways, queue=MemoryQueue(), mail=MemoryMailer())
    sa.event.listen(db.engine, "begin", _no_wait)
    try:
        yield
    finally:
        sa.event.remove(db.engine, "begin", _no_wait)
        with unit():
            db.session.execute(sa.text("RESET synchronous_commit"))
        current_app.extensions["gateways"] = gateways


def _no_wait(connection: sa.Connection) -> None:
    # Whoever pulls the plug during a play starts it again anyway. Once for each connection, not for each transaction.
    if connection.info.setdefault(_NO_WAIT, 0) < _TIMES:
        connection.info[_NO_WAIT] += 1
        connection.exec_driver_sql("SET synchronous_commit TO off")
