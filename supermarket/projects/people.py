"""People in purchases: what each is named in, how much they carry, what holds them; the offices' list of people."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from supermarket.agencies.locks import Lock
from supermarket.agencies.models import Agency, Practitioner, PractitionerLicence
from supermarket.agencies.practitioner_queries import in_charge
from supermarket.core.columns import UtcDateTime
from supermarket.core.paging import Page, Slice, SortColumn, SortKey, fetch
from supermarket.core.permissions import Actor
from supermarket.extensions import db
from supermarket.projects.models import Enrolment, EnrolmentPractitioner, Project
from supermarket.projects.states import EnrolmentState, ProjectState

# Projects whose winner's named people are taken up by them.
BUSY = (ProjectState.ANNOUNCED, ProjectState.AWARDED, ProjectState.IN_SERVICE)
# Projects that hold nobody any more.
OVER = (
    ProjectState.COMPLETED,
    ProjectState.ARCHIVED,
    ProjectState.FAILED,
    ProjectState.WITHDRAWN,
    ProjectState.VOID,
    ProjectState.TERMINATED,
)
SORTS = ("name", "agency", "load", "newest")
LOADS = ("free", "busy", "full")

# What is suspended holds its people all the same.
_STATE = sa.func.coalesce(Project.suspended_from, Project.state)
_WON = sa.and_(Project.winner_id == Enrolment.agency_id, _STATE.in_(BUSY))
# Once a contract runs, the enrolments of those who did not win are over.
_HELD = sa.and_(
    Project.state.not_in(OVER),
    sa.or_(
        _STATE != ProjectState.IN_SERVICE,
        Project.winner_id == Enrolment.agency_id,
    ),
)

# Before the freeze nobody is told who enrolled; a project that ended before it never tells.
_SECRET = sa.and_(Project.frozen_at.is_(None), Project.winner_id.is_(None))


def _named(*conditions: sa.ColumnElement[bool]) -> sa.Select[int]:
    """The people of live enrolments, beside the enrolment and its project."""
    return (
        sa.select(EnrolmentPractitioner.practitioner_id)
        .join(Enrolment, Enrolment.id == EnrolmentPractitioner.enrolment_id)
        .join(Project, Project.id == Enrolment.project_id)
        .where(Enrolment.state == EnrolmentState.LIVE, *conditions)
    )


def loads(
    practitioner_ids: Collection[int], *, beside: Project | None = None, before_it: bool = False
) -> Mapping[int, int]:
    """Running contracts (from the announcement on) of each person, without those of `beside`; none is absent.

    `before_it`: of announcements that still stand only those made before that of `beside` count, so that of two which
    take a person's last place the first has it.
    """
    conditions = [EnrolmentPractitioner.practitioner_id.in_(practitioner_ids), _WON]
    if beside is not None:
        conditions.append(Project.id != beside.id)
        if before_it and beside.announced_at is not None:
            first = sa.tuple_(Project.announced_at, Project.id) < sa.tuple_(
                sa.literal(beside.announced_at, UtcDateTime), sa.literal(beside.id)
            )
            conditions.append(sa.or_(_STATE != ProjectState.ANNOUNCED, first))
    query = _named(*conditions).with_only_columns(
        EnrolmentPractitioner.practitioner_id, sa.func.count(sa.distinct(Project.id))
    )
    return {row[0]: row[1] for row in db.session.execute(query.group_by(EnrolmentPractitioner.practitioner_id))}


def locks_of(practitioner_ids: Collection[int]) -> Mapping[int, tuple[Lock, ...]]:
    """What holds each of these people at the agency: enrolments that are not over, contracts that run. Two statements."""
    query = _named(EnrolmentPractitioner.practitioner_id.in_(practitioner_ids), _HELD).with_only_columns(
        EnrolmentPractitioner.practitioner_id,
        Project.code,
        Project.name,
        _WON.label("running"),
        _SECRET.label("secret"),
    )
    found: dict[int, tuple[Lock, ...]] = {}
    for row in db.session.execute(query.order_by(Project.id)):
        found[row[0]] = (*found.get(row[0], ()), Lock(row.code, row.name, bool(row.running), row.secret))
    return found


def projects_of(practitioner_ids: Collection[int]) -> Sequence[Project]:
    """Every project with a fixed pool in which one of these is named, newest first: before that enrolments are secret."""
    query = _named(EnrolmentPractitioner.practitioner_id.in_(practitioner_ids), sa.not_(_SECRET))
    query = query.with_only_columns(Project.id)
    return db.session.scalars(
        sa.select(Project).where(Project.id.in_(query)).options(joinedload(Project.winner)).order_by(Project.id.desc())
    ).all()


# -- the offices' list


@dataclass(frozen=True)
class PeopleFilter:
    """What the list is narrowed to; `load` is free, busy or full against `most_load`. Empty means all."""

    q: str = ""
    kind: str = ""
    agency: str = ""
    load: str = ""
    most_load: int = 5
    sort: str = "name"


@dataclass(frozen=True)
class PersonRow:
    """One person with agency, licences on file and load."""

    person: Practitioner
    load: int


def _load() -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count(sa.distinct(Project.id)))
        .select_from(EnrolmentPractitioner)
        .join(Enrolment, Enrolment.id == EnrolmentPractitioner.enrolment_id)
        .join(Project, Project.id == Enrolment.project_id)
        .where(EnrolmentPractitioner.practitioner_id == Practitioner.id, Enrolment.state == EnrolmentState.LIVE, _WON)
        .correlate(Practitioner)
        .scalar_subquery()
    )


def _conditions(chosen: PeopleFilter, actor: Actor) -> list[sa.ColumnElement[bool]]:
    found = [Practitioner.released_at.is_(None), in_charge(actor)]
    for word in chosen.q.split():
        numbered = sa.exists().where(
            PractitionerLicence.practitioner_id == Practitioner.id, PractitionerLicence.number == word
        )
        found.append(sa.or_(Practitioner.name.icontains(word, autoescape=True), numbered))
    if chosen.kind:
        found.append(
            sa.exists().where(
                PractitionerLicence.practitioner_id == Practitioner.id,
                PractitionerLicence.kind_code == chosen.kind,
                PractitionerLicence.ended_at.is_(None),
            )
        )
    if chosen.agency:
        found.append(Agency.uscc == chosen.agency)
    if chosen.load == "free":
        found.append(_load() == 0)
    elif chosen.load == "busy":
        found.append(sa.and_(_load() > 0, _load() < chosen.most_load))
    elif chosen.load == "full":
        found.append(_load() >= chosen.most_load)
    return found


def _order(sort: str) -> list[SortKey]:
    last = SortKey(Practitioner.id.expression)
    first: dict[str, SortColumn] = {
        "name": Practitioner.name.expression,
        "agency": Agency.name.expression,
        "load": _load(),
        "newest": Practitioner.since.expression,
    }
    return [SortKey(first.get(sort, first["name"]), descending=sort in ("load", "newest")), last]


def people(chosen: PeopleFilter, part: Slice, actor: Actor) -> Page[PersonRow]:
    """People who work for agencies that the actor is in charge of, with their load."""
    conditions = _conditions(chosen, actor)
    counted = sa.select(sa.func.count()).select_from(Practitioner).join(Practitioner.agency).where(*conditions)
    query = (
        sa.select(Practitioner)
        .join(Practitioner.agency)
        .where(*conditions)
        .options(joinedload(Practitioner.agency), selectinload(Practitioner.licences))
    )
    page = fetch(query, _order(chosen.sort), part, db.session.scalar(counted) or 0)
    carried = loads([row.id for row in page.items])
    rows = [PersonRow(row, carried.get(row.id, 0)) for row in page.items]
    return Page(rows, page.total, page.next, page.number, page.size)


def kinds_there(actor: Actor) -> Mapping[str, int]:
    """How many people in the actor's charge hold each kind of licence."""
    rows = db.session.execute(
        sa.select(PractitionerLicence.kind_code, sa.func.count(sa.distinct(Practitioner.id)))
        .join(Practitioner, Practitioner.id == PractitionerLicence.practitioner_id)
        .join(Agency, Agency.id == Practitioner.agency_id)
        .where(Practitioner.released_at.is_(None), PractitionerLicence.ended_at.is_(None), in_charge(actor))
        .group_by(PractitionerLicence.kind_code)
    )
    return {row[0]: row[1] for row in rows}
