"""What the operations of this room share: the lock, the state change, reasons."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import Conflict, FieldError, InvalidInput, NotFound
from supermarket.core.events import Tag, Value, record
from supermarket.core.permissions import Actor
from supermarket.extensions import db
from supermarket.projects.commands import ProjectDraft
from supermarket.projects.models import Project
from supermarket.projects.operations.exception_steps import close_exceptions
from supermarket.projects.states import PROJECT, ProjectAction, ProjectState

END_STATES = frozenset(
    {
        ProjectState.ARCHIVED,
        ProjectState.FAILED,
        ProjectState.WITHDRAWN,
        ProjectState.VOID,
        ProjectState.TERMINATED,
    }
)


def locked(code: str, *, version: int | None = None) -> Project:
    """The project, locked until the end of the transaction. Raises NotFound, or Conflict for a stale `version`."""
    return _locked(Project.code == code, version)


def locked_by_id(project_id: int) -> Project:
    """The project of an id, locked. Raises NotFound."""
    return _locked(Project.id == project_id, None)


def _locked(which: sa.ColumnElement[bool], version: int | None) -> Project:
    row = db.session.scalar(
        sa.select(Project).where(which).with_for_update(of=Project).execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("There is no such project."))
    if version is not None and row.version != version:
        raise Conflict(
            _("This project was changed meanwhile. What you typed is still here; reload to see the change."),
            code="stale",
        )
    return row


def move(
    project: Project,
    action: ProjectAction,
    tag: Tag,
    *,
    actor: Actor,
    at: datetime,
    data: dict[str, Value] | None = None,
) -> None:
    """Take the step of the state table and record it. Raises WrongState."""
    project.state = PROJECT.next(project.state, action)
    if project.state in END_STATES:
        project.ended_at, project.due_what, project.due_at = at, None, None
    if project.state is ProjectState.COMPLETED:
        project.due_what, project.due_at = None, None
    record(tag, project.code, actor=actor, at=at, data=data)
    if project.state in END_STATES:
        close_exceptions(project, actor=actor, at=at)


def reasoned(text: str, field: str = "reason") -> str:
    """The trimmed reason. Raises InvalidInput where there is none: everything public needs its why."""
    reason = text.strip()
    if len(reason) < 4:
        message = _("Give the reason in a sentence; it will be public.")
        raise InvalidInput(message, errors=[FieldError(field, "needed", message)])
    return reason


def not_between_receipt_and_order(project: Project) -> None:
    """Refuse while a draw is receipted and its order not published (selection.md §3). Raises Conflict."""
    if project.draw_locked:
        raise Conflict(
            _("A draw is under way: from the witness's receipt to the published order nothing may change the project."),
            code="draw_under_way",
        )


def word_terms(project: Project, command: ProjectDraft) -> None:
    """What an owner may word anew also after the publication: description, money, requirements, terms, times."""
    project.name, project.description = command.name, command.description
    project.budget = command.budget
    project.ceiling = command.budget if command.ceiling is None else command.ceiling
    project.floor = command.floor
    project.requirement_notes = command.requirement_notes
    project.practitioners_needed = command.practitioners_needed
    project.min_stars, project.min_credit = command.min_stars, command.min_credit
    project.duration_days = command.duration_days
    project.deliverables_wanted = [{"name": item.name, "due_days": item.due_days} for item in command.deliverables]
    project.payment_terms = [
        {"name": item.name, "percent": item.percent, "after_deliverable": item.after_deliverable}
        for item in command.payment_terms
    ]
    project.enrol_until, project.select_at = command.enrol_until, command.select_at
