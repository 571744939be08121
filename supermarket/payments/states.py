"""State tables of payment items and vouchers (lifecycle.md)."""

from enum import StrEnum

from supermarket.core.states import Machine


class PaymentState(StrEnum):
    """Where a payment item stands."""

    PLANNED = "planned"
    DUE = "due"
    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"


class PaymentAction(StrEnum):
    """What can happen to a payment item."""

    FALL_DUE = "fall_due"
    SUBMIT_VOUCHER = "submit_voucher"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    REFUND = "refund"


_S, _A = PaymentState, PaymentAction

PAYMENT = Machine[PaymentState, PaymentAction](
    "payment",
    PaymentState,
    {
        _S.PLANNED: {_A.FALL_DUE: _S.DUE},
        _S.DUE: {_A.SUBMIT_VOUCHER: _S.PENDING},
        _S.PENDING: {_A.CONFIRM: _S.PAID, _A.REFUSE: _S.FAILED},
        _S.FAILED: {_A.SUBMIT_VOUCHER: _S.PENDING},
        _S.PAID: {_A.REFUND: _S.REFUNDED},
        _S.REFUNDED: {},
    },
)
