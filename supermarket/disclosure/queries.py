"""Reads across rooms for public pages; each takes a fixed number of statements, named in its docstring."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from supermarket.accounts.models import Organisation
from supermarket.agencies.models import Agency, Standing
from supermarket.core.events import Event
from supermarket.core.identifiers import mask_name
from supermarket.extensions import db
from supermarket.projects.models import Project


def organisation_names(ids: Collection[int]) -> Mapping[int, str]:
    """Names by id for public pages, a natural person's masked: one statement."""
    if not ids:
        return {}
    rows = db.session.execute(
        sa.select(Organisation.id, Organisation.name, Organisation.is_natural_person).where(Organisation.id.in_(ids))
    ).all()
    return {row.id: mask_name(row.name) if row.is_natural_person else row.name for row in rows}


def agency_names(usccs: Collection[str]) -> Mapping[str, str]:
    """Names of agencies by code: one statement; unknown codes are absent."""
    if not usccs:
        return {}
    rows = db.session.execute(sa.select(Agency.uscc, Agency.name).where(Agency.uscc.in_(usccs))).all()
    return {row.uscc: row.name for row in rows}


def project_names(codes: Collection[str]) -> Mapping[str, str]:
    """Names of published projects by code: one statement."""
    if not codes:
        return {}
    rows = db.session.execute(
        sa.select(Project.code, Project.name).where(Project.code.in_(codes), Project.published_at.is_not(None))
    ).all()
    return {row.code: row.name for row in rows}


# What the feed of notices shows, by kind (采购公告, 中选公告, 合同公告, 变更, 机构与信用).
NOTICE_KINDS: Mapping[str, tuple[str, ...]] = {
    "procurement": ("project.published", "project.reissued"),
    "change": ("project.amended", "project.extended", "project.suspended", "project.resumed"),
    "result": ("project.announced", "selection.notice_issued", "award.dropped"),
    "ended": ("project.failed", "project.withdrawn", "project.voided", "project.terminated"),
    "contract": ("contract.in_force", "contract.lapsed", "contract.completed"),
    "agency": ("agency.admitted", "agency.standing_changed"),
    "policy": ("policy.set", "matter.published"),
}


@dataclass(frozen=True)
class NoticePage:
    """Public events, newest first, and the id to go on after (None: that was all)."""

    items: Sequence[Event]
    next_id: int | None


def notices(kind: str = "", *, before: int | None = None, limit: int = 20) -> NoticePage:
    """Public events of a kind of NOTICE_KINDS (anything else: all of them), newest first: one statement."""
    tags = NOTICE_KINDS.get(kind) or tuple(tag for group in NOTICE_KINDS.values() for tag in group)
    query = sa.select(Event).where(Event.public, Event.tag.in_(tags))
    if before is not None:
        query = query.where(Event.id < before)
    rows = db.session.scalars(query.order_by(Event.id.desc()).limit(limit + 1)).all()
    return NoticePage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def reissues_of(project_id: int) -> str | None:
    """The code of the published project that reissues this one."""
    return db.session.scalar(
        sa.select(Project.code).where(Project.reissue_of_id == project_id, Project.published_at.is_not(None))
    )


def subject_names(events: Sequence[Event]) -> Mapping[str, str]:
    """The names of what events are about, by code: projects and, through them, contracts; agencies by theirs."""
    found = dict(project_names({event.project_code for event in events if event.project_code}))
    found |= agency_names({event.subject_code for event in events if event.subject_kind == "agency"})
    return found


def agencies_named(q: str, limit: int = 6) -> Sequence[Agency]:
    """Active agencies whose name holds the words, or with this code: one statement."""
    conditions = [
        sa.or_(Agency.name.icontains(word, autoescape=True), Agency.uscc == word.upper()) for word in q.split()
    ]
    query = sa.select(Agency).where(Agency.standing == Standing.ACTIVE, *conditions)
    return db.session.scalars(query.order_by(Agency.name, Agency.id).limit(limit)).all()
