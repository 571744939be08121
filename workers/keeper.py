"""Once a second: feel whether bids can be taken, and have done at once what is due in running auctions.

An auction whose heart was not felt for the policy's seconds goes on with a full extension (selection.md §5).
"""

import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy.exc import OperationalError

from supermarket.auctions.deadlines import LIVE
from supermarket.auctions.operations import keep_alive
from supermarket.auctions.queries import running_auctions
from supermarket.core.clock import real_now
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.queue import QueueError
from supermarket.policies.slots import beat, last_beat
from supermarket.supervision.supervise import market_now

ROUND_SECONDS = 1.0
PROBE_SECONDS = 2.0
# The tick takes over where the keeper has been silent for longer.
SILENT = timedelta(seconds=15)
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # our own address is never behind a proxy
_log = structlog.get_logger(__name__)


def site_answers(url: str) -> bool:
    """Whether the site takes requests."""
    try:
        with _direct.open(f"{url}/healthz", timeout=PROBE_SECONDS) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def feel(real_at: datetime) -> None:
    """Note for every running auction that bids can be taken now; what had been out goes on."""
    at = market_now()
    with unit():
        ids = running_auctions()
    for auction_id in ids:
        with unit():
            keep_alive(auction_id, at=at, real_at=real_at)


def take_over() -> None:
    """For the tick: feel the auctions where the keeper is silent."""
    with unit():
        last = last_beat("live")
    if last is None or real_now() - last > SILENT:
        feel(real_now())


class Keeper:
    """One round a second. `probe`: whether the site answers; one that never did says nothing (its address is wrong)."""

    def __init__(self, app: Flask, probe: Callable[[], bool]) -> None:
        self._app = app
        self._probe = probe
        self._answered = False
        self._rounds = 0

    def round(self) -> bool:
        """Feel and look; whether something was due and has been handed to a worker."""
        self._rounds += 1
        with self._app.app_context():
            with unit():
                ids = running_auctions()
            if ids:
                self._feel()
            if self._rounds % 5 == 1:
                with unit():
                    beat("live", {"auctions": len(ids)})
            return self._hand_over()

    def _feel(self) -> None:
        answers = self._probe()
        self._answered = self._answered or answers
        if answers or not self._answered:
            feel(real_now())

    def _hand_over(self) -> bool:
        at = market_now()
        with unit():
            due = any(kind.find(at, 1) for kind in LIVE)
        queue = current().queue
        if not due or queue.waiting()["urgent"] > 1:
            return False
        queue.enqueue("auctions", queue="urgent")
        return True

    def run(self, stop: threading.Event) -> None:
        """Rounds until told to stop. A database or queue that is away for a while is waited for."""
        while not stop.is_set():
            try:
                self.round()
            except (OperationalError, QueueError) as error:
                _log.warning("no round this time", error=type(error).__name__)
            stop.wait(ROUND_SECONDS)
        with self._app.app_context():
            db.engine.dispose()
