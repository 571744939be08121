"""A refused bid as an error: its code, its sentence, and the amount that would be accepted."""

from collections.abc import Mapping

from flask_babel import gettext as _

from supermarket.core.errors import MarketError
from supermarket.core.money import yuan_text
from supermarket.modes.auction import Refusal, Refused

# Who comes at the wrong time, or after somebody else, has a conflict; the others must mend their bid.
CONFLICTS = frozenset(
    {
        Refusal.NOT_OPEN_YET,
        Refusal.PAUSED,
        Refusal.OVER,
        Refusal.REPLAYED,
        Refusal.DOUBLED,
        Refusal.TOO_HIGH,
        Refusal.BOTTOM,
    }
)


def amount_or_none(fen: int | None) -> dict[str, str] | None:
    """An amount as the API writes it."""
    return None if fen is None else {"amount": yuan_text(fen), "currency": "CNY"}


class BidRefused(MarketError):
    """The bid does not count; nothing changed but the list of refused bids."""

    status = 422
    code = "bid_refused"

    def __init__(self, refused: Refused, *, lowest: int | None, seq: int) -> None:
        super().__init__(refused.sentence.text(_), code=refused.code.value)
        self.status = 409 if refused.code in CONFLICTS else 422
        self.would_be_accepted = refused.would_be_accepted
        self.lowest = lowest
        self.seq = seq

    @property
    def details(self) -> Mapping[str, object]:
        """The amount that would be accepted now (null: none), the lowest bid, and the last entry that was looked at."""
        return {
            "would_be_accepted": amount_or_none(self.would_be_accepted),
            "lowest": amount_or_none(self.lowest),
            "seq": self.seq,
        }
