"""Events of the documents room; never a file's name, which may hold a person's."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

STORED = declare(
    "document.stored",
    subject="document",
    sentence=N_("A file was stored"),
    keys={"subject_kind", "subject_code", "sha256", "size"},
    public=False,
)
