"""What a bidder's client does, in Python: pure; the demonstration and the tests seal with it; the market only where the
bidder's sealing was opted out of.

The same in a browser: static/js/quote.js; as a program to download: static/verify/quote_seal.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from supermarket.selection.commands import SealedQuote
from supermarket.selection.quotes_body import QuoteBody, commitment_of, new_salt, seal_padded


@dataclass(frozen=True)
class SealedByBidder:
    """What is handed in, and the body that only the bidder has."""

    sealed: SealedQuote
    body: bytes


def seal_as_bidder(project: str, uscc: str, seq: int, amount: int, keys: Mapping[str, str]) -> SealedByBidder:
    """Seal `amount` (fen) as quote no. `seq` under the project's published keys. Raises QuoteError."""
    body = QuoteBody(project=project, uscc=uscc, seq=seq, amount=amount, salt=new_salt())
    data = body.to_bytes()
    ciphertext = seal_padded(body, bytes.fromhex(keys["operator"]), bytes.fromhex(keys["witness"]))
    return SealedByBidder(SealedQuote(seq, commitment_of(data), ciphertext), data)
