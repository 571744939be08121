"""The supervisor's tick: finds what is due, in due order, and acts, each thing in a transaction of its own.

Two ticks at once do each thing once: `act` locks and looks again. Off for two days, it catches up in order.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
import structlog

from supermarket.core.deadlines import DueKind
from supermarket.core.errors import Conflict, MarketError
from supermarket.core.events import seal
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways.errors import GatewayError
from supermarket.supervision.kinds import KINDS
from supermarket.supervision.models import Level
from supermarket.supervision.operations import About, card

BATCH = 50
MOST_ACTS = 5_000
MOST_REPEATS = 10
_log = structlog.get_logger(__name__)
Thing = tuple[str, int]


@dataclass(frozen=True)
class Failure:
    """What could not be done and why: a stable code and the exception's own words."""

    kind: str
    thing_id: int
    code: str
    message: str


@dataclass
class Ticked:
    """What a tick did: acts by kind, things that another came first with or that were no longer due, and failures."""

    done: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many things were done."""
        return self.done.total()

    def add(self, other: "Ticked") -> None:
        """Count another tick into this one."""
        self.done += other.done
        self.passed += other.passed
        self.waiting += other.waiting
        self.failures += other.failures


def tick(at: datetime, *, kinds: Sequence[DueKind] = KINDS, most: int = MOST_ACTS) -> Ticked:
    """Do what is due at `at`, the earliest first; what fails is left alone until the next tick.

    Raises OperationalError where the database goes away; every other failure of one thing does not stop the others.
    """
    ticked = Ticked()
    tried: Counter[Thing] = Counter()
    while ticked.total < most:
        due = _earliest(at, kinds, tried)
        if not due:
            break
        for kind, thing_id in due:
            # Done once, the same thing may be due again for what comes next; what was not done is left alone.
            acted = _one(kind, thing_id, at, ticked)
            tried[(kind.name, thing_id)] += 1 if acted else MOST_REPEATS
    with unit():
        while seal() > 0:
            pass
    return ticked


def next_due(after: datetime, until: datetime, kinds: Sequence[DueKind] = KINDS) -> datetime | None:
    """The first due moment in (after, until]; what is due by `after` and still there waits for something else."""
    found = [moment for kind in kinds if (moment := _first_after(kind, after, until)) is not None]
    return min(found, default=None)


def _first_after(kind: DueKind, after: datetime, until: datetime) -> datetime | None:
    limit = BATCH
    while True:
        rows = kind.find(until, limit)
        later = [moment for moment, _ in rows if moment > after]
        if later:
            return min(later)
        if len(rows) < limit:
            return None
        limit *= 4


def _earliest(at: datetime, kinds: Sequence[DueKind], tried: Counter[Thing]) -> list[tuple[DueKind, int]]:
    """What is due at the earliest moment of all, in the order of the kinds; a thing done may bring an earlier one."""
    found: list[tuple[datetime, DueKind, int]] = []
    # A unit of its own, so that no transaction stays open while the outside world is asked.
    with unit():
        for kind in kinds:
            known = {thing for (name, thing), times in tried.items() if name == kind.name and times >= MOST_REPEATS}
            rows = kind.find(at, BATCH + len(known))
            found += [(moment, kind, thing) for moment, thing in rows if thing not in known]
    first = min((moment for moment, _, _ in found), default=None)
    return [(kind, thing) for moment, kind, thing in found if moment == first]


def _one(kind: DueKind, thing_id: int, at: datetime, ticked: Ticked) -> bool:
    try:
        prepared: object = None
        if kind.prepare is not None:
            prepared = kind.prepare(thing_id, at)
        with unit():
            acted = kind.act(thing_id, at, prepared)
    except Conflict:
        ticked.passed[kind.name] += 1
        return False
    except GatewayError as error:
        db.session.rollback()
        _log.warning("due thing waits for the outside world", kind=kind.name, id=thing_id, code=error.code)
        ticked.waiting[kind.name] += 1
        return False
    except sa.exc.OperationalError:
        raise
    except Exception as error:
        # One broken thing must not hold up the market's deadlines: it is logged whole, and a red card names it.
        db.session.rollback()
        _failed(kind, thing_id, at, error, ticked)
        return False
    ticked.done[kind.name] += acted
    ticked.passed[kind.name] += not acted
    return acted


def _failed(kind: DueKind, thing_id: int, at: datetime, error: Exception, ticked: Ticked) -> None:
    code = error.code if isinstance(error, MarketError) else "internal"
    _log.error("due thing failed", kind=kind.name, id=thing_id, code=code, exc_info=error)
    ticked.failures.append(Failure(kind.name, thing_id, code, str(error)))
    about = About("due", f"{kind.name}:{thing_id}", evidence={"error": code})
    with unit():
        card(about, "due_failed", Level.RED, at=at)
