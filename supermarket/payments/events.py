"""Events of the payments room; amounts in fen. What passes between the sides is not public, what is paid is."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

FELL_DUE = declare(
    "payment.fell_due",
    subject="contract",
    sentence=N_("Payment %(number)s is due until %(due_at)s"),
    keys={"number", "due_at"},
)
SUBMITTED = declare(
    "payment.voucher_submitted",
    subject="contract",
    sentence=N_("The owner handed in the voucher of payment %(number)s"),
    keys={"number", "voucher_id", "amount"},
    public=False,
)
REFUSED = declare(
    "payment.voucher_refused",
    subject="contract",
    sentence=N_("The agency did not find payment %(number)s on its account"),
    keys={"number", "voucher_id"},
    public=False,
)
PAID = declare(
    "payment.paid",
    subject="contract",
    sentence=N_("The agency confirmed payment %(number)s"),
    keys={"number", "voucher_id", "amount"},
)
OVERDUE = declare(
    "payment.overdue", subject="contract", sentence=N_("Payment %(number)s is overdue"), keys={"number", "due_at"}
)
