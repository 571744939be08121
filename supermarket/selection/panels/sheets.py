"""The blind scoring room: plans under letters, drafts kept at every change, a sheet signed once and as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import FieldError, InvalidInput, WrongState
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor
from supermarket.extensions import db
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.policies.queries import calendar, number
from supermarket.projects.models import Project
from supermarket.projects.ways import terms_of
from supermarket.selection import events
from supermarket.selection.panels.commitment import SheetRow, hash_of, one_line, salt_of, sheet_body
from supermarket.selection.panels.common import in_time, must_go_on, own_seat
from supermarket.selection.panels.models import Panel, PanelDraft, PanelPlan, PanelScore, PanelSeat
from supermarket.selection.panels.record import record_of
from supermarket.selection.panels.states import PANEL, SCORED, SEAT, PanelAction, SeatAction, SeatState

LEAST_SENTENCE, MOST_SENTENCE = 4, 500


@dataclass(frozen=True)
class Scored:
    """What an expert gives a plan, by its letter, under a criterion, by its name; None: not given yet."""

    plan: str
    criterion: str
    points: int | None
    sentence: str


def panel_criteria(project: Project) -> tuple[Criterion, ...]:
    """What the panel scores, in the published order."""
    return tuple(item for item in terms_of(project).criteria if item.kind is CriterionKind.PANEL)


def plans_of(project_id: int) -> Sequence[PanelPlan]:
    """The plans before the panel, by letter."""
    query = sa.select(PanelPlan).where(PanelPlan.project_id == project_id)
    return sorted(db.session.scalars(query), key=lambda row: (len(row.alias), row.alias))


def plans_for(seat: PanelSeat) -> Sequence[PanelPlan]:
    """The plans in the order of this expert's room: another one for each expert, so that no plan is always the first."""
    return sorted(
        plans_of(seat.project_id), key=lambda row: sha256(f"{salt_of(seat.body)} {row.alias}".encode()).digest()
    )


def keep_draft(code: str, rows: Sequence[Scored], *, actor: Actor, at: datetime) -> PanelSeat:
    """Keep what an expert has typed so far; a row without points and sentence empties what was there.

    Raises Forbidden, NotFound, WrongState, InvalidInput for points out of range or an unknown plan or criterion.
    """
    project, _panel, seat = own_seat(code, actor)
    _must_be_serving(seat)
    must_go_on(project)
    in_time(seat, at)
    known = _known(project, rows)
    kept = {(row.agency_id, row.criterion): row for row in drafts_of(seat.id)}
    for item in rows:
        agency_id = known[item.plan].agency_id
        row = kept.get((agency_id, item.criterion))
        if row is None:
            row = PanelDraft(seat_id=seat.id, agency_id=agency_id, criterion=item.criterion)
            db.session.add(row)
        row.points, row.sentence, row.at = item.points, one_line(item.sentence)[:MOST_SENTENCE], at
    db.session.flush()
    return seat


def drafts_of(seat_id: int) -> Sequence[PanelDraft]:
    """What an expert has typed and not signed; for the expert alone."""
    return db.session.scalars(sa.select(PanelDraft).where(PanelDraft.seat_id == seat_id)).all()


def submit(code: str, rows: Sequence[Scored], *, actor: Actor, at: datetime) -> PanelSeat:
    """Hand the whole sheet in, signed off; it never changes again. With the last one the record is made.

    Raises Forbidden, NotFound, WrongState (signed already, late, stepped back), InvalidInput naming what is missing.
    """
    project, panel, seat = own_seat(code, actor)
    after = _must_be_serving(seat)
    must_go_on(project)
    in_time(seat, at)
    known = _known(project, rows)
    _must_be_whole(project, known, rows)
    sheet = []
    for item in rows:
        plan = known[item.plan]
        sentence = one_line(item.sentence)
        db.session.add(
            PanelScore(seat=seat, agency=plan.agency, criterion=item.criterion, points=item.points, sentence=sentence)
        )
        sheet.append(SheetRow(plan.agency.uscc, item.criterion, item.points or 0, sentence))
    db.session.flush()
    seat.state, seat.submitted_at, seat.due_at, seat.remind_at = after, at, None, None
    seat.sheet_hash = hash_of(sheet_body(project.code, seat.pool_id, sheet, salt_of(seat.body)))
    db.session.execute(sa.delete(PanelDraft).where(PanelDraft.seat_id == seat.id))
    db.session.flush()
    number_in = _sheets_in(project.id)
    record(
        events.SHEET_SEALED,
        project.code,
        actor=actor,
        at=at,
        data={"expert": seat.pool_id, "sheet_hash": seat.sheet_hash, "number": number_in, "size": panel.size},
    )
    if number_in == panel.size:
        _complete(project, panel, at)
    return seat


def _must_be_serving(seat: PanelSeat) -> SeatState:
    """The state after a sheet is signed. Raises WrongState with what stands against it."""
    if not SEAT.can(seat.state, SeatAction.SUBMIT):
        sentences = {
            SeatState.INVITED: _("Accept to serve first; then you can score."),
            SeatState.LATE: _("The time to score is over; another expert was called. Nothing was entered."),
            **dict.fromkeys(SCORED, _("You have signed your scores already; they never change. Nothing was entered.")),
        }
        message = sentences.get(seat.state, _("You do not serve on this panel any more. Nothing was entered."))
        raise WrongState(message, state=seat.state.value, allowed=[item.value for item in SEAT.allowed(seat.state)])
    return SEAT.next(seat.state, SeatAction.SUBMIT)


def _sheets_in(project_id: int) -> int:
    query = sa.select(sa.func.count()).where(PanelSeat.project_id == project_id, PanelSeat.state.in_(SCORED))
    return db.session.scalar(query) or 0


def _complete(project: Project, panel: Panel, at: datetime) -> None:
    """Every sheet is in: only now anybody computes, and the experts read each other."""
    panel.complete_at = at
    panel.confirm_due_at = calendar().due_after(at, number(project.policy, "panel_confirm_days"))
    panel.record = record_of(project, panel_criteria(project), plans_of(project.id))
    panel.state = PANEL.next(panel.state, PanelAction.COMPLETE)
    db.session.flush()
    record(events.PANEL_COMPLETE, project.code, actor=SYSTEM, at=at, data={"size": panel.size})


def _known(project: Project, rows: Sequence[Scored]) -> Mapping[str, PanelPlan]:
    plans = {row.alias: row for row in plans_of(project.id)}
    names = {item.name for item in panel_criteria(project)}
    errors = []
    seen = set()
    for place, item in enumerate(rows):
        at_row = f"scores.{place}"
        if item.plan not in plans:
            errors.append(FieldError(f"{at_row}.plan", "unknown", _("There is no plan of this letter.")))
        if item.criterion not in names:
            errors.append(FieldError(f"{at_row}.criterion", "unknown", _("The panel does not score this criterion.")))
        if (item.plan, item.criterion) in seen:
            message = _("Plan %(plan)s is there twice under “%(criterion)s”.", plan=item.plan, criterion=item.criterion)
            errors.append(FieldError(at_row, "twice", message))
        seen.add((item.plan, item.criterion))
        if item.points is not None and not 0 <= item.points <= 100:
            errors.append(FieldError(f"{at_row}.points", "out_of_range", _("Give a whole number from 0 to 100.")))
        if len(one_line(item.sentence)) > MOST_SENTENCE:
            message = _("Give at most %(most)s characters.", most=MOST_SENTENCE)
            errors.append(FieldError(f"{at_row}.sentence", "too_long", message))
    if errors:
        raise InvalidInput(_("Some scores need to be mended."), errors=errors)
    return plans


def _must_be_whole(project: Project, plans: Mapping[str, PanelPlan], rows: Sequence[Scored]) -> None:
    errors = []
    given = {(item.plan, item.criterion): place for place, item in enumerate(rows)}
    for criterion in panel_criteria(project):
        for plan in plans:
            place = given.get((plan, criterion.name))
            where = {"plan": plan, "criterion": criterion.name}
            if place is None or rows[place].points is None:
                message = _("Plan %(plan)s has no points under “%(criterion)s”.", **where)
                field = "scores" if place is None else f"scores.{place}.points"
                errors.append(FieldError(field, "missing", message))
            elif len(one_line(rows[place].sentence)) < LEAST_SENTENCE:
                message = _("Say in a sentence why plan %(plan)s gets these points under “%(criterion)s”.", **where)
                errors.append(FieldError(f"scores.{place}.sentence", "missing", message))
    if errors:
        raise InvalidInput(_("The sheet is handed in as a whole; something is missing."), errors=errors)
