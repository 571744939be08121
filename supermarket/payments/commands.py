"""What people ask of the payments room, as frozen values; the forms make them."""

from dataclasses import dataclass

from supermarket.contracts.commands import Upload


@dataclass(frozen=True)
class SubmitVoucher:
    """A proof of payment: the bank's or treasury's reference, the amount in fen, the scanned voucher if there is one."""

    reference: str
    amount: int
    file: Upload | None = None
