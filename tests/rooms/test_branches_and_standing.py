"""Standing by act and service, branches under their head office, and whose region it is (onboarding.md)."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies import operations
from supermarket.agencies.checks.branches import BranchAuthorityCheck
from supermarket.agencies.commands import ChangeOfStanding
from supermarket.agencies.deadlines import DUE
from supermarket.agencies.models import (
    Agency,
    Check,
    Onboarding,
    Outcome,
    Service,
    ServiceWithdrawal,
    Standing,
    StandingAction,
    StandingChange,
)
from supermarket.agencies.operations.onboarding import file_of
from supermarket.agencies.queries import standing_changes
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Actor, Role
from supermarket.documents.models import Document
from supermarket.extensions import db
from tests.factories.accounts import make_actor
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.policies import CHENGDU_WUHOU, make_region

SURVEY, OTHER = "ZJ001", "ZJ002"
CHENGDU, MIANYANG, SICHUAN = "510100", "510700", "510000"
CHANGE = ChangeOfStanding(basis="川信〔2026〕1号", proposer="测试主管部门", executor="测试运营单位")
KIND = {kind.name: kind for kind in DUE}


def operator(region: str | None = SICHUAN) -> Actor:
    return make_actor(Role.OPERATOR, region_code=region)


def shown(agency: Agency, at: datetime) -> dict[str, str | None]:
    """The reason for which each service is hidden."""
    rows = db.session.scalars(
        sa.select(Service).where(Service.agency_id == agency.id).execution_options(populate_existing=True)
    )
    return {row.matter_code: row.hidden_reason for row in rows}


def standing_of(agency: Agency) -> Standing:
    return db.session.get_one(Agency, agency.id, populate_existing=True).standing


def make_branch(head: Agency, **wanted: object) -> Agency:
    """A branch with its head office's authority on file."""
    row = make_agency(**wanted)  # type: ignore[arg-type]  # whatever make_agency takes
    paper = Document(
        sha256=f"{row.id:064d}",
        size=10,
        media_type="application/pdf",
        name="授权书.pdf",
        subject_kind="agency",
        subject_code=row.uscc,
        owner_organisation_id=row.organisation_id,
        public=False,
        stored_at=row.applied_at,
    )
    db.session.add(paper)
    db.session.flush()
    row.is_branch, row.head_office_uscc, row.branch_authority_id = True, head.uscc, paper.id
    db.session.flush()
    return row


def checked(agency: Agency, at: datetime) -> None:
    """Services shown as the certificates carry them, the registered scope covering each, without asking registries."""
    known = set(db.session.scalars(sa.select(Check.subject).where(Check.agency_id == agency.id)))
    for service in agency.services:
        subject = f"service:{service.matter_code}"
        if subject not in known:
            db.session.add(
                Check(
                    agency_id=agency.id,
                    code="registration",
                    subject=subject,
                    outcome=Outcome.PASS,
                    registry_name="data-sharing",
                    reference="",
                    sentence="The registered scope of business covers the service.",
                    parameters={},
                    first_at=at,
                    last_at=at,
                )
            )
    db.session.flush()
    operations.onboarding.refresh_services(agency, file_of(agency.uscc, at), at)


# -- region


@pytest.mark.parametrize("region", [MIANYANG, "510700"])
def test_an_officer_of_another_city_decides_nothing_and_nothing_is_written(
    session: Session, at: datetime, region: str
) -> None:
    make_region(MIANYANG)
    waiting = make_agency(standing=Standing.APPLIED, matters=())
    waiting.onboarding, waiting.decision_due_at = Onboarding.WAITING, at
    agency = make_agency(matters=(SURVEY,))
    session.flush()
    stranger = operator(region)
    before = session.scalar(sa.select(sa.func.count()).select_from(Event))
    acts = (
        lambda: operations.decide(waiting.uscc, admit=True, reason="看过原件。", actor=stranger, at=at),
        lambda: operations.run_checks(agency.uscc, actor=stranger, at=at),
        lambda: operations.freeze(agency.uscc, basis="依据", until=None, actor=stranger, at=at),
        lambda: operations.change_standing(agency.uscc, StandingAction.RECTIFY, CHANGE, actor=stranger, at=at),
        lambda: operations.withdraw_service(agency.uscc, SURVEY, CHANGE, actor=stranger, at=at),
        lambda: operations.restore_service(agency.uscc, SURVEY, CHANGE, actor=stranger, at=at),
    )
    for act in acts:
        with pytest.raises(Forbidden):
            act()
    assert session.scalar(sa.select(sa.func.count()).select_from(Event)) == before
    assert (standing_of(waiting), standing_of(agency)) == (Standing.APPLIED, Standing.ACTIVE)
    assert list(standing_changes(agency.id)) == []


@pytest.mark.parametrize("region", [CHENGDU_WUHOU, CHENGDU, SICHUAN, None])
def test_the_offices_above_an_agency_decide_on_it(session: Session, at: datetime, region: str | None) -> None:
    agency = make_agency(matters=())
    operations.freeze(agency.uscc, basis="依据", until=None, actor=operator(region), at=at)
    assert standing_of(agency) is Standing.FROZEN


def test_an_agency_of_another_province_is_in_the_charge_of_the_markets_home(session: Session, at: datetime) -> None:
    make_region("610113")
    agency = make_agency(matters=(), region_code="610113")
    for region in (CHENGDU, "610113"):
        with pytest.raises(Forbidden):
            operations.freeze(agency.uscc, basis="依据", until=None, actor=operator(region), at=at)
    operations.freeze(agency.uscc, basis="依据", until=None, actor=operator(SICHUAN), at=at)
    assert standing_of(agency) is Standing.FROZEN


# -- acts


@pytest.mark.parametrize(
    ("standing", "action"),
    [
        (Standing.ACTIVE, StandingAction.BLACKLIST),
        (Standing.ACTIVE, StandingAction.EXPEL),
        (Standing.BLACKLISTED, StandingAction.UNLIST),
        (Standing.ACTIVE, StandingAction.WITHDRAW_SERVICE),
    ],
)
def test_what_takes_a_list_or_two_offices_is_not_done_by_one_officer(
    session: Session, at: datetime, standing: Standing, action: StandingAction
) -> None:
    agency = make_agency(matters=(), standing=standing)
    with pytest.raises(InvalidInput) as refused:
        operations.change_standing(agency.uscc, action, CHANGE, actor=operator(), at=at)
    assert [(error.field, error.code) for error in refused.value.errors] == [("action", "elsewhere")]
    assert standing_of(agency) is standing


def test_every_line_of_the_history_names_its_act(session: Session, at: datetime) -> None:
    agency, actor = make_agency(matters=()), operator()
    operations.change_standing(agency.uscc, StandingAction.RECTIFY, CHANGE, actor=actor, at=at)
    operations.change_standing(agency.uscc, StandingAction.RECTIFIED, CHANGE, actor=actor, at=at)
    operations.change_standing(agency.uscc, StandingAction.LEAVE, CHANGE, actor=actor, at=at)
    assert [(row.action, row.after) for row in standing_changes(agency.id)] == [
        (StandingAction.LEAVE, Standing.LEFT),
        (StandingAction.RECTIFIED, Standing.ACTIVE),
        (StandingAction.RECTIFY, Standing.RECTIFYING),
    ]


def test_a_rectification_with_an_end_ends_by_itself_once(session: Session, at: datetime) -> None:
    agency = make_agency(matters=())
    until = at + timedelta(days=30)
    command = ChangeOfStanding(basis="依据", proposer="甲", executor="乙", until=until)
    operations.change_standing(agency.uscc, StandingAction.RECTIFY, command, actor=operator(), at=at)
    kind = KIND["agency_freeze_over"]
    assert kind.find(until - timedelta(seconds=1), 10) == []
    assert kind.act(agency.id, until - timedelta(seconds=1), None) is False
    assert [kind.act(agency.id, until, None) for _ in range(2)] == [True, False]
    assert standing_of(agency) is Standing.ACTIVE
    assert standing_changes(agency.id)[0].action is StandingAction.RECTIFIED


def test_an_end_belongs_to_acts_that_end(session: Session, at: datetime) -> None:
    agency = make_agency(matters=())
    command = ChangeOfStanding(basis="依据", proposer="甲", executor="乙", until=at + timedelta(days=1))
    with pytest.raises(InvalidInput) as refused:
        operations.change_standing(agency.uscc, StandingAction.LEAVE, command, actor=operator(), at=at)
    assert [error.field for error in refused.value.errors] == ["until"]


# -- one service


def test_one_service_is_withdrawn_and_the_others_go_on(session: Session, at: datetime) -> None:
    agency, actor = make_agency(matters=(SURVEY, OTHER)), operator()
    checked(agency, at)
    assert shown(agency, at) == {SURVEY: None, OTHER: None}
    change = operations.withdraw_service(agency.uscc, SURVEY, CHANGE, actor=actor, at=at)
    assert (change.matter_code, change.before, change.after) == (SURVEY, Standing.ACTIVE, Standing.ACTIVE)
    assert shown(agency, at) == {SURVEY: "withdrawn", OTHER: None}
    with pytest.raises(Conflict):
        operations.withdraw_service(agency.uscc, SURVEY, CHANGE, actor=actor, at=at)
    checked(agency, at)
    assert shown(agency, at)[SURVEY] == "withdrawn", "checks do not give back what an office took"
    operations.restore_service(agency.uscc, SURVEY, CHANGE, actor=actor, at=at)
    assert shown(agency, at) == {SURVEY: None, OTHER: None}
    with pytest.raises(Conflict):
        operations.restore_service(agency.uscc, SURVEY, CHANGE, actor=actor, at=at)
    tags = session.scalars(sa.select(Event.tag).where(Event.subject_code == agency.uscc).order_by(Event.id)).all()
    assert [tag for tag in tags if tag.startswith("agency.service_")][-4:] == [
        "agency.service_withdrawn",
        "agency.service_hidden",
        "agency.service_restored",
        "agency.service_shown",
    ]


def test_a_withdrawal_names_a_service_that_there_is_and_an_agency_in_the_market(session: Session, at: datetime) -> None:
    agency, gone = make_agency(matters=(SURVEY,)), make_agency(matters=(SURVEY,), standing=Standing.LEFT)
    with pytest.raises(InvalidInput) as refused:
        operations.withdraw_service(agency.uscc, OTHER, CHANGE, actor=operator(), at=at)
    assert [error.field for error in refused.value.errors] == ["matter"]
    with pytest.raises(WrongState):
        operations.withdraw_service(gone.uscc, SURVEY, CHANGE, actor=operator(), at=at)
    assert session.scalars(sa.select(ServiceWithdrawal)).all() == []


def test_a_withdrawal_with_an_end_ends_by_itself_once(session: Session, at: datetime) -> None:
    agency = make_agency(matters=(SURVEY,))
    until = at + timedelta(days=10)
    command = ChangeOfStanding(basis="依据", proposer="甲", executor="乙", until=until)
    operations.withdraw_service(agency.uscc, SURVEY, command, actor=operator(), at=at)
    kind = KIND["service_withdrawal_over"]
    assert kind.find(until - timedelta(seconds=1), 10) == []
    ((due, number),) = kind.find(until, 10)
    assert due == until
    assert [kind.act(number, until, None) for _ in range(2)] == [True, False]
    assert kind.find(until, 10) == []
    assert standing_changes(agency.id)[0].action is StandingAction.RESTORE_SERVICE


def test_the_database_keeps_the_history_as_it_was_written(session: Session, at: datetime) -> None:
    agency = make_agency(matters=())
    operations.freeze(agency.uscc, basis="依据", until=None, actor=operator(), at=at)
    for statement in (sa.update(StandingChange).values(basis="改过"), sa.delete(StandingChange)):
        with pytest.raises(sa.exc.DBAPIError), session.begin_nested():
            session.execute(statement)


# -- branches


def test_a_frozen_head_office_hides_its_branches_services_until_it_is_lifted(session: Session, at: datetime) -> None:
    head, actor = make_agency(matters=()), operator()
    branch, stranger = make_branch(head, matters=(SURVEY,)), make_agency(matters=(SURVEY,))
    for row in (branch, stranger):
        checked(row, at)
    operations.freeze(head.uscc, basis="依据", until=None, actor=actor, at=at)
    assert shown(branch, at) == {SURVEY: "head_office"}
    assert shown(stranger, at) == {SURVEY: None}
    assert standing_of(branch) is Standing.ACTIVE
    checked(branch, at)
    assert shown(branch, at) == {SURVEY: "head_office"}
    operations.unfreeze(head.uscc, basis="依据", actor=actor, at=at)
    assert shown(branch, at) == {SURVEY: None}


@pytest.mark.parametrize("action", [StandingAction.BLACKLIST, StandingAction.EXPEL, StandingAction.FREEZE])
def test_what_bars_the_head_office_reaches_every_branch(session: Session, at: datetime, action: StandingAction) -> None:
    head = make_agency(matters=())
    branches = [make_branch(head, matters=(SURVEY,)) for _ in range(2)]
    operations.change_standing(head.uscc, action, CHANGE, actor=SYSTEM, at=at)
    assert [shown(row, at) for row in branches] == [{SURVEY: "head_office"}] * 2


def test_the_head_office_takes_its_authority_back_and_the_branchs_check_fails(session: Session, at: datetime) -> None:
    head = make_agency(matters=())
    branch = make_branch(head, matters=(SURVEY,))
    boss, others = make_agency_actor(head), make_agency_actor(branch)

    def fails() -> bool:
        return Outcome.FAIL in {found.outcome for found in BranchAuthorityCheck().run(file_of(branch.uscc, at), {})}

    assert not fails()
    with pytest.raises(Forbidden):
        operations.revoke_branch_authority(branch.uscc, reason="不再授权。", actor=others, at=at)
    with pytest.raises(InvalidInput):
        operations.revoke_branch_authority(branch.uscc, reason=" ", actor=boss, at=at)
    with pytest.raises(NotFound):
        operations.revoke_branch_authority(head.uscc, reason="不再授权。", actor=boss, at=at)
    with pytest.raises(Conflict):
        operations.restore_branch_authority(branch.uscc, reason="重新授权。", actor=boss, at=at)
    assert not fails()
    operations.revoke_branch_authority(branch.uscc, reason="不再授权。", actor=boss, at=at)
    assert (fails(), branch.checks_due_at) == (True, at)
    with pytest.raises(Conflict):
        operations.revoke_branch_authority(branch.uscc, reason="不再授权。", actor=boss, at=at)
    operations.restore_branch_authority(branch.uscc, reason="重新授权。", actor=boss, at=at)
    assert not fails()
    tags = session.scalars(sa.select(Event.tag).where(Event.subject_code == branch.uscc).order_by(Event.id)).all()
    assert tags == ["agency.branch_authority_revoked", "agency.branch_authority_restored"]
