"""Payments: instalments fall due, vouchers are confirmed or refused, lateness counts once, sums are exact."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from supermarket.accounts.models import OrganisationKind
from supermarket.contracts.commands import Upload
from supermarket.contracts.queries import contract
from supermarket.contracts.states import ContractState
from supermarket.core.errors import Forbidden, InvalidInput, NotFound, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import ANONYMOUS, Role
from supermarket.extensions import db
from supermarket.payments import deadlines, operations
from supermarket.payments.commands import SubmitVoucher
from supermarket.payments.models import PaymentItem, Voucher
from supermarket.payments.queries import (
    Balance,
    balance,
    item,
    items_of,
    voucher_document,
    waiting_to_confirm,
    waiting_to_pay,
)
from supermarket.payments.states import PAYMENT, PaymentAction, PaymentState
from supermarket.projects import operations as projects
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.contracts import NOTICE_AT, PDF, Deal, accept, make_deal, make_running, pay, submit
from tests.factories.policies import count
from tests.factories.reading import entries, tags, tick

DUE = datetime(2026, 4, 1, 16, 0, tzinfo=UTC)  # the end of 1 April: thirty days after 2 March
DAY = timedelta(days=1)
PAID = SubmitVoucher("银行回单1", 3_000_000)


def at_state(deal: Deal, state: PaymentState) -> PaymentItem:
    """Bring an instalment into a state: the first, or the second that still waits for its deliverable."""
    if state is PaymentState.PLANNED:
        return item(deal.code, 2)
    if state is not PaymentState.DUE:
        operations.submit_voucher(deal.code, 1, PAID, actor=deal.owner, at=NOTICE_AT)
    if state is PaymentState.FAILED:
        operations.refuse(deal.code, 1, reason="未到账", actor=deal.agency, at=NOTICE_AT)
    if state in (PaymentState.PAID, PaymentState.REFUNDED):
        operations.confirm(deal.code, 1, actor=deal.agency, at=NOTICE_AT)
    row = item(deal.code, 1)
    if state is PaymentState.REFUNDED:
        row.state = PAYMENT.next(row.state, PaymentAction.REFUND)
        db.session.flush()
    return row


@pytest.mark.usefixtures("session")
class TestLife:
    def test_planned_when_the_contract_is_in_force(self) -> None:
        deal = make_running()
        rows = items_of(contract(deal.code))
        assert [(row.number, row.name, row.amount, row.state, row.due_at) for row in rows] == [
            (1, "首付款", 3_000_000, PaymentState.DUE, DUE),
            (2, "尾款", 7_000_001, PaymentState.PLANNED, None),
        ]
        assert balance(contract(deal.code)) == Balance(agreed=10_000_001, paid=0, open_items=2)

    def test_due_thirty_days_from_the_acceptance(self) -> None:
        deal = make_running()
        submit(deal, at=NOTICE_AT)
        accept(deal, at=NOTICE_AT + 2 * DAY)
        row = item(deal.code, 2)
        assert (row.state, row.due_at) == (PaymentState.DUE, DUE + 2 * DAY)

    def test_a_voucher_is_confirmed(self) -> None:
        deal = make_running()
        voucher = SubmitVoucher(" 国库支付 2026-17 ", 3_000_000, Upload(PDF, "回单.pdf"))
        row = operations.submit_voucher(deal.code, 1, voucher, actor=deal.owner, at=NOTICE_AT)
        assert (row.reference, row.amount) == ("国库支付 2026-17", 3_000_000)
        assert item(deal.code, 1).state is PaymentState.PENDING
        paid = operations.confirm(deal.code, 1, actor=deal.agency, at=NOTICE_AT + DAY)
        assert (paid.state, paid.paid_at, paid.paid_amount) == (PaymentState.PAID, NOTICE_AT + DAY, 3_000_000)
        assert balance(contract(deal.code)) == Balance(agreed=10_000_001, paid=3_000_000, open_items=1)
        assert tags(deal.code)[-2:] == ["payment.voucher_submitted", "payment.paid"]
        assert voucher_document(contract(deal.code), row.id, deal.agency).name == "回单.pdf"
        for stranger in (ANONYMOUS, make_actor(Role.OWNER)):
            with pytest.raises(NotFound):
                voucher_document(contract(deal.code), row.id, stranger)

    def test_a_refused_voucher_is_followed_by_another(self) -> None:
        deal = make_running()
        operations.submit_voucher(deal.code, 1, PAID, actor=deal.owner, at=NOTICE_AT)
        with pytest.raises(InvalidInput):
            operations.refuse(deal.code, 1, reason=" ", actor=deal.agency, at=NOTICE_AT)
        operations.refuse(deal.code, 1, reason="未到账", actor=deal.agency, at=NOTICE_AT)
        assert item(deal.code, 1).state is PaymentState.FAILED
        again = SubmitVoucher("银行回单2", 3_000_000)
        operations.submit_voucher(deal.code, 1, again, actor=deal.owner, at=NOTICE_AT)
        operations.confirm(deal.code, 1, actor=deal.agency, at=NOTICE_AT)
        row = item(deal.code, 1)
        assert [(each.reference, each.reason) for each in row.vouchers] == [("银行回单1", "未到账"), ("银行回单2", "")]
        assert (row.state, row.vouchers[0].confirmed_at) == (PaymentState.PAID, None)

    @pytest.mark.parametrize(
        ("command", "fields"),
        [
            (SubmitVoucher("", 1), ["reference"]),
            (SubmitVoucher("回单", 0), ["amount"]),
            (SubmitVoucher(" ", -1), ["reference", "amount"]),
            (SubmitVoucher("回单", 1, Upload(b"MZ", "回单.pdf")), ["file"]),
            (SubmitVoucher("回单", 1, Upload(b"a,b\n1,2\n", "回单.csv")), ["file"]),
        ],
    )
    def test_bad_input_writes_nothing(self, command: SubmitVoucher, fields: list[str]) -> None:
        deal = make_running()
        before = count(Event)
        with pytest.raises(InvalidInput) as refused:
            operations.submit_voucher(deal.code, 1, command, actor=deal.owner, at=NOTICE_AT)
        assert [error.field for error in refused.value.errors] == fields
        assert (count(Voucher), count(Event), item(deal.code, 1).state) == (0, before, PaymentState.DUE)

    @pytest.mark.parametrize("state", list(PaymentState))
    @pytest.mark.parametrize(
        "action", [PaymentAction.SUBMIT_VOUCHER, PaymentAction.CONFIRM, PaymentAction.REFUSE, PaymentAction.FALL_DUE]
    )
    def test_every_state_and_action(self, state: PaymentState, action: PaymentAction) -> None:
        deal = make_running()
        number = at_state(deal, state).number
        acts = {
            PaymentAction.SUBMIT_VOUCHER: lambda: operations.submit_voucher(
                deal.code, number, PAID, actor=deal.owner, at=NOTICE_AT
            ),
            PaymentAction.CONFIRM: lambda: operations.confirm(deal.code, number, actor=deal.agency, at=NOTICE_AT),
            PaymentAction.REFUSE: lambda: operations.refuse(
                deal.code, number, reason="未到账", actor=deal.agency, at=NOTICE_AT
            ),
        }
        before = count(Event)
        if action is PaymentAction.FALL_DUE:
            # Of all that wait for this deliverable only what is still planned moves: the second instalment.
            row = item(deal.code, number)
            row.after_deliverable = 1
            db.session.flush()
            assert operations.fall_due(deal.code, 1, since=NOTICE_AT, at=NOTICE_AT) == 1
            assert item(deal.code, number).state is PAYMENT.table[state].get(action, state)
            return
        if PAYMENT.can(state, action):
            acts[action]()
            assert item(deal.code, number).state is PAYMENT.table[state][action]
            return
        with pytest.raises(WrongState) as refused:
            acts[action]()
        assert refused.value.state == state.value
        assert (item(deal.code, number).state, count(Event)) == (state, before)

    @pytest.mark.parametrize("who", ["agency", "stranger", "operator"])
    def test_only_the_owner_records(self, who: str) -> None:
        deal = make_running()
        actor = {"agency": deal.agency, "stranger": make_actor(Role.OWNER), "operator": make_actor(Role.OPERATOR)}[who]
        with pytest.raises(Forbidden):
            operations.submit_voucher(deal.code, 1, PAID, actor=actor, at=NOTICE_AT)
        assert count(Voucher) == 0

    @pytest.mark.parametrize("who", ["owner", "stranger", "operator"])
    def test_only_the_agency_answers(self, who: str) -> None:
        deal = make_running()
        operations.submit_voucher(deal.code, 1, PAID, actor=deal.owner, at=NOTICE_AT)
        actor = {"owner": deal.owner, "stranger": make_actor(Role.AGENCY), "operator": make_actor(Role.OPERATOR)}[who]
        with pytest.raises(Forbidden):
            operations.confirm(deal.code, 1, actor=actor, at=NOTICE_AT)
        with pytest.raises(Forbidden):
            operations.refuse(deal.code, 1, reason="未到账", actor=actor, at=NOTICE_AT)
        assert item(deal.code, 1).state is PaymentState.PENDING

    def test_not_after_the_contract_ended(self) -> None:
        deal = make_running()
        contract(deal.code).state = ContractState.TERMINATED
        db.session.flush()
        with pytest.raises(WrongState):
            operations.submit_voucher(deal.code, 1, PAID, actor=deal.owner, at=NOTICE_AT)
        assert count(Voucher) == 0

    def test_there_is_no_other_instalment(self) -> None:
        deal = make_running()
        with pytest.raises(NotFound):
            operations.submit_voucher(deal.code, 3, PAID, actor=deal.owner, at=NOTICE_AT)


@pytest.mark.usefixtures("session")
class TestLate:
    def test_it_costs_the_owner_once(self) -> None:
        deal = make_running()
        assert tick(deadlines.DUE, DUE - timedelta(microseconds=1)) == []
        assert tick(deadlines.DUE, DUE) == ["payments.overdue"]
        assert tick(deadlines.DUE, DUE + DAY) == []
        assert not operations.note_overdue(deal.code, 1, at=DUE + DAY)
        assert entries() == [("owner", "late_payment", -5)]
        assert tags(deal.code)[-1] == "payment.overdue"
        pay(deal, 1, at=DUE + DAY)
        assert entries() == [("owner", "late_payment", -5)]

    def test_paid_late_before_the_job_came_it_counts_all_the_same(self) -> None:
        deal = make_running()
        pay(deal, 1, at=DUE)
        assert entries() == [("owner", "late_payment", -5)]
        assert tick(deadlines.DUE, DUE + DAY) == []

    def test_a_voucher_in_time_that_waits_for_the_agency_is_not_late(self) -> None:
        deal = make_running()
        operations.submit_voucher(deal.code, 1, PAID, actor=deal.owner, at=DUE - timedelta(seconds=1))
        assert tick(deadlines.DUE, DUE + DAY) == []
        operations.refuse(deal.code, 1, reason="未到账", actor=deal.agency, at=DUE + DAY)
        assert tick(deadlines.DUE, DUE + DAY) == ["payments.overdue"]

    def test_each_instalment_counts(self) -> None:
        deal = make_running()
        submit(deal, at=NOTICE_AT)
        accept(deal, at=NOTICE_AT)
        assert tick(deadlines.DUE, DUE) == ["payments.overdue", "payments.overdue"]
        assert entries() == [("owner", "late_payment", -5)] * 2

    def test_a_natural_person_has_no_ledger(self) -> None:
        owner = make_organisation(OrganisationKind.OWNER, is_natural_person=True)
        owner.uscc = None
        deal = make_running(make_deal(owner=owner))
        assert tick(deadlines.DUE, DUE) == ["payments.overdue"]
        assert (entries(), tags(deal.code)[-1]) == ([], "payment.overdue")

    def test_a_suspension_gives_the_days_back(self) -> None:
        deal = make_running()
        supervisor = make_actor(Role.SUPERVISOR)
        projects.suspend(deal.project.code, reason="投诉核查期间暂停", actor=supervisor, at=NOTICE_AT + DAY)
        assert tick(deadlines.DUE, DUE) == []
        projects.resume(deal.project.code, reason="核查结束", actor=supervisor, at=NOTICE_AT + 8 * DAY)
        assert item(deal.code, 1).due_at == DUE + 7 * DAY


@pytest.mark.usefixtures("session")
class TestReads:
    def test_what_waits_for_whom(self) -> None:
        deal = make_running()
        assert [(each.what, each.number, each.due_at) for each in waiting_to_pay(deal.owner)] == [
            ("record_payment", 1, DUE)
        ]
        assert (waiting_to_confirm(deal.agency), waiting_to_pay(make_actor(Role.OWNER))) == ([], [])
        operations.submit_voucher(deal.code, 1, PAID, actor=deal.owner, at=NOTICE_AT)
        assert waiting_to_pay(deal.owner) == []
        assert [(each.what, each.number, each.due_at) for each in waiting_to_confirm(deal.agency)] == [
            ("confirm_payment", 1, None)
        ]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), price=st.integers(1, 10**10))
def test_instalments_of_any_contract_add_up(session: Session, data: st.DataObject, price: int) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(1, 99), max_size=3, unique=True)))
    marks = [0, *cuts, 100]
    terms: list[dict[str, str | int]] = [
        {"name": f"第{place}期", "percent": marks[place] - marks[place - 1], "after_deliverable": 0}
        for place in range(1, len(marks))
    ]
    deal = make_running(make_deal(price=price, payments=terms))
    row = contract(deal.code)
    assert sum(each.amount for each in items_of(row)) == price
    for each in items_of(row):
        pay(deal, each.number, at=NOTICE_AT)
    assert balance(row) == Balance(agreed=price, paid=price, open_items=0)
    session.rollback()
