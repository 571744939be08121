"""/contracts/{code}/deliverables, /acceptance, /payments: what is handed in, accepted and paid (lifecycle.md)."""

from pydantic import Field

from supermarket.api.routes import SIGNED_IN, route
from supermarket.api.shapes import Listing, Moment, Money, Shape, acting, money, money_or_none
from supermarket.api.v1.contracts import inner_contract
from supermarket.contracts.queries import visible_contract
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.deliverables import operations as deliverables
from supermarket.deliverables.forms import OutcomeForm, ReturnForm, SubmitForm
from supermarket.deliverables.models import Deliverable
from supermarket.deliverables.queries import deliverable, deliverables_of
from supermarket.deliverables.states import ApprovalOutcome, Decision, DeliverableState
from supermarket.documents.models import Document
from supermarket.payments import operations as payments
from supermarket.payments.forms import RefuseForm, VoucherForm
from supermarket.payments.models import PaymentItem
from supermarket.payments.queries import items_of
from supermarket.payments.states import PaymentState
from supermarket.web.access import Access, present_actor

SUBMITS = Access(permissions=(P.DELIVERABLE_SUBMIT,))
DECIDES = Access(permissions=(P.DELIVERABLE_DECIDE,))
PAYS = Access(permissions=(P.PAYMENT_RECORD,))
CONFIRMS = Access(permissions=(P.PAYMENT_CONFIRM,))


class FileShape(Shape):
    """A stored file."""

    id: int
    name: str
    size: int = Field(description="bytes")
    media_type: str
    sha256: str


class SubmissionShape(Shape):
    """One handing-in and what was decided on it."""

    number: int
    file: FileShape
    remark: str
    submitted_at: Moment
    decision: Decision | None
    reasons: str
    decided_at: Moment | None


class DeliverableShape(Shape):
    """A result that the contract asks for."""

    number: int
    name: str
    state: DeliverableState
    due_at: Moment
    decide_due_at: Moment | None
    returned_count: int
    accepted_at: Moment | None
    deemed: bool
    approval_outcome: ApprovalOutcome | None
    submissions: list[SubmissionShape]


class VoucherShape(Shape):
    """A proof of payment."""

    id: int
    reference: str
    amount: Money
    file: FileShape | None
    submitted_at: Moment
    confirmed_at: Moment | None
    refused_at: Moment | None
    reason: str


class PaymentShape(Shape):
    """An instalment."""

    number: int
    name: str
    state: PaymentState
    amount: Money
    paid_amount: Money | None
    after_deliverable: int | None
    due_at: Moment | None
    paid_at: Moment | None
    vouchers: list[VoucherShape]


def _file(row: Document) -> FileShape:
    return FileShape(id=row.id, name=row.name, size=row.size, media_type=row.media_type, sha256=row.sha256)


def _deliverable(row: Deliverable) -> DeliverableShape:
    return DeliverableShape(
        number=row.number,
        name=row.name,
        state=row.state,
        due_at=row.due_at,
        decide_due_at=row.decide_due_at,
        returned_count=row.returned_count,
        accepted_at=row.accepted_at,
        deemed=row.deemed,
        approval_outcome=row.approval_outcome,
        submissions=[
            SubmissionShape(
                number=item.number,
                file=_file(item.document),
                remark=item.remark,
                submitted_at=item.submitted_at,
                decision=item.decision,
                reasons=item.reasons,
                decided_at=item.decided_at,
            )
            for item in row.submissions
        ],
    )


def _payment(row: PaymentItem) -> PaymentShape:
    return PaymentShape(
        number=row.number,
        name=row.name,
        state=row.state,
        amount=money(row.amount),
        paid_amount=money_or_none(row.paid_amount),
        after_deliverable=row.after_deliverable,
        due_at=row.due_at,
        paid_at=row.paid_at,
        vouchers=[
            VoucherShape(
                id=item.id,
                reference=item.reference,
                amount=money(item.amount),
                file=_file(item.document) if item.document else None,
                submitted_at=item.submitted_at,
                confirmed_at=item.confirmed_at,
                refused_at=item.refused_at,
                reason=item.reason,
            )
            for item in row.vouchers
        ],
    )


@route("GET", "/contracts/{code}/deliverables", N_("Deliverables"), access=SIGNED_IN, gives=DeliverableShape, many=True)
def list_deliverables(code: str) -> Listing[DeliverableShape]:
    """For the two sides and the offices."""
    return Listing([_deliverable(row) for row in deliverables_of(inner_contract(code))])


@route(
    "POST",
    "/contracts/{code}/deliverables/{number}",
    N_("Hand a result in"),
    access=SUBMITS,
    form=SubmitForm,
    upload=True,
    gives=DeliverableShape,
    status=201,
)
def submit_deliverable(code: str, number: int, form: SubmitForm) -> DeliverableShape:
    """The file comes as multipart/form-data; it must be what its name says."""
    visible_contract(code, present_actor())
    deliverables.submit(code, number, form.command(), **acting())
    return _deliverable(deliverable(code, number))


@route(
    "POST",
    "/contracts/{code}/acceptance/{number}",
    N_("Accept a result"),
    access=DECIDES,
    gives=DeliverableShape,
)
def accept_deliverable(code: str, number: int) -> DeliverableShape:
    """Its instalment falls due."""
    visible_contract(code, present_actor())
    return _deliverable(deliverables.accept(code, number, **acting()))


@route(
    "POST",
    "/contracts/{code}/acceptance/{number}/return",
    N_("Send a result back"),
    access=DECIDES,
    form=ReturnForm,
    gives=DeliverableShape,
)
def return_deliverable(code: str, number: int, form: ReturnForm) -> DeliverableShape:
    """With what has to be corrected; it is counted."""
    visible_contract(code, present_actor())
    return _deliverable(deliverables.return_(code, number, reasons=form.reasons.data, **acting()))


@route(
    "POST",
    "/contracts/{code}/acceptance/{number}/outcome",
    N_("Record what became of an accepted result at the authority"),
    access=Access(permissions=(P.DELIVERABLE_RECORD_OUTCOME,)),
    form=OutcomeForm,
    gives=DeliverableShape,
)
def record_outcome(code: str, number: int, form: OutcomeForm) -> DeliverableShape:
    """Returned by the agency's fault costs it credit."""
    visible_contract(code, present_actor())
    return _deliverable(deliverables.record_outcome(code, number, form.command(), **acting()))


@route(
    "GET", "/contracts/{code}/acceptance", N_("What was accepted"), access=SIGNED_IN, gives=DeliverableShape, many=True
)
def list_acceptance(code: str) -> Listing[DeliverableShape]:
    """The results that are accepted, or deemed so."""
    rows = deliverables_of(inner_contract(code))
    return Listing([_deliverable(row) for row in rows if row.state is DeliverableState.ACCEPTED])


@route("GET", "/contracts/{code}/payments", N_("Instalments"), access=SIGNED_IN, gives=PaymentShape, many=True)
def list_payments(code: str) -> Listing[PaymentShape]:
    """For the two sides and the offices."""
    return Listing([_payment(row) for row in items_of(inner_contract(code))])


def _item(code: str, number: int) -> PaymentShape:
    return next(_payment(row) for row in items_of(inner_contract(code)) if row.number == number)


@route(
    "POST",
    "/contracts/{code}/payments/{number}",
    N_("Record a payment"),
    access=PAYS,
    form=VoucherForm,
    upload=True,
    gives=PaymentShape,
    status=201,
)
def record_payment(code: str, number: int, form: VoucherForm) -> PaymentShape:
    """The voucher of the bank or the treasury; as JSON, or with the scan as multipart/form-data."""
    visible_contract(code, present_actor())
    payments.submit_voucher(code, number, form.command(), **acting())
    return _item(code, number)


@route(
    "POST", "/contracts/{code}/payments/{number}/confirm", N_("Confirm a payment"), access=CONFIRMS, gives=PaymentShape
)
def confirm_payment(code: str, number: int) -> PaymentShape:
    """The agency has the money."""
    visible_contract(code, present_actor())
    return _payment(payments.confirm(code, number, **acting()))


@route(
    "POST",
    "/contracts/{code}/payments/{number}/refuse",
    N_("Refuse a voucher"),
    access=CONFIRMS,
    form=RefuseForm,
    gives=PaymentShape,
)
def refuse_payment(code: str, number: int, form: RefuseForm) -> PaymentShape:
    """The agency does not find the money; the owner hands in another voucher."""
    visible_contract(code, present_actor())
    return _payment(payments.refuse(code, number, reason=form.reason.data, **acting()))
