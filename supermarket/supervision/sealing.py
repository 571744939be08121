"""The chain of events: sealed each tick, its head signed by the witness every hour."""

from datetime import datetime

import sqlalchemy as sa
import structlog

from supermarket.core.events import SealedEvent, seal
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.witness import WitnessError
from supermarket.policies.slots import Outcome

LOG_NAME = "events"
_log = structlog.get_logger(__name__)


def seal_all() -> int:
    """Chain everything that is committed; gives how many events."""
    count = 0
    while True:
        with unit():
            done = seal()
        count += done
        if done == 0:
            return count


def sign_head(at: datetime) -> Outcome:
    """Have the witness sign the chain's head, so that the past cannot be rewritten unseen.

    Raises WitnessError where the witness can be reached and does not sign: a fork, or a step back.
    """
    seal_all()
    with unit():
        query = sa.select(SealedEvent.seq, SealedEvent.hash).order_by(SealedEvent.seq.desc()).limit(1)
        head = db.session.execute(query).first()
    if head is None:
        return {"seq": 0}
    try:
        receipt = current().witness.log_head(LOG_NAME, head.seq, head.hash, at=at)
    except WitnessError as error:
        if not error.again:
            raise
        _log.warning("the witness does not answer; the next hour's head covers this one", seq=head.seq)
        return {"seq": head.seq, "signed": "witness_down"}
    return {"seq": head.seq, "signed": receipt.signature}
