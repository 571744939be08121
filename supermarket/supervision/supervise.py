"""`flask supervise`: one tick at the market's time; or a demo clock moved on, with everything due on the way."""

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app
from flask_babel import gettext as _

from supermarket.core import clock
from supermarket.core.errors import RuleBroken
from supermarket.core.unit import unit
from supermarket.supervision.demo_clock import follow, hold, whole_second
from supermarket.supervision.tick import Ticked, next_due, tick
from supermarket.supervision.timed import missing, run_slot, slots_on_the_way


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


def supervise(until: datetime) -> Supervised:
    """Move the demo clock to `until`, stopping at each due moment and each nightly or monthly slot to do what is due.

    Raises RuleBroken outside a demo, or for a moment before the clock's.
    """
    until = whole_second(until)
    at = market_now()
    if not current_app.config["DEMO"]:
        raise RuleBroken(_("The clock of a real market cannot be moved."), code="not_a_demo")
    if until < at:
        raise RuleBroken(
            _("The demo clock only moves forward; it stands at %(now)s already.", now=clock.local_text(at)),
            code="clock_backwards",
        )
    done = Supervised(until)
    try:
        # What is due already comes first, at the moment where the clock stands.
        hold(at := min(whole_second(at), until))
        done.ticked.add(tick(at))
        slots = deque(slots_on_the_way(at, until))
        while True:
            with unit():
                due = next_due(at, until)
            stop = None if due is None else min(whole_second(due), until)
            if stop is None and not slots:
                break
            first = slots[0][0] if slots and (stop is None or slots[0][0] <= stop) else stop
            hold(at := first or until)
            done.steps += 1
            if at == stop:
                done.ticked.add(tick(at))
            changed = False
            while slots and slots[0][0] == at:
                _slot, job = slots.popleft()
                outcome = run_slot(job, at, at)
                done.jobs[job.name] += outcome is not None
                changed = changed or any(outcome.values() if outcome else ())
            if changed:
                done.ticked.add(tick(at))
        if at < until:
            hold(until)
    finally:
        follow()
    return done
