"""Jobs with fixed times: their slots by the market's clock, and the one way to run a slot (once, whoever asks)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial

from supermarket.agencies.nightly import BEGINS, reverify
from supermarket.agencies.reminders import SENT_AT, remind
from supermarket.core.unit import unit
from supermarket.core.working_days import local_date, local_moment
from supermarket.gateways.queue import Name
from supermarket.policies.slots import Outcome, alone, begin, finish, is_done
from supermarket.standing.decisions import review_moments
from supermarket.standing.monthly import review_all
from supermarket.supervision.nightly import nightly
from supermarket.supervision.sealing import sign_head
from supermarket.supervision.witnessing import watch_witnesses

NIGHTLY_TIME = time(1, 30)
LOOK_BACK = timedelta(days=40)


def nights(after: datetime, until: datetime, at: time = NIGHTLY_TIME) -> Iterator[datetime]:
    """01:30 local, or another time, of each day, in (after, until]."""
    day = local_date(after)
    while (moment := local_moment(day, at)) <= until:
        if moment > after:
            yield moment
        day += timedelta(days=1)


def hours(after: datetime, until: datetime) -> Iterator[datetime]:
    """Each full hour in (after, until]."""
    moment = after.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while moment <= until:
        yield moment
        moment += timedelta(hours=1)


@dataclass(frozen=True)
class TimedJob:
    """`run(at)` may be repeated at any moment; `on_the_way`: a demo clock that moves past a slot runs it there."""

    name: str
    slots: Callable[[datetime, datetime], Iterator[datetime] | tuple[datetime, ...]]
    run: Callable[[datetime], Outcome]
    queue: Name = "bulk"
    on_the_way: bool = True

    def last_slot(self, at: datetime) -> datetime:
        """The latest slot at or before `at`."""
        return max(self.slots(at - LOOK_BACK, at))


TIMED: tuple[TimedJob, ...] = (
    TimedJob("nightly", nights, nightly),
    TimedJob("reverify", partial(nights, at=BEGINS), reverify),
    TimedJob("reminders", partial(nights, at=SENT_AT), remind),
    TimedJob("review", review_moments, review_all),
    TimedJob("head", hours, sign_head, queue="default", on_the_way=False),
    TimedJob("witnesses", hours, watch_witnesses, queue="default", on_the_way=False),
)
BY_NAME = {job.name: job for job in TIMED}


def slot_name(slot: datetime) -> str:
    """A slot as its row and its job name it; sorts in time."""
    return slot.strftime("%Y%m%dT%H%M%SZ")


def slots_on_the_way(after: datetime, until: datetime) -> list[tuple[datetime, TimedJob]]:
    """The slots in (after, until] that a moving demo clock runs, in order."""
    found = [(slot, job) for job in TIMED if job.on_the_way for slot in job.slots(after, until)]
    return sorted(found, key=lambda pair: pair[0])


def missing(at: datetime) -> list[tuple[TimedJob, datetime]]:
    """The jobs whose latest slot has not been run. Older ones that were missed need none: see each job."""
    with unit():
        return [(job, slot) for job in TIMED if not is_done(job.name, slot_name(slot := job.last_slot(at)))]


def run_slot(job: TimedJob, slot: datetime, at: datetime) -> Outcome | None:
    """Run a job for its slot; None where that was done before, or another process is at it."""
    name = slot_name(slot)
    with alone(job.name) as mine:
        if not mine:
            return None
        with unit():
            if is_done(job.name, name):
                return None
            begin(job.name, name)
        outcome = job.run(at)
        with unit():
            finish(job.name, name, outcome)
    return outcome
