"""Events of the credit room."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

_ENTRY = {"entry_id", "event", "points", "from_date", "until_date"}
_LIST = {"list", "document_number", "authority", "from_date", "until_date"}

ENTERED = declare("credit.entered", subject="agency", sentence=N_("A credit entry was made"), keys=_ENTRY)
REVERSED = declare(
    "credit.reversed", subject="agency", sentence=N_("A credit entry was reversed"), keys=_ENTRY | {"reverses_id"}
)
OWNER_ENTERED = declare("credit.owner_entered", subject="owner", sentence=N_("A credit entry was made"), keys=_ENTRY)
OWNER_REVERSED = declare(
    "credit.owner_reversed",
    subject="owner",
    sentence=N_("A credit entry was reversed"),
    keys=_ENTRY | {"reverses_id"},
)
LISTED = declare("credit.listed", subject="agency", sentence=N_("The agency was put on a list"), keys=_LIST)
LIST_ENDED = declare("credit.list_ended", subject="agency", sentence=N_("A list entry ended"), keys=_LIST)
PERFORMED = declare(
    "credit.performance_recorded",
    subject="agency",
    sentence=N_("A contract's score entered the register"),
    keys={"contract_code", "score"},
)
LEVEL_CHANGED = declare(
    "credit.level_changed",
    subject="agency",
    sentence=N_("The credit level changed"),
    keys={"before", "after", "points"},
)
STARS_COMPUTED = declare(
    "credit.stars_computed",
    subject="agency",
    sentence=N_("The stars were computed anew"),
    keys={"score", "level", "ratings"},
)
HELD_LEVEL_SET = declare(
    "credit.held_level_set",
    subject="agency",
    sentence=N_("The level held was set by a review"),
    keys={"before", "after"},
)
