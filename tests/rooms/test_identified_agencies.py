"""Agencies whose account came through the unified identity: listed at once, each service by its own checks."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.accounts.models import Identity, Organisation, OrganisationKind
from supermarket.accounts.national import FirstVisit, bind, come_in, open_account, spend
from supermarket.agencies.checks.base import StatedIdentity
from supermarket.agencies.checks.identity import NationalIdentityCheck, stated
from supermarket.agencies.checks.sources import DATA_SHARING, SOCIAL_CREDIT
from supermarket.agencies.commands import ChangeOfStanding, NewService
from supermarket.agencies.models import (
    Agency,
    Onboarding,
    Outcome,
    Qualification,
    Reverification,
    Standing,
    StandingChange,
)
from supermarket.agencies.operations import add_service, change_standing, run_checks, submit_for_checks
from supermarket.agencies.operations.files import file_of
from supermarket.agencies.operations.identity import enter_identified, list_at_once
from supermarket.agencies.queries import agency_file
from supermarket.agencies.states import StandingAction
from supermarket.core.errors import Conflict, Forbidden, InvalidInput
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Actor, Role
from tests.factories.accounts import make_organisation, make_user
from tests.factories.agencies import make_agency, make_needed_qualifications, make_service
from tests.factories.identity import AGENCY, OWNER, make_legal_person
from tests.factories.matters import SOME_MATTER, make_matter
from tests.factories.policies import CHENGDU_WUHOU, count, make_region
from tests.factories.registries import World, make_world

VISIT = FirstVisit(OrganisationKind.AGENCY, CHENGDU_WUHOU, "identified@example.test", "zh_CN")


def entered(at: datetime, *, assured: bool = True) -> tuple[Agency, Actor]:
    """An agency that came through the platform and was entered."""
    make_region(CHENGDU_WUHOU)
    user = open_account(make_legal_person(assured=assured), VISIT, at=at)
    actor = user.actor()
    body = user.memberships[0].organisation_id
    return enter_identified(body, legal_representative=AGENCY.legal_representative, actor=actor, at=at), actor


def outcome(agency: Agency, at: datetime) -> Outcome:
    """What the check says of it."""
    (found,) = NationalIdentityCheck().run(file_of(agency.uscc, at), {})
    return found.outcome


def test_listed_at_once_with_its_basis_and_its_checks_due(session: Session, at: datetime) -> None:
    agency, _actor = entered(at)
    assert (agency.standing, agency.onboarding, agency.checks_due_at) == (Standing.ACTIVE, Onboarding.ADMITTED, at)
    change = session.scalars(sa.select(StandingChange)).one()
    assert (change.before, change.after, change.from_at) == (Standing.APPLIED, Standing.ACTIVE, at)
    assert change.basis == "该账户通过统一身份认证进入；各项服务在各自核验通过后显示。"
    admitted = session.scalars(sa.select(Event).where(Event.tag == "agency.admitted")).one()
    assert (admitted.actor_user_id, admitted.data["by_system"]) == (None, True)
    assert outcome(agency, at) is Outcome.PASS


def test_its_services_are_hidden_until_they_are_checked(session: Session, at: datetime) -> None:
    agency, actor = entered(at)
    make_matter(SOME_MATTER)
    service = add_service(agency.uscc, NewService(SOME_MATTER, "按合同约定", 10), actor=actor, at=at)
    assert service.hidden_reason == "unchecked"


@pytest.fixture
def world(app: Flask, session: Session) -> Iterator[World]:
    """Registries that know what a test tells them."""
    with make_world(app) as made:
        yield made


def test_each_service_opens_by_its_own_checks(session: Session, at: datetime, world: World) -> None:
    agency, actor = entered(at)
    uscc = agency.uscc
    for code in ("ZJ029", "ZJ043"):
        make_matter(code)
        add_service(uscc, NewService(code, "按合同约定", 10), actor=actor, at=at)
        make_needed_qualifications(agency, code)
    session.execute(sa.update(Qualification).values(verified_at=None))
    session.flush()
    world.down = {DATA_SHARING, SOCIAL_CREDIT}
    world.put()
    run_checks(uscc, actor=SYSTEM, at=at)
    assert [item.hidden_reason for item in agency.services] == ["unchecked", "unchecked"]
    assert agency.standing is Standing.ACTIVE  # a silent registry takes nothing away
    world.down = set()
    world.confirm(agency, business_scope="工程测量；测绘服务；工程勘察；地质灾害评估；不动产测绘")
    run_checks(uscc, actor=SYSTEM, at=at + timedelta(hours=1))
    session.expire_all()
    confirmed = {item.matter_code: item.hidden_reason for item in agency_file(uscc).services}
    assert None in confirmed.values()
    world.confirm(agency, status="吊销")
    run_checks(uscc, actor=SYSTEM, at=at + timedelta(hours=2))
    session.expire_all()
    row = agency_file(uscc)
    assert {item.hidden_reason for item in row.services} == {"check:registration"}
    assert row.standing is Standing.ACTIVE
    case = session.scalars(sa.select(Reverification)).one()
    assert (case.agency_id, case.codes) == (row.id, ["registration"])


def test_what_an_import_brought_is_kept(session: Session, at: datetime) -> None:
    imported = make_agency(uscc=AGENCY.uscc, standing=Standing.APPLIED, matters=())
    imported.organisation_id = None
    session.flush()
    session.execute(sa.delete(Organisation).where(Organisation.uscc == AGENCY.uscc))
    imported.pledge_signed_at = None
    make_service(imported, make_matter(SOME_MATTER).code).hidden_reason = None
    session.flush()
    agency, _actor = entered(at)
    assert (agency.id, agency.standing) == (imported.id, Standing.ACTIVE)
    assert (agency.name, agency.address) == (AGENCY.org_name, "四川省成都市武侯区示范大道1号")
    assert [service.hidden_reason for service in agency.services] == ["unchecked"]


def test_without_the_platforms_word_the_checks_decide_as_for_everybody(session: Session, at: datetime) -> None:
    agency, actor = entered(at, assured=False)
    assert (agency.standing, agency.onboarding) == (Standing.APPLIED, Onboarding.DRAFT)
    assert outcome(agency, at) is Outcome.UNKNOWN
    assert submit_for_checks(agency.uscc, actor=actor, at=at).onboarding is Onboarding.CHECKING


def test_a_password_account_is_neither_better_nor_worse(session: Session, at: datetime) -> None:
    agency = make_agency(standing=Standing.APPLIED)
    assert outcome(agency, at) is Outcome.NOT_APPLICABLE
    assert list_at_once(agency.uscc, at=at).standing is Standing.APPLIED


def test_an_identity_of_another_code_fails(session: Session, at: datetime) -> None:
    agency, _actor = entered(at)
    session.scalars(sa.select(Identity)).one().uscc = OWNER.uscc
    session.flush()
    assert outcome(agency, at) is Outcome.FAIL
    assert stated([agency.organisation_id])[agency.organisation_id] == StatedIdentity(OWNER.uscc, True)


def before_pledge(agency: Agency) -> None:
    agency.pledge_signed_at = None


def refused_before(agency: Agency) -> None:
    agency.onboarding = Onboarding.REFUSED


@pytest.mark.parametrize("bend", [before_pledge, refused_before])
def test_who_is_not_listed_at_once(session: Session, at: datetime, bend: Callable[[Agency], None]) -> None:
    body = make_organisation(OrganisationKind.AGENCY, uscc=AGENCY.uscc)
    agency = make_agency(organisation=body, standing=Standing.APPLIED, matters=())
    bend(agency)
    user = make_user(Role.AGENCY, body)
    bind(make_legal_person(), user, actor=user.actor(), at=at)
    assert list_at_once(agency.uscc, at=at).standing is Standing.APPLIED


def test_who_was_out_comes_back_through_the_checks(session: Session, at: datetime) -> None:
    agency, _actor = entered(at)
    for step, action in enumerate((StandingAction.BLACKLIST, StandingAction.UNLIST), start=1):
        command = ChangeOfStanding(basis="决定", proposer="主管部门", executor="平台")
        change_standing(agency.uscc, action, command, actor=SYSTEM, at=at + timedelta(days=step))
    assert agency.standing is Standing.APPLIED
    assert list_at_once(agency.uscc, at=at + timedelta(days=3)).standing is Standing.APPLIED


def test_an_answer_is_spent_once_and_old_ones_are_forgotten(session: Session, at: datetime) -> None:
    spend(make_legal_person(), at=at)
    with pytest.raises(Conflict) as error:
        spend(make_legal_person(), at=at)
    assert error.value.code == "identity_used"
    spend(make_legal_person(nonce="other"), at=at + timedelta(days=3))
    assert session.scalar(sa.text("SELECT count(*) FROM platform.identity_nonces")) == 1


def test_coming_in_again_remembers_what_the_platform_says_now(session: Session, at: datetime) -> None:
    assert come_in(make_legal_person(), at=at) is None
    _agency, actor = entered(at)
    user = come_in(make_legal_person(assured=False), at=at + timedelta(days=1))
    kept = session.scalars(sa.select(Identity)).one()
    assert user is not None and user.id == actor.user_id
    assert (kept.assured, kept.last_used_at) == (False, at + timedelta(days=1))


def test_an_identity_opens_one_account(session: Session, at: datetime) -> None:
    entered(at)
    for visit in (VISIT, FirstVisit(OrganisationKind.OWNER, CHENGDU_WUHOU, "other@example.test", "en")):
        with pytest.raises(Conflict) as error:
            open_account(make_legal_person(), visit, at=at)
        assert error.value.code == "identity_bound"


def test_only_owners_and_agencies_open_accounts_this_way(session: Session, at: datetime) -> None:
    make_region(CHENGDU_WUHOU)
    with pytest.raises(InvalidInput):
        open_account(
            make_legal_person(), FirstVisit(OrganisationKind.OPERATOR, CHENGDU_WUHOU, "o@example.test", "en"), at=at
        )
    assert count(Organisation) == 0


def test_nobody_binds_for_somebody_else(session: Session, at: datetime) -> None:
    body = make_organisation(OrganisationKind.OWNER, uscc=OWNER.uscc)
    member, colleague = make_user(Role.OWNER, body), make_user(Role.OWNER, body)
    with pytest.raises(Forbidden):
        bind(make_legal_person(OWNER), member, actor=colleague.actor(), at=at)
    assert count(Identity) == 0
