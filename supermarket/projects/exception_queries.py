"""Reads of exceptions: those of a project, those in force anywhere, those that wait for the operator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, joinedload

from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor, P, may, region_stem
from supermarket.documents.models import Document
from supermarket.extensions import db
from supermarket.matters.models import MatterVersion
from supermarket.projects.commands import ProjectDraft
from supermarket.projects.exception_models import RequirementException
from supermarket.projects.facts import kinds
from supermarket.projects.models import Project
from supermarket.projects.qualifications import asked_tree, own_tree
from supermarket.projects.requirement_rules import Barred
from supermarket.projects.requirements import Refusal, check_requirements
from supermarket.projects.states import ExceptionState

Key = tuple[Barred, str]
# What a project's publication may lean on.
COVERS = (ExceptionState.GRANTED, ExceptionState.IN_FORCE)
SORTS: Mapping[
    str, tuple[sa.UnaryExpression[datetime | None] | sa.UnaryExpression[int] | sa.UnaryExpression[str], ...]
] = {
    "newest": (RequirementException.in_force_at.desc(), RequirementException.id.desc()),
    "oldest": (RequirementException.in_force_at.asc(), RequirementException.id.asc()),
    "project": (Project.name.asc(), RequirementException.id.asc()),
}


def texts_of(source: Project | ProjectDraft) -> Mapping[str, str]:
    """The free texts that are searched, by the name of their field in forms and in the API."""
    return {"name": source.name, "description": source.description, "requirements": source.requirement_notes}


def refusals_of(project: Project) -> tuple[Refusal, ...]:
    """Everything in a project's present wording that a rule refuses, covered or not."""
    return check_requirements(
        texts_of(project),
        asked=asked_tree(project),
        own=own_tree(project.matter_version),
        kinds=kinds(),
    )


def covered_keys(project_id: int) -> frozenset[Key]:
    """(rule, hash of the sentence) of the exceptions that a project has been granted."""
    rows = db.session.execute(
        sa.select(RequirementException.rule, RequirementException.text_hash).where(
            RequirementException.project_id == project_id, RequirementException.state.in_(COVERS)
        )
    )
    return frozenset((row.rule, row.text_hash) for row in rows)


def exceptions_of(project_id: int, *, public_only: bool) -> Sequence[RequirementException]:
    """A project's exceptions, the first asked first; the public knows those in force."""
    query = (
        sa.select(RequirementException)
        .where(RequirementException.project_id == project_id)
        .options(joinedload(RequirementException.document))
        .order_by(RequirementException.id)
    )
    if public_only:
        query = query.where(RequirementException.state == ExceptionState.IN_FORCE)
    return db.session.scalars(query).all()


def may_see(row: RequirementException, actor: Actor) -> bool:
    """In force: everybody. Before: its owner, and the offices that decide or supervise there."""
    if row.state is ExceptionState.IN_FORCE:
        return True
    return sees_all(row.project, actor)


def sees_all(project: Project, actor: Actor) -> bool:
    """Whether the actor sees a project's exceptions in every state."""
    return may(actor, P.PROJECT_DRAFT, organisation_id=project.owner_id) or any(
        may(actor, permission, region=project.region_code) for permission in (P.REQUIREMENT_EXCEPT, P.SUPERVISE)
    )


def exception_for(number: int, actor: Actor) -> RequirementException:
    """The exception, if the reader may know of it. Raises NotFound."""
    row = db.session.get(RequirementException, number)
    if row is None or not may_see(row, actor):
        raise NotFound(_("There is no such exception."))
    return row


def document_of(row: RequirementException, actor: Actor) -> Document:
    """The document of the request: for its owner and the offices. Raises NotFound."""
    if row.document is None or not sees_all(row.project, actor):
        raise NotFound(_("There is no such file."))
    return row.document


def exceptions_waiting(region: str | None, limit: int = 50) -> Sequence[RequirementException]:
    """Asked for and not decided, within a region subtree (None: everywhere), the one due first first: one statement.

    For the operator's queue: `due_at` is when the decision is due, `asked_at` since when it waits, `project` whose it is,
    and the page to decide on is /office/exceptions/<id>.
    """
    query = (
        sa.select(RequirementException)
        .join(RequirementException.project)
        .where(RequirementException.state == ExceptionState.ASKED)
        .options(contains_eager(RequirementException.project).lazyload(Project.matter_version))
        .order_by(RequirementException.due_at, RequirementException.id)
        .limit(limit)
    )
    if region is not None:
        query = query.where(Project.region_code.startswith(region_stem(region)))
    return db.session.scalars(query).all()


@dataclass(frozen=True)
class ExceptionFilter:
    """What the public list is narrowed to; empty means all."""

    q: str = ""
    region: str = ""
    rule: str = ""


@dataclass(frozen=True)
class Page:
    """One page of exceptions in force, how many there are in all, and counts: name → {value: count}."""

    items: Sequence[RequirementException]
    total: int
    number: int
    size: int
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


def _conditions(wanted: ExceptionFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [RequirementException.state == ExceptionState.IN_FORCE]
    if wanted.q:
        columns = (
            Project.name,
            Project.code,
            RequirementException.text,
            RequirementException.reason,
            RequirementException.legal_basis,
        )
        found.append(sa.or_(*(column.icontains(wanted.q, autoescape=True) for column in columns)))
    if wanted.region:
        found.append(Project.region_code.startswith(region_stem(wanted.region)))
    if wanted.rule:
        found.append(RequirementException.rule == wanted.rule)
    return found


def _rows(wanted: ExceptionFilter) -> sa.Select[RequirementException]:
    return (
        sa.select(RequirementException)
        .join(RequirementException.project)
        .where(*_conditions(wanted))
        .options(
            contains_eager(RequirementException.project)
            .joinedload(Project.matter_version)
            .lazyload(MatterVersion.matter)
        )
    )


def search_exceptions(wanted: ExceptionFilter, *, sort: str = "newest", number: int = 1, size: int = 20) -> Page:
    """A page of the exceptions in force with facets (region by city, rule): two statements."""
    query = _rows(wanted).order_by(*SORTS.get(sort, SORTS["newest"])).limit(size).offset((number - 1) * size)
    total, facets = _counts(wanted)
    return Page(db.session.scalars(query).all(), total, number, size, facets)


def _counts(wanted: ExceptionFilter) -> tuple[int, Mapping[str, Mapping[str, int]]]:
    """How many match in all, and by city and rule, each ignoring the choice made in itself: one statement."""
    city = (sa.func.left(Project.region_code, 4) + "00").label("city")
    inside = sa.and_(sa.true(), Project.region_code.startswith(region_stem(wanted.region))).label("inside")
    rows = db.session.execute(
        sa.select(city, RequirementException.rule, inside, sa.func.count())
        .join(RequirementException.project)
        .where(*_conditions(replace(wanted, region="", rule="")))
        .group_by(sa.text("city"), RequirementException.rule, sa.text("inside"))
    ).all()
    total = 0
    facets: dict[str, dict[str, int]] = {"region": {}, "rule": {}}
    for region, rule, within, count in rows:
        fits_rule = wanted.rule in ("", rule)
        total += count if fits_rule and within else 0
        if fits_rule:
            facets["region"][region] = facets["region"].get(region, 0) + count
        if within:
            facets["rule"][rule.value] = facets["rule"].get(rule.value, 0) + count
    return total, facets


def after(wanted: ExceptionFilter, *, last_id: int | None, limit: int) -> Sequence[RequirementException]:
    """For cursors and downloads: exceptions in force by descending id, after `last_id`."""
    query = _rows(wanted).order_by(RequirementException.id.desc()).limit(limit)
    return db.session.scalars(query.where(RequirementException.id < last_id) if last_id is not None else query).all()
