"""Events of the matters room."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

_VERSION = {"version"}

DRAFTED = declare("matter.drafted", subject="matter", sentence=N_("A matter was drafted"), keys=_VERSION, public=False)
EDITED = declare(
    "matter.edited", subject="matter", sentence=N_("A matter's wording was edited"), keys=_VERSION, public=False
)
SUBMITTED = declare(
    "matter.submitted", subject="matter", sentence=N_("A matter was submitted"), keys=_VERSION, public=False
)
RETURNED = declare(
    "matter.returned", subject="matter", sentence=N_("A matter was returned"), keys=_VERSION, public=False
)
PUBLISHED = declare(
    "matter.published",
    subject="matter",
    sentence=N_("A matter was published"),
    keys={"version", "change_kind", "region_code"},
)
_REGIONAL = {"region_code", "version"}

REGIONAL_DRAFTED = declare(
    "matter.regional_drafted",
    subject="matter",
    sentence=N_("A region began an entry of its own"),
    keys=_REGIONAL,
    public=False,
)
REGIONAL_EDITED = declare(
    "matter.regional_edited",
    subject="matter",
    sentence=N_("A region's entry was edited"),
    keys=_REGIONAL,
    public=False,
)
REGIONAL_SUBMITTED = declare(
    "matter.regional_submitted",
    subject="matter",
    sentence=N_("A region's entry was submitted"),
    keys=_REGIONAL,
    public=False,
)
REGIONAL_RETURNED = declare(
    "matter.regional_returned",
    subject="matter",
    sentence=N_("A region's entry was returned"),
    keys=_REGIONAL,
    public=False,
)
REGIONAL_PUBLISHED = declare(
    "matter.regional_published",
    subject="matter",
    sentence=N_("A region's entry was published"),
    keys=_REGIONAL | {"change_kind", "carried_out"},
)
CATALOGUE_LOADED = declare(
    "matter.catalogue_loaded",
    subject="catalogue",
    sentence=N_("The starting list of matters was loaded"),
    keys={"kinds", "matters", "published"},
    public=False,
)
