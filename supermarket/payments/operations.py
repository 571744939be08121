"""All writes of the payments room: what falls due, the owner's vouchers, the agency's answer. No money passes here."""

from collections.abc import Mapping
from datetime import datetime

from flask_babel import gettext as _

from supermarket.contracts.models import Contract
from supermarket.contracts.permissions import authorise_agency, authorise_owner
from supermarket.contracts.queries import locked, terms_of
from supermarket.contracts.rules import must_be_in_service, paused
from supermarket.contracts.states import ContractState
from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.events import Tag, Value, record
from supermarket.core.permissions import SYSTEM, Actor, P
from supermarket.core.working_days import due_after_calendar_days, is_late, shift_calendar_days
from supermarket.credit.operations import enter
from supermarket.credit.points import OwnerEvent
from supermarket.documents.operations import store
from supermarket.extensions import db
from supermarket.gateways.filetypes import JPEG, PDF, PNG
from supermarket.payments import events
from supermarket.payments.commands import SubmitVoucher
from supermarket.payments.models import PaymentItem, Voucher
from supermarket.payments.queries import item as item_of
from supermarket.payments.queries import items_of
from supermarket.payments.states import PAYMENT, PaymentAction, PaymentState

VOUCHER_TYPES = frozenset({PDF, PNG, JPEG})
VOUCHER_LIMIT = 10 * 1024 * 1024  # bytes


def plan(contract_code: str, *, at: datetime) -> list[PaymentItem]:
    """The instalments of a contract that came into force at `at`; those that wait for no deliverable fall due."""
    contract = locked(contract_code)
    items = [
        PaymentItem(
            contract=contract,
            number=term.number,
            name=term.name,
            after_deliverable=term.after_deliverable,
            amount=term.amount,
            state=PaymentState.PLANNED,
        )
        for term in terms_of(contract).payments
    ]
    db.session.add_all(items)
    db.session.flush()
    for row in items:
        if row.after_deliverable is None:
            _fall_due(row, contract, since=at, at=at)
    return items


def fall_due(contract_code: str, deliverable: int, *, since: datetime, at: datetime) -> int:
    """Let the instalments after a deliverable fall due, their 30 days counted from `since`; how many did."""
    contract = locked(contract_code)
    waiting = [
        row
        for row in items_of(contract)
        if row.after_deliverable == deliverable and PAYMENT.can(row.state, PaymentAction.FALL_DUE)
    ]
    for row in waiting:
        _fall_due(row, contract, since=since, at=at)
    return len(waiting)


def submit_voucher(contract_code: str, number: int, command: SubmitVoucher, *, actor: Actor, at: datetime) -> Voucher:
    """The owner records a payment. The amount may differ from the instalment's: the fees dimension of the score shows it.

    Raises NotFound, Forbidden, WrongState, InvalidInput.
    """
    contract = locked(contract_code)
    authorise_owner(contract, actor, P.PAYMENT_RECORD)
    row = item_of(contract_code, number)
    must_be_in_service(contract)
    after = PAYMENT.next(row.state, PaymentAction.SUBMIT_VOUCHER)
    _check(command)
    document = None
    if command.file is not None:
        document = store(
            command.file.data,
            command.file.name,
            subject_kind="payment",
            subject_code=contract.code,
            owner_organisation_id=contract.owner_id,
            public=False,
            actor=actor,
            at=at,
            allow=VOUCHER_TYPES,
            limit=VOUCHER_LIMIT,
        )
    _note_overdue(row, contract, at=at)
    row.state = after
    voucher = Voucher(
        document=document, reference=command.reference.strip(), amount=command.amount, submitted_at=at, reason=""
    )
    row.vouchers.append(voucher)
    db.session.flush()
    data: dict[str, Value] = {"number": number, "voucher_id": voucher.id, "amount": voucher.amount}
    _tell(contract, events.SUBMITTED, actor=actor, at=at, data=data)
    return voucher


def confirm(contract_code: str, number: int, *, actor: Actor, at: datetime) -> PaymentItem:
    """The agency has the money. Raises NotFound, Forbidden, WrongState."""
    contract = locked(contract_code)
    authorise_agency(contract, actor, P.PAYMENT_CONFIRM)
    row = item_of(contract_code, number)
    must_be_in_service(contract)
    row.state = PAYMENT.next(row.state, PaymentAction.CONFIRM)
    voucher = row.vouchers[-1]
    voucher.confirmed_at = row.paid_at = at
    row.paid_amount = voucher.amount
    db.session.flush()
    data: dict[str, Value] = {"number": number, "voucher_id": voucher.id, "amount": voucher.amount}
    _tell(contract, events.PAID, actor=actor, at=at, data=data)
    return row


def refuse(contract_code: str, number: int, *, reason: str, actor: Actor, at: datetime) -> PaymentItem:
    """The agency does not find the money; the owner hands in another voucher.

    Raises NotFound, Forbidden, WrongState, InvalidInput without a reason.
    """
    contract = locked(contract_code)
    authorise_agency(contract, actor, P.PAYMENT_CONFIRM)
    row = item_of(contract_code, number)
    must_be_in_service(contract)
    after = PAYMENT.next(row.state, PaymentAction.REFUSE)
    why = reason.strip()
    if not why:
        message = _("Say what is wrong with the payment, so that the owner can put it right.")
        raise InvalidInput(message, errors=[FieldError("reason", "needed", message)])
    row.state = after
    voucher = row.vouchers[-1]
    voucher.refused_at, voucher.reason = at, why
    db.session.flush()
    _tell(contract, events.REFUSED, actor=actor, at=at, data={"number": number, "voucher_id": voucher.id})
    return row


def note_overdue(contract_code: str, number: int, *, at: datetime) -> bool:
    """The 30 days are over without a voucher: once per instalment, with the owner's credit. Whether it was new."""
    contract = locked(contract_code)
    row = item_of(contract_code, number)
    if contract.state is not ContractState.IN_FORCE or paused(contract):
        return False
    return _note_overdue(row, contract, at=at)


def move_limits(contract_code: str, calendar_days: int) -> int:
    """Put the limits of unpaid instalments off by the days for which the project stood still; how many moved."""
    contract = locked(contract_code)
    if calendar_days < 1:
        return 0
    moved = 0
    for row in items_of(contract):
        if row.due_at is not None and row.overdue_recorded_at is None and row.state is not PaymentState.PAID:
            row.due_at = shift_calendar_days(row.due_at, calendar_days)
            moved += 1
    return moved


def _fall_due(row: PaymentItem, contract: Contract, *, since: datetime, at: datetime) -> None:
    row.state = PAYMENT.next(row.state, PaymentAction.FALL_DUE)
    row.due_at = due_after_calendar_days(since, terms_of(contract).payment_days)
    db.session.flush()
    data: dict[str, Value] = {"number": row.number, "due_at": row.due_at.isoformat()}
    _tell(contract, events.FELL_DUE, actor=SYSTEM, at=at, data=data)


def _note_overdue(row: PaymentItem, contract: Contract, *, at: datetime) -> bool:
    waits = row.state in (PaymentState.DUE, PaymentState.FAILED)
    if not waits or row.due_at is None or row.overdue_recorded_at is not None or not is_late(row.due_at, at):
        return False
    row.overdue_recorded_at = at
    db.session.flush()
    data: dict[str, Value] = {"number": row.number, "due_at": row.due_at.isoformat()}
    _tell(contract, events.OVERDUE, actor=SYSTEM, at=at, data=data)
    if contract.owner.uscc is not None:  # a natural person has no ledger
        enter(
            OwnerEvent.LATE_PAYMENT,
            uscc=contract.owner.uscc,
            source=_("Supermarket"),
            basis=_("Credit rules: payment not made in time"),
            document_number=contract.code,
            evidence=f"{contract.code} payment {row.number}",
            project_code=contract.project.code,
            actor=SYSTEM,
            at=at,
        )
    return True


def _check(command: SubmitVoucher) -> None:
    errors = []
    if not command.reference.strip():
        errors.append(FieldError("reference", "needed", _("Give the reference of the bank or the treasury.")))
    if command.amount < 1:
        errors.append(FieldError("amount", "not_positive", _("Give the amount that was paid; it is more than 0.")))
    if errors:
        raise InvalidInput(_("Some fields need to be mended."), errors=errors)


def _tell(contract: Contract, tag: Tag, *, actor: Actor, at: datetime, data: Mapping[str, Value]) -> None:
    record(
        tag,
        contract.code,
        actor=actor,
        at=at,
        data=data,
        project_code=contract.project.code,
        agency_uscc=contract.agency.uscc,
    )
