"""How the market itself is doing, for machines that watch it: what answers, and figures for Prometheus."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from supermarket import __version__
from supermarket.agencies.models import Agency, Standing
from supermarket.core.clock import real_now
from supermarket.core.events import Event, SealedEvent
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.policies.models import JobSlot
from supermarket.policies.slots import last_beat
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.supervision.kinds import KINDS

# The clockwork ticks every ten seconds; a minute without a tick means that nothing due is done.
STILL_BEATING = timedelta(minutes=1)
# The live process says so every five seconds; after fifteen the tick does its work (docs/auction.md).
STILL_LIVE = timedelta(seconds=15)
MOST_COUNTED = 1_000
# Without these the site is ready all the same: bids are taken, and watchers' pages ask by themselves.
SPARED = frozenset({"live"})


def parts() -> dict[str, bool]:
    """What the market needs, and whether it answers: database, queue, search, worker (api.md, readyz), live auctions."""
    return {
        "database": _database(),
        "queue": current().queue.alive(),
        "search": _search(),
        "worker": _beats("tick", STILL_BEATING),
        "live": _beats("live", STILL_LIVE),
    }


def _database() -> bool:
    try:
        db.session.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        return False
    return True


def _search() -> bool:
    try:
        return current().search.alive()
    except GatewayError:
        return False


def _beats(job: str, still: timedelta) -> bool:
    try:
        beat = last_beat(job)
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        return False
    return beat is not None and real_now() - beat < still


def metrics(at: datetime) -> bytes:
    """The figures in Prometheus' text format; `at` is the market's clock. Raises SQLAlchemyError without a database."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(at))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, at: datetime) -> None:
        self._at = at

    def collect(self) -> Iterator[Metric]:
        """Everything that is worth an alarm, read anew at each call."""
        yield InfoMetricFamily("supermarket", "The release that runs", {"version": __version__})
        yield _gauge("supermarket_part_up", "1 where a part answers", "part", _as_numbers(parts()))
        yield _gauge("supermarket_due_things", "Things due and not yet done", "kind", self._due())
        yield _gauge("supermarket_queue_jobs", "Jobs that wait", "queue", _waiting())
        yield _gauge("supermarket_job_age_seconds", "Since a timed job last finished", "job", _ages())
        yield _gauge("supermarket_events", "Events of the log", "state", _events())
        yield _gauge("supermarket_agencies", "Agencies by standing", "standing", _by(Agency.standing))
        yield _gauge("supermarket_projects", "Projects by state", "state", _by(Project.state))

    def _due(self) -> dict[str, int]:
        return {kind.name: len(kind.find(self._at, MOST_COUNTED)) for kind in KINDS}


def _gauge(name: str, text: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _as_numbers(answers: dict[str, bool]) -> dict[str, int]:
    return {name: int(ok) for name, ok in answers.items()}


def _waiting() -> dict[str, int]:
    try:
        return dict(current().queue.waiting().items())
    except GatewayError:
        return {}


def _ages() -> dict[str, int]:
    query = sa.select(JobSlot.job, sa.func.max(JobSlot.finished_at)).group_by(JobSlot.job)
    now = real_now()
    return {
        job: int((now - finished).total_seconds())
        for job, finished in db.session.execute(query)
        if finished is not None
    }


def _events() -> dict[str, int]:
    sealed = db.session.scalar(sa.select(sa.func.max(SealedEvent.seq)))
    all_of_them = db.session.scalar(sa.select(sa.func.count()).select_from(Event))
    return {"sealed": sealed or 0, "waiting": (all_of_them or 0) - (sealed or 0)}


def _by(
    column: sa.orm.InstrumentedAttribute[Standing] | sa.orm.InstrumentedAttribute[ProjectState],
) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).group_by(column)
    return {str(value.value): count for value, count in db.session.execute(query)}
