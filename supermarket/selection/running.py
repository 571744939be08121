"""The pipeline at work on a project: every stage run is stored with what went in and what came out."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.core.events import Event
from supermarket.extensions import db
from supermarket.modes.pipeline import PipelineState, advance
from supermarket.modes.stages import Done, Facts
from supermarket.modes.stored import inputs_to_json, outcome_to_json, spec_to_json
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.operations import exclude, fail, start_selection
from supermarket.projects.operations.common import locked, locked_by_id
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.projects.ways import specs_of
from supermarket.selection.awarding import announce_next
from supermarket.selection.candidates import candidates_of, facts_of_selection, prices_of
from supermarket.selection.models import Draw, QuoteList, Rank, StageRun
from supermarket.selection.series import runs_in
from supermarket.selection.states import DrawState, StageState
from supermarket.selection.waits import start_waiting


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
    if quotes is not None and quotes.opened_at is None:
        return False
    pending = db.session.scalar(
        sa.select(Draw.id).where(Draw.project_id == project.id, Draw.state == DrawState.RECEIPT_PENDING)
    )
    if pending is not None:
        return False
    start_selection(project, at=at)
    advance_project(project, at)
    return True


def on_auction_closed(event: Event) -> None:
    """Wired to `auction.closed`: the stages go on from the bids that count."""
    advance_project(locked(event.subject_code), event.at)


def advance_project(project: Project, at: datetime) -> None:
    """Run the stages as far as they go; wait, announce the first of the order, or fail."""
    facts = facts_of_selection(project)
    state = advance(specs_of(project), candidates_of(project), facts)
    store_runs(project, state, facts, at)
    if state.waiting is not None:
        start_waiting(project, state.waiting, state.excluded, at)
        return
    _exclude(project, state, at)
    if not state.order:
        fail(project.id, failure="nobody_valid", reason=_("No valid enrolment is left."), at=at)
        return
    store_order(project, state)
    announce_next(project, at=at)


def store_runs(project: Project, state: PipelineState, facts: Facts, at: datetime) -> None:
    """Keep each stage with all that went in and came out; what is done stays as it was computed."""
    known = {row.position: row for row in runs_in(project)}
    for position, run in enumerate(state.runs):
        row = known.get(position)
        if row is None:
            row = StageRun(
                project_id=project.id,
                series=project.series,
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


def store_order(project: Project, state: PipelineState) -> None:
    """The order of the last stage, with prices and figures."""
    order = state.order or ()
    agencies = {row.uscc: row for row in db.session.scalars(sa.select(Agency).where(Agency.uscc.in_(order)))}
    prices = prices_of(project)
    figures: dict[str, dict[str, object]] = {}
    for run in state.runs:
        if isinstance(run.outcome, Done):
            for uscc, values in run.outcome.figures.items():
                figures.setdefault(uscc, {})[run.stage] = dict(values)
    for position, uscc in enumerate(order, 1):
        db.session.add(
            Rank(
                project_id=project.id,
                series=project.series,
                position=position,
                agency=agencies[uscc],
                price=prices.get(uscc),
                figures=figures.get(uscc, {}),
            )
        )
    db.session.flush()
