"""Register 2: checks, decision, standing."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies import operations
from supermarket.agencies.checks import sources
from supermarket.agencies.commands import (
    ChangeOfStanding,
)
from supermarket.agencies.deadlines import DUE
from supermarket.agencies.models import (
    Agency,
    Check,
    Onboarding,
    Outcome,
    Qualification,
    Service,
    Standing,
    StandingChange,
)
from supermarket.agencies.queries import agency_file, last_checks, offering, offering_counts, waiting_for_decision
from supermarket.agencies.states import ONBOARDING, STANDING, OnboardingAction, StandingAction
from supermarket.core.errors import Forbidden, InvalidInput, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Role
from supermarket.extensions import db
from tests.factories.accounts import fresh_uscc, make_actor
from tests.factories.agencies import (
    make_agency,
    make_agency_actor,
    make_practitioner,
    make_qualification,
    make_service,
)
from tests.factories.matters import make_matter
from tests.factories.policies import count

SURVEY = "ZJ051"
CHANGE = ChangeOfStanding(basis="川信〔2026〕1号", proposer="四川省某主管部门", executor="运营机构")


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
            "licence_kind": item.kind_code,
            "licence_number": item.number,
            "registered_until": item.registered_until.isoformat(),
        }
        for person in row.practitioners
        for item in person.live_licences
    ]

    def load(name: str, question: str, rows: list[dict[str, str]]) -> None:
        operations.load_registry(name, question, rows, label="test.csv", actor=SYSTEM, at=at)

    load(sources.DATA_SHARING, sources.ENTERPRISES, [enterprise])
    load(sources.SOCIAL_CREDIT, sources.DISHONESTY, [])
    load(sources.NATIONAL_DISHONESTY, sources.DISHONESTY, [])
    load(sources.PENALTY_LIST, sources.PENALTIES, [])
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
        "national_identity": {"not_applicable"},
    }
    change = session.scalars(sa.select(StandingChange)).one()
    assert (change.before, change.after) == (Standing.APPLIED, Standing.ACTIVE)
    tags = session.scalars(sa.select(Event.tag).where(Event.agency_uscc == agency.uscc).order_by(Event.id)).all()
    # In the market first, then its services.
    assert tags == [
        "agency.submitted",
        "agency.checked",
        "agency.standing_changed",
        "agency.admitted",
        "agency.service_shown",
    ]


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
    assert failed == [*["registration"] * 4, "legal_representative", "pledge"]
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
    change = operations.change_standing(agency.uscc, StandingAction.RECTIFY, CHANGE, actor=operator, at=at)
    assert (change.before, change.after, change.basis) == (Standing.ACTIVE, Standing.RECTIFYING, "川信〔2026〕1号")


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
