"""What people ask of the auctions room, as frozen values; the forms make them."""

from dataclasses import dataclass

from supermarket.auctions.states import BidBy


@dataclass(frozen=True)
class PlaceBid:
    """A bid in fen. `key`: of the page or client, so that the same bid sent again is not a second one."""

    amount: int
    by: BidBy = BidBy.HAND
    key: str | None = None


@dataclass(frozen=True)
class GiveStatement:
    """Why bids below the line, down to `explains_from` fen, cover their costs."""

    explains_from: int
    text: str
