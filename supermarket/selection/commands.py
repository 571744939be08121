"""What people ask of the selection room, as frozen values; the forms make them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SealedQuote:
    """What a bidder's browser or client hands in: everything but the body (selection.md §4)."""

    seq: int
    commitment: str
    ciphertext: bytes


@dataclass(frozen=True)
class ReceiptShown:
    """A receipt that its bidder does not find on the published list; `signature` in hex."""

    seq: int
    commitment: str
    at: datetime
    signature: str
