"""What falls due with payments: an instalment that was not paid in its 30 days."""

from datetime import datetime

import sqlalchemy as sa

from supermarket.contracts.models import Contract
from supermarket.contracts.states import ContractState
from supermarket.core.deadlines import DueKind, Found
from supermarket.extensions import db
from supermarket.payments import operations
from supermarket.payments.models import PaymentItem
from supermarket.payments.queries import TO_PAY, code_and_number
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState


def _find_overdue(at: datetime, limit: int) -> Found:
    rows = db.session.execute(
        sa.select(PaymentItem.due_at, PaymentItem.id)
        .join(Contract, Contract.id == PaymentItem.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .where(
            PaymentItem.state.in_(TO_PAY),
            PaymentItem.due_at <= at,
            PaymentItem.overdue_recorded_at.is_(None),
            Contract.state == ContractState.IN_FORCE,
            Project.state != ProjectState.SUSPENDED,
        )
        .order_by(PaymentItem.due_at, PaymentItem.id)
        .limit(limit)
    ).all()
    return [(row.due_at, row.id) for row in rows if row.due_at is not None]


def _overdue(item_id: int, at: datetime, prepared: object) -> bool:
    code, number = code_and_number(item_id)
    return operations.note_overdue(code, number, at=at)


DUE: tuple[DueKind, ...] = (DueKind("payments.overdue", _find_overdue, _overdue),)
