"""What falls due in this room: decisions on exceptions that are overdue, and ends of enrolment to tell the witness."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from supermarket.core.deadlines import DueKind
from supermarket.extensions import db
from supermarket.projects.exception_models import RequirementException
from supermarket.projects.opening import note_told, prepare_telling, untold
from supermarket.projects.operations.exceptions import remind
from supermarket.projects.states import ExceptionState


def _overdue(at: datetime, limit: int) -> Sequence[tuple[datetime, int]]:
    rows = db.session.execute(
        sa.select(RequirementException.due_at, RequirementException.id)
        .where(
            RequirementException.state == ExceptionState.ASKED,
            RequirementException.reminded_at.is_(None),
            RequirementException.due_at <= at,
        )
        .order_by(RequirementException.due_at, RequirementException.id)
        .limit(limit)
    )
    return [(row.due_at, row.id) for row in rows]


DUE: tuple[DueKind, ...] = (
    DueKind("exception_overdue", _overdue, lambda number, at, _prepared: remind(number, at)),
    DueKind("witness_opening", untold, note_told, prepare_telling),
)
