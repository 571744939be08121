"""Sealed quotes for tests, made as a bidder's own client makes them."""

from dataclasses import replace
from datetime import datetime

from supermarket.agencies.queries import agency_of_organisations
from supermarket.core.permissions import SYSTEM, Actor, P
from supermarket.projects.queries import project_for
from supermarket.selection import operations
from supermarket.selection.bidder import SealedByBidder, seal_as_bidder
from supermarket.selection.commands import SealedQuote
from supermarket.selection.models import Quote
from supermarket.selection.queries import own_quotes


def sealed_by(actor: Actor, code: str, amount: int, *, seq: int | None = None) -> SealedByBidder:
    """The agency's next quote in fen (or the one numbered `seq`), sealed and not handed in."""
    project = project_for(code, SYSTEM)
    agency = agency_of_organisations(actor.organisations_with(P.QUOTE))
    assert agency is not None
    assert project.quote_keys is not None
    following = max((row.seq for row in own_quotes(project.id, agency.id)), default=0) + 1
    return seal_as_bidder(code, agency.uscc, seq or following, amount, project.quote_keys)


def make_quote(code: str, amount: int, *, actor: Actor, at: datetime) -> Quote:
    """A quote in fen, sealed and handed in."""
    return operations.submit_quote(code, sealed_by(actor, code, amount).sealed, actor=actor, at=at)


def altered(sealed: SealedQuote) -> SealedQuote:
    """The same with one bit of the box turned: it looks the same from outside and opens for nobody."""
    return replace(sealed, ciphertext=sealed.ciphertext[:-1] + bytes([sealed.ciphertext[-1] ^ 1]))
