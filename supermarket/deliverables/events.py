"""Events of the deliverables room; `since` is the moment from which the payment clock runs."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

REMINDED = declare(
    "deliverable.reminded",
    subject="contract",
    sentence=N_("Reminder: deliverable %(number)s is due soon"),
    keys={"number", "due_at"},
    public=False,
)
OVERDUE = declare(
    "deliverable.overdue",
    subject="contract",
    sentence=N_("Deliverable %(number)s is overdue"),
    keys={"number", "due_at"},
)
SUBMITTED = declare(
    "deliverable.submitted",
    subject="contract",
    sentence=N_("The agency handed in deliverable %(number)s (submission %(submission)s)"),
    keys={"number", "submission", "document_sha256"},
)
RETURNED = declare(
    "deliverable.returned",
    subject="contract",
    sentence=N_("The owner returned deliverable %(number)s for correction"),
    keys={"number", "submission", "returned_count"},
)
ACCEPTED = declare(
    "deliverable.accepted",
    subject="contract",
    sentence=N_("Deliverable %(number)s is accepted"),
    keys={"number", "submission", "deemed", "since", "days_late"},
)
ACCEPTANCE_OVERDUE = declare(
    "deliverable.acceptance_overdue",
    subject="contract",
    sentence=N_("The owner has not decided on deliverable %(number)s in time; the payment clock runs"),
    keys={"number", "submission", "since"},
)
OUTCOME_RECORDED = declare(
    "deliverable.outcome_recorded",
    subject="contract",
    sentence=N_("The authority recorded what became of deliverable %(number)s: %(outcome)s"),
    keys={"number", "outcome", "agency_at_fault"},
)
