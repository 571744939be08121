"""Rectification tasks (整改): handed in by the agency, decided on by the industry authority."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import NotFound
from supermarket.core.events import Value, record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.core.working_days import is_late
from supermarket.extensions import db
from supermarket.standing import events
from supermarket.standing.models import Rectification
from supermarket.standing.operations.common import as_authority, locked_agency, reasoned
from supermarket.standing.states import RECTIFICATION, RectificationAction, RectificationState


def submit_rectification(
    rectification_id: int, *, statement: str, actor: Actor, at: datetime, document_id: int | None = None
) -> Rectification:
    """The agency says what it has mended, with a document if it likes; late is noted and still looked at.

    Raises NotFound, Forbidden, WrongState, InvalidInput.
    """
    row = _locked(rectification_id)
    agency = locked_agency(row.agency_uscc)
    authorise(actor, P.STANDING_ANSWER, organisation_id=agency.organisation_id or 0)
    after = RECTIFICATION.next(row.state, RectificationAction.SUBMIT)
    row.statement = reasoned(statement, "statement")
    row.state, row.document_id, row.submitted_at = after, document_id, at
    db.session.flush()
    data: dict[str, Value] = {"rectification_id": row.id, "late": is_late(row.due_at, at)}
    record(events.RECTIFICATION_SUBMITTED, row.agency_uscc, actor=actor, at=at, data=data)
    return row


def decide_rectification(
    rectification_id: int, *, accept: bool, reason: str, actor: Actor, at: datetime
) -> Rectification:
    """The industry authority accepts or refuses it. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    row = _locked(rectification_id)
    agency = locked_agency(row.agency_uscc)
    as_authority(agency, actor, at)
    action = RectificationAction.ACCEPT if accept else RectificationAction.REFUSE
    after = RECTIFICATION.next(row.state, action)
    row.decision_reason = reasoned(reason)
    row.state, row.decided_at, row.decided_by = after, at, actor.user_id
    db.session.flush()
    data: dict[str, Value] = {"rectification_id": row.id, "accepted": accept, "reason": row.decision_reason}
    record(events.RECTIFICATION_DECIDED, row.agency_uscc, actor=actor, at=at, data=data)
    return row


def note_rectification_overdue(rectification_id: int, *, at: datetime) -> bool:
    """Its 15 working days are over: it counts as not rectified. Whether there was anything to do."""
    row = _locked(rectification_id)
    if row.state is not RectificationState.OPEN or not is_late(row.due_at, at):
        return False
    row.state = RECTIFICATION.next(row.state, RectificationAction.RUN_OUT)
    db.session.flush()
    data: dict[str, Value] = {"rectification_id": row.id}
    record(events.RECTIFICATION_OVERDUE, row.agency_uscc, actor=SYSTEM, at=at, data=data)
    return True


def _locked(rectification_id: int) -> Rectification:
    row = db.session.scalar(
        sa.select(Rectification)
        .where(Rectification.id == rectification_id)
        .with_for_update(of=Rectification)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("There is no such rectification task."))
    return row
