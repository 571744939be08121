"""What panels do when a purchase ends, or goes on after it stood still."""

import sqlalchemy as sa

from supermarket.core.events import Event
from supermarket.extensions import db
from supermarket.policies.queries import calendar
from supermarket.projects.operations.common import locked
from supermarket.selection.panels.confirming import end_panel
from supermarket.selection.panels.models import Panel, PanelSeat
from supermarket.selection.panels.states import PanelState


def on_project_ended(event: Event) -> None:
    """Wired to the ends of a project."""
    end_panel(locked(event.subject_code), event.at)


def on_project_resumed(event: Event) -> None:
    """Wired to `project.resumed`: limits of experts go on where they stood."""
    stood = event.data["working_days"]
    project = locked(event.subject_code)
    panel = db.session.get(Panel, project.id, with_for_update={"of": Panel})
    if panel is None or not isinstance(stood, int) or not stood:
        return
    days = calendar()
    for seat in db.session.scalars(
        sa.select(PanelSeat).where(PanelSeat.project_id == project.id, PanelSeat.due_at.is_not(None))
    ):
        seat.due_at = days.shift(seat.due_at, stood) if seat.due_at else None
        seat.remind_at = days.shift(seat.remind_at, stood) if seat.remind_at else None
    if panel.state is PanelState.CONFIRMING and panel.confirm_due_at is not None:
        panel.confirm_due_at = days.shift(panel.confirm_due_at, stood)
    db.session.flush()
