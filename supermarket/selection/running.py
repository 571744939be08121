"""The pipeline at work on a project: every stage run is stored with what went in and what came out."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.core.draw import Member
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db
from supermarket.modes.pipeline import PipelineState, advance
from supermarket.modes.stages import Done, Facts, Waiting, WaitingFor
from supermarket.modes.stored import inputs_to_json, outcome_to_json, spec_to_json
from supermarket.policies.queries import calendar, number
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.operations import exclude, fail, start_selection
from supermarket.projects.operations.common import locked_by_id
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.selection import events
from supermarket.selection.awarding import announce_next
from supermarket.selection.candidates import candidates_of, facts_of_selection, specs_of, valid_quotes
from supermarket.selection.models import CostStatement, Draw, OpenedQuote, Quote, QuoteList, Rank, StageRun
from supermarket.selection.pools import fix_pool
from supermarket.selection.states import DrawState, StageState


def select_due(project_id: int, at: datetime, prepared: object) -> bool:
    """The published minute has come: start the stages, unless the receipt or the opened quotes are still missing."""
    project = locked_by_id(project_id)
    if (
        project.state is not ProjectState.FROZEN
        or project.due_what != "select"
        or project.due_at is None
        or project.due_at > at
    ):
        return False
    quotes = db.session.get(QuoteList, project.id)
    if quotes is not None and quotes.countersignature is None:
        return False
    pending = db.session.scalar(
        sa.select(Draw.id).where(Draw.project_id == project.id, Draw.state == DrawState.RECEIPT_PENDING)
    )
    if pending is not None:
        return False
    start_selection(project, at=at)
    advance_project(project, at)
    return True


def advance_project(project: Project, at: datetime) -> None:
    """Run the stages as far as they go; wait, announce the first of the order, or fail."""
    facts = facts_of_selection(project)
    state = advance(specs_of(project), candidates_of(project), facts)
    _store(project, state, facts, at)
    if state.waiting is not None:
        _wait_for(project, state.waiting, at)
        return
    _exclude(project, state, at)
    if not state.order:
        fail(project.id, failure="nobody_valid", reason=_("No valid enrolment is left."), at=at)
        return
    _store_order(project, state)
    announce_next(project, at=at)


def _store(project: Project, state: PipelineState, facts: Facts, at: datetime) -> None:
    known = {
        row.position: row for row in db.session.scalars(sa.select(StageRun).where(StageRun.project_id == project.id))
    }
    for position, run in enumerate(state.runs):
        row = known.get(position)
        if row is None:
            row = StageRun(
                project_id=project.id,
                position=position,
                stage=run.stage,
                parameters=spec_to_json(run.spec),
                inputs={},
                state=StageState.WAITING,
                started_at=at,
            )
            db.session.add(row)
        if row.state is StageState.DONE:
            continue
        row.inputs = inputs_to_json(run, facts)
        row.outputs = outcome_to_json(run.outcome)
        if isinstance(run.outcome, Done):
            row.state, row.waits_for, row.finished_at = StageState.DONE, None, at
        else:
            row.waits_for = run.outcome.for_.value
    db.session.flush()


def _wait_for(project: Project, waiting: Waiting, at: datetime) -> None:
    if waiting.for_ is WaitingFor.COST_STATEMENT:
        _ask_cost_statements(project, waiting.members, at)
    elif waiting.purpose is not None and waiting.detail == "pool_file":
        fix_pool(project, waiting.purpose, tuple(Member(uscc, 1) for uscc in sorted(waiting.members)), at=at)


def _ask_cost_statements(project: Project, members: tuple[str, ...], at: datetime) -> None:
    due = calendar().due_after(at, number(project.policy, "cost_statement_days"))
    rows = db.session.scalars(
        sa.select(Quote)
        .join(OpenedQuote, OpenedQuote.quote_id == Quote.id)
        .join(Agency, Agency.id == Quote.agency_id)
        .where(Quote.project_id == project.id, Agency.uscc.in_(members))
    ).all()
    for row in rows:
        if db.session.get(CostStatement, row.id) is None:
            db.session.add(CostStatement(quote_id=row.id, asked_at=at, statement_due_at=due))
            record(
                events.COST_STATEMENT_ASKED,
                project.code,
                actor=SYSTEM,
                at=at,
                data={"agency_uscc": row.agency.uscc},
                agency_uscc=row.agency.uscc,
            )
    db.session.flush()


def _exclude(project: Project, state: PipelineState, at: datetime) -> None:
    out = {item.uscc: item.code for item in state.excluded}
    if not out:
        return
    rows = db.session.scalars(
        sa.select(Enrolment).where(Enrolment.project_id == project.id, Enrolment.state == EnrolmentState.LIVE)
    ).all()
    for row in rows:
        if row.agency.uscc in out:
            exclude(row, code=out[row.agency.uscc], reason=_("Excluded by a stage of the selection."), at=at)


def _store_order(project: Project, state: PipelineState) -> None:
    order = state.order or ()
    agencies = {row.uscc: row for row in db.session.scalars(sa.select(Agency).where(Agency.uscc.in_(order)))}
    quotes = valid_quotes(project.id)
    figures: dict[str, dict[str, object]] = {}
    for run in state.runs:
        if isinstance(run.outcome, Done):
            for uscc, values in run.outcome.figures.items():
                figures.setdefault(uscc, {})[run.stage] = dict(values)
    for position, uscc in enumerate(order, 1):
        db.session.add(
            Rank(
                project_id=project.id,
                position=position,
                agency=agencies[uscc],
                price=quotes.get(uscc),
                figures=figures.get(uscc, {}),
            )
        )
    db.session.flush()
