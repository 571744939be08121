"""`flask supervise`: one tick at the market's time; or a demo clock moved on, with everything due on the way."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from supermarket.core import clock
from supermarket.core.deadlines import DueKind
from supermarket.core.unit import unit
from supermarket.supervision.demo_clock import follow, hold, set_clock, whole_second
from supermarket.supervision.kinds import KINDS
from supermarket.supervision.tick import Ticked, next_due, tick
from supermarket.supervision.timed import TIMED, TimedJob, missing, run_slot


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
    done.ticked.add(tick(at))
    for job, slot in missing(at):
        if run_slot(job, slot, at) is not None:
            done.jobs[job.name] += 1
    return done


def supervise(until: datetime, *, leave: Collection[str] = ()) -> Supervised:
    """Move the demo clock to `until`, stopping at each due moment and each nightly or monthly slot to do what is due.

    `leave` names due kinds and timed jobs that are left alone on the way (a demo's year needs no nightly checks); they
    are still due afterwards. Raises RuleBroken outside a demo, or for a moment before the clock's.
    """
    until = whole_second(until)
    at = market_now()
    if until < at:
        set_clock(until)  # refuses, and says where the clock stands
    kinds = tuple(kind for kind in KINDS if kind.name not in leave)
    timed = tuple(job for job in TIMED if job.on_the_way and job.name not in leave)
    done = Supervised(until)
    try:
        # What is due already comes first, at the moment where the clock stands.
        hold(at := min(whole_second(at), until))
        done.ticked.add(tick(at, kinds=kinds))
        while (stop := _next_stop(at, until, kinds, timed)) is not None:
            at = stop.at
            hold(at)
            done.steps += 1
            if stop.due:
                done.ticked.add(tick(at, kinds=kinds))
            changed = False
            for job in stop.jobs:
                outcome = run_slot(job, at, at)
                done.jobs[job.name] += outcome is not None
                changed = changed or any(outcome.values() if outcome else ())
            if changed:
                done.ticked.add(tick(at, kinds=kinds))
        if at < until:
            hold(until)
    finally:
        follow()
    return done


@dataclass(frozen=True)
class _Stop:
    at: datetime
    due: bool
    jobs: tuple[TimedJob, ...]


def _next_stop(after: datetime, until: datetime, kinds: Sequence[DueKind], timed: Sequence[TimedJob]) -> _Stop | None:
    """The next whole second with something due or a slot of a timed job."""
    with unit():
        due = next_due(after, until, kinds)
    stop = until if due is None else min(whole_second(due), until)
    slots = [(slot, job) for job in timed if (slot := job.next_slot(after, stop)) is not None]
    first = min((slot for slot, _ in slots), default=stop)
    if due is None and not slots:
        return None
    return _Stop(first, due is not None and first == stop, tuple(job for slot, job in slots if slot == first))
