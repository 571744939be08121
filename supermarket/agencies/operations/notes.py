"""Notes of the offices about an agency: for colleagues, never public, kept as they were written."""

from datetime import datetime

from flask_babel import gettext as _

from supermarket.agencies import events
from supermarket.agencies.models import AgencyNote
from supermarket.agencies.operations.common import locked, refuse
from supermarket.core.errors import FieldError, Forbidden
from supermarket.core.events import record
from supermarket.core.permissions import Actor, P, authorise
from supermarket.extensions import db
from supermarket.policies.queries import office_region

LONGEST = 2_000


def add_note(uscc: str, text: str, *, actor: Actor, at: datetime) -> AgencyNote:
    """Note something about an agency of one's region. Raises NotFound, Forbidden, InvalidInput."""
    row = locked(uscc)
    grant = authorise(actor, P.AGENCY_DECIDE, region=office_region(row.region_code))
    if grant is None or actor.user_id is None:
        raise Forbidden(_("Notes are written by people."))
    words = text.strip()
    if not 2 <= len(words) <= LONGEST:
        refuse([FieldError("text", "length", _("Write from 2 to %(most)s characters.", most=LONGEST))])
    note = AgencyNote(agency_id=row.id, at=at, user_id=actor.user_id, organisation_id=grant.organisation_id, text=words)
    db.session.add(note)
    db.session.flush()
    record(events.NOTED, uscc, actor=actor, at=at, organisation_id=grant.organisation_id)
    return note
