"""Events of the agencies room; never a person's name or number."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

APPLIED = declare("agency.applied", subject="agency", sentence=N_("The agency applied for an entry"))
IMPORTED = declare(
    "agency.imported", subject="import", sentence=N_("Agencies were imported"), keys={"created", "file"}, public=False
)
PROFILE_EDITED = declare(
    "agency.profile_edited", subject="agency", sentence=N_("The profile was edited"), keys={"version"}
)
FILED = declare(
    "agency.filed",
    subject="agency",
    sentence=N_("Something was added to the agency's file"),
    keys={"what", "reference"},
    public=False,
)
REMOVED = declare(
    "agency.removed",
    subject="agency",
    sentence=N_("Something was taken out of the agency's file"),
    keys={"what", "reference"},
    public=False,
)
SERVICE_ADDED = declare(
    "agency.service_added", subject="agency", sentence=N_("A service is offered"), keys={"matter_code"}
)
SERVICE_REMOVED = declare(
    "agency.service_removed", subject="agency", sentence=N_("A service is no longer offered"), keys={"matter_code"}
)
SERVICE_HIDDEN = declare(
    "agency.service_hidden",
    subject="agency",
    sentence=N_("A service is hidden"),
    keys={"matter_code", "reason"},
)
SERVICE_SHOWN = declare(
    "agency.service_shown", subject="agency", sentence=N_("A service is shown again"), keys={"matter_code"}
)
PLEDGED = declare("agency.pledged", subject="agency", sentence=N_("The public pledge was signed"))
SUBMITTED = declare("agency.submitted", subject="agency", sentence=N_("The form was sent in"), public=False)
CHECKED = declare(
    "agency.checked",
    subject="agency",
    sentence=N_("The automatic checks ran"),
    keys={"passed", "failed", "unknown", "failed_codes"},
    public=False,
)
ADMITTED = declare(
    "agency.admitted", subject="agency", sentence=N_("The agency was admitted"), keys={"by_system", "basis"}
)
REFUSED = declare(
    "agency.refused", subject="agency", sentence=N_("The form was refused with reasons"), keys={"codes"}, public=False
)
WAITING = declare(
    "agency.waiting",
    subject="agency",
    sentence=N_("The form waits for an operator"),
    keys={"unknown_codes"},
    public=False,
)
STANDING_CHANGED = declare(
    "agency.standing_changed",
    subject="agency",
    sentence=N_("The standing changed"),
    keys={"before", "after", "action", "basis", "until"},
)
SERVICE_WITHDRAWN = declare(
    "agency.service_withdrawn",
    subject="agency",
    sentence=N_("A service was withdrawn"),
    keys={"matter_code", "basis", "until"},
)
SERVICE_RESTORED = declare(
    "agency.service_restored",
    subject="agency",
    sentence=N_("A withdrawn service was given back"),
    keys={"matter_code", "basis"},
)
BRANCH_AUTHORITY_REVOKED = declare(
    "agency.branch_authority_revoked",
    subject="agency",
    sentence=N_("The head office took its authority back"),
    keys={"head_office_uscc", "reason"},
    public=False,
)
BRANCH_AUTHORITY_RESTORED = declare(
    "agency.branch_authority_restored",
    subject="agency",
    sentence=N_("The head office gave its authority again"),
    keys={"head_office_uscc", "reason"},
    public=False,
)
CHECK_RUN_STARTED = declare(
    "agency.check_run_started",
    subject="check_run",
    sentence=N_("Checks of many agencies were started"),
    keys={"kind", "total"},
    public=False,
)
CHECK_RUN_FINISHED = declare(
    "agency.check_run_finished",
    subject="check_run",
    sentence=N_("Checks of many agencies are done"),
    keys={"done", "passed_over", "failed"},
    public=False,
)
NOTED = declare("agency.noted", subject="agency", sentence=N_("An office noted something"), public=False)
REGISTRY_LOADED = declare(
    "agency.registry_loaded",
    subject="registry",
    sentence=N_("A registry's list was loaded"),
    keys={"question", "rows", "label"},
    public=False,
)
CHANGE_PROPOSED = declare(
    "agency.change_proposed",
    subject="agency",
    sentence=N_("A change of the profile was asked for"),
    keys={"number", "fields"},
    public=False,
)
CHANGE_APPLIED = declare(
    "agency.change_applied",
    subject="agency",
    sentence=N_("The profile was changed"),
    keys={"number", "fields", "by_system"},
)
CHANGE_REFUSED = declare(
    "agency.change_refused",
    subject="agency",
    sentence=N_("A change of the profile was refused with reasons"),
    keys={"number", "codes"},
    public=False,
)
CHANGE_WAITING = declare(
    "agency.change_waiting",
    subject="agency",
    sentence=N_("A change of the profile waits for an operator"),
    keys={"number", "unknown_codes"},
    public=False,
)
CHANGE_WITHDRAWN = declare(
    "agency.change_withdrawn",
    subject="agency",
    sentence=N_("A change of the profile was taken back"),
    keys={"number"},
    public=False,
)
SERVICE_CHANGED = declare(
    "agency.service_changed", subject="agency", sentence=N_("Fee or days of a service changed"), keys={"matter_code"}
)
DRAFT_SAVED = declare(
    "agency.draft_saved", subject="agency", sentence=N_("A form was begun and kept"), keys={"form"}, public=False
)
CAME_BACK = declare(
    "agency.came_back",
    subject="agency",
    sentence=N_("The agency came back within 36 months"),
    keys={"how", "before_uscc", "left_at"},
    public=False,
)
REVERIFICATION_OPENED = declare(
    "agency.reverification_opened",
    subject="agency",
    sentence=N_("The checks are no longer passed: the services are hidden until they are"),
    keys={"case", "codes"},
    public=False,
)
REVERIFICATION_DECIDED = declare(
    "agency.reverification_decided",
    subject="agency",
    sentence=N_("What the checks found against the agency is settled"),
    keys={"case", "how", "reason"},
    public=False,
)
CHECK_FAILED = declare(
    "agency.check_failed",
    subject="agency",
    sentence=N_("Checks are no longer passed; the agency's page says what to mend"),
    keys={"codes"},
    public=False,
)
SERVICE_CONFIRMED = declare(
    "agency.service_confirmed",
    subject="agency",
    sentence=N_("An operator looked at what no check can tell of a service"),
    keys={"matter_code", "reason"},
    public=False,
)
SERVICE_NOT_COVERED = declare(
    "agency.service_not_covered",
    subject="agency",
    sentence=N_("An operator found that the registered scope does not cover %(matter_code)s: %(reason)s"),
    keys={"matter_code", "reason"},
    public=False,
)
EXPIRY_REMINDED = declare(
    "agency.expiry_reminded",
    subject="agency",
    sentence=N_("A certificate or licence ends soon"),
    keys={"days", "until", "subjects"},
    public=False,
)
# People: never a name or a number, nor, in an event of the agency that asks, where a person is.
LICENCE_FILED = declare(
    "practitioner.licence_filed",
    subject="practitioner",
    sentence=N_("A personal licence was filed"),
    keys={"licence"},
    public=False,
)
LICENCE_CHANGED = declare(
    "practitioner.licence_changed",
    subject="practitioner",
    sentence=N_("A personal licence was corrected"),
    keys={"licence", "before"},
    public=False,
)
LICENCE_REMOVED = declare(
    "practitioner.licence_removed",
    subject="practitioner",
    sentence=N_("A personal licence was taken out of the file"),
    keys={"licence"},
    public=False,
)
RENAMED = declare(
    "practitioner.renamed", subject="practitioner", sentence=N_("A practitioner's name was corrected"), public=False
)
# Of the agency where the person is.
MOVE_ASKED = declare(
    "practitioner.move_asked",
    subject="practitioner_move",
    sentence=N_("Another agency asks you to release a practitioner"),
    public=False,
)
MOVE_DISPUTED = declare(
    "practitioner.move_disputed",
    subject="practitioner_move",
    sentence=N_("The operator decides whether a practitioner may move"),
    keys={"refused"},
    public=False,
)
MOVE_CLOSED = declare(
    "practitioner.move_closed",
    subject="practitioner_move",
    sentence=N_("A request to release a practitioner has ended"),
    keys={"state"},
    public=False,
)
# Of the agency that asked.
MOVE_ANSWERED = declare(
    "practitioner.move_answered",
    subject="practitioner_move",
    sentence=N_("Your request for a practitioner has an answer"),
    keys={"state"},
    public=False,
)
SEARCHED = declare(
    "practitioner.searched",
    subject="practitioner_search",
    sentence=N_("An office searched for a person by identity number"),
    keys={"found"},
    public=False,
)
KEYS_ROTATED = declare(
    "practitioner.keys_rotated",
    subject="keys",
    sentence=N_("Protected fields were encrypted with a fresh key"),
    keys={"rows"},
    public=False,
)
