"""Every table of the house in one import, for the migrations and for nothing else."""

from supermarket.accounts import models as accounts
from supermarket.agencies import models as agencies
from supermarket.auctions import models as auctions
from supermarket.contracts import models as contracts
from supermarket.core import clock, events
from supermarket.credit import models as credit
from supermarket.deliverables import models as deliverables
from supermarket.documents import models as documents
from supermarket.experts import models as experts
from supermarket.matters import models as matters
from supermarket.modes import models as modes
from supermarket.notices import models as notices
from supermarket.payments import models as payments
from supermarket.policies import models as policies
from supermarket.projects import exception_models as exceptions
from supermarket.projects import models as projects
from supermarket.ratings import models as ratings
from supermarket.selection import models as selection
from supermarket.selection.panels import models as panels
from supermarket.standing import models as standing
from supermarket.supervision import models as supervision
from supermarket.witnesses import models as witnesses

ROOMS = (
    accounts,
    agencies,
    auctions,
    clock,
    contracts,
    credit,
    deliverables,
    documents,
    events,
    exceptions,
    experts,
    matters,
    modes,
    notices,
    panels,
    payments,
    policies,
    projects,
    ratings,
    selection,
    standing,
    supervision,
    witnesses,
)
