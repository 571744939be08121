"""Events of the auctions room. Bids are none: they stand in the chain, whose last hash the closing names (decision 33)."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

SCHEDULED = declare(
    "auction.scheduled",
    subject="project",
    sentence=N_("The live auction begins at %(starts_at)s with %(bidders)s bidders"),
    keys={"starts_at", "bidders"},
)
OPENED = declare(
    "auction.opened",
    subject="project",
    sentence=N_("The live auction began; without late bids it ends at %(ends_at)s"),
    keys={"ends_at", "opening_hash"},
)
PAUSED = declare("auction.paused", subject="project", sentence=N_("The live auction stands still"))
RESUMED = declare(
    "auction.resumed",
    subject="project",
    sentence=N_("The live auction could not be used for %(seconds)s seconds; it goes on until %(ends_at)s at least"),
    keys={"seconds", "ends_at", "seq"},
)
CLOSED = declare(
    "auction.closed",
    subject="project",
    sentence=N_("The live auction is over after %(bids)s accepted bids"),
    keys={"bids", "head", "seq"},
)
CANCELLED = declare("auction.cancelled", subject="project", sentence=N_("The live auction was cancelled"))
AGENT_SET = declare(
    "auction.agent_set",
    subject="project",
    sentence=N_("A bidder set its agent on the server"),
    keys={"agency_uscc"},
    public=False,
)
AGENT_ENDED = declare(
    "auction.agent_ended",
    subject="project",
    sentence=N_("A bidder's agent on the server ended (%(why)s)"),
    keys={"agency_uscc", "why"},
    public=False,
)
STATEMENT_GIVEN = declare(
    "auction.statement_given",
    subject="project",
    sentence=N_("A cost statement for bids below the line was given"),
    keys={"agency_uscc"},
    public=False,
)
STATEMENT_DECIDED = declare(
    "auction.statement_decided",
    subject="project",
    sentence=N_("The owner decided on a cost statement for bids below the line"),
    keys={"agency_uscc", "accepted", "reason"},
    public=False,
)
