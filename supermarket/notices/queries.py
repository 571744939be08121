"""Reads of the notices room."""

from collections.abc import Sequence

import sqlalchemy as sa

from supermarket.core.permissions import Actor
from supermarket.extensions import db
from supermarket.notices.models import Notice


def own(actor: Actor) -> sa.ColumnElement[bool]:
    """Notices to one's organisations, and those to oneself; not those to other people there."""
    return sa.and_(
        Notice.organisation_id.in_({grant.organisation_id for grant in actor.grants}),
        sa.or_(Notice.user_id.is_(None), Notice.user_id == (actor.user_id or 0)),
    )


def unread_count(actor: Actor) -> int:
    """How many notices one's organisations have not read."""
    query = sa.select(sa.func.count()).select_from(Notice).where(own(actor), Notice.read_at.is_(None))
    return db.session.scalar(query) or 0


def notices_of(
    actor: Actor, *, unread_only: bool = False, before_id: int | None = None, limit: int = 50
) -> Sequence[Notice]:
    """Notices of one's organisations with their events, newest first, from `before_id` on."""
    query = sa.select(Notice).where(own(actor))
    if unread_only:
        query = query.where(Notice.read_at.is_(None))
    if before_id is not None:
        query = query.where(Notice.id < before_id)
    return db.session.scalars(query.order_by(Notice.id.desc()).limit(limit)).all()
