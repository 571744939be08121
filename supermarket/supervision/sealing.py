"""The chain of events: sealed each tick, its head signed by every witness each hour."""

from datetime import datetime

import sqlalchemy as sa
import structlog

from supermarket.core.events import SealedEvent, seal
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.witness import WitnessError
from supermarket.policies.slots import Outcome
from supermarket.witnesses.operations import keep_head
from supermarket.witnesses.queries import LOG_NAME

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
    """Have every witness sign the chain's head, so that the past cannot be rewritten unseen; gives who signed which.

    Raises WitnessError, once all were asked, where one can be reached and does not sign: a fork, or a step back.
    """
    seal_all()
    with unit():
        query = sa.select(SealedEvent.seq, SealedEvent.hash).order_by(SealedEvent.seq.desc()).limit(1)
        head = db.session.execute(query).first()
    if head is None:
        return {"seq": 0}
    outcome: Outcome = {"seq": head.seq}
    refused: WitnessError | None = None
    for witness in current().witnesses:
        try:
            signed = witness.log_head(LOG_NAME, head.seq, head.hash, at=at)
        except WitnessError as error:
            outcome[witness.shown("en")] = error.code
            if not error.again:
                refused = error
            _log.warning("a witness did not sign the head", seq=head.seq, witness=witness.shown("en"), code=error.code)
            continue
        keep_head(witness, LOG_NAME, head.seq, head.hash, signed, at)
        outcome[witness.name()] = signed.signature
    if refused is not None:
        raise refused
    return outcome
