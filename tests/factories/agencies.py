"""Agencies for tests, active without checks unless a test asks for less."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count

from supermarket.accounts.models import Organisation, OrganisationKind
from supermarket.agencies.models import (
    Agency,
    Onboarding,
    Practitioner,
    PractitionerLicence,
    PractitionerMove,
    Qualification,
    RelatedParty,
    Service,
    Standing,
)
from supermarket.core.permissions import Actor, Role
from supermarket.data import catalogue
from supermarket.data.invent import invented_identity_number
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.matters.requirement_tree import KindNeeded
from tests.factories.accounts import MADE_AT, make_actor, make_organisation
from tests.factories.matters import SOME_MATTER, make_kinds, make_matter
from tests.factories.policies import CHENGDU_WUHOU

_SERIAL = count(1)
LONG = date(2035, 12, 31)


def make_agency(
    name: str | None = None,
    *,
    standing: Standing = Standing.ACTIVE,
    matters: Sequence[str] = (SOME_MATTER,),
    qualified: bool = True,
    practitioners: int = 0,
    region_code: str = CHENGDU_WUHOU,
    organisation: Organisation | None = None,
    uscc: str | None = None,
) -> Agency:
    """An agency of an organisation that offers `matters` and, if `qualified`, holds what they demand of it.

    `practitioners` people hold the licences that the first matter asks for, seat by seat (else 注册测绘师).
    """
    body = organisation or make_organisation(OrganisationKind.AGENCY, name=name, uscc=uscc, region_code=region_code)
    assert body.uscc is not None
    row = Agency(
        uscc=body.uscc,
        name=body.name,
        kind="enterprise",
        organisation_id=body.id,
        region_code=body.region_code,
        address="四川省成都市武侯区示范大道1号",
        public_contact="028-01234567",
        legal_representative="测试负责人",
        established=date(2010, 1, 1),
        business_scope="工程咨询；工程测量；工程造价咨询",
        standing=standing,
        standing_since=MADE_AT,
        onboarding=Onboarding.DRAFT if standing is Standing.APPLIED else Onboarding.ADMITTED,
        pledge_signed_at=MADE_AT,
        applied_at=MADE_AT,
    )
    db.session.add(row)
    db.session.flush()
    for code in matters:
        make_matter(code)
        make_service(row, code)
        if qualified:
            make_needed_qualifications(row, code)
    licences = catalogue.matter(matters[0]).licences if matters else ()
    seats = [licence.kind for licence in licences for _seat in range(licence.count)] or ["Q064"]
    for number in range(practitioners):
        make_practitioner(row, seats[number % len(seats)])
    return row


def make_agency_actor(agency: Agency) -> Actor:
    """Somebody who acts for the agency."""
    return make_actor(Role.AGENCY, db.session.get_one(Organisation, agency.organisation_id))


def make_service(agency: Agency, matter_code: str = SOME_MATTER, *, promised_days: int = 20) -> Service:
    """A matter that the agency offers."""
    row = Service(
        agency=agency,
        matter_code=matter_code,
        fee_standard="按合同约定",
        promised_days=promised_days,
        hidden_reason="unchecked" if agency.standing is Standing.APPLIED else None,
    )
    db.session.add(row)
    db.session.flush()
    return row


def make_qualification(
    agency: Agency,
    kind_code: str = "Q021",
    *,
    speciality: str | None = None,
    level: str | None = None,
    valid_until: date | None = LONG,
    verified: bool | None = None,
) -> Qualification:
    """A certificate; the highest level where none is named; confirmed by a registry unless the agency only applies."""
    make_kinds()
    kind = catalogue.qualification_kind(kind_code)
    row = Qualification(
        agency=agency,
        kind_code=kind_code,
        speciality=speciality,
        level=level or (kind.levels[0] if kind.levels else None),
        number=f"测{kind_code}-{next(_SERIAL):06d}",
        issuer="四川省主管部门",
        valid_until=valid_until,
        verified_at=MADE_AT if (agency.standing is not Standing.APPLIED if verified is None else verified) else None,
    )
    db.session.add(row)
    db.session.flush()
    return row


def make_needed_qualifications(agency: Agency, matter_code: str) -> None:
    """Certificates for every leaf of a matter's requirement tree."""
    tree = catalogue.matter(matter_code).requirement
    leaves: list[KindNeeded] = [] if tree is None else list(tree.leaves())
    for leaf in leaves:
        make_qualification(agency, leaf.kind, speciality=leaf.speciality, level=leaf.level)


def make_practitioner(
    agency: Agency, licence_kind: str = "Q064", *, registered_until: date = LONG, verified: bool = True
) -> Practitioner:
    """A person with a licence, registered with the agency."""
    make_kinds()
    serial = next(_SERIAL)
    identity, keys = invented_identity_number(serial), current().keys
    row = Practitioner(
        agency=agency,
        name=f"从业{serial}",
        since=MADE_AT,
        identity_cipher=keys.encrypt(identity),
        identity_hash=keys.keyed_hash("identity", identity),
    )
    make_licence(row, licence_kind, registered_until=registered_until, verified=verified)
    db.session.add(row)
    db.session.flush()
    return row


def make_licence(
    person: Practitioner, kind: str = "Q064", *, registered_until: date = LONG, verified: bool = True
) -> PractitionerLicence:
    """One more licence of a person, confirmed by a registry."""
    row = PractitionerLicence(
        practitioner=person,
        kind_code=kind,
        number=f"测{kind}{next(_SERIAL):06d}",
        registered_until=registered_until,
        verified_at=MADE_AT if verified else None,
    )
    db.session.add(row)
    db.session.flush()
    return row


def make_move(person: Practitioner, to: Agency, *, at: datetime = MADE_AT, **fields: object) -> PractitionerMove:
    """An agency asks for a person of another one, with a licence of the same kind."""
    filed: dict[str, object] = {
        "practitioner": person,
        "to_agency": to,
        "name": person.name,
        "kind_code": person.licences[0].kind_code,
        "number": f"测{next(_SERIAL):06d}",
        "registered_until": LONG,
        "asked_at": at,
        "answer_due_at": at + timedelta(days=7),
    }
    row = PractitionerMove(**(filed | fields))
    db.session.add(row)
    db.session.flush()
    return row


def make_related_party(
    agency: Agency, relation: str = "legal_representative", *, party_uscc: str | None = None, mark: str = "head"
) -> RelatedParty:
    """The head, a controller or a manager; the same `mark` is the same person."""
    row = RelatedParty(
        agency=agency,
        relation=relation,
        name=f"关联方{mark}",
        party_uscc=party_uscc,
        party_hash=current().keys.keyed_hash("identity", party_uscc or mark),
    )
    db.session.add(row)
    db.session.flush()
    return row


def expired(days: int, today: date) -> date:
    """A last day that lies `days` before today."""
    return today - timedelta(days=days)
