"""What falls due on panels: answers, scores, reminders, the closing of records."""

from datetime import datetime

import sqlalchemy as sa

from supermarket.core.deadlines import DueKind, Found
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection.panels.answering import answer_due, remind_due, scores_due
from supermarket.selection.panels.confirming import close_due, prepare_close
from supermarket.selection.panels.models import Panel, PanelSeat
from supermarket.selection.panels.states import PanelState, SeatState


def _seats(state: SeatState, at: datetime, limit: int) -> Found:
    query = (
        sa.select(PanelSeat.due_at, PanelSeat.id)
        .join(Project, Project.id == PanelSeat.project_id)
        .where(PanelSeat.state == state, PanelSeat.due_at <= at, Project.state == ProjectState.SELECTING)
        .order_by(PanelSeat.due_at, PanelSeat.id)
        .limit(limit)
    )
    return [(due, number) for due, number in db.session.execute(query) if due is not None]


def _answers(at: datetime, limit: int) -> Found:
    return _seats(SeatState.INVITED, at, limit)


def _scores(at: datetime, limit: int) -> Found:
    return _seats(SeatState.SERVING, at, limit)


def _reminders(at: datetime, limit: int) -> Found:
    query = (
        sa.select(PanelSeat.remind_at, PanelSeat.id)
        .join(Project, Project.id == PanelSeat.project_id)
        .where(PanelSeat.remind_at <= at, Project.state == ProjectState.SELECTING)
        .order_by(PanelSeat.remind_at, PanelSeat.id)
        .limit(limit)
    )
    return [(due, number) for due, number in db.session.execute(query) if due is not None]


def _records(at: datetime, limit: int) -> Found:
    query = (
        sa.select(Panel.confirm_due_at, Panel.project_id)
        .join(Project, Project.id == Panel.project_id)
        .where(
            Panel.state == PanelState.CONFIRMING,
            Panel.confirm_due_at <= at,
            Project.state == ProjectState.SELECTING,
        )
        .order_by(Panel.confirm_due_at, Panel.project_id)
        .limit(limit)
    )
    return [(due, number) for due, number in db.session.execute(query) if due is not None]


DUE: tuple[DueKind, ...] = (
    DueKind("panel.remind", _reminders, remind_due),
    DueKind("panel.answer", _answers, answer_due),
    DueKind("panel.scores", _scores, scores_due),
    DueKind("panel.close", _records, close_due, prepare_close),
)
