"""A selection computed again from a corrected draw: a new series of runs, order and awards (selection.md §3, ADR 38).

What was computed before stays as it is. What people did meanwhile counts where the right order asks the same of the
same; where it would have asked others (another panel, other bidders in an auction, another tie), nothing repairs it and
the purchase fails.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.draw import DrawError
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db
from supermarket.modes.pipeline import PipelineState, advance
from supermarket.modes.stages import StageError, WaitingFor
from supermarket.modes.stored import candidate_from_json
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.operations import compute_again, fail, readmit
from supermarket.projects.states import EnrolmentState
from supermarket.projects.ways import specs_of
from supermarket.selection import events
from supermarket.selection.awarding import live_award
from supermarket.selection.candidates import facts_of_selection
from supermarket.selection.models import Choice, Draw, StageRun
from supermarket.selection.panels.convening import PURPOSE as PANEL
from supermarket.selection.panels.convening import follow_order
from supermarket.selection.running import advance_project
from supermarket.selection.series import choice_in, runs_in
from supermarket.selection.states import AWARD, AwardAction

# Stages in which people did something that cannot be repeated with others.
_BY_PEOPLE = frozenset({"auction", "score"})


def begin_series(project: Project, draw: Draw, at: datetime) -> None:
    """The draw has another order now: all that rests on it is computed again, or the purchase fails."""
    before = runs_in(project)
    _close_award(project, at)
    compute_again(project, purpose=draw.purpose, at=at)
    db.session.flush()
    state = _computed(project, before) if draw.purpose != PANEL or follow_order(project, draw) else None
    if state is None:
        reason = _(
            "The numbers of a draw were mistyped, and what followed was asked of others than the right order names."
        )
        fail(project.id, failure="not_repeatable", reason=reason, at=at)
        return
    _readmit(project, before, at)
    _keep_choice(project, state, at)
    advance_project(project, at)


def _close_award(project: Project, at: datetime) -> None:
    row = live_award(project.id)
    if row is None:
        return
    row.state = AWARD.next(row.state, AwardAction.CLOSE)
    row.reason = _("The numbers of the draw were mistyped; the selection is computed again.")
    row.ended_at, row.due_at = at, None
    record(
        events.DROPPED,
        project.code,
        actor=SYSTEM,
        at=at,
        data={"agency_uscc": row.agency.uscc, "how": row.state.value, "reason": row.reason},
        agency_uscc=row.agency.uscc,
    )
    db.session.flush()


def _computed(project: Project, before: Sequence[StageRun]) -> PipelineState | None:
    """How far the stages go now; None where what people did was asked of others."""
    pool = before[0].inputs["candidates"]
    if not isinstance(pool, list):
        raise TypeError(f"the first stage of {project.code} has no candidates")
    try:
        facts = facts_of_selection(project)
        state = advance(specs_of(project), [candidate_from_json(item) for item in pool], facts)
    except (StageError, DrawError):
        return None
    for run in before:
        if run.stage in _BY_PEOPLE and run.parameters.get("panel_size") != 0:
            now = state.runs[run.position].candidates if run.position < len(state.runs) else ()
            if {item.uscc for item in now} != _entered(run):
                return None
    return state


def _entered(run: StageRun) -> set[str]:
    candidates = run.inputs["candidates"]
    return {item["uscc"] for item in candidates} if isinstance(candidates, list) else set()


def _readmit(project: Project, before: Sequence[StageRun], at: datetime) -> None:
    """Whom a stage has put out is looked at again by the stages; whom the rules have put out stays out."""
    out: dict[str, str] = {}
    for run in before:
        excluded = (run.outputs or {}).get("excluded", [])
        out |= {item["uscc"]: item["code"] for item in excluded} if isinstance(excluded, list) else {}
    rows = db.session.scalars(
        sa.select(Enrolment).where(Enrolment.project_id == project.id, Enrolment.state == EnrolmentState.EXCLUDED)
    ).all()
    for row in rows:
        if out.get(row.agency.uscc) == row.exclusion_code:
            readmit(row, at=at)
    db.session.flush()


def _keep_choice(project: Project, state: PipelineState, at: datetime) -> None:
    """The owner's choice stands where the small list is the same; another list is put before it anew."""
    made = choice_in(project, project.series - 1)
    if (
        state.waiting is None
        or state.waiting.for_ is not WaitingFor.CHOICE
        or made is None
        or made.chosen_at is None
        or set(made.members) != set(state.waiting.members)
    ):
        return
    row = Choice(
        project_id=project.id,
        series=project.series,
        members=list(state.waiting.members),
        asked_at=made.asked_at,
    )
    db.session.add(row)
    db.session.flush()
    row.agency_id, row.reason, row.chosen_at, row.chosen_by = (
        made.agency_id,
        made.reason,
        made.chosen_at,
        made.chosen_by,
    )
    db.session.flush()
    record(events.CHOICE_STANDS, project.code, actor=SYSTEM, at=at, data={"members": len(row.members)})
