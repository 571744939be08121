"""Register 2: entry, file, checks, decision, standing."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.accounts.models import OrganisationKind
from supermarket.agencies import operations
from supermarket.agencies.checks import sources
from supermarket.agencies.commands import (
    AgencyProfile,
    ChangeOfStanding,
    NewPractitioner,
    NewQualification,
    NewRelatedParty,
    NewService,
    Relation,
)
from supermarket.agencies.deadlines import DUE
from supermarket.agencies.forms import AgencyProfileForm, PractitionerForm
from supermarket.agencies.models import (
    Agency,
    Check,
    Onboarding,
    Outcome,
    Practitioner,
    Qualification,
    RelatedParty,
    Service,
    Standing,
    StandingChange,
)
from supermarket.agencies.queries import agency_file, last_checks, offering, offering_counts, waiting_for_decision
from supermarket.agencies.states import ONBOARDING, STANDING, OnboardingAction, StandingAction
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Role
from supermarket.data.invent import invented_identity_number
from supermarket.extensions import db
from supermarket.gateways import current
from tests.factories.accounts import fresh_uscc, make_actor, make_organisation
from tests.factories.agencies import (
    LONG,
    make_agency,
    make_agency_actor,
    make_practitioner,
    make_qualification,
    make_service,
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


def tell_registries(agency: Agency, at: datetime, **register: str) -> None:
    """Load every registry so that it confirms what the agency filed, but for `register`'s fields of the first."""
    row = agency_file(agency.uscc)
    enterprise = {
        "uscc": row.uscc,
        "name": row.name,
        "status": "存续",
        "legal_representative": row.legal_representative,
        "business_scope": row.business_scope,
    } | register
    held = [
        {
            "uscc": row.uscc,
            "kind": item.kind_code,
            "number": item.number,
            "level": item.level or "",
            "speciality": item.speciality or "",
            "valid_until": item.valid_until.isoformat() if item.valid_until else "",
        }
        for item in row.qualifications
    ]
    people = [
        {
            "uscc": row.uscc,
            "licence_kind": item.licence_kind_code,
            "licence_number": item.licence_number,
            "registered_until": item.registered_until.isoformat(),
        }
        for item in row.practitioners
    ]

    def load(name: str, question: str, rows: list[dict[str, str]]) -> None:
        operations.load_registry(name, question, rows, label="test.csv", actor=SYSTEM, at=at)

    load(sources.DATA_SHARING, sources.ENTERPRISES, [enterprise])
    load(sources.SOCIAL_CREDIT, sources.DISHONESTY, [])
    for name in (sources.DATA_SHARING, sources.CONSTRUCTION_MARKET, sources.ASSET_APPRAISAL):
        load(name, sources.QUALIFICATIONS, held)
    load(sources.DATA_SHARING, sources.PRACTITIONERS, people)


def applicant(matters: tuple[str, ...] = (SURVEY,)) -> Agency:
    return make_agency(standing=Standing.APPLIED, matters=matters)


def outcomes(agency: Agency) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for check in last_checks(agency.id):
        found.setdefault(check.code.partition(":")[0], set()).add(check.outcome.value)
    return found


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
    new = profile(agency.uscc, name="改名有限公司")
    assert operations.edit_profile(agency.uscc, new, expected_version=seen, actor=actor, at=at).name == "改名有限公司"
    assert agency.checks_due_at == at
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
    assert agency.name == "改名有限公司"


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
    assert count(Service) == 0


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
        operations.add_qualification(other.uscc, command, actor=make_agency_actor(other), at=at)
    with pytest.raises(NotFound):
        operations.remove_qualification(other.uscc, row.id, actor=make_agency_actor(other), at=at)
    operations.remove_qualification(agency.uscc, row.id, actor=make_agency_actor(agency), at=at)
    assert count(Qualification) == 0


def test_an_identity_number_is_kept_encrypted_and_a_person_works_for_one_agency(session: Session, at: datetime) -> None:
    agency, other = make_agency(matters=()), make_agency(matters=())
    make_kinds()
    identity = invented_identity_number(7)
    command = NewPractitioner("李测试", "Q064", "川测001", LONG, identity)
    assert identity not in repr(command)
    row = operations.add_practitioner(agency.uscc, command, actor=make_agency_actor(agency), at=at)
    assert identity.encode() not in row.identity_cipher
    assert current().keys.decrypt(row.identity_cipher) == identity
    with pytest.raises(Conflict):
        operations.add_practitioner(agency.uscc, command, actor=make_agency_actor(agency), at=at)
    with pytest.raises(RuleBroken) as refused:
        operations.add_practitioner(other.uscc, command, actor=make_agency_actor(other), at=at)
    assert refused.value.code == "elsewhere"
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
    fields = ["licence_kind", "name", "licence_number", "identity_number", "registered_until"]
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
    assert count(RelatedParty) == 1


def test_all_checks_passed_make_an_agency_active_at_once(session: Session, at: datetime) -> None:
    agency = applicant()
    make_practitioner(agency)
    tell_registries(agency, at)
    operations.submit_for_checks(agency.uscc, actor=make_agency_actor(agency), at=at)
    operations.run_checks(agency.uscc, actor=SYSTEM, at=at)
    assert (agency.standing, agency.onboarding) == (Standing.ACTIVE, Onboarding.ADMITTED)
    assert outcomes(agency) == {
        "uscc": {"pass"},
        "registration": {"pass"},
        "legal_representative": {"pass"},
        "dishonesty": {"pass"},
        "qualification": {"pass"},
        "practitioners": {"pass"},
        "service": {"pass"},
        "branch_authority": {"not_applicable"},
        "pledge": {"pass"},
    }
    change = session.scalars(sa.select(StandingChange)).one()
    assert (change.before, change.after) == (Standing.APPLIED, Standing.ACTIVE)
    tags = session.scalars(sa.select(Event.tag).where(Event.agency_uscc == agency.uscc).order_by(Event.id)).all()
    assert tags == ["agency.submitted", "agency.checked", "agency.standing_changed", "agency.admitted"]


def test_without_answers_nothing_passes_and_the_operator_is_asked_in_two_working_days(
    session: Session, at: datetime
) -> None:
    agency = applicant()
    operations.admit_checked(agency.uscc, at=at)
    assert (agency.standing, agency.onboarding) == (Standing.APPLIED, Onboarding.WAITING)
    assert outcomes(agency)["registration"] == {"unknown"}
    assert agency.decision_due_at == datetime.fromisoformat("2026-03-05T00:00+08:00")
    assert agency.checks_due_at == at + timedelta(hours=1)
    assert [row.id for row in waiting_for_decision()] == [agency.id]
    tell_registries(agency, at)
    due = agency.decision_due_at
    later = at + timedelta(hours=1)
    kind = DUE[0]
    assert kind.find(later, 10) == [(later, agency.id)]
    assert kind.prepare is not None
    assert kind.act(agency.id, later, kind.prepare(agency.id, later)) is True
    assert kind.act(agency.id, later, None) is False
    assert (agency.standing, agency.decision_due_at) == (Standing.ACTIVE, None)
    assert due is not None


def test_a_second_silence_keeps_the_first_due_moment(session: Session, at: datetime) -> None:
    agency = applicant()
    operations.admit_checked(agency.uscc, at=at)
    due = agency.decision_due_at
    operations.run_checks(agency.uscc, actor=SYSTEM, at=at + timedelta(days=1))
    assert agency.decision_due_at == due


def test_every_reason_is_told_at_once_and_the_form_may_be_mended(session: Session, at: datetime) -> None:
    agency = applicant()
    agency.pledge_signed_at = None
    tell_registries(agency, at, name="别的公司", status="注销", legal_representative="别人", business_scope="餐饮")
    actor = make_agency_actor(agency)
    operations.submit_for_checks(agency.uscc, actor=actor, at=at)
    checks = operations.run_checks(agency.uscc, actor=SYSTEM, at=at)
    failed = [check.code for check in checks if check.outcome is Outcome.FAIL]
    assert failed == ["registration", "registration", "registration", "legal_representative", "pledge"]
    assert (agency.standing, agency.onboarding) == (Standing.APPLIED, Onboarding.REFUSED)
    operations.sign_pledge(agency.uscc, actor=actor, at=at)
    tell_registries(agency, at)
    operations.submit_for_checks(agency.uscc, actor=actor, at=at)
    operations.run_checks(agency.uscc, actor=SYSTEM, at=at)
    assert agency.standing is Standing.ACTIVE


def test_a_certificate_that_the_registry_has_otherwise_fails(session: Session, at: datetime) -> None:
    agency = applicant()
    tell_registries(agency, at)
    for row in session.scalars(sa.select(Qualification)):
        row.valid_until = date(2034, 1, 1)
    operations.admit_checked(agency.uscc, at=at)
    assert outcomes(agency)["qualification"] == {"fail"}
    assert agency.onboarding is Onboarding.REFUSED


def test_a_service_without_its_qualification_fails(session: Session, at: datetime) -> None:
    agency = make_agency(standing=Standing.APPLIED, matters=(SURVEY,), qualified=False)
    tell_registries(agency, at)
    operations.admit_checked(agency.uscc, at=at)
    assert outcomes(agency)["service"] == {"fail"}


def test_the_operator_decides_what_registries_leave_open(session: Session, at: datetime) -> None:
    agency, other = applicant(), applicant()
    operator = make_actor(Role.OPERATOR)
    with pytest.raises(WrongState):
        operations.decide(agency.uscc, admit=True, reason="营业执照已核验", actor=operator, at=at)
    for row in (agency, other):
        operations.admit_checked(row.uscc, at=at)
    with pytest.raises(Forbidden):
        operations.decide(agency.uscc, admit=True, reason="x", actor=make_agency_actor(agency), at=at)
    with pytest.raises(InvalidInput):
        operations.decide(agency.uscc, admit=False, reason=" ", actor=operator, at=at)
    assert agency.onboarding is Onboarding.WAITING
    operations.decide(agency.uscc, admit=True, reason="营业执照已核验", actor=operator, at=at)
    operations.decide(other.uscc, admit=False, reason="材料不全", actor=operator, at=at)
    assert (agency.standing, other.standing, other.refusal) == (Standing.ACTIVE, Standing.APPLIED, "材料不全")


@pytest.mark.parametrize("role", [Role.OWNER, Role.REGULATOR, Role.EDITOR, Role.SUPERVISOR, Role.EXPERT])
def test_checks_are_started_by_the_agency_or_the_operator_only(session: Session, at: datetime, role: Role) -> None:
    agency = applicant(())
    for act in (operations.submit_for_checks, operations.run_checks):
        with pytest.raises(Forbidden):
            act(agency.uscc, actor=make_actor(role), at=at)
    assert (agency.onboarding, count(Check)) == (Onboarding.DRAFT, 0)


def test_an_expired_certificate_hides_the_service_from_the_day_after(session: Session, at: datetime) -> None:
    agency = make_agency(matters=(SURVEY,), qualified=True)
    for row in session.scalars(sa.select(Qualification)):
        row.valid_until = date(2026, 3, 2)
    session.flush()
    operations.run_checks(agency.uscc, actor=SYSTEM, at=at)
    service = session.scalars(sa.select(Service)).one()
    assert service.hidden_reason is None
    assert [item.agency_id for item in offering(SURVEY)] == [agency.id]
    operations.run_checks(agency.uscc, actor=SYSTEM, at=datetime.fromisoformat("2026-03-03T00:00+08:00"))
    assert service.hidden_reason == "qualification_expired"
    assert (list(offering(SURVEY)), dict(offering_counts([SURVEY]))) == ([], {})
    assert agency.standing is Standing.ACTIVE
    tags = session.scalars(sa.select(Event.tag).where(Event.tag == "agency.service_hidden")).all()
    assert len(tags) == 1


def test_a_change_of_standing_carries_its_basis_and_is_the_operators(session: Session, at: datetime) -> None:
    agency, operator = make_agency(matters=()), make_actor(Role.OPERATOR)
    with pytest.raises(Forbidden):
        operations.change_standing(agency.uscc, StandingAction.FREEZE, CHANGE, actor=make_agency_actor(agency), at=at)
    with pytest.raises(WrongState) as refused:
        operations.change_standing(agency.uscc, StandingAction.UNFREEZE, CHANGE, actor=operator, at=at)
    assert refused.value.state == "active"
    with pytest.raises(InvalidInput):
        bad = replace(CHANGE, basis=" ", until=at)
        operations.change_standing(agency.uscc, StandingAction.FREEZE, bad, actor=operator, at=at)
    assert (agency.standing, count(StandingChange)) == (Standing.ACTIVE, 0)
    change = operations.change_standing(agency.uscc, StandingAction.EXPEL, CHANGE, actor=operator, at=at)
    assert (change.before, change.after, change.basis) == (Standing.ACTIVE, Standing.EXPELLED, "川信〔2026〕1号")


def test_nobody_admits_past_the_checks(session: Session, at: datetime) -> None:
    agency = applicant(())
    with pytest.raises(InvalidInput):
        operations.change_standing(agency.uscc, StandingAction.ADMIT, CHANGE, actor=make_actor(Role.OPERATOR), at=at)
    assert agency.standing is Standing.APPLIED


def test_a_freeze_ends_by_itself_and_running_that_twice_changes_nothing(session: Session, at: datetime) -> None:
    agency = make_agency(matters=())
    until = at + timedelta(days=90)
    operations.freeze(agency.uscc, basis="信用等级D", until=until, actor=make_actor(Role.OPERATOR), at=at)
    kind = DUE[1]
    assert kind.find(until - timedelta(seconds=1), 10) == []
    assert kind.find(until, 10) == [(until, agency.id)]
    assert kind.act(agency.id, until, None) is True
    assert kind.act(agency.id, until, None) is False
    assert agency.standing is Standing.ACTIVE


@pytest.mark.parametrize("state", list(Standing))
@pytest.mark.parametrize("action", list(StandingAction))
def test_every_pair_of_standing_and_action(session: Session, state: Standing, action: StandingAction) -> None:
    if STANDING.can(state, action):
        assert STANDING.next(state, action) in Standing
    else:
        with pytest.raises(WrongState):
            STANDING.next(state, action)


@pytest.mark.parametrize("state", list(Onboarding))
@pytest.mark.parametrize("action", list(OnboardingAction))
def test_every_pair_of_onboarding_and_action(session: Session, state: Onboarding, action: OnboardingAction) -> None:
    if ONBOARDING.can(state, action):
        assert ONBOARDING.next(state, action) in Onboarding
    else:
        with pytest.raises(WrongState):
            ONBOARDING.next(state, action)


def test_the_database_itself_holds_active_to_admitted(session: Session) -> None:
    agency = make_agency(matters=())
    with pytest.raises(sa.exc.IntegrityError, match="active_was_admitted"), session.begin_nested():
        db.session.execute(sa.update(Agency).where(Agency.id == agency.id).values(onboarding=Onboarding.DRAFT))


def test_a_registry_list_is_replaced_whole_or_not_at_all(session: Session, at: datetime) -> None:
    rows = [{"uscc": fresh_uscc(), "name": "甲"}]
    operations.load_registry("data-sharing", "enterprises", rows, label="a.csv", actor=SYSTEM, at=at)
    with pytest.raises(InvalidInput) as refused:
        operations.load_registry(
            "data-sharing", "enterprises", [{"uscc": "1"}, *rows], label="b.csv", actor=SYSTEM, at=at
        )
    assert [error.field for error in refused.value.errors] == ["line 2"]
    with pytest.raises(Forbidden):
        operations.load_registry(
            "data-sharing", "enterprises", rows, label="c.csv", actor=make_actor(Role.AGENCY), at=at
        )
    found = sources.registry("data-sharing", at).ask("enterprises", {"uscc": rows[0]["uscc"]})
    assert getattr(found, "rows", None) == (rows[0],)


def test_extra_service_and_qualification_factories_agree(session: Session, at: datetime) -> None:
    agency = make_agency(matters=(), qualified=False)
    make_matter(SURVEY)
    make_service(agency, SURVEY)
    make_qualification(agency, "Q021", level="甲级")
    assert len(agency_file(agency.uscc).services) == 1


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
