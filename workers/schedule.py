"""The clockwork: a tick every ten seconds, and the timed jobs whose latest slot has not been run.

It keeps no state: what was run stands in the (job, slot) rows, so a second one, a restart, or a month of silence do no
harm. It goes by the market's clock; only the ten seconds are real ones.
"""

import signal
import threading
from types import FrameType

import redis
import structlog
from flask import Flask
from rq import Queue
from rq.scheduler import RQScheduler
from sqlalchemy.exc import OperationalError

from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.queue import QUEUES, SERIALIZER, QueueError
from supermarket.notices.mailing import pending
from supermarket.policies.slots import beat
from supermarket.supervision.supervise import market_now
from supermarket.supervision.timed import missing, slot_name

TICK_SECONDS = 10.0
# A slot is enqueued again after so many rounds, in case its worker was killed.
ROUNDS_BETWEEN = 30
_log = structlog.get_logger(__name__)


class Schedule:
    """One round every ten seconds."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._asked: dict[tuple[str, str], int] = {}
        self._rounds = 0
        connection = redis.Redis.from_url(str(app.config["REDIS_URL"]))
        queues = [Queue(name, connection=connection, serializer=SERIALIZER) for name in QUEUES]
        # RQ's own scheduler would be a process more: we only move failed jobs back whose pause is over.
        self._again = RQScheduler(queues, connection=connection, serializer=SERIALIZER)

    def round(self) -> list[str]:
        """Enqueue what it is time for; the names of what was enqueued."""
        self._rounds += 1
        enqueued: list[str] = []
        with self._app.app_context():
            queue = current().queue
            # Where the worker is behind, another tick would only wait behind this one.
            if queue.waiting()["urgent"] < 2:
                queue.enqueue("tick", queue="urgent")
                enqueued.append("tick")
            for job, slot in missing(market_now()):
                key = (job.name, slot_name(slot))
                last = self._asked.get(key)
                if last is None or self._rounds - last >= ROUNDS_BETWEEN:
                    self._asked[key] = self._rounds
                    queue.enqueue("slot", *key, queue=job.queue)
                    enqueued.append(job.name)
            if self._rounds % ROUNDS_BETWEEN == 1:
                waiting = pending()
                if waiting:
                    queue.enqueue("mail_notices", *waiting)
                    enqueued.append("mail_notices")
            with unit():
                beat("schedule", {"rounds": self._rounds})
        self._again.acquire_locks()  # type: ignore[no-untyped-call]  # RQ leaves these two untyped
        self._again.enqueue_scheduled_jobs()  # type: ignore[no-untyped-call]
        return enqueued


def run(app: Flask) -> None:
    """Rounds until told to stop. A database or queue that is away for a while is waited for."""
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    schedule = Schedule(app)
    while not stop.is_set():
        try:
            schedule.round()
        except (OperationalError, QueueError, redis.RedisError) as error:
            _log.warning("no round this time", error=type(error).__name__)
        stop.wait(TICK_SECONDS)
    with app.app_context():
        db.engine.dispose()
