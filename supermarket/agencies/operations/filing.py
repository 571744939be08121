"""What an agency files: services and related parties. Each change has the checks run again; what ends stays readable."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events, rules
from supermarket.agencies.commands import NewRelatedParty, NewService, Relation
from supermarket.agencies.models import Agency, RelatedParty, Service
from supermarket.agencies.operations.common import IDENTITY, changed, editable, not_stale, refuse
from supermarket.core.errors import Conflict, FieldError, NotFound
from supermarket.core.events import record
from supermarket.core.permissions import Actor
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.matters.queries import published_versions

# The reason for which a service that is no longer offered is not shown.
ENDED = "ended"
# A new service is shown once its own checks have passed.
UNCHECKED = "unchecked"


def add_service(uscc: str, command: NewService, *, actor: Actor, at: datetime) -> Service:
    """Offer a published matter. Raises NotFound, Forbidden, WrongState, InvalidInput, Conflict."""
    agency = editable(uscc, actor)
    versions = published_versions([command.matter_code])
    refuse(rules.service_errors(command, versions.get(command.matter_code)))
    if _service(agency, command.matter_code) is not None:
        raise Conflict(_("You offer this matter already."))
    row = Service(
        agency_id=agency.id,
        matter_code=command.matter_code,
        fee_standard=command.fee_standard,
        promised_days=command.promised_days,
        hidden_reason=UNCHECKED,
    )
    db.session.add(row)
    changed(agency, at)
    record(events.SERVICE_ADDED, uscc, actor=actor, at=at, data={"matter_code": command.matter_code})
    return row


def change_service(
    uscc: str, command: NewService, *, expected_version: int | None, actor: Actor, at: datetime
) -> Service:
    """Change fee and days of a service; what stood before stays readable, and whether it is shown does not change.

    Raises NotFound, Forbidden, WrongState, InvalidInput, Conflict for a stale page.
    """
    agency = editable(uscc, actor)
    not_stale(agency, expected_version)
    before = _service(agency, command.matter_code)
    if before is None:
        raise NotFound(_("There is no such service."))
    errors = rules.service_errors(command, published_versions([command.matter_code]).get(command.matter_code))
    # A matter that is no longer published is hidden anyway; its fee may still be mended.
    refuse([error for error in errors if error.field != "matter"])
    if (before.fee_standard, before.promised_days) == (command.fee_standard, command.promised_days):
        return before
    shown = before.hidden_reason
    _end_service(before, at)
    row = Service(
        agency_id=agency.id,
        matter_code=command.matter_code,
        fee_standard=command.fee_standard,
        promised_days=command.promised_days,
        hidden_reason=shown,
    )
    db.session.add(row)
    changed(agency, at)
    db.session.expire(agency, ["services"])
    record(events.SERVICE_CHANGED, uscc, actor=actor, at=at, data={"matter_code": command.matter_code})
    return row


def remove_service(uscc: str, matter_code: str, *, actor: Actor, at: datetime) -> None:
    """Offer a matter no longer; running purchases go on, the row stays. Raises NotFound, Forbidden, WrongState."""
    agency = editable(uscc, actor)
    row = _service(agency, matter_code)
    if row is None:
        raise NotFound(_("There is no such service."))
    _end_service(row, at)
    changed(agency, at)
    db.session.expire(agency, ["services"])
    record(events.SERVICE_REMOVED, uscc, actor=actor, at=at, data={"matter_code": matter_code})


def _end_service(row: Service, at: datetime) -> None:
    # Whoever reads shown services only need not know of ended ones.
    row.ended_at, row.hidden_reason = at, ENDED
    db.session.flush()


def _service(agency: Agency, matter_code: str) -> Service | None:
    return db.session.scalar(
        sa.select(Service).where(
            Service.agency_id == agency.id, Service.matter_code == matter_code, Service.ended_at.is_(None)
        )
    )


def add_related_party(uscc: str, command: NewRelatedParty, *, actor: Actor, at: datetime) -> RelatedParty:
    """File the head, a controller or a manager; there is one head. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    agency = editable(uscc, actor)
    refuse(rules.related_party_errors(command))
    party_hash = current().keys.keyed_hash(IDENTITY, command.party_uscc or command.identity_number or "")
    if db.session.scalar(_same_party(agency, command.relation, party_hash)) is not None:
        raise Conflict(_("This party is filed already; remove it first."))
    row = RelatedParty(
        agency_id=agency.id,
        relation=command.relation.value,
        name=command.name,
        party_uscc=command.party_uscc,
        party_hash=party_hash,
    )
    db.session.add(row)
    changed(agency, at)
    record(events.FILED, uscc, actor=actor, at=at, data={"what": "related_party", "reference": row.id})
    return row


def correct_related_party(
    uscc: str, party_id: int, command: NewRelatedParty, *, expected_version: int | None, actor: Actor, at: datetime
) -> RelatedParty:
    """Correct a related party by another row; without code and identity number it stays the same body or person.

    Raises NotFound, Forbidden, WrongState, InvalidInput, Conflict.
    """
    agency = editable(uscc, actor)
    not_stale(agency, expected_version)
    old = _party(agency, party_id)
    if command.party_uscc is not None or command.identity_number is not None:
        refuse(rules.related_party_errors(command))
        party_uscc = command.party_uscc
        party_hash = current().keys.keyed_hash(IDENTITY, command.party_uscc or command.identity_number or "")
    else:
        if not command.name.strip():
            refuse([FieldError("name", "missing", _("Please fill this in."))])
        party_uscc, party_hash = old.party_uscc, old.party_hash
    old.ended_at = at
    db.session.flush()
    if db.session.scalar(_same_party(agency, command.relation, party_hash)) is not None:
        raise Conflict(_("This party is filed already; remove it first."))
    row = RelatedParty(
        agency_id=agency.id,
        relation=command.relation.value,
        name=command.name,
        party_uscc=party_uscc,
        party_hash=party_hash,
    )
    db.session.add(row)
    changed(agency, at)
    db.session.expire(agency, ["related_parties"])
    record(events.FILED, uscc, actor=actor, at=at, data={"what": "related_party", "reference": row.id})
    return row


def _same_party(agency: Agency, relation: Relation, party_hash: str) -> sa.Select[int]:
    """The head, of whom there is one, or the same party in the same relation."""
    same = sa.select(RelatedParty.id).where(
        RelatedParty.agency_id == agency.id,
        RelatedParty.relation == relation.value,
        RelatedParty.ended_at.is_(None),
    )
    return same if relation is Relation.LEGAL_REPRESENTATIVE else same.where(RelatedParty.party_hash == party_hash)


def _party(agency: Agency, party_id: int) -> RelatedParty:
    row = db.session.get(RelatedParty, party_id, populate_existing=True)
    if row is None or row.agency_id != agency.id or row.ended_at is not None:
        raise NotFound(_("There is no such party."))
    return row


def remove_related_party(uscc: str, party_id: int, *, actor: Actor, at: datetime) -> None:
    """Take a related party out of the file; the row stays. Raises NotFound, Forbidden, WrongState."""
    agency = editable(uscc, actor)
    row = _party(agency, party_id)
    row.ended_at = at
    changed(agency, at)
    db.session.expire(agency, ["related_parties"])
    record(events.REMOVED, uscc, actor=actor, at=at, data={"what": "related_party", "reference": party_id})
