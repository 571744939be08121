"""Steps of exceptions that come with their project: closed with its end, in force with its publication."""

from datetime import datetime

import sqlalchemy as sa

from supermarket.core.events import Tag, record
from supermarket.core.permissions import Actor
from supermarket.extensions import db
from supermarket.projects import events
from supermarket.projects.exception_models import RequirementException
from supermarket.projects.exception_queries import Key
from supermarket.projects.models import Project
from supermarket.projects.states import EXCEPTION, ExceptionAction, ExceptionState


def withdraw(row: RequirementException, *, actor: Actor, at: datetime) -> None:
    """It is not wanted any more. Raises WrongState."""
    row.state, row.ended_at = EXCEPTION.next(row.state, ExceptionAction.WITHDRAW), at
    db.session.flush()
    record_of(events.EXCEPTION_WITHDRAWN, row, actor=actor, at=at)


def close_exceptions(project: Project, *, actor: Actor, at: datetime) -> None:
    """The project has ended: what was asked for or granted and never published is withdrawn."""
    for row in _rows(project, (ExceptionState.ASKED, ExceptionState.GRANTED)):
        withdraw(row, actor=actor, at=at)


def put_in_force(project: Project, keys: frozenset[Key], *, actor: Actor, at: datetime) -> None:
    """The wording that needs them is published: from now on they are public and stay."""
    for row in _rows(project, (ExceptionState.GRANTED,)):
        if (row.rule, row.text_hash) in keys:
            row.state, row.in_force_at = EXCEPTION.next(row.state, ExceptionAction.PUBLISH), at
            db.session.flush()
            record(
                events.EXCEPTION_IN_FORCE,
                str(row.id),
                actor=actor,
                at=at,
                data={"rule": row.rule.value, "text_hash": row.text_hash},
                project_code=project.code,
            )


def _rows(project: Project, states: tuple[ExceptionState, ...]) -> list[RequirementException]:
    query = (
        sa.select(RequirementException)
        .where(RequirementException.project_id == project.id, RequirementException.state.in_(states))
        .order_by(RequirementException.id)
        .with_for_update(of=RequirementException)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def record_of(tag: Tag, row: RequirementException, *, actor: Actor, at: datetime) -> None:
    """One event about an exception, which names its rule and its project."""
    record(tag, str(row.id), actor=actor, at=at, data={"rule": row.rule.value}, project_code=row.project.code)
