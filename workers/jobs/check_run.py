"""Checks of many agencies that an officer started, some seconds at a time: what is left is enqueued again."""

from time import monotonic

import structlog

from supermarket.agencies.operations import ask_registries, check_item, fail_item, finish_run
from supermarket.agencies.operations.runs import next_items
from supermarket.core.errors import MarketError
from supermarket.core.unit import unit
from supermarket.gateways import current
from supermarket.supervision.supervise import market_now

AT_ONCE = 8.0  # seconds, so that nothing else in the queue waits long
_log = structlog.get_logger(__name__)


def run(run_id: int) -> None:
    """Check what waits in the run; a second call, or a second worker, checks nothing twice."""
    until = monotonic() + AT_ONCE
    while True:
        with unit():
            codes = next_items(run_id, 20)
        if not codes:
            with unit():
                finish_run(run_id, at=market_now())
            return
        for uscc in codes:
            _one(run_id, uscc)
            if monotonic() > until:
                current().queue.enqueue("check_run", run_id, queue="bulk")
                return


def _one(run_id: int, uscc: str) -> None:
    at = market_now()
    try:
        answers = ask_registries(uscc, at)
        with unit():
            check_item(run_id, uscc, answers, at=at)
    except MarketError as error:
        _log.warning("an agency of a run could not be checked", run=run_id, code=error.code)
        with unit():
            fail_item(run_id, uscc, at=at)
