"""Receipts of the witnesses for a fixed pool: asked for in the same tick, kept for ever (selection.md §3).

The lead's stands in the record of the draw; those of further witnesses are rows of their own. No receipt, no draw: the
draw waits until the lead and as many others as the day's policy wants have signed.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from supermarket.core.draw import Receipt, parse_source, parse_time
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.witness import Witness, WitnessError
from supermarket.projects.models import Project
from supermarket.projects.operations import lock_for_draw
from supermarket.selection import events
from supermarket.selection.drawing import locked_draw, value_from
from supermarket.selection.models import Draw, DrawReceipt
from supermarket.selection.states import DRAW, DrawAction, DrawState

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Receipts:
    """What came at this asking: the lead's receipt, and those of further witnesses."""

    lead: Receipt | None
    further: tuple[Receipt, ...]


def receipts_needed(project: Project) -> int:
    """How many witnesses must have signed before a draw, as on the day of the publication; the lead is one of them."""
    value = project.policy.get("receipts_needed", 1)
    return max(1, value) if isinstance(value, int) else 1


def receipts_of(draw: Draw) -> tuple[Receipt, ...]:
    """Every receipt that is kept, the lead's first."""
    lead = draw.receipt
    first = [] if lead is None else [Receipt(parse_time(lead["at"]), lead["by"], lead["signature"])]
    return (*first, *(Receipt(row.at, row.by, row.signature) for row in draw.further_receipts))


def prepare_receipts(draw_id: int, at: datetime) -> Receipts | None:
    """Ask every witness that has not signed yet; None if none of them does now."""
    draw = db.session.get(Draw, draw_id)
    if draw is None or draw.state is DrawState.DRAWN:
        return None
    data, has_lead = draw.pool_file.encode("ascii"), draw.receipt is not None
    have = {row.by for row in draw.further_receipts}
    db.session.rollback()  # nothing is held while the outside is asked
    moment = at.replace(microsecond=0)
    lead, *others = current().witnesses
    come = Receipts(
        lead=None if has_lead else _ask(lead, data, moment),
        further=tuple(
            receipt for each in others if each.name() not in have and (receipt := _ask(each, data, moment)) is not None
        ),
    )
    return come if come.lead is not None or come.further else None


def _ask(witness: Witness, pool: bytes, moment: datetime) -> Receipt | None:
    try:
        return witness.receipt(pool, at=moment)
    except WitnessError as error:
        if not error.again:
            # Not a silent machine but a “no”: the hourly comparison names it, too.
            _log.warning("a witness does not sign a pool", witness=witness.shown("en"), code=error.code, **error.params)
        return None
    except GatewayError:
        return None


def receive_receipts(draw_id: int, at: datetime, prepared: object) -> bool:
    """Store what came, each once; with enough of them nothing may change the project up to the published order."""
    draw = locked_draw(draw_id)
    if draw.state is DrawState.DRAWN or not isinstance(prepared, Receipts):
        return False
    new = [receipt for receipt in prepared.further if _keep(draw, receipt, at)]
    if prepared.lead is not None and draw.receipt is None:
        draw.receipt = prepared.lead.content()
        new.insert(0, prepared.lead)
    for receipt in new:
        _tell(draw, receipt, at)
    if new:
        lock_for_draw(draw.project)
    return _suffices(draw) or bool(new)


def _keep(draw: Draw, receipt: Receipt, at: datetime) -> bool:
    values = {"draw_id": draw.id, "by": receipt.by, "at": receipt.at, "signature": receipt.signature, "kept_at": at}
    kept = db.session.execute(insert(DrawReceipt).values(values).on_conflict_do_nothing().returning(DrawReceipt.id))
    return kept.first() is not None


def _tell(draw: Draw, receipt: Receipt, at: datetime) -> None:
    data = {"purpose": draw.purpose, "by": receipt.by, "pool_hash": draw.pool_hash}
    record(events.RECEIPTED, draw.project.code, actor=SYSTEM, at=at, data=data)


def _suffices(draw: Draw) -> bool:
    """Go on with the draw where the lead and enough others have signed; whether that is so since now."""
    if draw.state is not DrawState.RECEIPT_PENDING or draw.receipt is None:
        return False
    further = db.session.scalar(
        sa.select(sa.func.count()).select_from(DrawReceipt).where(DrawReceipt.draw_id == draw.id)
    )
    if 1 + (further or 0) < receipts_needed(draw.project):
        return False
    draw.state = DRAW.next(draw.state, DrawAction.RECEIVE_RECEIPT)
    draw.draw_at = max(draw.draw_at, value_from(parse_source(draw.source), parse_time(draw.receipt["at"])))
    return True
