"""What the score stage learns of a panel: nothing before its record is closed."""

from collections.abc import Mapping

import sqlalchemy as sa

from supermarket.extensions import db
from supermarket.selection.panels.models import Panel, PanelScore, PanelSeat
from supermarket.selection.panels.states import SCORED, PanelState


def panel_facts(project_id: int) -> Mapping[str, Mapping[str, tuple[int, ...]]]:
    """Criterion → USCC → the experts' points in the order of the seats; empty until the record is closed."""
    panel = db.session.get(Panel, project_id)
    if panel is None or panel.state is not PanelState.CLOSED:
        return {}
    rows = db.session.scalars(
        sa.select(PanelScore)
        .join(PanelSeat, PanelSeat.id == PanelScore.seat_id)
        .where(PanelSeat.project_id == project_id, PanelSeat.state.in_(SCORED))
        .order_by(PanelSeat.position)
    ).all()
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for row in rows:
        of_criterion = found.setdefault(row.criterion, {})
        of_criterion[row.agency.uscc] = (*of_criterion.get(row.agency.uscc, ()), row.points)
    return found
