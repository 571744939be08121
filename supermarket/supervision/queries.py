"""Reads of the supervision room, for the board."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor, P, region_stem
from supermarket.extensions import db
from supermarket.supervision.models import Finding, Level


def finding(finding_id: int) -> Finding:
    """The finding. Raises NotFound."""
    row = db.session.get(Finding, finding_id)
    if row is None:
        raise NotFound(_("There is no such finding."))
    return row


def _seen_by(actor: Actor) -> sa.ColumnElement[bool]:
    """Supervisors see their region's subtree; every office sees what is about itself."""
    own = Finding.organisation_id.in_({grant.organisation_id for grant in actor.grants})
    scopes = [grant.region_code for grant in actor.grants_with(P.SUPERVISE)]
    if actor.system or None in scopes:
        return sa.true()
    stems = [Finding.region_code.startswith(region_stem(code)) for code in scopes if code is not None]
    return sa.or_(own, *stems)


def board(
    actor: Actor, *, level: Level | None = None, open_only: bool = True, before_id: int | None = None, limit: int = 50
) -> Sequence[Finding]:
    """Findings that the actor may see, newest first, from `before_id` on."""
    query = sa.select(Finding).where(_seen_by(actor))
    if level is not None:
        query = query.where(Finding.level == level)
    if open_only:
        query = query.where(Finding.withdrawn_at.is_(None))
    if before_id is not None:
        query = query.where(Finding.id < before_id)
    return db.session.scalars(query.order_by(Finding.id.desc()).limit(limit)).all()


def counts(actor: Actor) -> Mapping[Level, int]:
    """How many standing findings of each level the actor may see."""
    rows = db.session.execute(
        sa.select(Finding.level, sa.func.count())
        .where(_seen_by(actor), Finding.withdrawn_at.is_(None))
        .group_by(Finding.level)
    ).all()
    found = {row[0]: row[1] for row in rows}
    return {level: found.get(level, 0) for level in Level}


def findings_of_project(project_code: str) -> Sequence[Finding]:
    """Every finding of one project, oldest first."""
    return db.session.scalars(sa.select(Finding).where(Finding.project_code == project_code).order_by(Finding.id)).all()
