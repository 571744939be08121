"""Events of the modes room: the life of a region's own mode."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

DRAFTED = declare(
    "mode.drafted",
    subject="mode",
    sentence=N_("Version %(version)s of a way of selection was begun"),
    keys={"version"},
    public=False,
)
EDITED = declare(
    "mode.edited",
    subject="mode",
    sentence=N_("Version %(version)s of a way of selection was changed"),
    keys={"version"},
    public=False,
)
TRIED = declare(
    "mode.tried",
    subject="mode",
    sentence=N_("Version %(version)s was tried on %(cases)s past purchases"),
    keys={"version", "trial_id", "cases"},
    public=False,
)
RELEASED = declare(
    "mode.released",
    subject="mode",
    sentence=N_("Version %(version)s of a way of selection was released: %(reason)s"),
    keys={"version", "region_code", "trial_id", "reason"},
)
RETIRED = declare(
    "mode.retired",
    subject="mode",
    sentence=N_("Version %(version)s of a way of selection was retired: %(reason)s"),
    keys={"version", "reason"},
)
