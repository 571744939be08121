"""Register 2: entry and file."""

from dataclasses import replace
from datetime import date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.accounts.models import OrganisationKind
from supermarket.agencies import operations
from supermarket.agencies.change_queries import open_changes
from supermarket.agencies.commands import (
    AgencyProfile,
    ChangeOfStanding,
    NewPractitioner,
    NewQualification,
    NewRelatedParty,
    NewService,
    Relation,
)
from supermarket.agencies.forms import AgencyProfileForm, PractitionerForm
from supermarket.agencies.models import (
    Agency,
    Onboarding,
    Practitioner,
    Qualification,
    RelatedParty,
    Service,
    Standing,
)
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import Role
from supermarket.data.invent import invented_identity_number
from supermarket.extensions import db
from supermarket.gateways import current
from tests.factories.accounts import fresh_uscc, make_actor, make_organisation
from tests.factories.agencies import (
    LONG,
    make_agency,
    make_agency_actor,
)
from tests.factories.matters import make_kinds, make_matter
from tests.factories.policies import count

SURVEY = "ZJ051"
CHANGE = ChangeOfStanding(basis="川信〔2026〕1号", proposer="四川省某主管部门", executor="运营机构")


def profile(uscc: str, **changes: object) -> AgencyProfile:
    plain = AgencyProfile(
        name="测试测绘有限公司",
        uscc=uscc,
        kind="enterprise",
        region_code="510107",
        legal_representative="王测试",
        established=date(2010, 1, 1),
        business_scope="测绘服务",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # tests name fields of the dataclass only


def test_an_agency_enters_itself_as_applied(session: Session, at: datetime) -> None:
    body = make_organisation(OrganisationKind.AGENCY)
    assert body.uscc is not None
    row = operations.register(profile(body.uscc), actor=make_actor(Role.AGENCY, body), at=at)
    assert (row.standing, row.onboarding, row.organisation_id) == (Standing.APPLIED, Onboarding.DRAFT, body.id)
    assert session.scalars(sa.select(Event.tag).where(Event.agency_uscc == body.uscc)).all() == ["agency.applied"]


def test_only_an_agency_account_enters_an_agency_and_nothing_is_written(session: Session, at: datetime) -> None:
    body = make_organisation(OrganisationKind.OWNER)
    assert body.uscc is not None
    with pytest.raises(Forbidden):
        operations.register(profile(body.uscc), actor=make_actor(Role.OWNER, body), at=at)
    assert count(Agency) == 0


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"uscc": fresh_uscc()}, ["uscc"]),
        ({"uscc": "91510107MAX00001XX"}, ["uscc", "uscc"]),
        ({"name": " "}, ["name"]),
        ({"kind": "spaceship"}, ["kind"]),
        ({"region_code": "999999"}, ["region"]),
        ({"established": date(2030, 1, 1)}, ["established"]),
        ({"is_branch": True}, ["head_office_uscc"]),
        ({"is_branch": True, "head_office_uscc": "123"}, ["head_office_uscc"]),
    ],
)
def test_a_wrong_profile_is_refused_at_its_fields(
    session: Session, at: datetime, changes: dict[str, object], fields: list[str]
) -> None:
    body = make_organisation(OrganisationKind.AGENCY)
    assert body.uscc is not None
    with pytest.raises(InvalidInput) as refused:
        operations.register(replace(profile(body.uscc), **changes), actor=make_actor(Role.AGENCY, body), at=at)
    assert [error.field for error in refused.value.errors] == fields
    assert count(Agency) == 0


def test_an_agency_is_entered_once_and_claims_an_imported_entry(session: Session, at: datetime) -> None:
    body = make_organisation(OrganisationKind.AGENCY)
    assert body.uscc is not None
    imported = make_agency(standing=Standing.APPLIED, matters=(), organisation=body)
    imported.organisation_id = None
    session.flush()
    actor = make_actor(Role.AGENCY, body)
    assert operations.register(profile(body.uscc), actor=actor, at=at).id == imported.id
    with pytest.raises(Conflict):
        operations.register(profile(body.uscc), actor=actor, at=at)
    assert count(Agency) == 1


def test_the_profile_is_edited_by_its_own_people_from_the_version_they_saw(session: Session, at: datetime) -> None:
    agency = make_agency(matters=())
    actor, seen = make_agency_actor(agency), agency.version
    before = agency.name
    new = profile(agency.uscc, name="改名有限公司")
    edited = operations.edit_profile(agency.uscc, new, expected_version=seen, actor=actor, at=at)
    # What a registry can judge waits for it; the rest is there at once.
    assert (edited.name, edited.public_contact) == (before, new.public_contact)
    assert [change.after["name"] for change in open_changes(agency.id)] == ["改名有限公司"]
    with pytest.raises(Conflict):
        operations.edit_profile(agency.uscc, profile(agency.uscc), expected_version=seen, actor=actor, at=at)
    with pytest.raises(Forbidden):
        operations.edit_profile(
            agency.uscc, new, expected_version=None, actor=make_agency_actor(make_agency(matters=())), at=at
        )
    with pytest.raises(NotFound):
        operations.edit_profile(fresh_uscc(), new, expected_version=None, actor=actor, at=at)
    agency.standing = Standing.EXPELLED
    with pytest.raises(WrongState):
        operations.edit_profile(agency.uscc, new, expected_version=None, actor=actor, at=at)
    assert agency.name == before


def live(model: type[Service | Qualification | RelatedParty]) -> int:
    """How many rows of a table are not ended."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(model.ended_at.is_(None))) or 0


def test_a_service_is_of_a_published_matter_and_offered_once(session: Session, at: datetime) -> None:
    agency = make_agency(matters=())
    actor = make_agency_actor(agency)
    make_matter(SURVEY)
    make_matter("ZJ035")
    command = NewService(SURVEY, "按合同约定", 20)
    operations.add_service(agency.uscc, command, actor=actor, at=at)
    with pytest.raises(Conflict):
        operations.add_service(agency.uscc, command, actor=actor, at=at)
    with pytest.raises(InvalidInput) as refused:
        operations.add_service(agency.uscc, NewService("ZJ035", " ", 0), actor=actor, at=at)
    assert [error.field for error in refused.value.errors] == ["matter", "fee_standard", "promised_days"]
    assert count(Service) == 1
    operations.remove_service(agency.uscc, SURVEY, actor=actor, at=at)
    with pytest.raises(NotFound):
        operations.remove_service(agency.uscc, SURVEY, actor=actor, at=at)
    assert (live(Service), count(Service)) == (0, 1)


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        (NewQualification("Q001", "1", "某厅", level="甲级"), ["kind"]),
        (NewQualification("Q064", "1", "某厅"), ["kind"]),
        (NewQualification("Q999", "1", "某厅"), ["kind"]),
        (NewQualification("Q021", " ", "某厅", level="丙级"), ["level", "number"]),
        (NewQualification("Q021", "1", "某厅"), ["level"]),
        (NewQualification("Q021", "1", "某厅", level="甲级", valid_until=date(2026, 3, 1)), ["valid_until"]),
        (NewQualification("Q021", "1", "某厅", level="甲级", document_id=1), ["document"]),
    ],
)
def test_a_wrong_certificate_is_refused_with_the_reason(
    session: Session, at: datetime, command: NewQualification, fields: list[str]
) -> None:
    agency = make_agency(matters=())
    make_kinds()
    with pytest.raises(InvalidInput) as refused:
        operations.add_qualification(agency.uscc, command, actor=make_agency_actor(agency), at=at)
    assert [error.field for error in refused.value.errors] == fields
    assert count(Qualification) == 0


def test_a_certificate_is_filed_once_and_good_on_its_last_day(session: Session, at: datetime) -> None:
    agency, other = make_agency(matters=()), make_agency(matters=())
    make_kinds()
    command = NewQualification("Q021", "测资字510001", "自然资源厅", level="甲级", valid_until=date(2026, 3, 2))
    row = operations.add_qualification(agency.uscc, command, actor=make_agency_actor(agency), at=at)
    with pytest.raises(Conflict):
        operations.add_qualification(agency.uscc, command, actor=make_agency_actor(agency), at=at)
    with pytest.raises(NotFound):
        operations.remove_qualification(other.uscc, row.id, actor=make_agency_actor(other), at=at)
    operations.remove_qualification(agency.uscc, row.id, actor=make_agency_actor(agency), at=at)
    assert (live(Qualification), count(Qualification)) == (0, 1)


def test_an_identity_number_is_kept_encrypted_and_a_person_works_for_one_agency(session: Session, at: datetime) -> None:
    agency, other = make_agency(matters=()), make_agency(matters=())
    make_kinds()
    identity = invented_identity_number(7)
    command = NewPractitioner("李测试", "Q064", "川测001", LONG, identity)
    assert identity not in repr(command)
    row = operations.add_practitioner(agency.uscc, command, actor=make_agency_actor(agency), at=at)
    assert isinstance(row, Practitioner)
    assert identity.encode() not in row.identity_cipher
    assert current().keys.decrypt(row.identity_cipher) == identity
    with pytest.raises(Conflict):
        operations.add_practitioner(agency.uscc, command, actor=make_agency_actor(agency), at=at)
    operations.release_practitioner(agency.uscc, row.id, actor=make_agency_actor(agency), at=at)
    operations.add_practitioner(other.uscc, command, actor=make_agency_actor(other), at=at)
    assert count(Practitioner) == 2
    for data in session.scalars(sa.select(Event.data)):
        assert identity not in str(data) and "李测试" not in str(data)


def test_a_wrong_practitioner_is_refused_at_its_fields(session: Session, at: datetime) -> None:
    agency = make_agency(matters=())
    make_kinds()
    command = NewPractitioner("", "Q021", "", date(2026, 3, 1), "510000190001010011")
    with pytest.raises(InvalidInput) as refused:
        operations.add_practitioner(agency.uscc, command, actor=make_agency_actor(agency), at=at)
    fields = ["licence_kind", "licence_number", "registered_until", "name", "identity_number"]
    assert [error.field for error in refused.value.errors] == fields
    assert count(Practitioner) == 0


def test_related_parties_are_found_by_hash_and_there_is_one_head(session: Session, at: datetime) -> None:
    agency, other = make_agency(matters=()), make_agency(matters=())
    head = NewRelatedParty(Relation.LEGAL_REPRESENTATIVE, "王测试", identity_number=invented_identity_number(9))
    first = operations.add_related_party(agency.uscc, head, actor=make_agency_actor(agency), at=at)
    second = operations.add_related_party(other.uscc, head, actor=make_agency_actor(other), at=at)
    assert first.party_hash == second.party_hash
    with pytest.raises(Conflict):
        operations.add_related_party(agency.uscc, head, actor=make_agency_actor(agency), at=at)
    both = NewRelatedParty(Relation.CONTROLLER, "控股公司", fresh_uscc(), invented_identity_number(9))
    with pytest.raises(InvalidInput):
        operations.add_related_party(agency.uscc, both, actor=make_agency_actor(agency), at=at)
    operations.remove_related_party(agency.uscc, first.id, actor=make_agency_actor(agency), at=at)
    assert (live(RelatedParty), count(RelatedParty)) == (1, 2)


def test_the_forms_give_commands_and_name_what_is_wrong(session: Session) -> None:
    uscc = fresh_uscc()
    fields = {"name": "测试公司", "uscc": uscc, "kind": "enterprise", "region": "510107", "established": "2010-01-01"}
    command = AgencyProfileForm.from_json(fields).command()
    assert (command.uscc, command.established, command.head_office_uscc) == (uscc, date(2010, 1, 1), None)
    with pytest.raises(InvalidInput) as refused:
        AgencyProfileForm.from_json(fields | {"uscc": "9151", "kind": "x"}).command()
    assert [error.field for error in refused.value.errors] == ["uscc", "kind"]
    person = {
        "name": "李测试",
        "licence_kind": "Q064",
        "licence_number": "1",
        "registered_until": "2030-01-01",
        "identity_number": invented_identity_number(3),
    }
    assert PractitionerForm.from_json(person).command().registered_until == date(2030, 1, 1)
    with pytest.raises(InvalidInput):
        PractitionerForm.from_json(person | {"surprise": "1"})
