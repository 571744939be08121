"""The steps that the selection and the contract take a project through; no person calls these."""

from datetime import datetime

from supermarket.agencies.models import Agency
from supermarket.core.clock import local_text
from supermarket.core.events import Value, record
from supermarket.core.permissions import SYSTEM, Actor
from supermarket.extensions import db
from supermarket.policies.queries import calendar, number
from supermarket.projects import events
from supermarket.projects.models import Project
from supermarket.projects.opening import tell_later
from supermarket.projects.operations.common import locked_by_id, move
from supermarket.projects.states import ProjectAction


def extend(project: Project, *, needed: int, at: datetime) -> None:
    """Too few: once more the policy's working days; the selection moves with it (selection.md §1).

    How few stays untold: the enrolment goes on, and before its end the number of bidders is nobody's business.
    """
    days, more = calendar(), number(project.policy, "extension_days")
    if project.enrol_until is None or project.select_at is None:
        raise ValueError(f"{project.code} has no enrolment to extend")
    project.enrol_until = days.shift(project.enrol_until, more)
    project.select_at = days.shift(project.select_at, more)
    project.extended = True
    project.due_what, project.due_at = "freeze", project.enrol_until
    tell_later(project, at=at)
    move(
        project,
        ProjectAction.EXTEND,
        events.EXTENDED,
        actor=SYSTEM,
        at=at,
        data={
            "needed": needed,
            "enrol_until": local_text(project.enrol_until),
            "select_at": local_text(project.select_at),
        },
    )


def reduced_acceptance_asked(project: Project, *, live: int, at: datetime) -> None:
    """Only so many are left: the owner is asked whether to go on."""
    project.due_what = "reduced_acceptance"
    project.due_at = calendar().due_after(at, number(project.policy, "reduced_acceptance_days"))
    record(events.REDUCED_ASKED, project.code, actor=SYSTEM, at=at, data={"live": live})


def choice_asked(project: Project, *, at: datetime) -> datetime:
    """The stages have left a small list: until when the owner chooses one of it (selection.md §1)."""
    project.due_what = "choice"
    project.due_at = calendar().due_after(at, number(project.policy, "choice_days"))
    return project.due_at


def choice_made(project: Project) -> None:
    """The owner has chosen; nothing is due until the announcement."""
    project.due_what, project.due_at = None, None


def freeze(project: Project, *, members: int, at: datetime) -> None:
    """The pool is fixed; the selection comes at its published minute, or at once if that has passed. Raises WrongState."""
    project.frozen_at = at
    if project.select_at is None or project.select_at < at:
        project.select_at = at
    project.due_what, project.due_at = "select", project.select_at
    move(project, ProjectAction.FREEZE, events.FROZEN, actor=SYSTEM, at=at, data={"members": members})


def lock_for_draw(project: Project) -> None:
    """From a receipt on nothing may change the project."""
    project.draw_locked = True


def unlock_after_draw(project: Project) -> None:
    """The order is published."""
    project.draw_locked = False


def start_selection(project: Project, *, at: datetime) -> None:
    """The published minute has come. Raises WrongState."""
    project.due_what, project.due_at = None, None
    move(project, ProjectAction.START_SELECTION, events.SELECTION_STARTED, actor=SYSTEM, at=at)


def compute_again(project: Project, *, purpose: str, at: datetime) -> None:
    """A proven typing error: a new series of runs, ranks and awards begins (selection.md §3). Raises WrongState."""
    project.series += 1
    project.due_what, project.due_at = None, None
    drop_winner(project)
    data: dict[str, Value] = {"purpose": purpose, "series": project.series}
    move(project, ProjectAction.COMPUTE_AGAIN, events.COMPUTED_AGAIN, actor=SYSTEM, at=at, data=data)


def name_agency(project: Project, *, actor: Actor, at: datetime) -> None:
    """`direct`: the owner names, so the selection starts at once. Raises WrongState."""
    project.frozen_at = at
    move(project, ProjectAction.NAME_AGENCY, events.SELECTION_STARTED, actor=actor, at=at)


def announce(
    project: Project, agency: Agency, *, position: int, price: int, standstill_until: datetime, at: datetime
) -> None:
    """The winner, or the next in order, is public. Raises WrongState."""
    project.announced_at = at
    project.winner_id, project.award_price = agency.id, price
    project.draw_locked = False
    project.due_what, project.due_at = None, None
    move(
        project,
        ProjectAction.ANNOUNCE,
        events.ANNOUNCED,
        actor=SYSTEM,
        at=at,
        data={
            "agency_uscc": agency.uscc,
            "position": position,
            "standstill_until": standstill_until.isoformat(),
        },
    )


def award(project: Project, agency: Agency, *, at: datetime) -> None:
    """The standstill is over and the winner still eligible. Raises WrongState."""
    move(project, ProjectAction.AWARD, events.AWARDED, actor=SYSTEM, at=at, data={"agency_uscc": agency.uscc})


def start_service(project_id: int, *, actor: Actor, at: datetime) -> Project:
    """The contract is in force. Raises WrongState."""
    project = locked_by_id(project_id)
    move(project, ProjectAction.START_SERVICE, events.IN_SERVICE, actor=actor, at=at)
    db.session.flush()
    return project


def drop_winner(project: Project) -> None:
    """The winner is out; until the next is announced there is none."""
    project.winner_id, project.award_price = None, None


def note_decliner(project: Project, agency: Agency) -> None:
    """Who gave up the award is barred from a reissue, with those linked to it (selection.md §1)."""
    if agency.uscc not in project.decliners:
        project.decliners = [*project.decliners, agency.uscc]
