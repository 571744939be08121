"""Every ten seconds: do what is due by the market's clock."""

from supermarket.core.unit import unit
from supermarket.policies.slots import beat
from supermarket.supervision.supervise import market_now
from supermarket.supervision.tick import tick
from workers.keeper import take_over


def run() -> None:
    """One tick; a second one at the same time does nothing twice (supervision.tick)."""
    take_over()
    ticked = tick(market_now())
    with unit():
        beat("tick", {"done": ticked.total, "waiting": ticked.waiting.total(), "failures": len(ticked.failures)})
