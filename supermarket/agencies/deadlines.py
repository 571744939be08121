"""What falls due in this room: checks to run (first, after a change, hourly), ends of certificates, of freezes, …"""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError

from supermarket.agencies.checks import Answers
from supermarket.agencies.models import Agency
from supermarket.agencies.operations import (
    ask_about_change,
    check_change_when_due,
    end_standing_when_over,
    end_withdrawal_when_over,
)
from supermarket.agencies.operations.changes import changes_due
from supermarket.agencies.operations.moves import (
    lapse_move,
    moves_lapsing,
    moves_unanswered,
    pass_on_unanswered,
)
from supermarket.agencies.operations.onboarding import checks_due, hide_expired
from supermarket.agencies.operations.runs import standing_still, take_up_again
from supermarket.agencies.operations.withdrawing import withdrawals_over
from supermarket.agencies.rounds import Asked, ask_about, due_together, write_rounds
from supermarket.core.deadlines import DueKind
from supermarket.core.errors import Conflict
from supermarket.core.unit import unit
from supermarket.extensions import db

_log = structlog.get_logger(__name__)


def _ask(agency_id: int, at: datetime) -> Asked | None:
    """The answers for this agency and for those that are due with it: after an outage that is nearly everybody."""
    with unit():
        ids = due_together(agency_id, at)
    return ask_about(ids, at) if ids else None


def _check(agency_id: int, at: datetime, prepared: object) -> bool:
    asked = cast("Asked | None", prepared)
    if asked is None or agency_id not in asked.files:
        return False
    try:
        with db.session.begin_nested():
            return agency_id in write_rounds(asked, at, only_due=True).checked
    except (Conflict, DBAPIError):
        raise
    except Exception as error:
        if len(asked.files) == 1:
            raise
        # One that cannot be checked must not hold up the others: each has its own turn.
        _log.warning("checked alone", id=agency_id, error=type(error).__name__)
    alone = Asked({agency_id: asked.files[agency_id]}, asked.answers)
    return agency_id in write_rounds(alone, at, only_due=True).checked


def _ends(at: datetime, limit: int) -> Sequence[tuple[datetime, int]]:
    rows = db.session.execute(
        sa.select(Agency.expiry_due_at, Agency.id)
        .where(Agency.expiry_due_at <= at)
        .order_by(Agency.expiry_due_at, Agency.id)
        .limit(limit)
    ).all()
    return [(due, agency_id) for due, agency_id in rows if due is not None]


def _freezes_over(at: datetime, limit: int) -> Sequence[tuple[datetime, int]]:
    rows = db.session.execute(
        sa.select(Agency.standing_until, Agency.id)
        .where(Agency.standing_until <= at)
        .order_by(Agency.standing_until, Agency.id)
        .limit(limit)
    ).all()
    return [(until, agency_id) for until, agency_id in rows if until is not None]


def _ask_about_change(change_id: int, at: datetime) -> Answers:
    return ask_about_change(change_id, at)


def _check_change(change_id: int, at: datetime, answers: object) -> bool:
    return check_change_when_due(change_id, at, cast("Answers", answers))


DUE: tuple[DueKind, ...] = (
    DueKind("agency_checks", checks_due, _check, _ask),
    DueKind(
        "agency_freeze_over", _freezes_over, lambda agency_id, at, _prepared: end_standing_when_over(agency_id, at)
    ),
    DueKind(
        "service_withdrawal_over", withdrawals_over, lambda number, at, _prepared: end_withdrawal_when_over(number, at)
    ),
    DueKind("agency_expiry", _ends, lambda agency_id, at, _prepared: hide_expired(agency_id, at)),
    DueKind("profile_change_checks", changes_due, _check_change, _ask_about_change),
    DueKind("practitioner_move_lapsed", moves_lapsing, lambda move_id, at, _prepared: lapse_move(move_id, at)),
    DueKind(
        "practitioner_move_unanswered",
        moves_unanswered,
        lambda move_id, at, _prepared: pass_on_unanswered(move_id, at),
    ),
    DueKind("check_run_stands_still", standing_still, lambda number, at, _prepared: take_up_again(number, at)),
)
