"""Pool files: fixed at the freeze, and for each tie once the quotes are open (selection.md §3)."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from supermarket.core.draw import Member, pool_file, pool_hash
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import EnrolmentState
from supermarket.selection import events
from supermarket.selection.candidates import source_of_next_draw
from supermarket.selection.models import Draw
from supermarket.selection.states import DrawState


def fix_pool(project: Project, purpose: str, members: Iterable[Member], *, at: datetime) -> Draw:
    """Make the pool file of a draw; from now on it never changes (a trigger refuses it)."""
    listed = tuple(members)
    source = source_of_next_draw(project)
    data = pool_file(project.code, purpose, source, listed)
    excluded = db.session.scalars(
        sa.select(Enrolment)
        .where(Enrolment.project_id == project.id, Enrolment.state == EnrolmentState.EXCLUDED)
        .order_by(Enrolment.id)
    ).all()
    draw = Draw(
        project=project,
        purpose=purpose,
        state=DrawState.RECEIPT_PENDING,
        source=source,
        pool_file=data.decode("ascii"),
        pool_hash=pool_hash(data),
        excluded=sorted(
            ({"id": row.agency.uscc, "code": row.exclusion_code or ""} for row in excluded), key=lambda item: item["id"]
        )
        if purpose == "main"
        else [],
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
