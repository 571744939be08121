"""Reads of the payments room."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.contracts.models import Contract
from supermarket.contracts.permissions import sees_all
from supermarket.contracts.queries import Waiting
from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor, P
from supermarket.documents.models import Document
from supermarket.extensions import db
from supermarket.payments.models import PaymentItem, Voucher
from supermarket.payments.states import PaymentState
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState

TO_PAY = (PaymentState.DUE, PaymentState.FAILED)


@dataclass(frozen=True)
class Balance:
    """Of one contract, in fen: what was agreed, what was paid; and how many instalments are not paid yet."""

    agreed: int
    paid: int
    open_items: int


def items_of(contract: Contract) -> Sequence[PaymentItem]:
    """The instalments of a contract, by number."""
    query = sa.select(PaymentItem).where(PaymentItem.contract_id == contract.id).order_by(PaymentItem.number)
    return db.session.scalars(query).all()


def item(contract_code: str, number: int) -> PaymentItem:
    """One instalment. Raises NotFound."""
    row = db.session.scalar(
        sa.select(PaymentItem)
        .join(Contract, Contract.id == PaymentItem.contract_id)
        .where(Contract.code == contract_code, PaymentItem.number == number)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("This contract has no such payment."))
    return row


def code_and_number(item_id: int) -> tuple[str, int]:
    """Contract code and number of an instalment's id. Raises NotFound."""
    row = db.session.execute(
        sa.select(Contract.code, PaymentItem.number)
        .join(Contract, Contract.id == PaymentItem.contract_id)
        .where(PaymentItem.id == item_id)
    ).one_or_none()
    if row is None:
        raise NotFound(_("This contract has no such payment."))
    return row.code, row.number


def balance(contract: Contract) -> Balance:
    """What was agreed and what was paid."""
    paid, unpaid = db.session.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(PaymentItem.paid_amount), 0),
            sa.func.count().filter(PaymentItem.state != PaymentState.PAID),
        ).where(PaymentItem.contract_id == contract.id)
    ).one()
    return Balance(agreed=contract.price, paid=int(paid or 0), open_items=unpaid)


def voucher_document(contract: Contract, voucher_id: int, actor: Actor) -> Document:
    """The scanned voucher, for both sides and the offices. Raises NotFound."""
    row = db.session.scalar(
        sa.select(Voucher)
        .join(PaymentItem, PaymentItem.id == Voucher.payment_item_id)
        .where(Voucher.id == voucher_id, PaymentItem.contract_id == contract.id)
    )
    if row is None or row.document is None or not sees_all(contract, actor):
        raise NotFound(_("There is no such file."))
    return row.document


def waiting_to_pay(actor: Actor) -> Sequence[Waiting]:
    """Instalments that the actor's organisations have to pay, the most urgent first."""
    mine = Contract.owner_id.in_(actor.organisations_with(P.PAYMENT_RECORD))
    return _waiting("record_payment", mine, TO_PAY)


def waiting_to_confirm(actor: Actor) -> Sequence[Waiting]:
    """Vouchers that the actor's agencies have to confirm or refuse; there is no limit for that."""
    mine = Agency.organisation_id.in_(actor.organisations_with(P.PAYMENT_CONFIRM))
    return _waiting("confirm_payment", mine, (PaymentState.PENDING,))


def _waiting(what: str, mine: sa.ColumnElement[bool], states: Sequence[PaymentState]) -> Sequence[Waiting]:
    rows = db.session.execute(
        sa.select(Contract.code, PaymentItem.number, PaymentItem.name, PaymentItem.due_at)
        .join(Contract, Contract.id == PaymentItem.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .join(Agency, Agency.id == Contract.agency_id)
        .where(mine, PaymentItem.state.in_(states), Project.state == ProjectState.IN_SERVICE)
        .order_by(PaymentItem.due_at, PaymentItem.id)
    ).all()
    confirming = what == "confirm_payment"
    return [Waiting(what, row.code, row.number, row.name, None if confirming else row.due_at) for row in rows]
