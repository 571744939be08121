"""Tables of the deliverables room, schema `trade`."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.contracts.models import Contract
from supermarket.core.columns import UtcDateTime, choice
from supermarket.deliverables.states import ApprovalOutcome, Decision, DeliverableState
from supermarket.documents.models import Document
from supermarket.extensions import Base


class Deliverable(Base):
    """One result that the contract asks for (成果)."""

    __tablename__ = "deliverables"
    __table_args__ = (
        sa.UniqueConstraint("contract_id", "number"),
        sa.CheckConstraint("(state = 'accepted') = (accepted_at IS NOT NULL)", name="accepted_has_moment"),
        sa.Index("ix_deliverables_due_at", "due_at"),
        sa.Index("ix_deliverables_decide_due_at", "decide_due_at"),
        {"schema": "trade"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.contracts.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(200))
    state: Mapped[DeliverableState] = mapped_column(choice(DeliverableState, "state"))
    due_days: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    urge_at: Mapped[datetime] = mapped_column(UtcDateTime)
    urged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    overdue_recorded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decide_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    silence_recorded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    returned_count: Mapped[int] = mapped_column(default=0)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deemed: Mapped[bool] = mapped_column(default=False)
    approval_outcome: Mapped[ApprovalOutcome | None] = mapped_column(choice(ApprovalOutcome, "approval_outcome"))
    approval_outcome_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contract: Mapped[Contract] = relationship(lazy="joined")
    submissions: Mapped[list["Submission"]] = relationship(order_by="Submission.number", lazy="selectin")


class Submission(Base):
    """One handing-in of a deliverable and what was decided on it."""

    __tablename__ = "submissions"
    __table_args__ = (sa.UniqueConstraint("deliverable_id", "number"), {"schema": "trade"})

    id: Mapped[int] = mapped_column(primary_key=True)
    deliverable_id: Mapped[int] = mapped_column(sa.ForeignKey("trade.deliverables.id"))
    number: Mapped[int]
    document_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.documents.id"))
    remark: Mapped[str] = mapped_column(sa.Text, default="")
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision: Mapped[Decision | None] = mapped_column(choice(Decision, "decision"))
    reasons: Mapped[str] = mapped_column(sa.Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    document: Mapped[Document] = relationship(lazy="joined")
