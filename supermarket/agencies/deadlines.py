"""What falls due in this room: checks to run (first, hourly, nightly) and freezes that end."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

import sqlalchemy as sa

from supermarket.agencies.checks import Answers
from supermarket.agencies.models import Agency
from supermarket.agencies.operations import (
    ask_about_change,
    ask_registries,
    check_change_when_due,
    end_standing_when_over,
    end_withdrawal_when_over,
    run_checks,
)
from supermarket.agencies.operations.changes import changes_due
from supermarket.agencies.operations.onboarding import checks_due
from supermarket.agencies.operations.withdrawing import withdrawals_over
from supermarket.core.deadlines import DueKind
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db


def _code(agency_id: int) -> str | None:
    return db.session.scalar(sa.select(Agency.uscc).where(Agency.id == agency_id))


def _ask(agency_id: int, at: datetime) -> Answers:
    uscc = _code(agency_id)
    return {} if uscc is None else ask_registries(uscc, at)


def _check(agency_id: int, at: datetime, answers: object) -> bool:
    row = db.session.get(Agency, agency_id, with_for_update=True, populate_existing=True)
    if row is None or row.checks_due_at is None or row.checks_due_at > at:
        return False
    run_checks(row.uscc, actor=SYSTEM, at=at, answers=cast("Answers | None", answers))
    return True


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
    DueKind("profile_change_checks", changes_due, _check_change, _ask_about_change),
)
