"""Everything that falls due in the market, in the order in which things of the same moment are done."""

from supermarket.agencies.deadlines import DUE as AGENCIES
from supermarket.auctions.deadlines import DUE as AUCTIONS
from supermarket.contracts.deadlines import DUE as CONTRACTS
from supermarket.core.deadlines import DueKind
from supermarket.deliverables.deadlines import DUE as DELIVERABLES
from supermarket.payments.deadlines import DUE as PAYMENTS
from supermarket.projects.deadlines import DUE as PROJECTS
from supermarket.ratings.deadlines import DUE as RATINGS
from supermarket.selection.deadlines import DUE as SELECTION
from supermarket.standing.deadlines import DUE as STANDING
from supermarket.supervision.watch import DUE as SUPERVISION

KINDS: tuple[DueKind, ...] = (
    *PROJECTS,
    *SELECTION,
    *AUCTIONS,
    *CONTRACTS,
    *DELIVERABLES,
    *PAYMENTS,
    *RATINGS,
    *STANDING,
    *AGENCIES,
    *SUPERVISION,
)
