"""Contracts in time: the reminder, the lapse with its faults, suspension, and people and jobs that act at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from supermarket.contracts import deadlines, operations
from supermarket.contracts.commands import Sign
from supermarket.contracts.models import Party
from supermarket.contracts.queries import (
    contract,
)
from supermarket.contracts.rules import END_REASONS
from supermarket.contracts.states import ContractState
from supermarket.core.errors import WrongState
from supermarket.core.permissions import SYSTEM, Actor, Role
from supermarket.core.unit import unit
from supermarket.core.working_days import due_date
from supermarket.extensions import db
from supermarket.projects import operations as projects
from supermarket.projects.states import ProjectState
from supermarket.selection.models import Award
from supermarket.selection.states import AwardState
from tests.factories.accounts import make_actor
from tests.factories.contracts import NOTICE_AT, make_contract, make_deal, make_running, sign
from tests.factories.reading import entries, tags, tick
from tests.threads import at_once, committing_app

DUE = datetime(2026, 3, 16, 16, 0, tzinfo=UTC)  # the end of 16 March: ten working days after 2 March
URGE = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)  # 09:00, three working days before


@pytest.mark.usefixtures("session")
class TestTimeIsOver:
    def test_one_reminder_three_working_days_before(self) -> None:
        deal = make_deal()
        make_contract(deal)
        assert tick(deadlines.DUE, URGE - timedelta(seconds=1)) == []
        assert tick(deadlines.DUE, URGE) == ["contracts.sign_reminder"]
        assert tick(deadlines.DUE, URGE) == []
        assert not operations.remind(deal.code, at=URGE)
        assert tags(deal.code)[-1] == "contract.sign_reminded"

    @pytest.mark.parametrize(
        ("signed", "missing", "faults"),
        [
            ((), "both", [("owner", "refused_to_sign", -10), ("agency", "did_not_sign", -8)]),
            ((Party.OWNER,), "agency", [("agency", "did_not_sign", -8)]),
            ((Party.AGENCY,), "owner", [("owner", "refused_to_sign", -10)]),
        ],
    )
    def test_it_lapses_and_who_had_not_signed_is_at_fault(
        self, signed: tuple[Party, ...], missing: str, faults: list[tuple[str, str, int]]
    ) -> None:
        deal = make_deal(in_order=2)
        make_contract(deal)
        for party in signed:
            sign(deal, party)
        assert tick(deadlines.DUE, DUE - timedelta(microseconds=1)) == ["contracts.sign_reminder"]
        assert tick(deadlines.DUE, DUE) == ["contracts.lapse"]
        row = contract(deal.code)
        assert (row.state, row.end_reason) == (ContractState.LAPSED, f"unsigned_{missing}")
        assert row.end_reason in END_REASONS
        assert entries() == faults
        assert deal.award.state is AwardState.LAPSED
        following = db.session.scalars(sa.select(Award).where(Award.state == AwardState.ANNOUNCED)).one_or_none()
        if missing == "owner":  # the agency had signed: an owner's silence chooses no other winner
            assert following is None
            assert (deal.project.state, deal.project.decliners) == (ProjectState.FAILED, [])
        else:
            assert following is not None and following.agency_id == deal.bodies[1].id
            assert (deal.project.state, deal.project.decliners) == (ProjectState.ANNOUNCED, [deal.bodies[0].uscc])
        assert tick(deadlines.DUE, DUE + timedelta(days=2)) == []
        assert not operations.lapse(deal.code, at=DUE)
        assert entries() == faults
        assert tags(deal.code).count("contract.lapsed") == 1

    def test_with_nobody_left_the_project_fails(self) -> None:
        deal = make_deal()
        make_contract(deal)
        tick(deadlines.DUE, DUE)
        assert deal.project.state is ProjectState.FAILED

    def test_after_two_days_off_it_catches_up(self) -> None:
        deal = make_deal()
        make_contract(deal)
        assert tick(deadlines.DUE, DUE + timedelta(days=2)) == ["contracts.sign_reminder", "contracts.lapse"]

    def test_what_is_signed_does_not_lapse(self) -> None:
        deal = make_running()
        assert tick(deadlines.DUE, DUE + timedelta(days=1)) == []
        assert contract(deal.code).state is ContractState.IN_FORCE
        assert entries() == []

    def test_a_suspension_stops_the_clock_and_gives_the_days_back(self) -> None:
        deal = make_deal()
        make_contract(deal)
        supervisor = make_actor(Role.SUPERVISOR)
        projects.suspend(
            deal.project.code, reason="投诉核查期间暂停", actor=supervisor, at=NOTICE_AT + timedelta(days=1)
        )
        assert tick(deadlines.DUE, DUE + timedelta(days=1)) == []
        # From Tuesday 3 March to Tuesday 17 March: ten working days.
        projects.resume(deal.project.code, reason="核查结束", actor=supervisor, at=DUE + timedelta(hours=12))
        row = contract(deal.code)
        assert due_date(row.sign_due_at).isoformat() == "2026-03-30"
        assert tick(deadlines.DUE, DUE + timedelta(days=1)) == []

    def test_a_draft_falls_with_its_project(self) -> None:
        deal = make_deal()
        make_contract(deal)
        projects.withdraw(deal.project.code, reason="项目取消建设", actor=deal.owner, at=NOTICE_AT)
        row = contract(deal.code)
        assert (row.state, row.end_reason) == (ContractState.LAPSED, "project_withdrawn")
        assert entries() == [("owner", "withdrew_after_award", -10)]
        with pytest.raises(WrongState):
            sign(deal, Party.OWNER)

    def test_a_contract_ends_with_a_terminated_project(self) -> None:
        deal = make_running()
        projects.terminate(deal.project.id, reason="双方协商解除", actor=SYSTEM, at=NOTICE_AT)
        assert contract(deal.code).state is ContractState.TERMINATED
        assert tags(deal.code)[-1] == "contract.terminated"


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application whose commits are real."""
    with committing_app(f"{worker_id}_contracts", redis_address, tmp_path_factory.mktemp("market")) as app:
        yield app


@dataclass(frozen=True)
class Made:
    """What the threads need of a committed deal."""

    code: str
    sha256: str
    owner: Actor
    agency: Actor


def committed(app: Flask) -> Made:
    with app.app_context(), unit():
        deal = make_deal(in_order=2)
        row = make_contract(deal)
        return Made(row.code, row.document.sha256, deal.owner, deal.agency)


def signing(made: Made, actor: Actor) -> Callable[[], object]:
    return lambda: operations.sign(made.code, Sign(made.sha256, True), actor=actor, at=NOTICE_AT)


class TestAtOnce:
    def test_both_sides_at_the_same_time(self, market: Flask) -> None:
        for _round in range(3):
            made = committed(market)
            assert at_once(market, [signing(made, made.owner), signing(made, made.agency)]) == ["done", "done"]
            with market.app_context():
                row = contract(made.code)
                assert (row.state, len(row.signatures)) == (ContractState.IN_FORCE, 2)
                assert tags(made.code).count("contract.in_force") == 1

    def test_a_doubled_signature_counts_once(self, market: Flask) -> None:
        made = committed(market)
        results = at_once(market, [signing(made, made.owner)] * 4)
        assert sorted(results) == ["409 signed_already"] * 3 + ["done"]
        with market.app_context():
            assert len(contract(made.code).signatures) == 1

    def test_two_jobs_lapse_it_once(self, market: Flask) -> None:
        made = committed(market)
        assert at_once(market, [lambda: operations.lapse(made.code, at=DUE)] * 2) == ["done", "done"]
        with market.app_context():
            assert tags(made.code).count("contract.lapsed") == 1
            project_id = contract(made.code).project_id
            awards = db.session.scalars(sa.select(Award.state).where(Award.project_id == project_id)).all()
            assert sorted(awards) == [AwardState.ANNOUNCED, AwardState.LAPSED]

    def test_two_drafts_of_one_award(self, market: Flask) -> None:
        with market.app_context(), unit():
            award_id = make_deal().award.id
        drafting = [lambda: operations.draft_from_award(award_id, at=NOTICE_AT)] * 2
        assert sorted(at_once(market, drafting)) == ["409 conflict", "done"]
