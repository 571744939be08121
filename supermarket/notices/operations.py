"""Writes of the notices room: tell organisations of an event, mark as read."""

from datetime import datetime

import sqlalchemy as sa
import structlog
from flask_babel import gettext as _

from supermarket.core.errors import NotFound
from supermarket.core.events import Event
from supermarket.core.permissions import Actor
from supermarket.core.unit import after_commit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.queue import QueueError
from supermarket.notices.models import Notice
from supermarket.notices.queries import own
from supermarket.notices.recipients import TOLD, Person

MAIL_JOB = "mail_notices"
_log = structlog.get_logger(__name__)


def tell(event: Event) -> None:
    """Enter a notice for each organisation or person that the table names, but not for the one that acted. For the wiring."""
    found = [item for finder in TOLD.get(event.tag, ()) for item in finder(event) if item is not None]
    told = {item for item in found if isinstance(item, int)}
    people = {item for item in found if isinstance(item, Person) and item.user_id != event.actor_user_id}
    if event.actor_user_id is not None:
        told.discard(event.actor_organisation_id or 0)
    rows = [Notice(organisation_id=organisation, event_id=event.id, at=event.at) for organisation in sorted(told)]
    rows += [
        Notice(organisation_id=item.organisation_id, user_id=item.user_id, event_id=event.id, at=event.at)
        for item in sorted(people)
    ]
    db.session.add_all(rows)
    db.session.flush()
    if rows:
        _mail_later([row.id for row in rows])


def mark_read(notice_id: int, *, actor: Actor, at: datetime) -> Notice:
    """Mark one notice of one's own organisations. Raises NotFound."""
    row = db.session.scalar(sa.select(Notice).where(Notice.id == notice_id, own(actor)).with_for_update(of=Notice))
    if row is None:
        raise NotFound(_("There is no such notice."))
    row.read_at = row.read_at or at
    db.session.flush()
    return row


def mark_all_read(*, actor: Actor, at: datetime) -> int:
    """Mark everything that one's organisations have not read; gives how many."""
    marked = db.session.execute(
        sa.update(Notice).where(own(actor), Notice.read_at.is_(None)).values(read_at=at).returning(Notice.id)
    ).all()
    return len(marked)


def _mail_later(ids: list[int]) -> None:
    def enqueue() -> None:
        try:
            current().queue.enqueue(MAIL_JOB, *ids)
        except QueueError as error:
            # The change stands; the schedule has them mailed later.
            _log.warning("notices wait for the queue", notices=len(ids), code=error.code)

    after_commit(enqueue)
