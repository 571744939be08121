"""State tables of auctions and of the cost statements for them (selection.md §5)."""

from enum import StrEnum

from supermarket.core.states import Machine
from supermarket.modes.auction import Phase


class AuctionAction(StrEnum):
    """What can happen to an auction. `resume`: it goes on after an outage or a suspension."""

    OPEN = "open"
    BID = "bid"
    PAUSE = "pause"
    RESUME = "resume"
    CLOSE = "close"
    CANCEL = "cancel"


AUCTION = Machine[Phase, AuctionAction](
    "auction",
    Phase,
    {
        Phase.SCHEDULED: {AuctionAction.OPEN: Phase.RUNNING, AuctionAction.CANCEL: Phase.CANCELLED},
        Phase.RUNNING: {
            AuctionAction.BID: Phase.RUNNING,
            AuctionAction.PAUSE: Phase.PAUSED,
            AuctionAction.RESUME: Phase.RUNNING,
            AuctionAction.CLOSE: Phase.CLOSED,
            AuctionAction.CANCEL: Phase.CANCELLED,
        },
        Phase.PAUSED: {AuctionAction.RESUME: Phase.RUNNING, AuctionAction.CANCEL: Phase.CANCELLED},
        Phase.CLOSED: {},
        Phase.CANCELLED: {},
    },
)


class StatementState(StrEnum):
    """Where a cost statement for a low bid stands."""

    GIVEN = "given"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class StatementAction(StrEnum):
    """What can be done to it."""

    ACCEPT = "accept"
    REJECT = "reject"


STATEMENT = Machine[StatementState, StatementAction](
    "auction_statement",
    StatementState,
    {
        StatementState.GIVEN: {
            StatementAction.ACCEPT: StatementState.ACCEPTED,
            StatementAction.REJECT: StatementState.REJECTED,
        },
        StatementState.ACCEPTED: {},
        StatementState.REJECTED: {},
    },
)


class EntryKind(StrEnum):
    """What an entry of the chain says."""

    OPENED = "opened"
    BID = "bid"
    PAUSED = "paused"
    RESUMED = "resumed"
    CLOSED = "closed"


class BidBy(StrEnum):
    """Who placed a bid: a person, the agent in that person's page, or the agency's agent on the server."""

    HAND = "hand"
    PAGE_AGENT = "page_agent"
    SERVER_AGENT = "server_agent"
