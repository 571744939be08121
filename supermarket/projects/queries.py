"""All reads of the projects room; lists take a fixed number of statements whatever their size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, lazyload, selectinload

from supermarket.agencies.models import Agency
from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor, P, may, region_stem
from supermarket.extensions import db
from supermarket.matters.models import MatterVersion
from supermarket.projects.models import Enrolment, Funding, Project, ProjectVersion, WeakLink
from supermarket.projects.states import PUBLIC_STATES, EnrolmentState, ProjectState

SORTS: Mapping[
    str, tuple[sa.UnaryExpression[datetime | None] | sa.UnaryExpression[int] | sa.UnaryExpression[str], ...]
] = {
    # As the index has it; drafts of an owner, which have no moment yet, come first.
    "newest": (Project.published_at.desc(), Project.id.desc()),
    "deadline": (Project.enrol_until.asc().nulls_last(), Project.id.desc()),
    "budget": (Project.budget.desc(), Project.id.desc()),
    "name": (Project.name.asc(), Project.id.asc()),
    "announced": (Project.announced_at.desc().nulls_last(), Project.id.desc()),
}
RESULT_STATES = (
    ProjectState.ANNOUNCED,
    ProjectState.AWARDED,
    ProjectState.IN_SERVICE,
    ProjectState.COMPLETED,
    ProjectState.ARCHIVED,
    ProjectState.TERMINATED,
)


@dataclass(frozen=True)
class ProjectFilter:
    """What a list is asked for; empty means all."""

    q: str = ""
    states: tuple[ProjectState, ...] = ()
    region: str = ""
    matter: str = ""
    matters: tuple[str, ...] = ()
    mode: str = ""
    funding: str = ""
    industry: str = ""
    owner_id: int | None = None
    winner_uscc: str = ""
    enrolled_agency_id: int | None = None
    only_public: bool = True


@dataclass(frozen=True)
class Page:
    """One page of projects, how many there are in all, and counts for the facets: name → {value: count}."""

    items: Sequence[Project]
    total: int
    number: int
    size: int
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


def _conditions(wanted: ProjectFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.only_public:
        conditions.append(Project.published_at.is_not(None))
        conditions.append(Project.state.in_(PUBLIC_STATES))
    if wanted.q:
        like = _like(wanted.q)
        conditions.append(sa.or_(Project.name.ilike(like), Project.code.ilike(like)))
    if wanted.states:
        conditions.append(Project.state.in_(wanted.states))
    if wanted.region:
        conditions.append(Project.region_code.startswith(region_stem(wanted.region)))
    if wanted.matter:
        conditions.append(Project.matter_code == wanted.matter)
    if wanted.matters:
        conditions.append(Project.matter_code.in_(wanted.matters))
    if wanted.mode:
        conditions.append(Project.mode == wanted.mode)
    if wanted.funding:
        conditions.append(Project.funding == Funding(wanted.funding))
    if wanted.industry:
        conditions.append(
            Project.matter_version_id.in_(sa.select(MatterVersion.id).where(MatterVersion.industry == wanted.industry))
        )
    if wanted.owner_id is not None:
        conditions.append(Project.owner_id == wanted.owner_id)
    if wanted.winner_uscc:
        conditions.append(Project.winner_id.in_(sa.select(Agency.id).where(Agency.uscc == wanted.winner_uscc)))
    if wanted.enrolled_agency_id is not None:
        conditions.append(
            Project.id.in_(
                sa.select(Enrolment.project_id).where(
                    Enrolment.agency_id == wanted.enrolled_agency_id, Enrolment.state != EnrolmentState.CANCELLED
                )
            )
        )
    return conditions


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def search_projects(wanted: ProjectFilter, *, sort: str = "newest", number: int = 1, size: int = 20) -> Page:
    """A page of projects with facets (state, mode, funding, region by city): two statements."""
    query = (
        sa.select(Project)
        .where(*_conditions(wanted))
        .options(
            joinedload(Project.owner),
            joinedload(Project.winner),
            joinedload(Project.matter_version).lazyload(MatterVersion.matter),
        )
        .order_by(*SORTS.get(sort, SORTS["newest"]))
        .limit(size)
        .offset((number - 1) * size)
    )
    total, facets = _counts(wanted)
    return Page(db.session.scalars(query).all(), total, number, size, facets)


def _counts(wanted: ProjectFilter) -> tuple[int, Mapping[str, Mapping[str, int]]]:
    """How many match in all and for each facet, which ignores the choice made in itself: one statement."""
    open_ = replace(wanted, states=(), mode="", funding="", region="")
    city = (sa.func.left(Project.region_code, 4) + "00").label("city")
    inside = sa.and_(sa.true(), Project.region_code.startswith(region_stem(wanted.region))).label("inside")
    rows = db.session.execute(
        sa.select(Project.state, Project.mode, Project.funding, city, inside, sa.func.count())
        .where(*_conditions(open_))
        .group_by(Project.state, Project.mode, Project.funding, sa.text("city"), sa.text("inside"))
    ).all()
    total = 0
    facets: dict[str, dict[str, int]] = {"state": {}, "mode": {}, "funding": {}, "region": {}}
    for state, mode, funding, region, within, count in rows:
        fits = {
            "state": not wanted.states or state in wanted.states,
            "mode": wanted.mode in ("", mode),
            "funding": wanted.funding in ("", funding),
            "region": bool(within),
        }
        total += count if all(fits.values()) else 0
        for name, value in (("state", state), ("mode", mode), ("funding", funding), ("region", region)):
            if all(fit for other, fit in fits.items() if other != name):
                facets[name][str(value)] = facets[name].get(str(value), 0) + count
    return total, facets


def after(wanted: ProjectFilter, *, last_id: int | None, limit: int) -> Sequence[Project]:
    """For cursors: projects by descending id, after `last_id`."""
    query = (
        sa.select(Project)
        .where(*_conditions(wanted))
        .options(
            joinedload(Project.owner),
            joinedload(Project.winner),
            joinedload(Project.matter_version).lazyload(MatterVersion.matter),
        )
        .order_by(Project.id.desc())
        .limit(limit)
    )
    return db.session.scalars(query.where(Project.id < last_id) if last_id is not None else query).all()


def may_see(project: Project, actor: Actor) -> bool:
    """Public once published; before that its owner and the officers of its region."""
    if project.published_at is not None:
        return True
    return may(actor, P.PROJECT_DRAFT, organisation_id=project.owner_id) or (
        project.state is not ProjectState.DRAFT
        and any(
            may(actor, permission, region=project.region_code)
            for permission in (P.PROJECT_REVIEW, P.SUPERVISE, P.PROJECT_SUSPEND)
        )
    )


def project_for(code: str, actor: Actor) -> Project:
    """The project, if the reader may know of it. Raises NotFound."""
    row = db.session.scalar(
        sa.select(Project)
        .where(Project.code == code)
        .options(joinedload(Project.named_agency), joinedload(Project.winner), selectinload(Project.avoided))
    )
    if row is None or not may_see(row, actor):
        raise NotFound(_("There is no such project."))
    return row


def draft_of_form(owner_id: int, key: str) -> str | None:
    """The code of the purchase that a form of an owner has made already."""
    return db.session.scalar(sa.select(Project.code).where(Project.owner_id == owner_id, Project.draft_key == key))


def versions_of(project_id: int) -> Sequence[ProjectVersion]:
    """Published wordings, oldest first."""
    query = sa.select(ProjectVersion).where(ProjectVersion.project_id == project_id).order_by(ProjectVersion.number)
    return db.session.scalars(query).all()


def enrolments_of(project_id: int) -> Sequence[Enrolment]:
    """Enrolments that were not cancelled, with their agencies and findings, in order of arrival."""
    query = (
        sa.select(Enrolment)
        .where(Enrolment.project_id == project_id, Enrolment.state != EnrolmentState.CANCELLED)
        .options(joinedload(Enrolment.agency), selectinload(Enrolment.eligibility), lazyload(Enrolment.project))
        .order_by(Enrolment.id)
    )
    return db.session.scalars(query).all()


def own_enrolment(project_id: int, agency_id: int) -> Enrolment | None:
    """The agency's enrolment that was not cancelled."""
    return db.session.scalar(
        sa.select(Enrolment).where(
            Enrolment.project_id == project_id,
            Enrolment.agency_id == agency_id,
            Enrolment.state != EnrolmentState.CANCELLED,
        )
    )


def enrolled_projects(agency_id: int, project_ids: Sequence[int]) -> Mapping[int, EnrolmentState]:
    """In which of some projects an agency is enrolled, and how that stands: one statement."""
    rows = db.session.execute(
        sa.select(Enrolment.project_id, Enrolment.state).where(
            Enrolment.agency_id == agency_id,
            Enrolment.project_id.in_(project_ids),
            Enrolment.state != EnrolmentState.CANCELLED,
        )
    ).all()
    return {row.project_id: row.state for row in rows}


def waiting_for_review(region: str | None, limit: int = 50) -> Sequence[Project]:
    """Projects in review within a region subtree, the one due first first."""
    query = sa.select(Project).where(Project.state == ProjectState.IN_REVIEW).order_by(Project.due_at, Project.id)
    if region is not None:
        query = query.where(Project.region_code.startswith(region_stem(region)))
    return db.session.scalars(query.limit(limit)).all()


def owner_counts(organisation_id: int) -> Mapping[ProjectState, int]:
    """How many projects of an owner stand in each state."""
    rows = db.session.execute(
        sa.select(Project.state, sa.func.count()).where(Project.owner_id == organisation_id).group_by(Project.state)
    )
    return {row[0]: row[1] for row in rows}


def weak_links_for(project: Project, actor: Actor) -> Sequence[WeakLink]:
    """What agencies of the fixed pool have in common: signals for a supervisor of the region, nobody else."""
    if not may(actor, P.SUPERVISE, region=project.region_code):
        return ()
    query = sa.select(WeakLink).where(WeakLink.project_id == project.id).order_by(WeakLink.first, WeakLink.second)
    return db.session.scalars(query).all()
