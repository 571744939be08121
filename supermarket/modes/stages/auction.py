"""Stage `auction`: ranks the bidders of the live reverse auction by their lowest accepted bid (selection rules,
section 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from supermarket.modes.auction import AuctionTerms
from supermarket.modes.stages import (
    Candidate,
    Done,
    Exclusion,
    Facts,
    Figure,
    StageError,
    StageOutcome,
    Waiting,
    WaitingFor,
)


@dataclass(frozen=True, slots=True)
class AuctionParams:
    """The terms, fixed at publishing."""

    terms: AuctionTerms


def run(candidates: Sequence[Candidate], params: AuctionParams, facts: Facts) -> StageOutcome:
    """Wait until the auction is closed, then rank. Ties cannot be: every accepted bid is lower than all before it.

    Who never bid is out with `no_bid`. Raises StageError for bids of outsiders, or amounts that do not keep the step.
    """
    if not candidates:
        return Done((), ())
    members = tuple(c.uscc for c in candidates)
    if facts.auction is None:
        return Waiting(WaitingFor.AUCTION, members=members)
    lowest: dict[str, int] = {}
    counts: dict[str, int] = {}
    most = params.terms.start
    for bid in facts.auction.bids:
        if bid.uscc not in members:
            raise StageError("somebody bid who is not in the pool")
        if not params.terms.floor <= bid.amount <= most:
            raise StageError("an accepted bid is at least a step below the one before it")
        most = bid.amount - params.terms.step
        lowest[bid.uscc] = bid.amount
        counts[bid.uscc] = counts.get(bid.uscc, 0) + 1
    order = tuple(sorted(lowest, key=lambda uscc: lowest[uscc]))
    figures: dict[str, dict[str, Figure]] = {
        uscc: {"rank": position, "bid": lowest[uscc], "bids": counts[uscc]} for position, uscc in enumerate(order, 1)
    }
    excluded = tuple(Exclusion(uscc, "no_bid") for uscc in members if uscc not in lowest)
    return Done(order, order, figures, excluded)
