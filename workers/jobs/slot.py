"""A timed job's slot: nightly, monthly review, the hourly head."""

from datetime import UTC, datetime

from supermarket.supervision.supervise import market_now
from supermarket.supervision.timed import BY_NAME, run_slot


def run(job: str, slot: str) -> None:
    """Run the slot unless it was run; broken off half-way, the next call goes on (supervision.timed)."""
    moment = datetime.strptime(slot, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    run_slot(BY_NAME[job], moment, market_now())
