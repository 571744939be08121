"""Events of the supervision room."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

_KEYS = {"finding_id", "about_kind", "about_code", "code", "level"}

ISSUED = declare(
    "supervision.issued",
    subject="finding",
    sentence=N_("Supervision issued a %(level)s finding: %(code)s"),
    keys=_KEYS,
    public=False,
)
ANSWERED = declare(
    "supervision.answered",
    subject="finding",
    sentence=N_("The office answered a supervision finding"),
    keys=_KEYS,
    public=False,
)
WITHDRAWN = declare(
    "supervision.withdrawn",
    subject="finding",
    sentence=N_("A supervision finding was withdrawn"),
    keys=_KEYS,
    public=False,
)
