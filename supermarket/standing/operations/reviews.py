"""The monthly review of one agency (rating-and-credit.md, Demotion and removal)."""

from datetime import datetime

import sqlalchemy as sa

from supermarket.core.events import Value, record
from supermarket.core.permissions import SYSTEM
from supermarket.core.working_days import local_date
from supermarket.credit.operations import set_held_level
from supermarket.extensions import db
from supermarket.standing import events
from supermarket.standing.decisions import Move, review
from supermarket.standing.models import Rectification, Review
from supermarket.standing.operations.common import due, locked_agency, stored_reasons
from supermarket.standing.queries import facts_at, state_before, stored_facts, stored_state
from supermarket.standing.states import RectificationState

TAG_OF_MOVE = {Move.FIRST: events.FIRST_LEVEL, Move.DEMOTED: events.DEMOTED, Move.PROMOTED: events.PROMOTED}


def period_of(t: datetime) -> str:
    """The month that a review moment belongs to, 2026-03."""
    return local_date(t).strftime("%Y-%m")


def review_month(t: datetime, uscc: str, *, at: datetime) -> Review | None:
    """Review an agency for the moment `t`, once; None if that month was reviewed already.

    What is looked at is as of `t`; what follows (the event, the rectification's 15 working days) counts from `at`.
    Raises NotFound, ValueError if a later month was reviewed already.
    """
    agency = locked_agency(uscc)
    period = period_of(t)
    known = sa.select(Review.id).where(Review.agency_uscc == uscc, Review.period == period)
    if db.session.scalar(known) is not None:
        return None
    before, facts = state_before(uscc), facts_at(uscc, t)
    outcome = review(before, facts)
    row = Review(
        agency_uscc=uscc,
        period=period,
        review_at=t,
        ran_at=at,
        move=outcome.move,
        held_before=outcome.before,
        held_after=outcome.after,
        reasons=stored_reasons(outcome.reasons),
        inputs=stored_facts(facts, before),
        outcome=stored_state(outcome.state),
    )
    db.session.add(row)
    db.session.flush()
    tag = TAG_OF_MOVE.get(outcome.move)
    if tag is not None and outcome.after is not None:
        set_held_level(uscc, outcome.after, at=at)
        data: dict[str, Value] = {
            "period": period,
            "before": outcome.before,
            "after": outcome.after,
            "reasons": [each.code for each in outcome.reasons],
        }
        record(tag, uscc, actor=SYSTEM, at=at, data=data)
    if outcome.opens_rectification:
        task = Rectification(
            agency_uscc=uscc,
            review=row,
            state=RectificationState.OPEN,
            opened_at=at,
            due_at=due(agency, "rectification_days", at),
        )
        db.session.add(task)
        db.session.flush()
        opened: dict[str, Value] = {"rectification_id": task.id, "due_at": task.due_at.isoformat()}
        record(events.RECTIFICATION_OPENED, uscc, actor=SYSTEM, at=at, data=opened)
    return row
