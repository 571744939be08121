"""`flask supervise`: one tick at the market's time; or a demo clock moved on, with everything due on the way."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from supermarket.core import clock
from supermarket.core.unit import unit
from supermarket.supervision.demo_clock import follow, hold, set_clock, whole_second
from supermarket.supervision.kinds import KINDS
from supermarket.supervision.tick import Ticked, next_due, tick
from supermarket.supervision.timed import TimedJob, missing, run_slot, slots_on_the_way


@dataclass
class Supervised:
    """What was done: ticks counted together, and the timed jobs that ran."""

    at: datetime
    steps: int = 0
    ticked: Ticked = field(default_factory=Ticked)
    jobs: Counter[str] = field(default_factory=Counter)


def market_now() -> datetime:
    """The market's time, read in a unit of its own."""
    with unit():
        return clock.now()


def supervise_now() -> Supervised:
    """What is due at the market's present time, and the timed jobs whose latest slot was missed."""
    at = market_now()
    done = Supervised(at)
    _step(done, at, ())
    for job, slot in missing(at):
        if run_slot(job, slot, at) is not None:
            done.jobs[job.name] += 1
    return done


def supervise(until: datetime) -> Supervised:
    """Move the demo clock to `until`, stopping at each due moment and each nightly or monthly slot to do what is due.

    Raises RuleBroken outside a demo, or for a moment before the clock's.
    """
    until = whole_second(until)
    at = market_now()
    if until < at:
        set_clock(until)  # refuses, and says where the clock stands
    done = Supervised(until)
    try:
        # What is due already comes first, at the moment where the clock stands.
        hold(at := min(whole_second(at), until))
        _step(done, at, ())
        while (moment := _next_stop(at, until)) is not None:
            at, jobs = moment
            hold(at)
            _step(done, at, jobs)
        if at < until:
            hold(until)
    finally:
        follow()
    return done


def _next_stop(after: datetime, until: datetime) -> tuple[datetime, list[TimedJob]] | None:
    """The next whole second with something due, and the timed jobs of that moment."""
    with unit():
        due = next_due(after, until, KINDS)
    stop = min(whole_second(due), until) if due is not None else None
    slots = slots_on_the_way(after, stop or until)
    if slots and (stop is None or slots[0][0] <= stop):
        stop = slots[0][0]
    if stop is None:
        return None
    return stop, [job for slot, job in slots if slot == stop]


def _step(done: Supervised, at: datetime, jobs: Iterable[TimedJob]) -> None:
    done.steps += 1
    done.ticked.add(tick(at))
    for job in jobs:
        if run_slot(job, at, at) is not None:
            done.jobs[job.name] += 1
