"""The terms of a contract as values: what is delivered when, and how the price is paid in instalments."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

WHOLE = 100
Wanted = Sequence[Mapping[str, str | int]]


@dataclass(frozen=True, slots=True)
class DeliverableTerm:
    """The n-th result, due at the end of the `due_days`-th calendar day after the contract is in force."""

    number: int
    name: str
    due_days: int


@dataclass(frozen=True, slots=True)
class PaymentTerm:
    """The n-th instalment in fen; due after the deliverable of that number, None: after the contract is in force."""

    number: int
    name: str
    percent: int
    after_deliverable: int | None
    amount: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What both sides sign, beside the price; `acceptance_days` are working days, `payment_days` calendar days."""

    deliverables: tuple[DeliverableTerm, ...]
    payments: tuple[PaymentTerm, ...]
    acceptance_days: int
    payment_days: int
    notice_number: str

    def stored(self) -> dict[str, object]:
        """As JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def read(cls, stored: Mapping[str, object]) -> "Terms":
        """Back from JSON. Raises KeyError or TypeError if it is not of this shape."""
        deliverables, payments = stored["deliverables"], stored["payments"]
        acceptance, payment = stored["acceptance_days"], stored["payment_days"]
        if not (isinstance(deliverables, list | tuple) and isinstance(payments, list | tuple)):
            raise TypeError("deliverables and payments are lists")
        if not (isinstance(acceptance, int) and isinstance(payment, int)):
            raise TypeError("days are whole numbers")
        return cls(
            deliverables=tuple(DeliverableTerm(**item) for item in deliverables),
            payments=tuple(PaymentTerm(**item) for item in payments),
            acceptance_days=acceptance,
            payment_days=payment,
            notice_number=str(stored["notice_number"]),
        )


def split(price: int, percents: Sequence[int]) -> tuple[int, ...]:
    """The price in fen cut by percents: whole fen, each within 1 fen of its exact share, and the sum is the price.

    Raises ValueError for percents that are negative or do not add up to 100, or a negative price.
    """
    if price < 0 or any(percent < 0 for percent in percents) or sum(percents) != WHOLE:
        raise ValueError("the percents of the instalments must add up to 100")
    parts, percent_so_far, paid_so_far = [], 0, 0
    for percent in percents:
        percent_so_far += percent
        # Cutting the running total keeps the sum exact whatever is rounded on the way.
        up_to_here = price * percent_so_far // WHOLE
        parts.append(up_to_here - paid_so_far)
        paid_so_far = up_to_here
    return tuple(parts)


def deliverable_terms(wanted: Wanted) -> tuple[DeliverableTerm, ...]:
    """What a project asked for, numbered from 1."""
    return tuple(
        DeliverableTerm(number, str(item["name"]), int(item["due_days"])) for number, item in enumerate(wanted, start=1)
    )


def payment_terms(wanted: Wanted, price: int, deliverables: int) -> tuple[PaymentTerm, ...]:
    """The instalments of a price in fen, numbered from 1; an instalment that comes to 0 fen drops out.

    A project without payment terms is paid at once after its last deliverable. Raises ValueError for percents that do
    not add up to 100, or an instalment after a deliverable that there is not.
    """
    last = deliverables or None
    items = [
        (str(item["name"]), int(item["percent"]), int(item.get("after_deliverable") or 0) or None) for item in wanted
    ] or [("合同价款", WHOLE, last)]
    if any(after is not None and not 1 <= after <= deliverables for _, _, after in items):
        raise ValueError("an instalment waits for a deliverable that the contract does not have")
    amounts = split(price, [percent for _, percent, _ in items])
    due = [(item, amount) for item, amount in zip(items, amounts, strict=True) if amount]
    return tuple(
        PaymentTerm(number, name, percent, after, amount)
        for number, ((name, percent, after), amount) in enumerate(due, start=1)
    )


def agreed(
    *,
    deliverables_wanted: Wanted,
    payments_wanted: Wanted,
    price: int,
    acceptance_days: int,
    payment_days: int,
    notice_number: str,
) -> Terms:
    """The terms that follow from a project and the awarded price in fen. Raises ValueError as `payment_terms` does."""
    deliverables = deliverable_terms(deliverables_wanted)
    return Terms(
        deliverables=deliverables,
        payments=payment_terms(payments_wanted, price, len(deliverables)),
        acceptance_days=acceptance_days,
        payment_days=payment_days,
        notice_number=notice_number,
    )
