"""The log of events: sealed each tick, the head of its tree signed by every witness each hour."""

from datetime import datetime

import structlog

from supermarket.core.events import grow, seal
from supermarket.core.unit import unit
from supermarket.gateways import current
from supermarket.gateways.witness import WitnessError
from supermarket.policies.slots import Outcome
from supermarket.supervision.models import Level
from supermarket.supervision.operations import About, card
from supermarket.supervision.witnessing import home_office
from supermarket.witnesses.log_heads import FixedHead, fix_head, sign_by

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


def grow_tree() -> None:
    """Let the tree reach the chain's end, in batches, each a transaction of its own: a run that was killed goes on where
    it stopped.
    """
    while True:
        with unit():
            if grow() == 0:
                return


def sign_head(at: datetime) -> Outcome:
    """Have every witness sign the tree's head, so that the past cannot be rewritten unseen; gives who signed which.

    Raises WitnessError, once all were asked, where one can be reached and does not sign: a fork, a step back, or a tree
    that is not the one signed before, grown on.
    """
    seal_all()
    grow_tree()
    head = fix_head(at)
    if head is None:
        return {"seq": 0}
    outcome: Outcome = {"seq": head.size}
    refused: WitnessError | None = None
    for witness in current().witnesses:
        try:
            outcome[witness.name()] = sign_by(witness, head, at).signature
        except WitnessError as error:
            outcome[witness.shown("en")] = error.code
            _log.warning("a witness did not sign the head", seq=head.size, witness=witness.shown("en"), code=error.code)
            if not error.again:
                refused = error
                _card(witness.shown("en"), head, error, at)
    if refused is not None:
        raise refused
    return outcome


def _card(witness: str, head: FixedHead, error: WitnessError, at: datetime) -> None:
    """A witness that can be reached and does not sign holds proof of another past of the log: the operator answers."""
    evidence = {"witness": witness, "size": head.size, "root": head.root, "code": error.code, **error.params}
    with unit():
        card(About("witness", witness[:64], None, *home_office(), evidence=evidence), "head_refused", Level.RED, at=at)
