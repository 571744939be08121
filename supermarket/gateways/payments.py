"""Online payment of a payment item (specs: lifecycle): Stripe behind an interface. The platform itself holds no money.

A payment is only paid when the provider's signed notice says so; creating one decides nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, cast

import stripe
from stripe.params.checkout import SessionCreateParams

from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError

_TOLERANCE_SECONDS: Final = 300
_RETRIES: Final = 2
# What became of a checkout, by the provider's event; everything else is no news to us.
_OUTCOMES: Final = {
    "checkout.session.completed": "paid",
    "checkout.session.async_payment_succeeded": "paid",
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "failed",
}


class PaymentError(GatewayError):
    """The provider refused or cannot be reached, or its notice cannot be trusted."""


class Outcome(StrEnum):
    """What a notice says; `pending` and anything not ours changes nothing."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid: `reference` our payment item, `amount_fen` in fen; the payer comes back to `return_url`."""

    reference: str
    amount_fen: int
    description: str
    return_url: str


@dataclass(frozen=True, slots=True)
class Checkout:
    """Where the payer goes."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice whose signature was right. `event_id` is the same when it is sent again."""

    event_id: str
    outcome: Outcome
    checkout_id: str
    reference: str
    amount_fen: int


class Payments(Protocol):
    """A payment provider."""

    def create(self, order: Order, *, key: str) -> Checkout:
        """Begin a payment; the same idempotency `key` begins it once. Raises PaymentError."""

    def read_notice(self, body: bytes, signature: str) -> Notice | None:
        """A webhook's notice; None for events that are no news to us. Raises PaymentError for a wrong signature."""


def _bad_notice() -> PaymentError:
    return PaymentError("payment_signature", N_("The payment notice is not signed by the provider."))


def _check(order: Order) -> None:
    if order.amount_fen < 1:
        raise PaymentError("payment_amount", N_("There is nothing to pay."))


def _notice(event: Mapping[str, object]) -> Notice | None:
    outcome = _OUTCOMES.get(str(event["type"]))
    session = cast("Mapping[str, Mapping[str, object]]", event["data"])["object"]
    if outcome is None or not session.get("client_reference_id") or session.get("currency") != "cny":
        return None
    if outcome == "paid" and session.get("payment_status") != "paid":
        outcome = "pending"  # a bank transfer completes the checkout before the money arrives
    return Notice(
        event_id=str(event["id"]),
        outcome=Outcome(outcome),
        checkout_id=str(session["id"]),
        reference=str(session["client_reference_id"]),
        amount_fen=int(cast(int, session["amount_total"])),
    )


class StripePayments:
    """Stripe Checkout. `base_address` points the API at a stand-in on loopback for tests."""

    def __init__(self, secret_key: str, webhook_secret: str, base_address: str | None = None) -> None:
        self._client = stripe.StripeClient(
            secret_key, base_addresses={"api": base_address} if base_address else {}, max_network_retries=_RETRIES
        )
        self._webhook_secret = webhook_secret

    def create(self, order: Order, *, key: str) -> Checkout:
        _check(order)
        params: SessionCreateParams = {
            "mode": "payment",
            "client_reference_id": order.reference,
            "success_url": order.return_url,
            "cancel_url": order.return_url,
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "cny",
                        "unit_amount": order.amount_fen,
                        "product_data": {"name": order.description},
                    },
                }
            ],
        }
        try:
            session = self._client.v1.checkout.sessions.create(params, {"idempotency_key": key})
        except stripe.StripeError as error:
            raise PaymentError("payment_refused", N_("The payment could not be begun. Please try again.")) from error
        if not session.url:
            raise PaymentError("payment_refused", N_("The payment could not be begun. Please try again."))
        return Checkout(session.id, session.url)

    def read_notice(self, body: bytes, signature: str) -> Notice | None:
        try:
            stripe.WebhookSignature.verify_header(body.decode(), signature, self._webhook_secret, _TOLERANCE_SECONDS)
        except (stripe.SignatureVerificationError, ValueError) as error:
            raise _bad_notice() from error
        return _notice(json.loads(body))


class NoPayments:
    """Where no provider is configured: offline vouchers only."""

    def create(self, order: Order, *, key: str) -> Checkout:
        raise PaymentError("payment_off", N_("Online payment is not set up here. Please record a voucher."))

    def read_notice(self, body: bytes, signature: str) -> Notice | None:
        raise _bad_notice()


class MemoryPayments:
    """The fake: begins payments and decides nothing; `notice` makes what the provider would send."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self._secret = b"memory"
        self._by_key: dict[str, Checkout] = {}

    def create(self, order: Order, *, key: str) -> Checkout:
        _check(order)
        if key not in self._by_key:
            checkout_id = f"cs_{len(self._by_key) + 1}"
            self._by_key[key] = Checkout(checkout_id, f"https://pay.test/{checkout_id}")
            self.orders[checkout_id] = order
        return self._by_key[key]

    def notice(
        self, checkout_id: str, kind: str = "checkout.session.completed", paid: bool = True
    ) -> tuple[bytes, str]:
        """Body and signature of a webhook in Stripe's form."""
        order = self.orders[checkout_id]
        session = {
            "id": checkout_id,
            "client_reference_id": order.reference,
            "currency": "cny",
            "amount_total": order.amount_fen,
            "payment_status": "paid" if paid else "unpaid",
        }
        body = json.dumps({"id": f"evt_{checkout_id}_{kind}", "type": kind, "data": {"object": session}}).encode()
        return body, sign_notice(body, self._secret, int(time.time()))

    def read_notice(self, body: bytes, signature: str) -> Notice | None:
        moment = signature.removeprefix("t=").partition(",")[0]
        if not moment.isdigit() or not hmac.compare_digest(signature, sign_notice(body, self._secret, int(moment))):
            raise _bad_notice()
        return _notice(json.loads(body))


def sign_notice(body: bytes, secret: bytes, moment: int) -> str:
    """Stripe's signature header, v1: HMAC-SHA256 over `<unix seconds>.<body>`."""
    digest = hmac.new(secret, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"
