"""The operator reads a scope of business of which no check can tell whether it covers a service."""

from datetime import datetime

from flask_babel import gettext as _

from supermarket.agencies import events
from supermarket.agencies.models import Outcome, Service
from supermarket.agencies.operations.common import locked, refuse
from supermarket.agencies.operations.files import file_of
from supermarket.agencies.operations.findings import seen_by_hand
from supermarket.agencies.operations.services import refresh_services
from supermarket.agencies.scope_queries import unclear_matters
from supermarket.core.errors import FieldError, NotFound, WrongState
from supermarket.core.events import record
from supermarket.core.permissions import Actor, P, authorise
from supermarket.policies.queries import office_region


def decide_scope(uscc: str, matter_code: str, *, covers: bool, reason: str, actor: Actor, at: datetime) -> Service:
    """The operator's word: covered, the service is shown if all else that it needs is verified; not covered, it stays hidden.

    Holds until a registry says otherwise. Raises NotFound, Forbidden, WrongState where nobody is to read it (any more),
    InvalidInput without a reason.
    """
    row = locked(uscc)
    authorise(actor, P.AGENCY_DECIDE, region=office_region(row.region_code))
    service = next((item for item in row.services if item.matter_code == matter_code), None)
    if service is None:
        raise NotFound(_("There is no such service."))
    if matter_code not in unclear_matters(row.id):
        raise WrongState(
            _("Nobody has to read the scope for this service now: it was decided, or the register tells."),
            state=service.hidden_reason or "shown",
            allowed=(),
        )
    if not reason.strip():
        refuse([FieldError("reason", "missing", _("Give the reason."))])
    text = reason.strip()
    seen_by_hand(row, [f"service:{matter_code}"], text, at, outcome=Outcome.PASS if covers else Outcome.FAIL)
    refresh_services(row, file_of(uscc, at), at)
    tag = events.SERVICE_CONFIRMED if covers else events.SERVICE_NOT_COVERED
    record(tag, uscc, actor=actor, at=at, data={"matter_code": matter_code, "reason": text})
    return service
