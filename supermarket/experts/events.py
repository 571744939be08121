"""Events of the experts room; never a name or an address."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

ENTERED = declare("expert.entered", subject="expert", sentence=N_("The operator entered the expert"), public=False)
APPLIED = declare("expert.applied", subject="expert", sentence=N_("The expert applied for the pool"), public=False)
IMPORTED = declare(
    "expert.imported",
    subject="expert_import",
    sentence=N_("%(created)s experts were imported"),
    keys={"created", "file"},
    public=False,
)
ADMITTED = declare(
    "expert.admitted", subject="expert", sentence=N_("The expert was admitted to the pool"), public=False
)
REFUSED = declare(
    "expert.refused",
    subject="expert",
    sentence=N_("The application was refused: %(reason)s"),
    keys={"reason"},
    public=False,
)
SUSPENDED = declare(
    "expert.suspended",
    subject="expert",
    sentence=N_("The expert was suspended: %(reason)s"),
    keys={"reason"},
    public=False,
)
REINSTATED = declare(
    "expert.reinstated",
    subject="expert",
    sentence=N_("The expert was reinstated: %(reason)s"),
    keys={"reason"},
    public=False,
)
LEFT = declare(
    "expert.left", subject="expert", sentence=N_("The expert left the pool: %(reason)s"), keys={"reason"}, public=False
)
CHANGED = declare("expert.changed", subject="expert", sentence=N_("The expert's profile was changed"), public=False)
ACCOUNT_OPENED = declare(
    "expert.account_opened", subject="expert", sentence=N_("The expert's account was opened"), public=False
)
INTEREST_DECLARED = declare(
    "expert.interest_declared",
    subject="expert",
    sentence=N_("The expert declared a body that they must not judge"),
    keys={"kind"},
    public=False,
)
INTEREST_WITHDRAWN = declare(
    "expert.interest_withdrawn",
    subject="expert",
    sentence=N_("The expert took a declared interest back"),
    keys={"kind"},
    public=False,
)
