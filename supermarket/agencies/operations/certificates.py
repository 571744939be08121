"""Certificates of an agency: filed, renewed or corrected by another row, ended; none is ever deleted."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events, rules
from supermarket.agencies.commands import NewQualification
from supermarket.agencies.models import Agency, Qualification
from supermarket.agencies.operations.common import changed, editable, locked, not_stale, refuse
from supermarket.core.errors import Conflict, FieldError, NotFound
from supermarket.core.events import record
from supermarket.core.permissions import Actor
from supermarket.core.working_days import local_date
from supermarket.documents.models import Document
from supermarket.extensions import db


def add_qualification(uscc: str, command: NewQualification, *, actor: Actor, at: datetime) -> Qualification:
    """File a certificate; one with several specialities is filed once for each.

    Raises NotFound, Forbidden, WrongState, InvalidInput, Conflict if the agency filed it already.
    """
    agency = editable(uscc, actor)
    _refuse_wrong(agency, command, at)
    return _filed(agency, command, None, actor=actor, at=at)


def replace_qualification(
    uscc: str,
    qualification_id: int,
    command: NewQualification,
    *,
    expected_version: int | None,
    actor: Actor,
    at: datetime,
) -> Qualification:
    """Renew or correct a certificate: another row takes its place, and the old one stays readable.

    A verified certificate that has not run out counts until the new one is verified, so that no service is hidden
    meanwhile; any other ends at once. Raises NotFound, Forbidden, WrongState, InvalidInput, Conflict.
    """
    agency = editable(uscc, actor)
    not_stale(agency, expected_version)
    old = _live(agency, qualification_id)
    if command.kind_code != old.kind_code:
        refuse([FieldError("kind", "other", _("A certificate is renewed by one of the same kind."))])
    _refuse_wrong(agency, command, at)
    waiting = sa.select(Qualification.id).where(Qualification.replaces_id == old.id, Qualification.ended_at.is_(None))
    if db.session.scalar(waiting) is not None:
        raise Conflict(_("A new certificate for this one waits for its check already. Correct that one."))
    row = _filed(agency, command, old, actor=actor, at=at)
    counts = old.verified_at is not None and (old.valid_until is None or old.valid_until >= local_date(at))
    if not counts:
        _end(agency, old, at)
    return row


def remove_qualification(uscc: str, qualification_id: int, *, actor: Actor, at: datetime) -> None:
    """Take a certificate out of the file; the row stays. Raises NotFound, Forbidden, WrongState."""
    agency = editable(uscc, actor)
    row = _live(agency, qualification_id)
    _end(agency, row, at)
    changed(agency, at)
    record(events.REMOVED, uscc, actor=actor, at=at, data={"what": "qualification", "reference": qualification_id})


def end_replaced(uscc: str, *, at: datetime) -> int:
    """End what a verified certificate has taken the place of; how many. By the system, after each round of checks.

    Raises NotFound.
    """
    return end_all_replaced([locked(uscc).uscc], at=at)


def end_all_replaced(codes: Sequence[str], *, at: datetime) -> int:
    """The same for several agencies, which it locks in the order of their ids; four statements at most."""
    agencies = db.session.scalars(
        sa.select(Agency)
        .where(Agency.uscc.in_(codes))
        .order_by(Agency.id)
        .with_for_update(of=Agency, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    newer = sa.orm.aliased(Qualification)
    rows = db.session.scalars(
        sa.select(Qualification)
        .join(newer, newer.replaces_id == Qualification.id)
        .where(
            Qualification.agency_id.in_([agency.id for agency in agencies]),
            Qualification.ended_at.is_(None),
            newer.ended_at.is_(None),
            newer.verified_at.is_not(None),
        )
        .order_by(Qualification.id)
    ).all()
    for row in rows:
        row.ended_at = at
    db.session.flush()
    owners = {row.agency_id for row in rows}
    for agency in agencies:
        if agency.id in owners:
            db.session.expire(agency, ["qualifications"])
    return len(rows)


def _refuse_wrong(agency: Agency, command: NewQualification, at: datetime) -> None:
    errors = rules.qualification_errors(command, local_date(at))
    if command.document_id is not None and not _own_document(agency, command.document_id):
        errors.append(FieldError("document", "unknown", _("There is no such file.")))
    refuse(errors)


def _own_document(agency: Agency, document_id: int) -> bool:
    document = db.session.get(Document, document_id)
    return document is not None and document.owner_organisation_id == agency.organisation_id


def _live(agency: Agency, qualification_id: int) -> Qualification:
    row = db.session.get(Qualification, qualification_id, populate_existing=True)
    if row is None or row.agency_id != agency.id or row.ended_at is not None:
        raise NotFound(_("There is no such qualification."))
    return row


def _filed(
    agency: Agency, command: NewQualification, old: Qualification | None, *, actor: Actor, at: datetime
) -> Qualification:
    known = sa.select(Qualification.id).where(
        Qualification.agency_id == agency.id,
        Qualification.kind_code == command.kind_code,
        Qualification.number == command.number,
        Qualification.speciality.is_not_distinct_from(command.speciality),
        Qualification.ended_at.is_(None),
    )
    if old is not None:
        known = known.where(Qualification.id != old.id)
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
        document_id=command.document_id if old is None else command.document_id or old.document_id,
        replaces_id=None if old is None else old.id,
    )
    db.session.add(row)
    changed(agency, at)
    db.session.expire(agency, ["qualifications"])
    record(events.FILED, agency.uscc, actor=actor, at=at, data={"what": "qualification", "reference": row.id})
    return row


def _end(agency: Agency, row: Qualification, at: datetime) -> None:
    row.ended_at = at
    db.session.flush()
    db.session.expire(agency, ["qualifications"])
