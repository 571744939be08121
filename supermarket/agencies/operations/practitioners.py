"""People who work for an agency: filed with licences, corrected, released. Each change has the checks run again."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events, rules
from supermarket.agencies.commands import NewPractitioner
from supermarket.agencies.locks import must_be_free
from supermarket.agencies.models import Agency, Practitioner, PractitionerLicence, PractitionerMove
from supermarket.agencies.operations.common import IDENTITY, changed, editable, refuse
from supermarket.agencies.operations.moves import ask_for, end_practice
from supermarket.agencies.practitioner_commands import NewLicence
from supermarket.agencies.practitioner_queries import licence_there, open_moves_of, practice_of
from supermarket.core.errors import Conflict, FieldError, InvalidInput, NotFound, WrongState
from supermarket.core.events import record
from supermarket.core.identifiers import is_identity_number
from supermarket.core.permissions import Actor, P, authorise, may
from supermarket.core.working_days import local_date
from supermarket.extensions import db
from supermarket.gateways import current


def add_practitioner(
    uscc: str, command: NewPractitioner, *, actor: Actor, at: datetime
) -> Practitioner | PractitionerMove:
    """File a person with a licence; the identity number is encrypted, and found again only by its keyed hash.

    Somebody who is registered with another agency is asked for instead: that is the PractitionerMove, and nobody works
    for two. Raises NotFound, Forbidden, WrongState, InvalidInput, Conflict if the person is filed or asked for already.
    """
    agency = editable(uscc, actor)
    refuse(rules.practitioner_errors(command, local_date(at)))
    keys = current().keys
    identity_hash = keys.keyed_hash(IDENTITY, command.identity_number)
    there = db.session.scalar(
        sa.select(Practitioner)
        .where(Practitioner.identity_hash == identity_hash, Practitioner.released_at.is_(None))
        .with_for_update(of=Practitioner)
    )
    licence = NewLicence(command.licence_kind_code, command.licence_number, command.registered_until)
    _must_be_untaken(licence, there)
    if there is not None and there.agency_id == agency.id:
        raise Conflict(_("This person is filed already. Add further licences to the person's entry."))
    if there is not None:
        return ask_for(there, agency, command.name, licence, actor=actor, at=at)
    row = Practitioner(
        agency_id=agency.id,
        name=command.name,
        since=at,
        licences=[_licence_row(licence)],
        identity_cipher=keys.encrypt(command.identity_number),
        identity_hash=identity_hash,
    )
    db.session.add(row)
    changed(agency, at)
    record(events.FILED, uscc, actor=actor, at=at, data={"what": "practitioner", "reference": row.id})
    return row


def _licence_row(licence: NewLicence) -> PractitionerLicence:
    return PractitionerLicence(
        kind_code=licence.kind_code, number=licence.number, registered_until=licence.registered_until
    )


def _must_be_untaken(licence: NewLicence, person: Practitioner | None) -> None:
    taken = licence_there(licence.kind_code, licence.number)
    if taken is not None and (person is None or taken.practitioner_id != person.id):
        message = _("A licence with this number is filed for another person. Compare it with the document.")
        raise InvalidInput(message, errors=[FieldError("licence_number", "taken", message)])


def rename_practitioner(uscc: str, practitioner_id: int, name: str, *, actor: Actor, at: datetime) -> Practitioner:
    """Correct how a person is written. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    agency = editable(uscc, actor)
    row = _own(agency, practitioner_id)
    if not name.strip():
        refuse([FieldError("name", "missing", _("Please fill this in."))])
    if row.name != name:
        row.name = name
        changed(agency, at)
        record(events.RENAMED, str(row.id), actor=actor, at=at, agency_uscc=uscc)
    return row


def add_licence(
    uscc: str, practitioner_id: int, licence: NewLicence, *, actor: Actor, at: datetime
) -> PractitionerLicence:
    """File one more licence of a person. Raises NotFound, Forbidden, WrongState, InvalidInput, Conflict."""
    agency = editable(uscc, actor)
    person = _own(agency, practitioner_id)
    refuse(rules.licence_errors(licence, local_date(at)))
    _must_be_untaken(licence, person)
    if licence_there(licence.kind_code, licence.number) is not None:
        raise Conflict(_("This licence is filed already."))
    row = _licence_row(licence)
    person.licences.append(row)
    changed(agency, at)
    data = {"licence": row.id}
    record(events.LICENCE_FILED, str(person.id), actor=actor, at=at, data=data, agency_uscc=uscc)
    return row


def edit_licence(uscc: str, licence_id: int, licence: NewLicence, *, actor: Actor, at: datetime) -> PractitionerLicence:
    """Correct a licence, one field or all: the old wording ends, the new one counts once a registry confirms it.

    Raises NotFound, Forbidden, WrongState, InvalidInput, Conflict.
    """
    agency = editable(uscc, actor)
    old = _own_licence(agency, licence_id)
    refuse(rules.licence_errors(licence, local_date(at)))
    if NewLicence(old.kind_code, old.number, old.registered_until) == licence:
        return old
    _must_be_untaken(licence, old.practitioner)
    old.ended_at = at
    # The old wording leaves the unique index before the new one comes in.
    db.session.flush()
    row = _licence_row(licence)
    old.practitioner.licences.append(row)
    changed(agency, at)
    data = {"licence": row.id, "before": old.id}
    subject = str(old.practitioner_id)
    record(events.LICENCE_CHANGED, subject, actor=actor, at=at, data=data, agency_uscc=uscc)
    return row


def remove_licence(uscc: str, licence_id: int, *, actor: Actor, at: datetime) -> PractitionerLicence:
    """Take a licence out of the file; a person keeps at least one. Raises NotFound, Forbidden, WrongState."""
    agency = editable(uscc, actor)
    row = _own_licence(agency, licence_id)
    if len(row.practitioner.live_licences) == 1:
        raise WrongState(
            _("A person on file has at least one licence. Correct this one, or release the person."),
            state="last_licence",
            allowed=("edit_licence", "release_practitioner"),
        )
    row.ended_at = at
    changed(agency, at)
    data = {"licence": row.id}
    subject = str(row.practitioner_id)
    record(events.LICENCE_REMOVED, subject, actor=actor, at=at, data=data, agency_uscc=uscc)
    return row


def release_practitioner(uscc: str, practitioner_id: int, *, actor: Actor, at: datetime) -> Practitioner:
    """Note that a person no longer works for the agency.

    Raises NotFound, Forbidden, WrongState while another agency's request for the person is open (that one is answered
    instead), RuleBroken (`locked`) while a contract or an enrolment holds the person.
    """
    agency = editable(uscc, actor)
    row = _own(agency, practitioner_id)
    if open_moves_of(row.id):
        raise WrongState(
            _("Another agency asks for this person. Answer its request instead."),
            state="move_open",
            allowed=("release_move", "refuse_move"),
        )
    must_be_free(row)
    end_practice(row, at)
    changed(agency, at)
    record(events.REMOVED, uscc, actor=actor, at=at, data={"what": "practitioner", "reference": row.id})
    return row


def _own(agency: Agency, practitioner_id: int) -> Practitioner:
    row = db.session.scalar(
        sa.select(Practitioner)
        .where(Practitioner.id == practitioner_id)
        .with_for_update(of=Practitioner)
        .execution_options(populate_existing=True)
    )
    if row is None or row.agency_id != agency.id or row.released_at is not None:
        raise NotFound(_("There is no such practitioner."))
    return row


def _own_licence(agency: Agency, licence_id: int) -> PractitionerLicence:
    row = db.session.get(PractitionerLicence, licence_id)
    if row is None or row.ended_at is not None:
        raise NotFound(_("There is no such licence."))
    _own(agency, row.practitioner_id)
    return row


def find_by_identity(identity_number: str, *, actor: Actor, at: datetime) -> Sequence[Practitioner]:
    """Everything that is on file about the person with an identity number, where the actor is in charge, newest first.

    Who searched is recorded, and how much was found; the number is not. Raises Forbidden, InvalidInput.
    """
    if not may(actor, P.AGENCY_CHECK):
        authorise(actor, P.SUPERVISE)
    number = identity_number.strip().upper()
    if not is_identity_number(number):
        message = _("This is no identity number: a digit is mistyped.")
        raise InvalidInput(message, errors=[FieldError("identity_number", "form", message)])
    identity_hash = current().keys.keyed_hash(IDENTITY, number)
    found = practice_of(identity_hash, actor)
    record(events.SEARCHED, "identity", actor=actor, at=at, data={"found": len(found)})
    return found
