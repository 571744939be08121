"""An expert declares whom they must not judge, and takes it back; nothing declared is ever deleted."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import Conflict, NotFound
from supermarket.core.events import record
from supermarket.core.permissions import Actor
from supermarket.experts import events
from supermarket.experts.commands import Interest
from supermarket.experts.models import ExpertInterest
from supermarket.experts.operations.common import mended, own
from supermarket.experts.rules import interest_errors
from supermarket.extensions import db


def declare(command: Interest, *, actor: Actor, at: datetime) -> ExpertInterest:
    """It counts from the next draw on. Raises Forbidden, NotFound, InvalidInput, Conflict if it is declared already."""
    expert = own(actor)
    mended(interest_errors(command, at))
    if any(row.uscc == command.uscc and row.kind is command.kind for row in expert.live_interests):
        raise Conflict(_("You have declared this already."), code="declared")
    row = ExpertInterest(
        expert=expert,
        kind=command.kind,
        uscc=command.uscc,
        body_name=command.body_name.strip(),
        ended_on=command.ended_on,
        declared_at=at,
    )
    db.session.add(row)
    db.session.flush()
    record(events.INTEREST_DECLARED, expert.code, actor=actor, at=at, data={"kind": command.kind.value})
    return row


def withdraw(interest_id: int, *, actor: Actor, at: datetime) -> ExpertInterest:
    """It was declared by mistake. Raises Forbidden, NotFound."""
    expert = own(actor)
    row = db.session.scalar(
        sa.select(ExpertInterest)
        .where(ExpertInterest.id == interest_id, ExpertInterest.expert_id == expert.id)
        .with_for_update(of=ExpertInterest)
    )
    if row is None or row.withdrawn_at is not None:
        raise NotFound(_("There is no such declaration of yours."))
    row.withdrawn_at = at
    db.session.flush()
    record(events.INTEREST_WITHDRAWN, expert.code, actor=actor, at=at, data={"kind": row.kind.value})
    return row
