"""Events of the projects room."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

DRAFTED = declare("project.drafted", subject="project", sentence=N_("The project was drafted"), public=False)
EDITED = declare("project.edited", subject="project", sentence=N_("The draft was edited"), public=False)
DELETED = declare("project.deleted", subject="project", sentence=N_("The draft was deleted"), public=False)
GROUND_FILED = declare(
    "project.ground_filed",
    subject="project",
    sentence=N_("The document behind the direct selection was handed in"),
    keys={"ground", "document_id", "sha256"},
    public=False,
)
SUBMITTED = declare(
    "project.submitted", subject="project", sentence=N_("The project was submitted for review"), public=False
)
RETURNED = declare(
    "project.returned",
    subject="project",
    sentence=N_("The project was returned to its owner: %(reason)s"),
    keys={"reason"},
    public=False,
)
PUBLISHED = declare(
    "project.published",
    subject="project",
    sentence=N_("The procurement notice was published; enrolment is open until %(enrol_until)s"),
    keys={"mode", "enrol_until", "select_at", "version"},
)
AMENDED = declare(
    "project.amended",
    subject="project",
    sentence=N_("The project was amended: %(reason)s. Enrolment is open until %(enrol_until)s"),
    keys={"reason", "version", "enrol_until", "select_at"},
)
EXTENDED = declare(
    "project.extended",
    subject="project",
    sentence=N_("Fewer than %(needed)s valid enrolments: enrolment is extended until %(enrol_until)s"),
    keys={"needed", "enrol_until", "select_at"},
)
REDUCED_ASKED = declare(
    "project.reduced_asked",
    subject="project",
    sentence=N_("Only %(live)s enrolment is valid; the owner may accept this in writing"),
    keys={"live"},
)
REDUCED_ACCEPTED = declare(
    "project.reduced_accepted",
    subject="project",
    sentence=N_("The owner accepted the small number: %(reason)s"),
    keys={"reason"},
)
FROZEN = declare(
    "project.frozen", subject="project", sentence=N_("The pool was fixed with %(members)s members"), keys={"members"}
)
COMPUTED_AGAIN = declare(
    "project.computed_again",
    subject="project",
    sentence=N_("The selection is computed again: the numbers of the draw “%(purpose)s” were mistyped"),
    keys={"purpose", "series"},
)
SELECTION_STARTED = declare("project.selection_started", subject="project", sentence=N_("The selection started"))
ANNOUNCED = declare(
    "project.announced",
    subject="project",
    sentence=N_("The selected agency was announced"),
    keys={"agency_uscc", "position", "standstill_until"},
)
AWARDED = declare("project.awarded", subject="project", sentence=N_("The award became final"), keys={"agency_uscc"})
IN_SERVICE = declare(
    "project.in_service", subject="project", sentence=N_("The contract is in force; the service began")
)
COMPLETED = declare("project.completed", subject="project", sentence=N_("All deliverables are accepted and paid"))
ARCHIVED = declare("project.archived", subject="project", sentence=N_("The project was archived"))
FAILED = declare(
    "project.failed", subject="project", sentence=N_("The project failed: %(reason)s"), keys={"code", "reason"}
)
WITHDRAWN = declare(
    "project.withdrawn", subject="project", sentence=N_("The owner withdrew the project: %(reason)s"), keys={"reason"}
)
VOIDED = declare(
    "project.voided",
    subject="project",
    sentence=N_("The operator declared the project void: %(reason)s"),
    keys={"reason"},
)
TERMINATED = declare(
    "project.terminated", subject="project", sentence=N_("The project was terminated: %(reason)s"), keys={"reason"}
)
SUSPENDED = declare(
    "project.suspended", subject="project", sentence=N_("The project was suspended: %(reason)s"), keys={"reason"}
)
RESUMED = declare(
    "project.resumed",
    subject="project",
    sentence=N_("The project goes on: %(reason)s"),
    keys={"reason", "working_days"},
)
REISSUED = declare(
    "project.reissued", subject="project", sentence=N_("The project was reissued as %(new_code)s"), keys={"new_code"}
)

ENROLLED = declare(
    "enrolment.made", subject="enrolment", sentence=N_("An agency enrolled"), keys={"agency_uscc"}, public=False
)
CANCELLED = declare(
    "enrolment.cancelled",
    subject="enrolment",
    sentence=N_("An enrolment was cancelled"),
    keys={"agency_uscc"},
    public=False,
)
LINKED = declare(
    "enrolment.linked",
    subject="enrolment",
    sentence=N_(
        "An agency linked with yours is enrolled too: if both are still there when enrolment ends, both are invalid"
    ),
    keys={"agency_uscc"},
    public=False,
)
EXCLUDED = declare(
    "enrolment.excluded",
    subject="enrolment",
    sentence=N_("An enrolment was excluded at the freeze"),
    keys={"agency_uscc", "code"},
    public=False,
)

READMITTED = declare(
    "enrolment.readmitted",
    subject="enrolment",
    sentence=N_("An exclusion by a stage is open again: the selection is computed again"),
    keys={"agency_uscc", "code"},
    public=False,
)

EXCEPTION_ASKED = declare(
    "exception.asked",
    subject="exception",
    sentence=N_("An exception was asked for: %(rule)s"),
    keys={"rule"},
    public=False,
)
EXCEPTION_GRANTED = declare(
    "exception.granted",
    subject="exception",
    sentence=N_("The operator granted an exception: %(rule)s. It becomes public with the notice"),
    keys={"rule"},
    public=False,
)
EXCEPTION_DENIED = declare(
    "exception.denied",
    subject="exception",
    sentence=N_("The operator denied an exception: %(rule)s"),
    keys={"rule"},
    public=False,
)
EXCEPTION_WITHDRAWN = declare(
    "exception.withdrawn",
    subject="exception",
    sentence=N_("An exception is no longer asked for: %(rule)s"),
    keys={"rule"},
    public=False,
)
EXCEPTION_REVOKED = declare(
    "exception.revoked",
    subject="exception",
    sentence=N_("The operator took an exception back before the publication: %(rule)s"),
    keys={"rule"},
    public=False,
)
EXCEPTION_IN_FORCE = declare(
    "exception.in_force",
    subject="exception",
    sentence=N_("An exception is in force: %(rule)s. Its reason and legal basis are public"),
    keys={"rule", "text_hash"},
)
EXCEPTION_OVERDUE = declare(
    "exception.overdue",
    subject="exception",
    sentence=N_("The operator has not decided on an exception in time: %(rule)s"),
    keys={"rule"},
    public=False,
)
