"""Reasoned opinions: an industry authority asks for a demotion, the operator accepts or refuses."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import Conflict, FieldError, InvalidInput, NotFound
from supermarket.core.events import Value, record
from supermarket.core.permissions import Actor, P, authorise
from supermarket.extensions import db
from supermarket.policies.queries import office_region
from supermarket.standing import events
from supermarket.standing.models import Opinion
from supermarket.standing.operations.common import as_authority, locked_agency, reasoned
from supermarket.standing.states import OPINION, OpinionAction, OpinionState


def file_opinion(uscc: str, *, document_number: str, reason: str, actor: Actor, at: datetime) -> Opinion:
    """File a reasoned opinion that the agency be demoted.

    Raises NotFound, Forbidden, Conflict if this document is filed already, InvalidInput.
    """
    agency = locked_agency(uscc)
    grant = as_authority(agency, actor, at)
    number = document_number.strip()
    if not 1 <= len(number) <= 100:
        message = _("Name the document number in at most 100 characters.")
        raise InvalidInput(message, errors=[FieldError("document_number", "needed", message)])
    known = sa.select(Opinion.id).where(Opinion.agency_uscc == uscc, Opinion.document_number == number)
    if db.session.scalar(known) is not None:
        raise Conflict(_("This opinion is filed already."))
    row = Opinion(
        agency_uscc=uscc,
        state=OpinionState.FILED,
        document_number=number,
        reason=reasoned(reason),
        organisation_id=None if grant is None else grant.organisation_id,
        filed_at=at,
        filed_by=actor.user_id,
    )
    db.session.add(row)
    db.session.flush()
    data: dict[str, Value] = {"opinion_id": row.id, "document_number": number}
    record(events.OPINION_FILED, uscc, actor=actor, at=at, data=data)
    return row


def decide_opinion(opinion_id: int, *, accept: bool, reason: str, actor: Actor, at: datetime) -> Opinion:
    """The operator accepts it, and the next review demotes; or refuses. Raises NotFound, Forbidden, WrongState."""
    row = db.session.scalar(
        sa.select(Opinion).where(Opinion.id == opinion_id).with_for_update().execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("There is no such opinion."))
    agency = locked_agency(row.agency_uscc)
    authorise(actor, P.STANDING_APPROVE_AS_OPERATOR, region=office_region(agency.region_code))
    after = OPINION.next(row.state, OpinionAction.ACCEPT if accept else OpinionAction.REFUSE)
    row.decision_reason = reasoned(reason)
    row.state, row.decided_at, row.decided_by = after, at, actor.user_id
    db.session.flush()
    data: dict[str, Value] = {"opinion_id": row.id, "document_number": row.document_number, "accepted": accept}
    record(events.OPINION_DECIDED, row.agency_uscc, actor=actor, at=at, data=data)
    return row
