"""Events of the policies room."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

FACTS_LOADED = declare(
    "policy.facts_loaded",
    subject="policy",
    sentence=N_("Regions, industries and working days were loaded"),
    keys={"regions", "industries", "days"},
    public=False,
)
SET = declare(
    "policy.set",
    subject="policy",
    sentence=N_("A number or time limit was set"),
    keys={"region_code", "effective_from", "value"},
)
