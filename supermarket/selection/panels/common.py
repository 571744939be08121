"""What the operations on panels share: project, panel and the actor's own seat, locked in this order."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import NotFound, WrongState
from supermarket.core.permissions import Actor, P, authorise
from supermarket.experts.models import Expert
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.projects.operations.common import locked, locked_by_id
from supermarket.projects.states import ProjectState
from supermarket.selection.panels.models import Panel, PanelSeat
from supermarket.selection.panels.states import SeatState


def own_seat(code: str, actor: Actor) -> tuple[Project, Panel, PanelSeat]:
    """The actor's seat in a project's panel. Raises Forbidden, NotFound: nobody else learns that there is a panel."""
    authorise(actor, P.EXPERT_SERVE)
    project = locked(code)
    seat = db.session.scalar(
        sa.select(PanelSeat)
        .join(Expert, Expert.id == PanelSeat.expert_id)
        .where(
            PanelSeat.project_id == project.id,
            Expert.user_id == (actor.user_id or 0),
            PanelSeat.invited_at.is_not(None),
        )
        .with_for_update(of=PanelSeat)
        .execution_options(populate_existing=True)
    )
    if seat is None:
        raise NotFound(_("You are not asked to judge this purchase."))
    return project, locked_panel(project.id), seat


def locked_panel(project_id: int) -> Panel:
    """The panel, locked. Raises NoResultFound where there is none."""
    return db.session.scalars(
        sa.select(Panel)
        .where(Panel.project_id == project_id)
        .with_for_update(of=Panel)
        .execution_options(populate_existing=True)
    ).one()


def must_go_on(project: Project) -> None:
    """The purchase is being selected; not suspended, not ended. Raises WrongState."""
    if project.state is not ProjectState.SELECTING:
        raise WrongState(_("This purchase is not being judged now."), state=project.state.value, allowed=[])


def in_time(seat: PanelSeat, at: datetime) -> None:
    """The limit has not run out. Raises WrongState."""
    if seat.due_at is not None and at >= seat.due_at:
        raise WrongState(
            _("The time is over; nothing was entered, and the next expert in the order is called."),
            state=seat.state.value,
            allowed=[],
        )


def due_seat(seat_id: int, state: SeatState, at: datetime) -> tuple[Project, Panel, PanelSeat] | None:
    """A seat whose limit has run out in this state, all locked; None if somebody was faster."""
    project_id = db.session.scalar(sa.select(PanelSeat.project_id).where(PanelSeat.id == seat_id))
    if project_id is None:
        return None
    project = locked_by_id(project_id)
    panel = locked_panel(project.id)
    seat = db.session.scalars(
        sa.select(PanelSeat)
        .where(PanelSeat.id == seat_id)
        .with_for_update(of=PanelSeat)
        .execution_options(populate_existing=True)
    ).one()
    over = seat.state is state and seat.due_at is not None and seat.due_at <= at
    return (project, panel, seat) if over and project.state is ProjectState.SELECTING else None
