"""Agencies in the market whose body fails its checks: services hidden at once, the agency told, the operator decides.

Nobody is expelled by a registry: docs/adr/0023.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events
from supermarket.agencies.models import Agency, Check, Outcome, Reverification, ReverificationState, Service
from supermarket.agencies.operations.common import locked, refuse
from supermarket.agencies.operations.files import file_of
from supermarket.agencies.operations.findings import Mark, mark, seen_by_hand
from supermarket.agencies.operations.services import refresh_services
from supermarket.agencies.operations.standing import freeze
from supermarket.agencies.states import REVERIFICATION, ReverificationAction
from supermarket.core.errors import FieldError, NotFound
from supermarket.core.events import Value, record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.extensions import db
from supermarket.policies.queries import calendar, number, policies_for

# The checks of the body itself; the others are about one certificate, licence or service and hide what needs it.
BODY: Final = frozenset({"uscc", "registration", "legal_representative", "dishonesty", "branch_authority", "pledge"})


def follow_up(row: Agency, at: datetime) -> Reverification | None:
    """Open, carry on or end the case of a locked agency by its present findings; gives the case that has effect."""
    present = db.session.scalars(
        sa.select(Check)
        .where(Check.agency_id == row.id, Check.present, Check.subject == "", Check.code.in_(BODY))
        .order_by(Check.place, Check.id)
        .execution_options(populate_existing=True)
    ).all()
    failing = [item for item in present if item.outcome is Outcome.FAIL]
    silent = {item.code for item in present if item.outcome is Outcome.UNKNOWN}
    case = _of_agency(row.id)
    if failing:
        return _failing(row, case, failing, silent, at)
    if case is not None and not silent.intersection(case.codes):
        _passed(row, case, at)
        return None
    return case


def _failing(
    row: Agency, case: Reverification | None, failing: Sequence[Check], silent: set[str], at: datetime
) -> Reverification:
    if case is not None and case.state is ReverificationState.DISMISSED:
        if _marks(failing) <= _marks(_findings(case.check_ids)):
            return case
        case.ended_at, case = at, None  # dismissed was something else
        db.session.flush()
    codes = list(dict.fromkeys(item.code for item in failing))
    if case is not None:
        codes += [code for code in case.codes if code in silent and code not in codes]
        case.codes, case.check_ids = codes, [item.id for item in failing]
        db.session.flush()
        return case
    days = number(policies_for(row.region_code, at), "review_onboarding_days")
    case = Reverification(
        agency_id=row.id,
        state=ReverificationState.OPEN,
        codes=codes,
        check_ids=[item.id for item in failing],
        opened_at=at,
        due_at=calendar().due_after(at, days),
    )
    db.session.add(case)
    db.session.flush()
    record(events.REVERIFICATION_OPENED, row.uscc, actor=SYSTEM, at=at, data={"case": case.id, "codes": codes})
    return case


def _passed(row: Agency, case: Reverification, at: datetime) -> None:
    case.ended_at = at
    if case.state is ReverificationState.OPEN:
        case.state = REVERIFICATION.next(case.state, ReverificationAction.MEND)
        case.decided_at = at
        _ended(row, case, SYSTEM, at)
    db.session.flush()


def dismiss_reverification(case_id: int, *, reason: str, actor: Actor, at: datetime) -> Reverification:
    """The operator finds that the registry is wrong: the services are shown again as long as it says the same.

    Raises NotFound, Forbidden, WrongState, InvalidInput without a reason.
    """
    row, case = _locked(case_id)
    authorise(actor, P.AGENCY_DECIDE, region=row.region_code)
    after = REVERIFICATION.next(case.state, ReverificationAction.DISMISS)
    _decided(row, case, after, reason, actor, at)
    refresh_services(row, file_of(row.uscc, at), at)
    return case


def freeze_for_reverification(
    case_id: int, *, basis: str, until: datetime | None = None, actor: Actor, at: datetime
) -> Reverification:
    """The operator freezes the agency for what its checks found; the services are shown again once the checks pass.

    Raises NotFound, Forbidden, WrongState, InvalidInput without a basis or with an end that is past.
    """
    row, case = _locked(case_id)
    authorise(actor, P.AGENCY_DECIDE, region=row.region_code)
    after = REVERIFICATION.next(case.state, ReverificationAction.FREEZE)
    if not basis.strip():
        refuse([FieldError("basis", "missing", _("Please fill this in."))])
    freeze(row.uscc, basis=basis, until=until, actor=actor, at=at)
    _decided(row, case, after, basis, actor, at)
    return case


def confirm_service(uscc: str, matter_code: str, *, reason: str, actor: Actor, at: datetime) -> Service:
    """The operator reads what no check can tell of a service offered: shown, if all that it needs is verified.

    Holds until a registry says otherwise. Raises NotFound, Forbidden, InvalidInput without a reason.
    """
    row = locked(uscc)
    authorise(actor, P.AGENCY_DECIDE, region=row.region_code)
    service = next((item for item in row.services if item.matter_code == matter_code), None)
    if service is None:
        raise NotFound(_("There is no such service."))
    if not reason.strip():
        refuse([FieldError("reason", "missing", _("Give the reason."))])
    seen_by_hand(row, [f"service:{matter_code}"], reason.strip(), at)
    refresh_services(row, file_of(uscc, at), at)
    data: dict[str, Value] = {"matter_code": matter_code, "reason": reason.strip()}
    record(events.SERVICE_CONFIRMED, uscc, actor=actor, at=at, data=data)
    return service


def _decided(
    row: Agency, case: Reverification, after: ReverificationState, reason: str, actor: Actor, at: datetime
) -> None:
    if not reason.strip():
        refuse([FieldError("reason", "missing", _("Give the reason."))])
    case.state, case.reason, case.decided_at, case.decided_by = after, reason.strip(), at, actor.user_id
    db.session.flush()
    _ended(row, case, actor, at)


def _ended(row: Agency, case: Reverification, actor: Actor, at: datetime) -> None:
    data = {"case": case.id, "how": case.state.value, "reason": case.reason}
    record(events.REVERIFICATION_DECIDED, row.uscc, actor=actor, at=at, data=data)


def _of_agency(agency_id: int) -> Reverification | None:
    return db.session.scalar(
        sa.select(Reverification)
        .where(Reverification.agency_id == agency_id, Reverification.ended_at.is_(None))
        .with_for_update(of=Reverification)
        .execution_options(populate_existing=True)
    )


def _locked(case_id: int) -> tuple[Agency, Reverification]:
    """The agency first, as every round of checks does, then the case."""
    uscc = db.session.scalar(
        sa.select(Agency.uscc)
        .join(Reverification, Reverification.agency_id == Agency.id)
        .where(Reverification.id == case_id)
    )
    if uscc is None:
        raise NotFound(_("There is no such case."))
    row = locked(uscc)
    case = db.session.scalars(
        sa.select(Reverification)
        .where(Reverification.id == case_id)
        .with_for_update(of=Reverification)
        .execution_options(populate_existing=True)
    ).one()
    return row, case


def _findings(ids: Iterable[int]) -> Sequence[Check]:
    return db.session.scalars(sa.select(Check).where(Check.id.in_(list(ids)))).all()


def _marks(checks: Sequence[Check]) -> set[Mark]:
    return {mark(item) for item in checks}
