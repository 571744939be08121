"""Heads of the tree over the market's events: fixed each hour, shown to every witness, their signatures kept (adr 39)."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from supermarket.core.draw import Receipt
from supermarket.core.events import SealedEvent
from supermarket.core.log_tree import path_between, tree_root, tree_size
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways.witness import Witness
from supermarket.witnesses.models import LogHead, LogSignature
from supermarket.witnesses.operations import keep_head, known_witness
from supermarket.witnesses.queries import LOG_NAME, full_hour


@dataclass(frozen=True)
class FixedHead:
    """What the witnesses are shown: size and root (hex) of the tree, and the chain's hash at its end."""

    size: int
    root: str
    chain: str


def fix_head(at: datetime) -> FixedHead | None:
    """Write down the head of the tree as it stands, one in an hour; None for a log without events.

    Before anybody signs it: what a witness may have signed can be found here, whatever happens in between. Whoever is asked
    again in the same hour is shown the same head: a job that is tried again must not tell how the log grew within it.
    """
    with unit():
        newest = db.session.scalar(sa.select(LogHead).order_by(LogHead.size.desc()).limit(1))
        if newest is not None and full_hour(newest.made_at) == full_hour(at):
            size, root = newest.size, newest.root
        else:
            size = tree_size()
            if size == 0:
                return None
            root = tree_root(size)
            db.session.execute(insert(LogHead).values(size=size, root=root, made_at=at).on_conflict_do_nothing())
        chain = db.session.scalars(sa.select(SealedEvent.hash).where(SealedEvent.seq == size)).one()
        return FixedHead(size, root, chain)


def sign_by(witness: Witness, head: FixedHead, at: datetime) -> Receipt:
    """Have a witness sign the head, with the proof that leads there from the one it signed last, and keep its signature.

    A witness of before it knew trees signs the chain's head as ever. Raises WitnessError.
    """
    start = witness.tree_size(LOG_NAME)
    if start is None:
        signed = witness.log_head(LOG_NAME, head.size, head.chain, at=at)
        keep_head(witness, LOG_NAME, head.size, head.chain, signed, at)
        return signed
    with unit():
        proof = path_between(start, head.size) if 1 <= start <= head.size else []
    signed = witness.tree_head(LOG_NAME, head.size, head.root, start, proof, at=at)
    known = known_witness(witness.name(), witness.verify_key(), at)
    with unit():
        db.session.execute(
            insert(LogSignature)
            .values(witness_id=known, size=head.size, at=signed.at, signature=signed.signature, kept_at=at)
            .on_conflict_do_nothing()
        )
    return signed
