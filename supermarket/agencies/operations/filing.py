"""What an agency files: services, qualifications, related parties. Each change has the checks run again."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events, rules
from supermarket.agencies.commands import NewQualification, NewRelatedParty, NewService, Relation
from supermarket.agencies.models import Agency, Qualification, RelatedParty, Service
from supermarket.agencies.operations.common import IDENTITY, changed, editable, refuse
from supermarket.core.errors import Conflict, FieldError, NotFound
from supermarket.core.events import record
from supermarket.core.permissions import Actor
from supermarket.core.working_days import local_date
from supermarket.documents.models import Document
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.matters.queries import published_versions


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
    )
    db.session.add(row)
    changed(agency, at)
    record(events.SERVICE_ADDED, uscc, actor=actor, at=at, data={"matter_code": command.matter_code})
    return row


def remove_service(uscc: str, matter_code: str, *, actor: Actor, at: datetime) -> None:
    """Offer a matter no longer; running purchases go on. Raises NotFound, Forbidden, WrongState."""
    agency = editable(uscc, actor)
    row = _service(agency, matter_code)
    if row is None:
        raise NotFound(_("There is no such service."))
    db.session.delete(row)
    changed(agency, at)
    record(events.SERVICE_REMOVED, uscc, actor=actor, at=at, data={"matter_code": matter_code})


def _service(agency: Agency, matter_code: str) -> Service | None:
    return db.session.scalar(
        sa.select(Service).where(Service.agency_id == agency.id, Service.matter_code == matter_code)
    )


def add_qualification(uscc: str, command: NewQualification, *, actor: Actor, at: datetime) -> Qualification:
    """File a certificate. Raises NotFound, Forbidden, WrongState, InvalidInput, Conflict if its number is filed."""
    agency = editable(uscc, actor)
    errors = rules.qualification_errors(command, local_date(at))
    if command.document_id is not None and not _own_document(agency, command.document_id):
        errors.append(FieldError("document", "unknown", _("There is no such file.")))
    refuse(errors)
    known = sa.select(Qualification.id).where(
        Qualification.agency_id == agency.id,
        Qualification.kind_code == command.kind_code,
        Qualification.number == command.number,
        Qualification.speciality.is_not_distinct_from(command.speciality),
    )
    if db.session.scalar(known) is not None:
        raise Conflict(_("You filed this certificate with this speciality already."))
    row = Qualification(
        agency_id=agency.id,
        kind_code=command.kind_code,
        speciality=command.speciality,
        level=command.level,
        number=command.number,
        issuer=command.issuer,
        valid_until=command.valid_until,
        document_id=command.document_id,
    )
    db.session.add(row)
    changed(agency, at)
    record(events.FILED, uscc, actor=actor, at=at, data={"what": "qualification", "reference": row.id})
    return row


def _own_document(agency: Agency, document_id: int) -> bool:
    document = db.session.get(Document, document_id)
    return document is not None and document.owner_organisation_id == agency.organisation_id


def remove_qualification(uscc: str, qualification_id: int, *, actor: Actor, at: datetime) -> None:
    """Take a certificate out of the file. Raises NotFound, Forbidden, WrongState."""
    agency = editable(uscc, actor)
    row = db.session.get(Qualification, qualification_id)
    if row is None or row.agency_id != agency.id:
        raise NotFound(_("There is no such qualification."))
    db.session.delete(row)
    changed(agency, at)
    record(events.REMOVED, uscc, actor=actor, at=at, data={"what": "qualification", "reference": qualification_id})


def add_related_party(uscc: str, command: NewRelatedParty, *, actor: Actor, at: datetime) -> RelatedParty:
    """File the head, a controller or a manager; there is one head. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    agency = editable(uscc, actor)
    refuse(rules.related_party_errors(command))
    party_hash = current().keys.keyed_hash(IDENTITY, command.party_uscc or command.identity_number or "")
    same = sa.select(RelatedParty).where(
        RelatedParty.agency_id == agency.id, RelatedParty.relation == command.relation.value
    )
    if command.relation is not Relation.LEGAL_REPRESENTATIVE:
        same = same.where(RelatedParty.party_hash == party_hash)
    if db.session.scalar(same) is not None:
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


def remove_related_party(uscc: str, party_id: int, *, actor: Actor, at: datetime) -> None:
    """Take a related party out of the file. Raises NotFound, Forbidden, WrongState."""
    agency = editable(uscc, actor)
    row = db.session.get(RelatedParty, party_id)
    if row is None or row.agency_id != agency.id:
        raise NotFound(_("There is no such party."))
    db.session.delete(row)
    changed(agency, at)
    record(events.REMOVED, uscc, actor=actor, at=at, data={"what": "related_party", "reference": party_id})
