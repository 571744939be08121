"""What falls due with contracts: the reminder at T−3 and the end of the time for signing."""

from datetime import datetime

import sqlalchemy as sa

from supermarket.contracts import operations
from supermarket.contracts.models import Contract
from supermarket.contracts.queries import UNSIGNED, code_of
from supermarket.core.deadlines import DueKind, Found
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState


def _find_reminders(at: datetime, limit: int) -> Found:
    rows = db.session.execute(
        sa.select(Contract.sign_urge_at, Contract.id)
        .join(Project, Project.id == Contract.project_id)
        .where(
            Contract.state.in_(UNSIGNED),
            Contract.urged_at.is_(None),
            Contract.sign_urge_at <= at,
            Project.state != ProjectState.SUSPENDED,
        )
        .order_by(Contract.sign_urge_at, Contract.id)
        .limit(limit)
    ).all()
    return [(row.sign_urge_at, row.id) for row in rows]


def _find_lapses(at: datetime, limit: int) -> Found:
    rows = db.session.execute(
        sa.select(Contract.sign_due_at, Contract.id)
        .join(Project, Project.id == Contract.project_id)
        .where(Contract.state.in_(UNSIGNED), Contract.sign_due_at <= at, Project.state != ProjectState.SUSPENDED)
        .order_by(Contract.sign_due_at, Contract.id)
        .limit(limit)
    ).all()
    return [(row.sign_due_at, row.id) for row in rows]


def _remind(contract_id: int, at: datetime, prepared: object) -> bool:
    return operations.remind(code_of(contract_id), at=at)


def _lapse(contract_id: int, at: datetime, prepared: object) -> bool:
    return operations.lapse(code_of(contract_id), at=at)


DUE: tuple[DueKind, ...] = (
    DueKind("contracts.sign_reminder", _find_reminders, _remind),
    DueKind("contracts.lapse", _find_lapses, _lapse),
)
