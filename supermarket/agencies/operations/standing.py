"""Changes of standing: each with basis, proposer, executor, period, statement, effect and way back (onboarding.md)."""

from datetime import datetime

from flask_babel import gettext as _

from supermarket.agencies import events
from supermarket.agencies.commands import ChangeOfStanding
from supermarket.agencies.models import Agency, Onboarding, Standing, StandingChange
from supermarket.agencies.operations.common import locked, refuse
from supermarket.agencies.states import ONBOARDING, STANDING, OnboardingAction, StandingAction
from supermarket.core.clock import local_text
from supermarket.core.errors import FieldError
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.extensions import db


def change_standing(
    uscc: str, action: StandingAction, command: ChangeOfStanding, *, actor: Actor, at: datetime
) -> StandingChange:
    """Change an agency's standing. People admit through `decide`; a freeze with an end is lifted by the supervisor's tick.

    Raises NotFound, Forbidden, WrongState, InvalidInput.
    """
    row = locked(uscc)
    authorise(actor, P.AGENCY_DECIDE)
    errors = []
    after = STANDING.next(row.standing, action)
    if action is StandingAction.ADMIT and not actor.system:
        errors.append(FieldError("action", "by_checks", _("An agency is admitted by its checks.")))
    for field in ("basis", "proposer", "executor"):
        if not getattr(command, field).strip():
            errors.append(FieldError(field, "missing", _("Please fill this in.")))
    if command.until is not None and command.until <= at:
        errors.append(FieldError("until", "past", _("The end must be in the future.")))
    if command.until is not None and action is not StandingAction.FREEZE:
        errors.append(FieldError("until", "not_here", _("Only a freeze ends by itself.")))
    refuse(errors)
    return apply(row, action, after, command, actor=actor, at=at)


def apply(
    row: Agency,
    action: StandingAction,
    after: Standing,
    command: ChangeOfStanding,
    *,
    actor: Actor,
    at: datetime,
) -> StandingChange:
    """Carry a permitted change out on a locked row; for the operations of this room only."""
    before = row.standing
    if after is Standing.APPLIED and row.onboarding is Onboarding.ADMITTED:
        row.onboarding = ONBOARDING.next(row.onboarding, OnboardingAction.REOPEN)
    row.standing, row.standing_since, row.standing_until = after, at, command.until
    change = StandingChange(
        agency_id=row.id,
        before=before,
        after=after,
        basis=command.basis,
        proposer=command.proposer,
        executor=command.executor,
        from_at=at,
        until_at=command.until,
        statement=command.statement,
        effect=command.effect,
        way_back=command.way_back,
    )
    db.session.add(change)
    db.session.flush()
    record(
        events.STANDING_CHANGED,
        row.uscc,
        actor=actor,
        at=at,
        data={
            "before": before.value,
            "after": after.value,
            "action": action.value,
            "basis": command.basis,
            "until": None if command.until is None else command.until.isoformat(),
        },
    )
    return change


def freeze(
    uscc: str, *, basis: str, until: datetime | None, actor: Actor, at: datetime, proposer: str = "", executor: str = ""
) -> StandingChange:
    """Freeze an agency's enrolment until a moment (None: until unfrozen). Raises as change_standing."""
    command = ChangeOfStanding(
        basis=basis,
        proposer=proposer or _("Operator"),
        executor=executor or _("Supermarket"),
        until=until,
        effect=_("No new enrolments; running contracts go on."),
        way_back=_("Ends by itself on the day named.") if until else _("On application, by decision of the operator."),
    )
    return change_standing(uscc, StandingAction.FREEZE, command, actor=actor, at=at)


def unfreeze(uscc: str, *, basis: str, actor: Actor, at: datetime) -> StandingChange:
    """Lift a freeze. Raises as change_standing."""
    command = ChangeOfStanding(basis=basis, proposer=_("Operator"), executor=_("Supermarket"))
    return change_standing(uscc, StandingAction.UNFREEZE, command, actor=actor, at=at)


def end_freeze_when_over(agency_id: int, at: datetime) -> bool:
    """Lift a freeze whose end has come; False if there is nothing to do. For the supervisor's tick."""
    found = db.session.get(Agency, agency_id)
    if found is None:
        return False
    row = locked(found.uscc)
    if row.standing is not Standing.FROZEN or row.standing_until is None or row.standing_until > at:
        return False
    basis = _("The freeze ended on %(moment)s.", moment=local_text(row.standing_until))
    unfreeze(row.uscc, basis=basis, actor=SYSTEM, at=at)
    return True
