"""Agencies of the demonstration go through the real onboarding: account, file, pledge, form, checks."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from supermarket.accounts.models import OrganisationKind
from supermarket.accounts.operations import SignUp, sign_up
from supermarket.accounts.queries import organisation_by_uscc
from supermarket.agencies import operations
from supermarket.agencies.commands import (
    AgencyProfile,
    NewPractitioner,
    NewQualification,
    NewRelatedParty,
    NewService,
    Relation,
)
from supermarket.agencies.models import Standing
from supermarket.agencies.queries import agency
from supermarket.core.permissions import SYSTEM
from supermarket.core.unit import unit
from supermarket.data.invent import InventedAgency, invented_identity_number
from supermarket.demo import cast

# Practitioners have the numbers below; heads and controllers the ones from here on.
_HEADS, _CONTROLLERS = 200_000, 220_000
_CHECKED_AFTER = timedelta(minutes=20)


def is_there(item: InventedAgency) -> bool:
    """Whether the agency has signed up already."""
    return organisation_by_uscc(item.uscc) is not None


def admit(place: int, item: InventedAgency, at: datetime) -> Standing:
    """Sign up, file everything, send the form in and have it checked; gives the standing that came of it."""
    with unit():
        file(place, item, at)
    later = at + _CHECKED_AFTER
    # The registries are asked between two transactions: no row is locked while they take their time.
    with unit():
        answers = operations.ask_registries(item.uscc, later)
    with unit():
        operations.run_checks(item.uscc, actor=SYSTEM, at=later, answers=answers)
        return agency(item.uscc).standing


def file(place: int, item: InventedAgency, at: datetime) -> None:
    """Sign up and send the form in."""
    command = SignUp(
        kind=OrganisationKind.AGENCY,
        organisation_name=item.name,
        uscc=item.uscc,
        region_code=item.region_code,
        name=item.contact.name,
        email=cast.email_of_agency(place),
        password=cast.PASSWORD,
    )
    actor = sign_up(command, at=at).actor()
    operations.register(_profile(item), actor=actor, at=at)
    for service in item.services:
        offered = NewService(service.matter, service.fee_standard, service.promised_days)
        operations.add_service(item.uscc, offered, actor=actor, at=at)
    for held in item.qualifications:
        filed = NewQualification(
            held.kind, held.number, held.issuer, held.speciality, held.level, valid_until=held.valid_until
        )
        operations.add_qualification(item.uscc, filed, actor=actor, at=at)
    for person in item.practitioners:
        named = NewPractitioner(
            person.name, person.licence_kind, person.licence_number, person.registered_until, person.identity_number
        )
        operations.add_practitioner(item.uscc, named, actor=actor, at=at)
    for party in _related(place, item):
        operations.add_related_party(item.uscc, party, actor=actor, at=at)
    operations.sign_pledge(item.uscc, actor=actor, at=at)
    operations.submit_for_checks(item.uscc, actor=actor, at=at)


def _related(place: int, item: InventedAgency) -> Iterator[NewRelatedParty]:
    head = invented_identity_number(_HEADS + place)
    yield NewRelatedParty(Relation.LEGAL_REPRESENTATIVE, item.legal_representative, identity_number=head)
    for name in item.controllers:
        number = head if name == item.legal_representative else invented_identity_number(_CONTROLLERS + place)
        yield NewRelatedParty(Relation.CONTROLLER, name, identity_number=number)


def _profile(item: InventedAgency) -> AgencyProfile:
    return AgencyProfile(
        name=item.name,
        uscc=item.uscc,
        kind=item.kind,
        region_code=item.region_code,
        address=item.address,
        public_contact=item.contact.phone,
        introduction=item.introduction,
        legal_representative=item.legal_representative,
        established=item.established,
        business_scope=item.business_scope,
    )
