"""People who work for an agency: filed with a licence, released. Each change has the checks run again."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events, rules
from supermarket.agencies.commands import NewPractitioner
from supermarket.agencies.models import Practitioner, PractitionerLicence
from supermarket.agencies.operations.common import IDENTITY, changed, editable, refuse
from supermarket.core.errors import Conflict, NotFound, RuleBroken
from supermarket.core.events import record
from supermarket.core.permissions import Actor
from supermarket.core.working_days import local_date
from supermarket.extensions import db
from supermarket.gateways import current


def add_practitioner(uscc: str, command: NewPractitioner, *, actor: Actor, at: datetime) -> Practitioner:
    """File a person with a licence; the identity number is encrypted, and found again only by its keyed hash.

    Raises NotFound, Forbidden, WrongState, InvalidInput, RuleBroken if the person is registered with another agency.
    """
    agency = editable(uscc, actor)
    refuse(rules.practitioner_errors(command, local_date(at)))
    keys = current().keys
    identity_hash = keys.keyed_hash(IDENTITY, command.identity_number)
    there = db.session.scalar(
        sa.select(Practitioner).where(Practitioner.identity_hash == identity_hash, Practitioner.released_at.is_(None))
    )
    if there is not None and there.agency_id == agency.id:
        raise Conflict(_("This person is filed already."))
    if there is not None:
        raise RuleBroken(
            _("This person is registered with another agency, which must release them first."), code="elsewhere"
        )
    row = Practitioner(
        agency_id=agency.id,
        name=command.name,
        since=at,
        licences=[
            PractitionerLicence(
                kind_code=command.licence_kind_code,
                number=command.licence_number,
                registered_until=command.registered_until,
            )
        ],
        identity_cipher=keys.encrypt(command.identity_number),
        identity_hash=identity_hash,
    )
    db.session.add(row)
    changed(agency, at)
    record(events.FILED, uscc, actor=actor, at=at, data={"what": "practitioner", "reference": row.id})
    return row


def release_practitioner(uscc: str, practitioner_id: int, *, actor: Actor, at: datetime) -> Practitioner:
    """Note that a person no longer works for the agency. Raises NotFound, Forbidden, WrongState."""
    agency = editable(uscc, actor)
    row = db.session.get(Practitioner, practitioner_id)
    if row is None or row.agency_id != agency.id or row.released_at is not None:
        raise NotFound(_("There is no such practitioner."))
    row.released_at = at
    for licence in row.live_licences:
        licence.ended_at = at
    changed(agency, at)
    record(events.REMOVED, uscc, actor=actor, at=at, data={"what": "practitioner", "reference": row.id})
    return row
