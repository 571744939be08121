"""Whether something may be filed or offered: pure rules that name everything wrong at once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from flask_babel import gettext as _

from supermarket.agencies.commands import AgencyProfile, NewPractitioner, NewQualification, NewRelatedParty, NewService
from supermarket.agencies.models import Qualification
from supermarket.agencies.practitioner_commands import NewLicence
from supermarket.agencies.seats import Seats, filled
from supermarket.core.errors import FieldError
from supermarket.core.identifiers import IdentifierError, is_identity_number, is_uscc, parse_uscc
from supermarket.core.msgids import N_
from supermarket.data import catalogue
from supermarket.data.facts import Holder, QualificationKind
from supermarket.data.requirements import JSON
from supermarket.matters.models import MatterVersion
from supermarket.matters.requirement_tree import HeldQualification, Result, evaluate, from_json
from supermarket.matters.rules import kinds_by_code

KINDS = {
    "enterprise": N_("enterprise"),
    "institution": N_("public institution"),
    "social_organisation": N_("social organisation"),
    "partnership": N_("partnership"),
    "other": N_("other"),
}
MOST_PROMISED_DAYS = 1095


def profile_errors(profile: AgencyProfile, on: date) -> list[FieldError]:
    """What is wrong with a profile by itself."""
    errors = []
    if error := uscc_error(profile.uscc):
        errors.append(FieldError("uscc", "uscc", error))
    if not profile.name.strip():
        errors.append(FieldError("name", "missing", _("Give the name as in the business licence.")))
    if profile.kind not in KINDS:
        errors.append(FieldError("kind", "unknown", _("Choose the kind of body.")))
    if profile.established is not None and profile.established > on:
        errors.append(FieldError("established", "future", _("This day is in the future.")))
    if profile.head_office_uscc is not None and (error := uscc_error(profile.head_office_uscc)):
        errors.append(FieldError("head_office_uscc", "uscc", error))
    if profile.is_branch and not profile.head_office_uscc:
        errors.append(FieldError("head_office_uscc", "missing", _("Name the head office of the branch.")))
    if profile.head_office_uscc is not None and profile.head_office_uscc == profile.uscc:
        errors.append(FieldError("head_office_uscc", "itself", _("A branch has another body as its head office.")))
    return errors


def uscc_error(text: str) -> str | None:
    """What is wrong with a unified social credit code, or None."""
    try:
        parse_uscc(text)
    except IdentifierError as error:
        return str(_(error.message))
    return None if is_uscc(text) else str(_("Write the code with capital letters and without spaces."))


def service_errors(service: NewService, version: MatterVersion | None) -> list[FieldError]:
    """What is wrong with a service offered; `version` is the matter's wording in force."""
    errors = []
    if version is None:
        errors.append(FieldError("matter", "unknown", _("There is no published matter with this code.")))
    if not service.fee_standard.strip():
        errors.append(FieldError("fee_standard", "missing", _("Say how the fee is reckoned.")))
    if not 1 <= service.promised_days <= MOST_PROMISED_DAYS:
        message = _("Promise from 1 to %(most)s working days.", most=MOST_PROMISED_DAYS)
        errors.append(FieldError("promised_days", "range", message))
    return errors


def qualification_errors(filed: NewQualification, on: date) -> list[FieldError]:
    """What is wrong with a certificate; abolished kinds are refused with the reason."""
    kind = kinds_by_code().get(filed.kind_code)
    if kind is None or kind.holder is not Holder.ORGANISATION:
        return [FieldError("kind", "unknown", _("There is no qualification of bodies with this code."))]
    errors = []
    if not kind.live:
        errors.append(FieldError("kind", kind.status.value, not_live(kind)))
    if filed.level is not None and filed.level not in kind.levels:
        errors.append(FieldError("level", "unknown", _("This qualification has no such level.")))
    if filed.level is None and kind.levels:
        errors.append(FieldError("level", "missing", _("Choose the level that the certificate states.")))
    if filed.speciality is not None and filed.speciality not in kind.specialities:
        errors.append(FieldError("speciality", "unknown", _("This qualification has no such speciality.")))
    if not filed.number.strip():
        errors.append(FieldError("number", "missing", _("Give the number of the certificate.")))
    if filed.valid_until is not None and filed.valid_until < on:
        errors.append(FieldError("valid_until", "expired", _("The certificate has run out.")))
    return errors


def not_live(kind: QualificationKind) -> str:
    """Why a kind that is no longer law is refused."""
    basis = kind.basis or kind.status_effective
    return str(_("%(name)s is no longer a condition by law (%(basis)s) and is not filed.", name=kind.name, basis=basis))


def practitioner_errors(person: NewPractitioner, on: date) -> list[FieldError]:
    """What is wrong with a practitioner."""
    licence = NewLicence(person.licence_kind_code, person.licence_number, person.registered_until)
    errors = licence_errors(licence, on)
    if not person.name.strip():
        errors.append(FieldError("name", "missing", _("Please fill this in.")))
    if not is_identity_number(person.identity_number):
        errors.append(FieldError("identity_number", "form", _("This is no identity number: a digit is mistyped.")))
    return errors


def licence_errors(licence: NewLicence, on: date) -> list[FieldError]:
    """What is wrong with a personal licence; abolished kinds are refused with the reason."""
    errors = []
    kind = kinds_by_code().get(licence.kind_code)
    if kind is None or kind.holder is not Holder.PERSON:
        errors.append(FieldError("licence_kind", "unknown", _("There is no personal licence with this code.")))
    elif not kind.live:
        errors.append(FieldError("licence_kind", kind.status.value, not_live(kind)))
    if not licence.number.strip():
        errors.append(FieldError("licence_number", "missing", _("Give the number of the licence.")))
    if licence.registered_until < on:
        errors.append(FieldError("registered_until", "expired", _("The registration has run out.")))
    return errors


def related_party_errors(party: NewRelatedParty) -> list[FieldError]:
    """What is wrong with a related party: it is an organisation by its code or a person by the identity number."""
    if not party.name.strip():
        return [FieldError("name", "missing", _("Please fill this in."))]
    if party.party_uscc is not None and (error := uscc_error(party.party_uscc)):
        return [FieldError("party_uscc", "uscc", error)]
    if party.identity_number is not None and not is_identity_number(party.identity_number):
        return [FieldError("identity_number", "form", _("This is no identity number: a digit is mistyped."))]
    if (party.party_uscc is None) == (party.identity_number is None):
        message = _("Give either the organisation's code or the person's identity number.")
        return [FieldError("party_uscc", "one_of_two", message)]
    return []


def held(qualifications: list[Qualification]) -> tuple[HeldQualification, ...]:
    """Certificates as requirement trees see them."""
    return tuple(
        HeldQualification(row.kind_code, row.speciality, row.level, row.valid_until, row.number)
        for row in qualifications
    )


def service_result(tree: JSON, held_now: tuple[HeldQualification, ...], on: date) -> Result:
    """Whether certificates meet a matter's requirement tree on a local day."""
    return evaluate(from_json(tree), held_now, on, kinds_by_code())


def licences_missing(
    needed: Sequence[Mapping[str, object]], people: Sequence[Collection[str]]
) -> list[tuple[str, int, int]]:
    """Personal licences of which there are too few: (kind, needed, there).

    `people` are each person's kinds of licence; who holds several fills one seat all the same.
    """
    kinds = [(str(item["kind"]), int(str(item["count"]))) for item in needed]
    seats = [Seats(frozenset(catalogue.licence_kinds_accepted(kind)), count) for kind, count in kinds]
    return [
        (kind, count, there) for (kind, count), there in zip(kinds, filled(seats, people), strict=True) if there < count
    ]
