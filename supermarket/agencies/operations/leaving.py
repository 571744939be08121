"""An agency leaves the market of its own will, and may come back as an applicant (onboarding.md, Standing)."""

from datetime import datetime

from flask_babel import gettext as _

from supermarket.agencies import events
from supermarket.agencies.change_states import ChangeAction
from supermarket.agencies.come_back import left_before, noted_come_backs
from supermarket.agencies.commands import ChangeOfStanding
from supermarket.agencies.models import Agency, Onboarding, StandingChange
from supermarket.agencies.operations.changes import close_open
from supermarket.agencies.operations.common import locked, refuse
from supermarket.agencies.operations.standing import apply
from supermarket.agencies.states import ONBOARDING, STANDING, OnboardingAction, StandingAction
from supermarket.core.errors import FieldError
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.extensions import db


def note_leaving(uscc: str, *, reason: str, actor: Actor, at: datetime) -> StandingChange:
    """Take an agency out of the register at its own wish: what is open of its form and changes is taken back.

    That nothing of it runs any more is asked by `standing.operations.leave`, which pages and API call. Raises NotFound,
    Forbidden, WrongState, InvalidInput without a reason.
    """
    row = locked(uscc)
    authorise(actor, P.AGENCY_EDIT, organisation_id=row.organisation_id or 0)
    after = STANDING.next(row.standing, StandingAction.LEAVE)
    if not reason.strip():
        refuse([FieldError("reason", "missing", _("Give the reason."))])
    if row.onboarding in (Onboarding.CHECKING, Onboarding.WAITING, Onboarding.REFUSED):
        row.onboarding = ONBOARDING.next(row.onboarding, OnboardingAction.REOPEN)
        row.decision_due_at = None
    row.checks_due_at = None
    db.session.flush()
    close_open(row, ChangeAction.WITHDRAW, actor=SYSTEM, at=at)
    command = ChangeOfStanding(
        basis=reason.strip(),
        proposer=row.name,
        executor=_("Supermarket"),
        effect=_("Out of the market: no enrolments and no services shown. Ratings, credit and cases stay."),
        way_back=_("The agency may come back as an applicant; all checks run again."),
    )
    return apply(row, StandingAction.LEAVE, after, command, actor=actor, at=at)


def come_back(uscc: str, *, reason: str, actor: Actor, at: datetime) -> Agency:
    """Come back as an applicant with the file as it was left; ratings and credit are still there.

    That this is within 36 months is noted when the form is sent in. Raises NotFound, Forbidden, WrongState, InvalidInput.
    """
    row = locked(uscc)
    authorise(actor, P.AGENCY_EDIT, organisation_id=row.organisation_id or 0)
    after = STANDING.next(row.standing, StandingAction.COME_BACK)
    if not reason.strip():
        refuse([FieldError("reason", "missing", _("Give the reason."))])
    command = ChangeOfStanding(
        basis=reason.strip(),
        proposer=row.name,
        executor=_("Supermarket"),
        effect=_("An applicant again: nothing is shown before the checks are passed."),
    )
    apply(row, StandingAction.COME_BACK, after, command, actor=actor, at=at)
    return row


def note_come_backs(uscc: str, *, at: datetime) -> int:
    """Record who, that left or was removed within 36 months, the agency is or resembles; how many are new.

    By the system, when a form is sent in (wired). Raises NotFound.
    """
    row = locked(uscc)
    known = {(item.how, item.uscc, item.left_at.isoformat()) for item in noted_come_backs(row.uscc)}
    fresh = [item for item in left_before(row, at) if (item.how, item.uscc, item.left_at.isoformat()) not in known]
    for item in fresh:
        data = {"how": item.how, "before_uscc": item.uscc, "left_at": item.left_at.isoformat()}
        record(events.CAME_BACK, row.uscc, actor=SYSTEM, at=at, data=data)
    return len(fresh)
