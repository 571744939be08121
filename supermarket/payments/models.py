"""Tables of the payments room, schema `trade`. The platform records money, it never holds any."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.contracts.models import Contract
from supermarket.core.columns import Fen, UtcDateTime, choice
from supermarket.documents.models import Document
from supermarket.extensions import Base
from supermarket.payments.states import PaymentState


class PaymentItem(Base):
    """One instalment of a contract's price; falls due with a deliverable's acceptance, or with the contract (None)."""

    __tablename__ = "payment_items"
    __table_args__ = (
        sa.UniqueConstraint("contract_id", "number"),
        sa.CheckConstraint("amount >= 1", name="amount_positive"),
        sa.CheckConstraint("state <> 'paid' OR paid_at IS NOT NULL", name="paid_has_moment"),
        sa.CheckConstraint("state = 'planned' OR due_at IS NOT NULL", name="due_has_moment"),
        sa.Index("ix_payment_items_due_at", "due_at"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.contracts.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(200))
    after_deliverable: Mapped[int | None]
    amount: Mapped[int] = mapped_column(Fen)
    paid_amount: Mapped[int | None] = mapped_column(Fen)
    state: Mapped[PaymentState] = mapped_column(choice(PaymentState, "state"))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    overdue_recorded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contract: Mapped[Contract] = relationship(lazy="joined")
    vouchers: Mapped[list["Voucher"]] = relationship(order_by="Voucher.id", lazy="selectin")


class Voucher(Base):
    """A proof of payment handed in by the owner: submitted → confirmed, or refused with a reason."""

    __tablename__ = "vouchers"
    __table_args__ = ({"schema": "trade"},)

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_item_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.payment_items.id"), index=True)
    document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("platform.documents.id"))
    reference: Mapped[str] = mapped_column(sa.String(100))
    amount: Mapped[int] = mapped_column(Fen)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    document: Mapped[Document | None] = relationship(lazy="joined")
