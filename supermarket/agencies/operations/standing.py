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
from supermarket.core.msgids import N_
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.extensions import db
from supermarket.policies.queries import office_region

# Acts that people bring about elsewhere, and why not here.
ELSEWHERE = {
    StandingAction.ADMIT: N_("An agency is admitted by its checks."),
    StandingAction.BLACKLIST: N_("An agency is out by an authority's decision: enter it in the black list."),
    StandingAction.UNLIST: N_("An agency comes off with the decision: end the entry in the black list."),
    StandingAction.EXPEL: N_("A removal takes two offices: open a removal case."),
    StandingAction.WITHDRAW_SERVICE: N_("Name the service that is withdrawn; the others go on."),
}
# What an end of the period brings about by itself.
AT_THE_END = {
    Standing.FROZEN: StandingAction.UNFREEZE,
    Standing.RECTIFYING: StandingAction.RECTIFIED,
    Standing.SERVICE_WITHDRAWN: StandingAction.RESTORE_SERVICE,
}
WITH_AN_END = (StandingAction.FREEZE, StandingAction.RECTIFY, StandingAction.WITHDRAW_SERVICE)


def change_standing(
    uscc: str, action: StandingAction, command: ChangeOfStanding, *, actor: Actor, at: datetime
) -> StandingChange:
    """Change an agency's standing; what has an end is lifted by the supervisor's tick.

    People of the offices of its region do what is not brought about elsewhere (ELSEWHERE): lists, cases and checks.
    Raises NotFound, Forbidden, WrongState, InvalidInput.
    """
    row = locked(uscc)
    authorise(actor, P.AGENCY_DECIDE, region=office_region(row.region_code))
    after = STANDING.next(row.standing, action)
    errors = []
    if action in ELSEWHERE and not actor.system:
        errors.append(FieldError("action", "elsewhere", _(ELSEWHERE[action])))
    refuse([*errors, *command_errors(action, command, at)])
    return apply(row, action, after, command, actor=actor, at=at)


def command_errors(action: StandingAction, command: ChangeOfStanding, at: datetime) -> list[FieldError]:
    """What a change of standing lacks: basis, proposer, executor, an end that can be."""
    errors = [
        FieldError(field, "missing", _("Please fill this in."))
        for field in ("basis", "proposer", "executor")
        if not getattr(command, field).strip()
    ]
    if command.until is not None and command.until <= at:
        errors.append(FieldError("until", "past", _("The end must be in the future.")))
    if command.until is not None and action not in WITH_AN_END:
        errors.append(FieldError("until", "not_here", _("This change does not end by itself.")))
    return errors


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
    change = written(row, action, before, command, at)
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


def written(
    row: Agency,
    action: StandingAction,
    before: Standing,
    command: ChangeOfStanding,
    at: datetime,
    matter_code: str | None = None,
) -> StandingChange:
    """The line of the history for a change from `before` to the present standing; for this room's operations only."""
    change = StandingChange(
        agency_id=row.id,
        before=before,
        after=row.standing,
        action=action,
        matter_code=matter_code,
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


def end_standing_when_over(agency_id: int, at: datetime) -> bool:
    """End a freeze, a rectification or a withdrawal whose end has come; False if there is nothing to do. For the tick."""
    found = db.session.get(Agency, agency_id)
    if found is None:
        return False
    row = locked(found.uscc)
    action = AT_THE_END.get(row.standing)
    if action is None or row.standing_until is None or row.standing_until > at:
        return False
    basis = (
        _("The freeze ended on %(moment)s.", moment=local_text(row.standing_until))
        if action is StandingAction.UNFREEZE
        else _("The period ended on %(moment)s.", moment=local_text(row.standing_until))
    )
    command = ChangeOfStanding(basis=basis, proposer=_("Supermarket"), executor=_("Supermarket"))
    change_standing(row.uscc, action, command, actor=SYSTEM, at=at)
    return True
