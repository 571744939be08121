"""What falls due with standings: rectifications that ran out, hearings that end, removals overdue or to carry out."""

from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from supermarket.core.deadlines import DueKind, Found
from supermarket.extensions import db
from supermarket.standing.models import Rectification, RemovalCase
from supermarket.standing.operations import (
    carry_out,
    close_hearing,
    note_rectification_overdue,
    note_removal_overdue,
)
from supermarket.standing.states import RectificationState, RemovalState


class Act(Protocol):
    """One of the room's operations for the jobs."""

    def __call__(self, thing_id: int, /, *, at: datetime) -> bool: ...


def _kind(
    name: str,
    moment: "InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]",
    row_id: InstrumentedAttribute[int],
    where: sa.ColumnElement[bool],
    act: Act,
) -> DueKind:
    def find(at: datetime, limit: int) -> Found:
        query = sa.select(moment, row_id).where(where, moment <= at).order_by(moment, row_id).limit(limit)
        return [(due, thing) for due, thing in db.session.execute(query) if due is not None]

    def do(thing_id: int, at: datetime, prepared: object) -> bool:
        return act(thing_id, at=at)

    return DueKind(name, find, do)


DUE: tuple[DueKind, ...] = (
    _kind(
        "standing.rectification_overdue",
        Rectification.due_at,
        Rectification.id,
        Rectification.state == RectificationState.OPEN,
        note_rectification_overdue,
    ),
    _kind(
        "standing.hearing_over",
        RemovalCase.statement_due_at,
        RemovalCase.id,
        RemovalCase.state == RemovalState.HEARING,
        close_hearing,
    ),
    _kind(
        "standing.removal_overdue",
        RemovalCase.decision_due_at,
        RemovalCase.id,
        sa.and_(RemovalCase.state.in_([RemovalState.HEARING, RemovalState.DECIDING]), RemovalCase.overdue_at.is_(None)),
        note_removal_overdue,
    ),
    _kind(
        "standing.removal",
        RemovalCase.decided_at,
        RemovalCase.id,
        RemovalCase.state == RemovalState.APPROVED,
        carry_out,
    ),
)
