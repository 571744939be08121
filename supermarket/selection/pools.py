"""Pool files: fixed at the freeze, and for each tie once the quotes are open (selection.md §3)."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from supermarket.core.draw import Member, pool_file, pool_hash
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db
from supermarket.modes.stages import Exclusion
from supermarket.modes.stages.draw import MAIN
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import EnrolmentState
from supermarket.selection import events
from supermarket.selection.candidates import source_of_next_draw
from supermarket.selection.models import Draw
from supermarket.selection.states import DrawState


def fix_pool(
    project: Project, purpose: str, members: Iterable[Member], out: Iterable[Exclusion] = (), *, at: datetime
) -> Draw:
    """Make the pool file of a draw; from now on it never changes (a trigger refuses it).

    `out`: whom the stages before have left out; the record names them beside those whom the rules have excluded.
    """
    listed = tuple(members)
    source = source_of_next_draw(project)
    data = pool_file(project.code, purpose, source, listed)
    draw = Draw(
        project=project,
        purpose=purpose,
        state=DrawState.RECEIPT_PENDING,
        source=source,
        pool_file=data.decode("ascii"),
        pool_hash=pool_hash(data),
        excluded=_left_out(project, purpose, out),
        draw_at=max(at, project.select_at or at),
    )
    db.session.add(draw)
    record(
        events.POOL_FIXED,
        project.code,
        actor=SYSTEM,
        at=at,
        data={"purpose": purpose, "pool_hash": draw.pool_hash, "members": len(listed)},
    )
    return draw


def _left_out(project: Project, purpose: str, out: Iterable[Exclusion]) -> list[dict[str, str]]:
    """Whom the record names beside the pool: of the main draw agencies, of a panel's the experts kept out, of ties nobody."""
    if purpose == MAIN:
        return _excluded(project, out)
    return (
        [{"id": item.uscc, "code": item.code} for item in sorted(out, key=lambda each: each.uscc)]
        if purpose == "panel"
        else []
    )


def _excluded(project: Project, out: Iterable[Exclusion]) -> list[dict[str, str]]:
    rows = db.session.scalars(
        sa.select(Enrolment).where(Enrolment.project_id == project.id, Enrolment.state == EnrolmentState.EXCLUDED)
    ).all()
    codes = {item.uscc: item.code for item in out} | {row.agency.uscc: row.exclusion_code or "" for row in rows}
    return [{"id": uscc, "code": codes[uscc]} for uscc in sorted(codes)]
