"""What is due in running auctions, within a second: beginnings, agents' bids, ends. The tick does the same every ten."""

from supermarket.auctions.deadlines import LIVE
from supermarket.supervision.supervise import market_now
from supermarket.supervision.tick import tick


def run() -> None:
    """Do it; a second one at the same time does nothing twice."""
    tick(market_now(), kinds=LIVE)
