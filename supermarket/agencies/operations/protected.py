"""Protected fields under a fresh key: in batches, each its own transaction, so that a stop in the middle loses nothing."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from supermarket.agencies import events
from supermarket.agencies.models import Practitioner
from supermarket.core.events import record
from supermarket.core.permissions import Actor, P, authorise
from supermarket.extensions import db
from supermarket.gateways import current

BATCH = 500


@dataclass(frozen=True)
class Batch:
    """One batch: up to which row it came (None: there was none left), and how many were encrypted anew."""

    last_id: int | None
    renewed: int


def renew_batch(after_id: int, *, size: int = BATCH) -> Batch:
    """Encrypt the next rows with the newest key, those that are not; again without harm.

    Raises KeyRingError for a row that no key of this machine reads; rows before it are kept where the caller commits.
    """
    keys, renewed = current().keys, 0
    rows = db.session.execute(
        sa.select(Practitioner.id, Practitioner.identity_cipher)
        .where(Practitioner.id > after_id)
        .order_by(Practitioner.id)
        .limit(size)
        .with_for_update()
    ).all()
    for row_id, cipher in rows:
        if not keys.under_newest(cipher):
            renewed += 1
            change = sa.update(Practitioner).where(Practitioner.id == row_id)
            db.session.execute(change.values(identity_cipher=keys.rotate(cipher)))
    return Batch(rows[-1][0] if rows else None, renewed)


def note_rotation(renewed: int, *, actor: Actor, at: datetime) -> None:
    """Record that every field is under the newest key. Raises Forbidden: only the machine's operator rotates."""
    authorise(actor, P.ACCOUNT_MANAGE)
    record(events.KEYS_ROTATED, "fields", actor=actor, at=at, data={"rows": renewed})
