"""Draws: once receipted, computed from a value and published (selection.md §3).

Where the value comes from: `revealing` (parties), `rounds` (drand), `bulletins` (published numbers).
"""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.draw import (
    DrandSource,
    Source,
    draw_key,
    draw_order,
    parse_pool_file,
    parse_time,
)
from supermarket.core.errors import NotFound
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.projects.operations import unlock_after_draw
from supermarket.projects.operations.common import locked, locked_by_id
from supermarket.selection import events
from supermarket.selection.models import Draw
from supermarket.selection.running import advance_project
from supermarket.selection.states import DRAW, DrawAction, DrawState


def value_from(source: Source, receipt_at: datetime) -> datetime:
    """From when on the source has the value of a draw with this receipt."""
    if isinstance(source, DrandSource):
        chain = current().beacon.chain(source.chain_hash)
        return chain.time_of(chain.round_for(receipt_at))
    return receipt_at + source.earliest


def compute(draw: Draw, value: str, entered_by: tuple[str, ...], *, source_time: datetime, at: datetime) -> None:
    """The draw's key and order from its value, once; it is public, the project is free again, the selection goes on.

    `source_time`: when the value came into being. Raises WrongState where it is drawn already.
    """
    draw.state = DRAW.next(draw.state, DrawAction.DRAW)
    pool = parse_pool_file(draw.pool_file.encode("ascii"))
    draw.value = value
    draw.entered_by = list(entered_by)
    draw.source_time = source_time.replace(microsecond=0)
    draw.key = draw_key(draw.pool_hash, value)
    draw.order = list(draw_order(pool.members, draw.key))
    draw.drawn_at = at.replace(microsecond=0)
    db.session.flush()
    if not _another_under_way(draw):
        unlock_after_draw(draw.project)
    record(
        events.DRAWN,
        draw.project.code,
        actor=SYSTEM,
        at=at,
        data={"purpose": draw.purpose, "key": draw.key, "first": draw.order[0]},
    )
    advance_project(draw.project, at)


def _another_under_way(draw: Draw) -> bool:
    """Whether a further draw of the project stands between its receipt and its order."""
    others = sa.exists().where(
        Draw.project_id == draw.project_id,
        Draw.id != draw.id,
        Draw.receipt.is_not(None),
        Draw.state != DrawState.DRAWN,
    )
    return bool(db.session.scalar(sa.select(others)))


def receipt_time(receipt: dict[str, str] | None) -> datetime:
    """When the witness signed. Raises LookupError without a receipt: such a draw takes no value."""
    if receipt is None:
        raise LookupError("a draw without a receipt takes no value")
    return parse_time(receipt["at"])


def locked_draw(draw_id: int) -> Draw:
    """The draw of an id with its project, both locked until the end of the transaction. Raises NotFound."""
    project_id = db.session.scalar(sa.select(Draw.project_id).where(Draw.id == draw_id))
    if project_id is None:
        raise NotFound(_("There is no such draw."))
    locked_by_id(project_id)  # always the project first, so that no two jobs lock crosswise
    return db.session.scalars(
        sa.select(Draw).where(Draw.id == draw_id).with_for_update(of=Draw).execution_options(populate_existing=True)
    ).one()


def locked_draw_of(code: str, purpose: str) -> Draw:
    """The draw of a project and purpose, locked as above. Raises NotFound."""
    project = locked(code)
    draw = db.session.scalar(
        sa.select(Draw)
        .where(Draw.project_id == project.id, Draw.purpose == purpose)
        .with_for_update(of=Draw)
        .execution_options(populate_existing=True)
    )
    if draw is None:
        raise NotFound(_("There is no such draw."))
    return draw
