"""Events of the contracts room."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

DRAFTED = declare(
    "contract.drafted",
    subject="contract",
    sentence=N_("The contract was drafted from the award; both sides sign until %(sign_until)s"),
    keys={"award_id", "document_sha256", "sign_until"},
)
SIGNED = declare(
    "contract.signed",
    subject="contract",
    sentence=N_("The contract was signed by one side"),
    keys={"party", "document_sha256"},
)
SIGN_REMINDED = declare(
    "contract.sign_reminded",
    subject="contract",
    sentence=N_("Reminder: the contract is not signed by both sides yet"),
    keys={"missing"},
    public=False,
)
IN_FORCE = declare(
    "contract.in_force",
    subject="contract",
    sentence=N_("Both sides have signed; the contract is in force and public"),
    keys={"price", "signed_document_sha256"},
)
LAPSED = declare(
    "contract.lapsed",
    subject="contract",
    sentence=N_("The contract was not signed in time and lapsed"),
    keys={"award_id", "missing"},
)
CLOSED = declare(
    "contract.closed",
    subject="contract",
    sentence=N_("The draft of the contract fell with its project"),
    keys={"award_id"},
)
URGED = declare(
    "contract.urged",
    subject="contract",
    sentence=N_("One side urged the other"),
    keys={"by_party", "about"},
    public=False,
)
COMPLETED = declare(
    "contract.completed", subject="contract", sentence=N_("Everything is accepted and paid; the contract is completed")
)
TERMINATED = declare(
    "contract.terminated", subject="contract", sentence=N_("The contract was terminated with its project")
)
