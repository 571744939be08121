"""One service withdrawn and restored: the agency's standing and its other services stay as they are (onboarding.md)."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events
from supermarket.agencies.commands import ChangeOfStanding
from supermarket.agencies.models import Agency, ServiceWithdrawal, Standing, StandingAction, StandingChange
from supermarket.agencies.operations.common import locked, refuse
from supermarket.agencies.operations.onboarding import file_of, refresh_services
from supermarket.agencies.operations.standing import command_errors, written
from supermarket.core.clock import local_text
from supermarket.core.errors import Conflict, FieldError, WrongState
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.extensions import db
from supermarket.policies.queries import office_region

# Where an agency offers something that can be withdrawn.
IN_THE_MARKET = (Standing.ACTIVE, Standing.RECTIFYING, Standing.FROZEN, Standing.SERVICE_WITHDRAWN)


def withdraw_service(
    uscc: str, matter_code: str, command: ChangeOfStanding, *, actor: Actor, at: datetime
) -> StandingChange:
    """Withdraw one service; it stays hidden until the end named or until it is restored.

    Raises NotFound, Forbidden, WrongState, Conflict if it is withdrawn already, InvalidInput.
    """
    row = locked(uscc)
    authorise(actor, P.AGENCY_DECIDE, region=office_region(row.region_code))
    if row.standing not in IN_THE_MARKET:
        raise WrongState(_("The agency offers nothing at present."), state=row.standing.value, allowed=())
    if _live(row, matter_code) is not None:
        raise Conflict(_("This service is withdrawn already."))
    errors = command_errors(StandingAction.WITHDRAW_SERVICE, command, at)
    if matter_code not in {service.matter_code for service in row.services}:
        errors.append(FieldError("matter", "not_offered", _("The agency does not offer this matter.")))
    refuse(errors)
    change = written(row, StandingAction.WITHDRAW_SERVICE, row.standing, command, at, matter_code)
    db.session.add(
        ServiceWithdrawal(
            agency_id=row.id, matter_code=matter_code, change_id=change.id, from_at=at, until_at=command.until
        )
    )
    db.session.flush()
    record(
        events.SERVICE_WITHDRAWN,
        uscc,
        actor=actor,
        at=at,
        data={
            "matter_code": matter_code,
            "basis": command.basis,
            "until": None if command.until is None else command.until.isoformat(),
        },
    )
    refresh_services(row, file_of(uscc, at), at)
    return change


def restore_service(
    uscc: str, matter_code: str, command: ChangeOfStanding, *, actor: Actor, at: datetime
) -> StandingChange:
    """Give a withdrawn service back; whether it is shown then is up to the checks.

    Raises NotFound, Forbidden, Conflict if it is not withdrawn, InvalidInput.
    """
    row = locked(uscc)
    authorise(actor, P.AGENCY_DECIDE, region=office_region(row.region_code))
    found = _live(row, matter_code)
    if found is None:
        raise Conflict(_("This service is not withdrawn, or it was restored already."))
    refuse(command_errors(StandingAction.RESTORE_SERVICE, command, at))
    found.ended_at = at
    change = written(row, StandingAction.RESTORE_SERVICE, row.standing, command, at, matter_code)
    data = {"matter_code": matter_code, "basis": command.basis}
    record(events.SERVICE_RESTORED, uscc, actor=actor, at=at, data=data)
    refresh_services(row, file_of(uscc, at), at)
    return change


def end_withdrawal_when_over(withdrawal_id: int, at: datetime) -> bool:
    """Give a service back whose withdrawal has come to its end; False if there is nothing to do. For the tick."""
    place = db.session.execute(
        sa.select(Agency.uscc, ServiceWithdrawal.matter_code)
        .join(Agency, Agency.id == ServiceWithdrawal.agency_id)
        .where(ServiceWithdrawal.id == withdrawal_id)
    ).first()
    if place is None:
        return False
    found = _live(locked(place.uscc), place.matter_code)
    if found is None or found.id != withdrawal_id or found.until_at is None or found.until_at > at:
        return False
    basis = _("The period ended on %(moment)s.", moment=local_text(found.until_at))
    command = ChangeOfStanding(basis=basis, proposer=_("Supermarket"), executor=_("Supermarket"))
    restore_service(place.uscc, place.matter_code, command, actor=SYSTEM, at=at)
    return True


def withdrawals_over(at: datetime, limit: int) -> list[tuple[datetime, int]]:
    """(end, id) of withdrawals whose end has come, oldest first."""
    rows = db.session.execute(
        sa.select(ServiceWithdrawal.until_at, ServiceWithdrawal.id)
        .where(ServiceWithdrawal.ended_at.is_(None), ServiceWithdrawal.until_at <= at)
        .order_by(ServiceWithdrawal.until_at, ServiceWithdrawal.id)
        .limit(limit)
    ).all()
    return [(until, number) for until, number in rows if until is not None]


def _live(row: Agency, matter_code: str) -> ServiceWithdrawal | None:
    return db.session.scalar(
        sa.select(ServiceWithdrawal)
        .where(
            ServiceWithdrawal.agency_id == row.id,
            ServiceWithdrawal.matter_code == matter_code,
            ServiceWithdrawal.ended_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
