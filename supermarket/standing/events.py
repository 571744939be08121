"""Events of the standing room."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

_MOVE = {"period", "before", "after", "reasons"}

FIRST_LEVEL = declare(
    "standing.first_level",
    subject="agency",
    sentence=N_("The first review set the level held to %(after)s"),
    keys=_MOVE,
)
DEMOTED = declare(
    "standing.demoted", subject="agency", sentence=N_("The level held went down to %(after)s"), keys=_MOVE
)
PROMOTED = declare(
    "standing.promoted", subject="agency", sentence=N_("The level held went up to %(after)s"), keys=_MOVE
)
RECTIFICATION_OPENED = declare(
    "standing.rectification_opened",
    subject="agency",
    sentence=N_("A rectification task was opened, due %(due_at)s"),
    keys={"rectification_id", "due_at"},
)
RECTIFICATION_SUBMITTED = declare(
    "standing.rectification_submitted",
    subject="agency",
    sentence=N_("The agency handed in its rectification"),
    keys={"rectification_id", "late"},
    public=False,
)
RECTIFICATION_OVERDUE = declare(
    "standing.rectification_overdue",
    subject="agency",
    sentence=N_("The rectification is overdue"),
    keys={"rectification_id"},
)
RECTIFICATION_DECIDED = declare(
    "standing.rectification_decided",
    subject="agency",
    sentence=N_("The rectification was decided on"),
    keys={"rectification_id", "accepted", "reason"},
)
OPINION_FILED = declare(
    "standing.opinion_filed",
    subject="agency",
    sentence=N_("The industry authority filed a reasoned opinion"),
    keys={"opinion_id", "document_number"},
    public=False,
)
OPINION_DECIDED = declare(
    "standing.opinion_decided",
    subject="agency",
    sentence=N_("The reasoned opinion %(document_number)s was decided on"),
    keys={"opinion_id", "document_number", "accepted"},
)
REMOVAL_OPENED = declare(
    "standing.removal_opened",
    subject="agency",
    sentence=N_("A removal case was opened"),
    keys={"case_id", "grounds", "statement_due_at", "decision_due_at"},
)
REMOVAL_STATED = declare(
    "standing.removal_stated",
    subject="agency",
    sentence=N_("The agency gave its statement in the removal case"),
    keys={"case_id"},
    public=False,
)
REMOVAL_ANSWERED = declare(
    "standing.removal_answered",
    subject="agency",
    sentence=N_("An office answered in the removal case"),
    keys={"case_id", "office", "approved"},
    public=False,
)
REMOVAL_REFUSED = declare(
    "standing.removal_refused", subject="agency", sentence=N_("The removal was refused"), keys={"case_id", "office"}
)
REMOVAL_OVERDUE = declare(
    "standing.removal_overdue",
    subject="agency",
    sentence=N_("The removal case was not decided in time; enrolment is frozen"),
    keys={"case_id", "missing"},
)
REMOVED = declare(
    "standing.removed",
    subject="agency",
    sentence=N_("The agency was removed from the market; it may appeal until %(appeal_until)s"),
    keys={"case_id", "notice_document_id", "appeal_until", "enrolments", "contracts"},
)
CONTRACT_AT_CHOICE = declare(
    "standing.contract_at_choice",
    subject="contract",
    sentence=N_("The agency was removed from the market; the owner may choose whether this contract goes on"),
    keys={"case_id"},
)
CONTRACT_CHOSEN = declare(
    "standing.contract_chosen",
    subject="contract",
    sentence=N_("The owner chose whether the contract with the removed agency goes on"),
    keys={"go_on"},
)
