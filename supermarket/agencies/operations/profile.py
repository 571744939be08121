"""The profile: a first entry by the agency's own account, edits, the pledge."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask_babel import gettext as _

from supermarket.accounts.models import OrganisationKind
from supermarket.accounts.queries import organisation
from supermarket.agencies import events, rules
from supermarket.agencies.commands import AgencyProfile
from supermarket.agencies.models import Agency, Onboarding, ProfileChange, Standing
from supermarket.agencies.operations.changes import propose
from supermarket.agencies.operations.common import changed, editable, not_stale, refuse
from supermarket.agencies.profile_fields import Kept, fill, profile_of, with_values
from supermarket.agencies.queries import agency_by_uscc, agency_of_organisations
from supermarket.core.errors import Conflict, FieldError, Forbidden
from supermarket.core.events import record
from supermarket.core.permissions import Actor, P, authorise
from supermarket.core.working_days import local_date
from supermarket.documents.models import Document
from supermarket.extensions import db
from supermarket.policies.queries import region_exists


def register(profile: AgencyProfile, *, actor: Actor, at: datetime) -> Agency:
    """Enter the agency of the actor's organisation as applied, or claim the entry that a bulk import made for it.

    Raises Forbidden, InvalidInput, Conflict if it is in the register already.
    """
    grant = authorise(actor, P.AGENCY_EDIT)
    if grant is None:
        raise Forbidden(_("Only an agency's own account enters it in the register."))
    body = organisation(grant.organisation_id)
    errors = _errors(profile, at)
    if body.kind is not OrganisationKind.AGENCY or body.uscc != profile.uscc:
        errors.append(FieldError("uscc", "other", _("This is not the code that your organisation signed up with.")))
    refuse(errors)
    if agency_of_organisations([body.id]) is not None:
        raise Conflict(_("Your agency is in the register already; edit its profile."))
    row = agency_by_uscc(profile.uscc)
    if row is None:
        row = Agency(
            uscc=profile.uscc,
            standing=Standing.APPLIED,
            standing_since=at,
            onboarding=Onboarding.DRAFT,
            applied_at=at,
        )
        db.session.add(row)
    elif row.organisation_id is not None:
        raise Conflict(_("This agency is in the register already."))
    row.organisation_id = body.id
    fill(row, profile)
    db.session.flush()
    record(events.APPLIED, row.uscc, actor=actor, at=at, organisation_id=body.id)
    return row


def edit_profile(
    uscc: str, profile: AgencyProfile, *, expected_version: int | None, actor: Actor, at: datetime
) -> Agency:
    """Change the profile; the code stays. An applicant's is written at once and checked when it is sent in.

    An admitted agency's goes through the registries first: see `changes`. Raises NotFound, Forbidden, WrongState,
    Conflict for a stale page or while the same field is being checked, InvalidInput.
    """
    row = editable(uscc, actor)
    not_stale(row, expected_version)
    # What was wrong before and is not touched is not asked again.
    known = _errors(profile_of(row), at)
    errors = [error for error in _errors(profile, at) if error not in known]
    if profile.uscc != uscc:
        errors.append(FieldError("uscc", "fixed", _("The code of an entry does not change.")))
    refuse(errors)
    _written(row, profile, actor=actor, at=at)
    return row


def correct_profile(
    uscc: str, values: Mapping[str, Kept], *, expected_version: int | None, actor: Actor, at: datetime
) -> Sequence[ProfileChange]:
    """Change some fields of the profile, by their names in `AgencyProfile`; the others are neither asked nor judged.

    The changes that were made of it; none for an applicant, whose profile is written at once. Raises as edit_profile.
    """
    row = editable(uscc, actor)
    not_stale(row, expected_version)
    profile = with_values(profile_of(row), values)
    refuse([error for error in _errors(profile, at) if _named(error.field) in values])
    return _written(row, profile, actor=actor, at=at)


def _named(field: str) -> str:
    return "region_code" if field == "region" else field


def _written(row: Agency, profile: AgencyProfile, *, actor: Actor, at: datetime) -> Sequence[ProfileChange]:
    if row.standing is not Standing.APPLIED:
        return propose(row, profile, actor=actor, at=at)
    fill(row, profile)
    changed(row, at)
    record(events.PROFILE_EDITED, row.uscc, actor=actor, at=at, data={"version": row.version})
    return ()


def sign_pledge(uscc: str, *, actor: Actor, at: datetime) -> Agency:
    """Sign the public pledge (公开承诺); signing again changes nothing. Raises NotFound, Forbidden, WrongState."""
    row = editable(uscc, actor)
    if row.pledge_signed_at is None:
        row.pledge_signed_at = at
        changed(row, at)
        record(events.PLEDGED, uscc, actor=actor, at=at)
    return row


def file_branch_authority(uscc: str, document_id: int, *, actor: Actor, at: datetime) -> Agency:
    """File the head office's authority for a branch. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    row = editable(uscc, actor)
    document = db.session.get(Document, document_id)
    if document is None or document.owner_organisation_id != row.organisation_id:
        refuse([FieldError("file", "unknown", _("There is no such file."))])
    row.branch_authority_id = document_id
    changed(row, at)
    record(events.FILED, uscc, actor=actor, at=at, data={"what": "branch_authority", "reference": document_id})
    return row


def _errors(profile: AgencyProfile, at: datetime) -> list[FieldError]:
    errors = rules.profile_errors(profile, local_date(at))
    if not region_exists(profile.region_code):
        errors.append(FieldError("region", "unknown", _("There is no region of this code.")))
    return errors
