"""What tests of the rooms after the award read again and again."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from supermarket.core.deadlines import DueKind
from supermarket.core.events import Event
from supermarket.credit.models import CreditEntry
from supermarket.extensions import db


def tags(code: str) -> list[str]:
    """The events of a contract, in order."""
    query = sa.select(Event.tag).where(Event.subject_kind == "contract", Event.subject_code == code).order_by(Event.id)
    return list(db.session.scalars(query))


def entries() -> list[tuple[str, str, int]]:
    """Every entry of both ledgers: whose, what, points."""
    rows = db.session.scalars(sa.select(CreditEntry).order_by(CreditEntry.id)).all()
    return [(row.ledger.value, row.event, row.points) for row in rows]


def tick(kinds: Sequence[DueKind], at: datetime) -> list[str]:
    """Do what is due at a moment; gives what was done."""
    done = []
    for kind in kinds:
        for due, number in kind.find(at, 100):
            assert due <= at
            if kind.act(number, at, None):
                done.append(kind.name)
    return done
