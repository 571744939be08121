"""A queue worker in one process: it imports the application once, and each job has an application context of its own."""

from collections.abc import Sequence

import redis
from flask import Flask
from rq import Queue, SimpleWorker
from rq.executions import Execution
from rq.job import Job

from supermarket.extensions import db
from supermarket.gateways.queue import SERIALIZER


class MarketWorker(SimpleWorker):
    """Jobs run in this process: one process is small, and what a job leaves behind is dropped with its context."""

    market: Flask

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Run the job inside the application."""
        with self.market.app_context():
            return super().perform_job(job, queue, execution)


def make_worker(app: Flask, names: Sequence[str]) -> MarketWorker:
    """A worker of the named queues, the first one first."""
    # The worker waits on this connection for minutes; RQ sets the time limits of its own calls.
    connection = redis.Redis.from_url(str(app.config["REDIS_URL"]))
    queues = [Queue(name, connection=connection, serializer=SERIALIZER) for name in names]
    worker = MarketWorker(queues, connection=connection, serializer=SERIALIZER)
    worker.market = app
    return worker


def work(app: Flask, names: Sequence[str]) -> None:
    """Work until told to stop (SIGTERM, SIGINT): the job at hand is finished first."""
    worker = make_worker(app, names)
    try:
        worker.work(logging_level="INFO")
    finally:
        with app.app_context():
            db.engine.dispose()
