"""Deliverables: handed in, returned and counted, accepted, silence, lateness, what the authority recorded."""

from datetime import UTC, datetime, timedelta

import pytest

from supermarket.contracts.commands import Upload
from supermarket.contracts.queries import contract
from supermarket.contracts.states import ContractState
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import ANONYMOUS, SYSTEM, Role
from supermarket.deliverables import deadlines, operations
from supermarket.deliverables.commands import RecordOutcome, Submit
from supermarket.deliverables.models import Deliverable, Submission
from supermarket.deliverables.queries import (
    deliverable,
    deliverables_of,
    submission_document,
    waiting_to_decide,
    waiting_to_submit,
)
from supermarket.deliverables.rules import days_late
from supermarket.deliverables.states import ApprovalOutcome, Decision, DeliverableState
from supermarket.extensions import db
from supermarket.payments.queries import item
from supermarket.payments.states import PaymentState
from supermarket.projects import operations as projects
from supermarket.projects.models import Funding
from supermarket.projects.states import ProjectState
from supermarket.ratings.score import Outcome
from tests.factories.accounts import make_actor
from tests.factories.contracts import NOTICE_AT, PDF, Deal, accept, make_deal, make_running, pay, submit
from tests.factories.policies import count
from tests.factories.reading import entries, tags, tick

DUE = datetime(2026, 3, 22, 16, 0, tzinfo=UTC)  # the end of 22 March: twenty days after 2 March
URGE = datetime(2026, 3, 18, 1, 0, tzinfo=UTC)  # 09:00, three working days before that Sunday
DAY = timedelta(days=1)


def at_state(deal: Deal, state: DeliverableState) -> Deliverable:
    """Bring the first deliverable into a state."""
    if state is not DeliverableState.DUE:
        submit(deal, at=NOTICE_AT)
    if state is DeliverableState.RETURNED:
        operations.return_(deal.code, 1, reasons="缺少附图", actor=deal.owner, at=NOTICE_AT)
    if state is DeliverableState.ACCEPTED:
        accept(deal, at=NOTICE_AT)
    row = deliverable(deal.code, 1)
    assert row.state is state
    return row


def test_the_outcomes_are_those_of_the_score() -> None:
    assert [outcome.value for outcome in ApprovalOutcome] == [outcome.value for outcome in Outcome]


@pytest.mark.parametrize(
    ("submitted", "late"),
    [
        (DUE - DAY, 0),
        (DUE - timedelta(microseconds=1), 0),
        (DUE, 1),
        (DUE + DAY - timedelta(seconds=1), 1),
        (DUE + DAY, 2),
    ],
)
def test_days_late(submitted: datetime, late: int) -> None:
    assert days_late(DUE, submitted) == late


@pytest.mark.usefixtures("session")
class TestLife:
    def test_planned_when_the_contract_is_in_force(self) -> None:
        wanted: list[dict[str, str | int]] = [{"name": "报告", "due_days": 20}, {"name": "附图", "due_days": 30}]
        deal = make_running(make_deal(deliverables=wanted))
        rows = deliverables_of(contract(deal.code))
        assert [(row.number, row.name, row.due_days, row.state) for row in rows] == [
            (1, "报告", 20, DeliverableState.DUE),
            (2, "附图", 30, DeliverableState.DUE),
        ]
        assert (rows[0].due_at, rows[0].urge_at) == (DUE, URGE)

    def test_returned_once_then_accepted(self) -> None:
        deal = make_running()
        submit(deal, at=NOTICE_AT)
        row = operations.return_(deal.code, 1, reasons=" 缺少附图 ", actor=deal.owner, at=NOTICE_AT + DAY)
        assert (row.state, row.returned_count, row.decide_due_at) == (DeliverableState.RETURNED, 1, None)
        submit(deal, at=NOTICE_AT + 2 * DAY)
        accept(deal, at=NOTICE_AT + 3 * DAY)
        row = deliverable(deal.code, 1)
        assert (row.state, row.accepted_at, row.deemed) == (DeliverableState.ACCEPTED, NOTICE_AT + 3 * DAY, False)
        assert [(each.number, each.decision, each.reasons) for each in row.submissions] == [
            (1, Decision.RETURNED, "缺少附图"),
            (2, Decision.ACCEPTED, ""),
        ]
        assert entries() == []
        assert tags(deal.code)[-4:] == [
            "deliverable.returned",
            "deliverable.submitted",
            "deliverable.accepted",
            "payment.fell_due",
        ]

    def test_the_owner_has_ten_working_days(self) -> None:
        deal = make_running()
        submit(deal, at=NOTICE_AT)
        assert deliverable(deal.code, 1).decide_due_at == datetime(2026, 3, 16, 16, 0, tzinfo=UTC)

    def test_the_file_is_for_sides_and_offices(self) -> None:
        deal = make_running()
        submit(deal, at=NOTICE_AT)
        row = contract(deal.code)
        for actor in (deal.owner, deal.agency, make_actor(Role.REGULATOR), SYSTEM):
            assert submission_document(row, 1, 1, actor).name == "report.pdf"
        for actor in (ANONYMOUS, make_actor(Role.AGENCY)):
            with pytest.raises(NotFound):
                submission_document(row, 1, 1, actor)
        with pytest.raises(NotFound):
            submission_document(row, 1, 2, deal.owner)

    def test_a_file_that_is_not_what_it_says_changes_nothing(self) -> None:
        deal = make_running()
        with pytest.raises(InvalidInput) as refused:
            operations.submit(deal.code, 1, Submit(Upload(b"MZ\x90", "报告.pdf")), actor=deal.agency, at=NOTICE_AT)
        assert [error.field for error in refused.value.errors] == ["file"]
        assert (count(Submission), deliverable(deal.code, 1).state) == (0, DeliverableState.DUE)

    def test_reasons_are_needed(self) -> None:
        deal = make_running()
        submit(deal, at=NOTICE_AT)
        with pytest.raises(InvalidInput):
            operations.return_(deal.code, 1, reasons="  ", actor=deal.owner, at=NOTICE_AT)
        assert deliverable(deal.code, 1).returned_count == 0

    def test_there_is_no_other_deliverable(self) -> None:
        deal = make_running()
        with pytest.raises(NotFound):
            submit(deal, 2, at=NOTICE_AT)
        with pytest.raises(NotFound):
            operations.accept("C-2026-999999", 1, actor=deal.owner, at=NOTICE_AT)

    @pytest.mark.parametrize("state", list(DeliverableState))
    @pytest.mark.parametrize("action", ["submit", "return", "accept"])
    def test_every_state_and_action(self, state: DeliverableState, action: str) -> None:
        deal = make_running()
        at_state(deal, state)
        allowed = {
            DeliverableState.DUE: {"submit"},
            DeliverableState.SUBMITTED: {"return", "accept"},
            DeliverableState.RETURNED: {"submit"},
            DeliverableState.ACCEPTED: set(),
        }[state]
        acts = {
            "submit": lambda: submit(deal, at=NOTICE_AT),
            "return": lambda: operations.return_(deal.code, 1, reasons="补正", actor=deal.owner, at=NOTICE_AT),
            "accept": lambda: accept(deal, at=NOTICE_AT),
        }
        before = count(Event)
        if action in allowed:
            acts[action]()
            assert deliverable(deal.code, 1).state is not state
            return
        with pytest.raises(WrongState) as refused:
            acts[action]()
        assert set(refused.value.allowed) == allowed
        assert deliverable(deal.code, 1).state is state
        assert count(Event) == before

    @pytest.mark.parametrize("state", [ContractState.SUSPENDED, ContractState.TERMINATED, ContractState.COMPLETED])
    def test_only_while_the_contract_is_in_force(self, state: ContractState) -> None:
        deal = make_running()
        contract(deal.code).state = state
        db.session.flush()
        with pytest.raises(WrongState):
            submit(deal, at=NOTICE_AT)
        assert count(Submission) == 0

    @pytest.mark.parametrize("who", ["owner", "stranger", "operator"])
    def test_only_the_agency_hands_in(self, who: str) -> None:
        deal = make_running()
        actor = {"owner": deal.owner, "stranger": make_actor(Role.AGENCY), "operator": make_actor(Role.OPERATOR)}[who]
        with pytest.raises(Forbidden):
            operations.submit(deal.code, 1, Submit(Upload(PDF, "a.pdf")), actor=actor, at=NOTICE_AT)
        assert count(Submission) == 0

    @pytest.mark.parametrize("who", ["agency", "stranger", "operator"])
    def test_only_the_owner_decides(self, who: str) -> None:
        deal = make_running()
        submit(deal, at=NOTICE_AT)
        actor = {"agency": deal.agency, "stranger": make_actor(Role.OWNER), "operator": make_actor(Role.OPERATOR)}[who]
        with pytest.raises(Forbidden):
            operations.accept(deal.code, 1, actor=actor, at=NOTICE_AT)
        with pytest.raises(Forbidden):
            operations.return_(deal.code, 1, reasons="补正", actor=actor, at=NOTICE_AT)
        assert deliverable(deal.code, 1).state is DeliverableState.SUBMITTED


@pytest.mark.usefixtures("session")
class TestTime:
    def test_reminder_and_overdue_come_once(self) -> None:
        deal = make_running()
        assert tick(deadlines.DUE, URGE - timedelta(seconds=1)) == []
        assert tick(deadlines.DUE, URGE) == ["deliverables.reminder"]
        assert tick(deadlines.DUE, DUE - timedelta(microseconds=1)) == []
        assert tick(deadlines.DUE, DUE) == ["deliverables.overdue"]
        assert tick(deadlines.DUE, DUE + DAY) == []
        assert not operations.note_overdue(deal.code, 1, at=DUE + DAY)
        assert tags(deal.code)[-2:] == ["deliverable.reminded", "deliverable.overdue"]
        assert entries() == []

    def test_handed_in_before_the_job_came_it_is_overdue_all_the_same(self) -> None:
        deal = make_running()
        submit(deal, at=DUE)
        assert tick(deadlines.DUE, DUE + DAY) == []
        assert tags(deal.code).count("deliverable.overdue") == 1

    @pytest.mark.parametrize(("late", "points"), [(0, None), (1, -2), (2, -2), (3, -4), (8, -8), (9, -10), (40, -10)])
    def test_lateness_costs_for_each_started_tenth_of_the_term(self, late: int, points: int | None) -> None:
        deal = make_running()
        submit(deal, at=DUE + late * DAY - timedelta(seconds=1))
        accept(deal, at=DUE + late * DAY)
        assert entries() == ([] if points is None else [("agency", "late_deliverable", points)])

    def test_silence_accepts_with_social_money(self) -> None:
        deal = make_running()
        submit(deal, at=NOTICE_AT)
        over = datetime(2026, 3, 16, 16, 0, tzinfo=UTC)
        assert tick(deadlines.DUE, over - timedelta(microseconds=1)) == []
        for act in ("accept", "return"):
            with pytest.raises(Conflict) as refused:
                if act == "accept":
                    accept(deal, at=over)
                else:
                    operations.return_(deal.code, 1, reasons="补正", actor=deal.owner, at=over)
            assert refused.value.code == "too_late"
        # Two days off: the moment that counts is the due one.
        assert tick(deadlines.DUE, over + 2 * DAY) == ["deliverables.silence"]
        assert tick(deadlines.DUE, over + 2 * DAY) == []
        row = deliverable(deal.code, 1)
        assert (row.state, row.deemed, row.accepted_at) == (DeliverableState.ACCEPTED, True, over)
        assert row.submissions[-1].decision is Decision.DEEMED
        # The end of 16 March is the first moment of the 17th; thirty days from there.
        assert item(deal.code, 2).due_at == datetime(2026, 4, 16, 16, 0, tzinfo=UTC)

    def test_silence_with_fiscal_money_is_a_card_and_the_payment_clock_runs(self) -> None:
        deal = make_running(make_deal(funding=Funding.FISCAL))
        submit(deal, at=NOTICE_AT)
        over = datetime(2026, 3, 16, 16, 0, tzinfo=UTC)
        assert tick(deadlines.DUE, over) == ["deliverables.silence"]
        assert tick(deadlines.DUE, over + DAY) == []
        assert deliverable(deal.code, 1).state is DeliverableState.SUBMITTED
        assert tags(deal.code).count("deliverable.acceptance_overdue") == 1
        due = item(deal.code, 2).due_at
        assert (item(deal.code, 2).state, due) == (PaymentState.DUE, datetime(2026, 4, 16, 16, 0, tzinfo=UTC))
        accept(deal, at=over + 5 * DAY)
        assert item(deal.code, 2).due_at == due
        assert deliverable(deal.code, 1).deemed is False

    def test_a_suspension_stops_the_clocks_and_gives_the_time_back(self) -> None:
        wanted: list[dict[str, str | int]] = [{"name": "报告", "due_days": 20}, {"name": "附图", "due_days": 20}]
        deal = make_running(make_deal(deliverables=wanted))
        submit(deal, 1, at=NOTICE_AT)
        supervisor = make_actor(Role.SUPERVISOR)
        projects.suspend(deal.project.code, reason="投诉核查期间暂停", actor=supervisor, at=NOTICE_AT + DAY)
        assert deal.project.state is ProjectState.SUSPENDED
        assert tick(deadlines.DUE, DUE + DAY) == []
        with pytest.raises(WrongState):
            submit(deal, 2, at=NOTICE_AT + 2 * DAY)
        projects.resume(deal.project.code, reason="核查结束", actor=supervisor, at=NOTICE_AT + 8 * DAY)
        # Seven days, five of them working days.
        assert deliverable(deal.code, 1).decide_due_at == datetime(2026, 3, 23, 16, 0, tzinfo=UTC)
        assert deliverable(deal.code, 2).due_at == DUE + 7 * DAY
        assert deliverable(deal.code, 2).urge_at == URGE + 7 * DAY


@pytest.mark.usefixtures("session")
class TestOutcome:
    def test_returned_by_the_agencys_fault_costs_credit_once(self) -> None:
        deal = make_running()
        at_state(deal, DeliverableState.ACCEPTED)
        officer = make_actor(Role.REGULATOR, region_code="510100")
        returned = RecordOutcome(ApprovalOutcome.RETURNED, agency_at_fault=True)
        operations.record_outcome(deal.code, 1, returned, actor=officer, at=NOTICE_AT)
        assert entries() == [("agency", "returned_by_authority", -5)]
        with pytest.raises(Conflict):
            operations.record_outcome(deal.code, 1, returned, actor=officer, at=NOTICE_AT)
        corrected = RecordOutcome(ApprovalOutcome.CORRECTED_ONCE)
        row = operations.record_outcome(deal.code, 1, corrected, actor=officer, at=NOTICE_AT + DAY)
        assert (row.approval_outcome, row.approval_outcome_at) == (ApprovalOutcome.CORRECTED_ONCE, NOTICE_AT + DAY)
        assert entries() == [("agency", "returned_by_authority", -5)]

    @pytest.mark.parametrize("outcome", [item for item in ApprovalOutcome if item is not ApprovalOutcome.RETURNED])
    def test_other_outcomes_cost_nothing(self, outcome: ApprovalOutcome) -> None:
        deal = make_running()
        at_state(deal, DeliverableState.ACCEPTED)
        command = RecordOutcome(outcome, agency_at_fault=True)
        operations.record_outcome(deal.code, 1, command, actor=make_actor(Role.REGULATOR), at=NOTICE_AT)
        assert entries() == []

    def test_not_before_the_acceptance(self) -> None:
        deal = make_running()
        at_state(deal, DeliverableState.SUBMITTED)
        command = RecordOutcome(ApprovalOutcome.PASSED_FIRST)
        with pytest.raises(WrongState):
            operations.record_outcome(deal.code, 1, command, actor=make_actor(Role.REGULATOR), at=NOTICE_AT)
        assert deliverable(deal.code, 1).approval_outcome is None

    def test_only_an_authority_of_the_region_and_industry(self) -> None:
        deal = make_running()
        at_state(deal, DeliverableState.ACCEPTED)
        for actor in (
            deal.owner,
            deal.agency,
            make_actor(Role.OPERATOR),
            make_actor(Role.REGULATOR, region_code="510700"),
            make_actor(Role.REGULATOR, industries=["housing-construction"]),
        ):
            with pytest.raises(Forbidden):
                operations.record_outcome(
                    deal.code, 1, RecordOutcome(ApprovalOutcome.REFUSED), actor=actor, at=NOTICE_AT
                )
        assert deliverable(deal.code, 1).approval_outcome is None


@pytest.mark.usefixtures("session")
class TestWaitingAndDone:
    def test_what_waits_for_whom(self) -> None:
        deal = make_running()
        assert [(each.what, each.number, each.due_at) for each in waiting_to_submit(deal.agency)] == [
            ("submit_deliverable", 1, DUE)
        ]
        assert waiting_to_decide(deal.owner) == []
        submit(deal, at=NOTICE_AT)
        assert waiting_to_submit(deal.agency) == []
        assert [(each.what, each.contract_code) for each in waiting_to_decide(deal.owner)] == [
            ("decide_deliverable", deal.code)
        ]
        assert waiting_to_decide(make_actor(Role.OWNER)) == []

    def test_the_contract_is_completed_by_whatever_comes_last(self) -> None:
        first, second = make_running(), make_running()
        submit(first, at=NOTICE_AT)
        accept(first, at=NOTICE_AT)
        pay(first, 1, at=NOTICE_AT)
        assert contract(first.code).state is ContractState.IN_FORCE
        pay(first, 2, at=NOTICE_AT + DAY)
        row = contract(first.code)
        assert (row.state, row.completed_at) == (ContractState.COMPLETED, NOTICE_AT + DAY)
        assert first.project.state is ProjectState.COMPLETED
        assert tags(first.code)[-3:] == ["payment.paid", "contract.completed", "rating.invited"]
        assert contract(second.code).state is ContractState.IN_FORCE

    def test_an_acceptance_may_come_last(self) -> None:
        whole: list[dict[str, str | int]] = [{"name": "全款", "percent": 100, "after_deliverable": 0}]
        deal = make_running(make_deal(payments=whole))
        pay(deal, 1, at=NOTICE_AT)
        assert not operations.complete_if_done(deal.code, at=NOTICE_AT)
        submit(deal, at=NOTICE_AT)
        accept(deal, at=NOTICE_AT)
        assert contract(deal.code).state is ContractState.COMPLETED
        assert not operations.complete_if_done(deal.code, at=NOTICE_AT)
