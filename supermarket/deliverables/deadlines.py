"""What falls due with deliverables: the reminder at T−3, the due moment, the end of the owner's time to decide."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from supermarket.contracts.models import Contract
from supermarket.contracts.states import ContractState
from supermarket.core.deadlines import DueKind, Found
from supermarket.deliverables import operations
from supermarket.deliverables.models import Deliverable
from supermarket.deliverables.queries import TO_SUBMIT, code_and_number
from supermarket.deliverables.states import DeliverableState
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState

Due = sa.SQLColumnExpression[datetime] | sa.SQLColumnExpression[datetime | None]


def _find(due: Due, at: datetime, limit: int, *conditions: sa.ColumnElement[bool]) -> Found:
    rows = db.session.execute(
        sa.select(sa.label("due", due), Deliverable.id)
        .join(Contract, Contract.id == Deliverable.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .where(
            due <= at,
            Contract.state == ContractState.IN_FORCE,
            Project.state != ProjectState.SUSPENDED,
            *conditions,
        )
        .order_by(due, Deliverable.id)
        .limit(limit)
    ).all()
    return [(row.due, row.id) for row in rows]


def _find_reminders(at: datetime, limit: int) -> Found:
    return _find(Deliverable.urge_at, at, limit, Deliverable.state.in_(TO_SUBMIT), Deliverable.urged_at.is_(None))


def _find_overdue(at: datetime, limit: int) -> Found:
    return _find(
        Deliverable.due_at, at, limit, Deliverable.state.in_(TO_SUBMIT), Deliverable.overdue_recorded_at.is_(None)
    )


def _find_silence(at: datetime, limit: int) -> Found:
    return _find(
        Deliverable.decide_due_at,
        at,
        limit,
        Deliverable.state == DeliverableState.SUBMITTED,
        Deliverable.silence_recorded_at.is_(None),
    )


def _act(operation: Callable[..., bool]) -> Callable[[int, datetime, object], bool]:
    def act(deliverable_id: int, at: datetime, prepared: object) -> bool:
        code, number = code_and_number(deliverable_id)
        return operation(code, number, at=at)

    return act


DUE: tuple[DueKind, ...] = (
    DueKind("deliverables.reminder", _find_reminders, _act(operations.remind)),
    DueKind("deliverables.overdue", _find_overdue, _act(operations.note_overdue)),
    DueKind("deliverables.silence", _find_silence, _act(operations.note_silence)),
)
