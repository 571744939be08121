"""How a purchase ends, pauses and goes on."""

from datetime import datetime

from flask_babel import gettext as _

from supermarket.core.errors import RuleBroken
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.credit.operations import enter
from supermarket.credit.points import OwnerEvent
from supermarket.policies.queries import calendar
from supermarket.projects import events
from supermarket.projects.models import Project
from supermarket.projects.opening import tell_later
from supermarket.projects.operations.common import (
    locked,
    locked_by_id,
    move,
    not_between_receipt_and_order,
    reasoned,
)
from supermarket.projects.states import PROJECT, ProjectAction, ProjectState

COSTS_CREDIT = frozenset({ProjectState.ANNOUNCED, ProjectState.AWARDED})


def withdraw(code: str, *, reason: str, actor: Actor, at: datetime) -> Project:
    """The owner gives up the purchase, publicly; after the announcement it costs its credit.

    Raises Forbidden, WrongState, Conflict during a draw, InvalidInput.
    """
    project = locked(code)
    authorise(actor, P.PROJECT_WITHDRAW, organisation_id=project.owner_id)
    before = project.state
    PROJECT.next(before, ProjectAction.WITHDRAW)
    not_between_receipt_and_order(project)
    why = reasoned(reason)
    project.end_reason = why
    move(project, ProjectAction.WITHDRAW, events.WITHDRAWN, actor=actor, at=at, data={"reason": why})
    if before in COSTS_CREDIT and project.owner.uscc is not None:
        enter(
            OwnerEvent.WITHDREW_AFTER_AWARD,
            uscc=project.owner.uscc,
            source=_("Supermarket"),
            basis=_("Credit rules: withdrawal after the award"),
            document_number=project.code,
            evidence=project.code,
            project_code=project.code,
            actor=SYSTEM,
            at=at,
        )
    return project


def void(code: str, *, reason: str, actor: Actor, at: datetime) -> Project:
    """The operator declares it void, publicly. Raises Forbidden, WrongState, Conflict during a draw, InvalidInput."""
    project = locked(code)
    authorise(actor, P.PROJECT_VOID, region=project.region_code)
    PROJECT.next(project.state, ProjectAction.VOID)
    not_between_receipt_and_order(project)
    why = reasoned(reason)
    project.end_reason = why
    move(project, ProjectAction.VOID, events.VOIDED, actor=actor, at=at, data={"reason": why})
    return project


def suspend(code: str, *, reason: str, actor: Actor, at: datetime) -> Project:
    """A supervisor or a complaint's decision stops the clock. Raises Forbidden, WrongState, Conflict, InvalidInput."""
    project = locked(code)
    authorise(actor, P.PROJECT_SUSPEND, region=project.region_code)
    PROJECT.next(project.state, ProjectAction.SUSPEND)
    not_between_receipt_and_order(project)
    why = reasoned(reason)
    project.suspended_from, project.suspended_at = project.state, at
    move(project, ProjectAction.SUSPEND, events.SUSPENDED, actor=actor, at=at, data={"reason": why})
    return project


def resume(code: str, *, reason: str, actor: Actor, at: datetime) -> Project:
    """It goes on where it was; due moments move by the working days it stood still (lifecycle.md, Time limits).

    Raises Forbidden, WrongState, InvalidInput.
    """
    project = locked(code)
    authorise(actor, P.PROJECT_SUSPEND, region=project.region_code)
    PROJECT.next(project.state, ProjectAction.RESUME)
    why = reasoned(reason)
    if project.suspended_from is None or project.suspended_at is None:
        raise RuleBroken(_("It is not known where this project was suspended."), code="no_suspension")
    days = calendar()
    stood = days.working_days_between(project.suspended_at, at)
    before = project.suspended_from
    project.suspended_from, project.suspended_at = None, None
    project.state = before
    if stood:
        for name in ("enrol_until", "select_at", "due_at"):
            moment = getattr(project, name)
            if moment is not None and (name != "enrol_until" or moment > at or project.due_what == "freeze"):
                setattr(project, name, days.shift(moment, stood))
        tell_later(project, at=at)
    record(events.RESUMED, project.code, actor=actor, at=at, data={"reason": why, "working_days": stood})
    return project


def fail(project_id: int, *, failure: str, reason: str, actor: Actor = SYSTEM, at: datetime) -> Project:
    """流标: nobody valid, or the order is used up. `failure` is the code, `reason` the public sentence. Raises WrongState."""
    project = locked_by_id(project_id)
    project.end_reason = reason
    project.draw_locked = False
    move(project, ProjectAction.FAIL, events.FAILED, actor=actor, at=at, data={"code": failure, "reason": reason})
    return project


def complete(project_id: int, *, actor: Actor, at: datetime) -> Project:
    """All deliverables are accepted and paid. Raises WrongState."""
    project = locked_by_id(project_id)
    move(project, ProjectAction.COMPLETE, events.COMPLETED, actor=actor, at=at)
    return project


def archive(project_id: int, *, actor: Actor, at: datetime) -> Project:
    """Rated, or the time for it is over. Raises WrongState."""
    project = locked_by_id(project_id)
    move(project, ProjectAction.ARCHIVE, events.ARCHIVED, actor=actor, at=at)
    return project


def terminate(project_id: int, *, reason: str, actor: Actor, at: datetime) -> Project:
    """The contract ended early and is settled by work done. Raises WrongState, InvalidInput."""
    project = locked_by_id(project_id)
    why = reasoned(reason)
    project.end_reason = why
    move(project, ProjectAction.TERMINATE, events.TERMINATED, actor=actor, at=at, data={"reason": why})
    return project
