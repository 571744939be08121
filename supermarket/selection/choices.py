"""The owner's choice (选定): one of those whom the stages before have left, in writing and in public (selection.md §1)."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.core.errors import FieldError, Forbidden, InvalidInput, WrongState
from supermarket.core.events import record
from supermarket.core.permissions import Actor, P, authorise
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.projects.operations import choice_made, fail
from supermarket.projects.operations.common import locked, locked_by_id, reasoned
from supermarket.projects.states import ProjectState
from supermarket.selection import events
from supermarket.selection.models import Choice
from supermarket.selection.running import advance_project

WAITS = "choice"


def choose(code: str, *, agency_uscc: str, reason: str, actor: Actor, at: datetime) -> Choice:
    """The owner names one of the small list with a public reason; it is announced at once, and nobody follows it.

    Only a person of the owner's chooses. Raises Forbidden, NotFound, WrongState (nothing waits, chosen, or late),
    InvalidInput for an agency that is not on the list, or without a reason.
    """
    project = locked(code)
    authorise(actor, P.CHOOSE, organisation_id=project.owner_id)
    if actor.system:
        raise Forbidden(_("The system chooses nobody: only the owner does."))
    key = (project.id, project.series)
    row = db.session.get(Choice, key, with_for_update={"of": Choice}, populate_existing=True)
    if row is None:
        raise WrongState(_("Nothing waits for your choice here."), state=project.state.value, allowed=[])
    if row.chosen_at is not None:
        raise WrongState(_("The choice was made; it stands."), state=project.state.value, allowed=[])
    if project.state is not ProjectState.SELECTING or project.due_what != WAITS or project.due_at is None:
        raise WrongState(_("Nothing waits for your choice here."), state=project.state.value, allowed=[])
    if at >= project.due_at:
        raise WrongState(_("The time to choose is over."), state=project.state.value, allowed=[])
    if agency_uscc not in row.members:
        message = _("Choose one of those on the small list.")
        raise InvalidInput(message, errors=[FieldError("agency", "not_on_list", message)])
    why = reasoned(reason)
    row.agency = db.session.scalars(sa.select(Agency).where(Agency.uscc == agency_uscc)).one()
    row.reason, row.chosen_at, row.chosen_by = why, at, actor.user_id
    db.session.flush()
    choice_made(project)
    record(
        events.CHOSEN,
        project.code,
        actor=actor,
        at=at,
        data={"agency_uscc": agency_uscc, "reason": row.reason},
        agency_uscc=agency_uscc,
    )
    advance_project(project, at)
    return row


def choice_due(project_id: int, at: datetime, prepared: object) -> bool:
    """The owner stayed silent: the project fails. False if it chose in time, or somebody was faster."""
    project = locked_by_id(project_id)
    if not _waits(project) or project.due_at is None or project.due_at > at:
        return False
    fail(project.id, failure="not_chosen", reason=_("The owner did not choose in time."), at=at)
    return True


def _waits(project: Project) -> bool:
    return project.state is ProjectState.SELECTING and project.due_what == WAITS
