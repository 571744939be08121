"""What is done every night at 01:30 local: each step safe to repeat, in small transactions.

The agencies' checks are not here: half an hour later they have a job of their own (agencies.nightly).
"""

from datetime import datetime

import sqlalchemy as sa

from supermarket.core.errors import Conflict
from supermarket.core.unit import unit
from supermarket.core.working_days import local_date
from supermarket.credit.models import CreditEntry, Ledger, StarLevel
from supermarket.credit.operations import follow_all, refresh
from supermarket.credit.points import CreditLevel
from supermarket.extensions import db
from supermarket.policies.slots import Outcome
from supermarket.standing.decisions import LOW_LEVEL
from supermarket.standing.models import Rectification
from supermarket.standing.operations import open_case_if_grounds
from supermarket.standing.states import RectificationState
from supermarket.supervision.watch import watch


def nightly(at: datetime) -> Outcome:
    """Run every nightly step; gives the number of things each one looked at or changed."""
    with unit():
        listed = follow_all(at)
    return {
        "lists": listed,
        "credit": _credit(at),
        "removal_cases": _removals(at),
        "findings": watch(at),
    }


def _credit(at: datetime) -> int:
    """Entries begin to count and run out by date: compute anew whose C may have changed since it was computed."""
    today = local_date(at)
    computed_on = sa.cast(sa.func.timezone("Asia/Shanghai", StarLevel.computed_at), sa.Date)
    with unit():
        codes = db.session.scalars(
            sa.select(StarLevel.agency_uscc)
            .join(CreditEntry, CreditEntry.uscc == StarLevel.agency_uscc)
            .where(
                CreditEntry.ledger == Ledger.AGENCY,
                sa.or_(
                    sa.and_(CreditEntry.until_date > computed_on, CreditEntry.until_date <= today),
                    sa.and_(CreditEntry.from_date > computed_on, CreditEntry.from_date <= today),
                ),
            )
            .distinct()
            .order_by(StarLevel.agency_uscc)
        ).all()
    for uscc in codes:
        with unit():
            refresh(uscc, at)
    return len(codes)


def _removals(at: datetime) -> int:
    """Credit may fall, or a rectification run out, between two reviews: a case then opens without waiting."""
    failed = [RectificationState.OVERDUE, RectificationState.REFUSED]
    with unit():
        codes = db.session.scalars(
            sa.select(StarLevel.agency_uscc)
            .join(Rectification, Rectification.agency_uscc == StarLevel.agency_uscc)
            .where(
                StarLevel.held_level <= LOW_LEVEL,
                StarLevel.credit_level.in_([CreditLevel.C.value, CreditLevel.D.value]),
                Rectification.state.in_(failed),
            )
            .distinct()
            .order_by(StarLevel.agency_uscc)
        ).all()
    opened = 0
    for uscc in codes:
        try:
            with unit():
                opened += open_case_if_grounds(uscc, at=at) is not None
        except Conflict:
            continue  # another process opened it
    return opened
