"""Abnormally low quotes: the agency explains its costs, the owner decides, silence decides too (selection.md §4)."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.core.errors import NotFound, WrongState
from supermarket.core.events import Event, Tag, record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.documents.operations import store
from supermarket.extensions import db
from supermarket.policies.queries import calendar, number
from supermarket.projects.commands import Attachment
from supermarket.projects.models import Project
from supermarket.projects.operations.common import locked, locked_by_id, reasoned
from supermarket.projects.operations.enrolling import acting_agency
from supermarket.projects.states import ProjectState
from supermarket.selection import events
from supermarket.selection.models import CostStatement, Quote
from supermarket.selection.running import advance_project

COST_FILE = "cost_statement"
"""The kind of thing that a statement's file belongs to; the project's code names it."""


def give_cost_statement(
    code: str, *, text: str, file: Attachment | None = None, actor: Actor, at: datetime
) -> CostStatement:
    """The agency explains in time, with a file if it likes; both are public from the announcement on.

    Raises Forbidden, NotFound, WrongState, InvalidInput.
    """
    agency = acting_agency(actor, P.QUOTE)
    project = locked(code)
    row = _statement(project, agency.uscc)
    _must_be_selecting(project)
    if row.statement is not None or row.decided_at is not None or at >= row.statement_due_at:
        raise WrongState(_("The time for the cost statement is over, or it was given."), state="closed", allowed=[])
    said = reasoned(text, "text")
    kept = None
    if file is not None:
        kept = store(
            file.stream,
            file.name,
            subject_kind=COST_FILE,
            subject_code=project.code,
            owner_organisation_id=agency.organisation_id,
            public=False,
            actor=actor,
            at=at,
        )
    row.statement, row.document, row.given_at = said, kept, at
    row.decision_due_at = calendar().due_after(at, number(project.policy, "cost_decision_days"))
    _tell(events.COST_STATEMENT_GIVEN, project, agency, actor=actor, at=at)
    return row


def decide_cost_statement(
    code: str, *, agency_uscc: str, accept: bool, reason: str, actor: Actor, at: datetime
) -> CostStatement:
    """The owner accepts or rejects with a written reason, in time. Raises Forbidden, NotFound, WrongState, InvalidInput."""
    project = locked(code)
    authorise(actor, P.CHOOSE, organisation_id=project.owner_id)
    row = _statement(project, agency_uscc)
    _must_be_selecting(project)
    if row.statement is None or row.decided_at is not None:
        raise WrongState(_("Nothing waits for your decision here."), state="closed", allowed=[])
    if row.decision_due_at is None or at >= row.decision_due_at:
        raise WrongState(_("The time to decide is over; silence has accepted the quote."), state="closed", allowed=[])
    _decide(row, accepted=accept, reason=reasoned(reason), actor=actor, at=at)
    _go_on(project, at)
    return row


def _must_be_selecting(project: Project) -> None:
    """Nothing is explained or decided while the purchase is suspended, or after its selection. Raises WrongState."""
    if project.state is not ProjectState.SELECTING:
        raise WrongState(_("The selection of this project is not under way."), state=project.state.value, allowed=[])


def shift_statements(event: Event) -> None:
    """Wired to `project.resumed`: what is still open is due later by the working days that the project stood still."""
    project = locked(event.subject_code)
    stood = event.data["working_days"]
    if not isinstance(stood, int) or not stood:
        return
    days = calendar()
    for row in open_statements(project.id):
        if row.decided_at is None and row.decision_due_at is not None:
            row.decision_due_at = days.shift(row.decision_due_at, stood)
        elif row.decided_at is None:
            row.statement_due_at = days.shift(row.statement_due_at, stood)


def statement_due(quote_id: int, at: datetime, prepared: object) -> bool:
    """No statement in time: the quote is rejected. No decision in time: it is accepted."""
    project_id = db.session.scalar(sa.select(Quote.project_id).where(Quote.id == quote_id))
    if project_id is None:
        return False
    project = locked_by_id(project_id)
    row = db.session.scalars(
        sa.select(CostStatement)
        .where(CostStatement.quote_id == quote_id)
        .with_for_update(of=CostStatement)
        .execution_options(populate_existing=True)
    ).one()
    if row.decided_at is not None or project.state is not ProjectState.SELECTING:
        return False
    if row.statement is None and row.statement_due_at <= at:
        _decide(row, accepted=False, reason=_("No cost statement was given in time."), actor=SYSTEM, at=at)
    elif row.statement is not None and row.decision_due_at is not None and row.decision_due_at <= at:
        _decide(row, accepted=True, reason=_("The owner did not decide in time."), actor=SYSTEM, at=at)
    else:
        return False
    _go_on(project, at)
    return True


def open_statements(project_id: int) -> Sequence[CostStatement]:
    """Statements asked for in a project, decided or not."""
    query = sa.select(CostStatement).join(Quote).where(Quote.project_id == project_id).order_by(CostStatement.quote_id)
    return db.session.scalars(query).all()


def _statement(project: Project, uscc: str) -> CostStatement:
    row = db.session.scalar(
        sa.select(CostStatement)
        .join(Quote, Quote.id == CostStatement.quote_id)
        .join(Agency, Agency.id == Quote.agency_id)
        .where(Quote.project_id == project.id, Agency.uscc == uscc)
        .with_for_update(of=CostStatement)
    )
    if row is None:
        raise NotFound(_("No cost statement is asked for here."))
    return row


def _decide(row: CostStatement, *, accepted: bool, reason: str, actor: Actor, at: datetime) -> None:
    row.accepted, row.reason, row.decided_at = accepted, reason, at
    agency = row.quote.agency
    project = locked_by_id(row.quote.project_id)
    record(
        events.COST_STATEMENT_DECIDED,
        project.code,
        actor=actor,
        at=at,
        data={"agency_uscc": agency.uscc, "accepted": accepted, "reason": reason},
        agency_uscc=agency.uscc,
    )


def _go_on(project: Project, at: datetime) -> None:
    if all(row.decided_at is not None for row in open_statements(project.id)):
        advance_project(project, at)


def _tell(tag: Tag, project: Project, agency: Agency, *, actor: Actor, at: datetime) -> None:
    record(
        tag,
        project.code,
        actor=actor,
        at=at,
        data={"agency_uscc": agency.uscc},
        agency_uscc=agency.uscc,
        organisation_id=agency.organisation_id,
    )
