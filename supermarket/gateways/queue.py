"""Work for later, by name: RQ on Redis. Enqueue after the commit (`core.unit.after_commit`), never inside it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Final, Literal, Protocol

import redis
import rq
from rq.serializers import JSONSerializer

from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError

Name = Literal["urgent", "default", "bulk"]
QUEUES: Final[tuple[Name, ...]] = ("urgent", "default", "bulk")
# JSON: a worker never unpickles what lies in Redis. Workers must be started with `serializer=SERIALIZER`.
SERIALIZER: Final = JSONSerializer
# Seconds; a night with slow registries may take hours, and goes on where it was broken off.
_TIMEOUT: Final = {"urgent": 60, "default": 120, "bulk": 4 * 3600}
_RETRIES: Final = (5, 30, 120)
_KEEP_FAILED: Final = 7 * 24 * 3600


class QueueError(GatewayError):
    """The queue is down, or the job is not in the table."""


class Queue(Protocol):
    """Where work waits."""

    def enqueue(self, job: str, *ids: str | int, queue: Name = "default") -> None:
        """Have `job` (a name of the job table) run with these ids. Raises QueueError."""

    def alive(self) -> bool:
        """Whether the queue can be reached (readyz)."""

    def waiting(self) -> dict[str, int]:
        """How many jobs wait in each queue. Raises QueueError."""


def _path(jobs: Mapping[str, str], job: str) -> str:
    if job not in jobs:
        raise QueueError("job_unknown", N_("There is no job “%(name)s”."), name=job)
    return jobs[job]


def _down(error: Exception) -> QueueError:
    failure = QueueError("queue_down", N_("The job queue cannot be reached."))
    failure.__cause__ = error
    return failure


class RqQueue:
    """The real queue. `jobs`: name → dotted path of a function; nothing else can be enqueued."""

    def __init__(self, url: str, jobs: Mapping[str, str]) -> None:
        self._jobs = jobs
        connection = redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=10)
        self._connection = connection
        self._queues = {
            name: rq.Queue(name, connection=connection, serializer=SERIALIZER, default_timeout=_TIMEOUT[name])
            for name in QUEUES
        }

    def enqueue(self, job: str, *ids: str | int, queue: Name = "default") -> None:
        path = _path(self._jobs, job)
        retry = rq.Retry(max=len(_RETRIES), interval=list(_RETRIES))
        try:
            self._queues[queue].enqueue_call(
                path, args=ids, retry=retry, result_ttl=0, failure_ttl=_KEEP_FAILED, description=f"{job} {ids}"
            )
        except redis.RedisError as error:
            raise _down(error) from error

    def alive(self) -> bool:
        try:
            return bool(self._connection.ping())
        except redis.RedisError:
            return False

    def waiting(self) -> dict[str, int]:
        try:
            return {name: queue.count for name, queue in self._queues.items()}
        except redis.RedisError as error:
            raise _down(error) from error


class MemoryQueue:
    """The fake: records what was enqueued; `run` does it in this process, in order, what it enqueues included."""

    def __init__(self, jobs: Mapping[str, str] | None = None) -> None:
        self._jobs = jobs
        self.calls: list[tuple[str, tuple[str | int, ...], Name]] = []

    def enqueue(self, job: str, *ids: str | int, queue: Name = "default") -> None:
        if self._jobs is not None:
            _path(self._jobs, job)
        self.calls.append((job, ids, queue))

    def alive(self) -> bool:
        return True

    def waiting(self) -> dict[str, int]:
        return {name: sum(1 for *_, queue in self.calls if queue == name) for name in QUEUES}

    def run(self) -> int:
        """Run everything that waits; the number of jobs run. Raises what a job raises."""
        done = 0
        while self.calls:
            job, ids, _ = self.calls.pop(0)
            _resolve(_path(self._jobs or {}, job))(*ids)
            done += 1
        return done


def _resolve(path: str) -> Callable[..., object]:
    module, _, name = path.rpartition(".")
    function: Callable[..., object] = getattr(importlib.import_module(module), name)
    return function
