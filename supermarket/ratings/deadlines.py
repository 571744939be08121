"""What falls due with ratings: the end of the time for giving them, and for deciding an appeal."""

from datetime import datetime

import sqlalchemy as sa

from supermarket.contracts.models import Contract
from supermarket.contracts.queries import code_of
from supermarket.core.deadlines import DueKind, Found
from supermarket.extensions import db
from supermarket.ratings import operations
from supermarket.ratings.models import Rating
from supermarket.ratings.states import RatingState


def _find_closing(at: datetime, limit: int) -> Found:
    """Contracts (by id) whose ratings are to be published."""
    due = sa.func.min(Rating.due_at)
    rows = db.session.execute(
        sa.select(due, Rating.contract_id)
        .where(Rating.state.in_((RatingState.OPEN, RatingState.GIVEN)), Rating.due_at <= at)
        .group_by(Rating.contract_id)
        .order_by(due, Rating.contract_id)
        .limit(limit)
    ).all()
    return [(row[0], row[1]) for row in rows]


def _close(contract_id: int, at: datetime, prepared: object) -> bool:
    return operations.close(code_of(contract_id), at=at)


def _find_appeals(at: datetime, limit: int) -> Found:
    rows = db.session.execute(
        sa.select(Rating.decision_due_at, Rating.id)
        .where(Rating.decision_due_at <= at, Rating.decision_overdue_at.is_(None))
        .order_by(Rating.decision_due_at, Rating.id)
        .limit(limit)
    ).all()
    return [(row.decision_due_at, row.id) for row in rows if row.decision_due_at is not None]


def _appeal_overdue(rating_id: int, at: datetime, prepared: object) -> bool:
    row = db.session.execute(
        sa.select(Contract.code, Rating.rater)
        .join(Contract, Contract.id == Rating.contract_id)
        .where(Rating.id == rating_id)
    ).one()
    return operations.note_appeal_overdue(row.code, row.rater, at=at)


DUE: tuple[DueKind, ...] = (
    DueKind("ratings.publish", _find_closing, _close),
    DueKind("ratings.appeal_overdue", _find_appeals, _appeal_overdue),
)
