"""Experts answer and step back; who does not, or does not score in time, is passed over down the drawn order."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.events import Tag, record
from supermarket.core.permissions import SYSTEM, Actor
from supermarket.extensions import db
from supermarket.policies.queries import calendar, number
from supermarket.projects.models import Project
from supermarket.selection import events
from supermarket.selection.panels.common import due_seat, in_time, must_go_on, own_seat
from supermarket.selection.panels.convening import call_next
from supermarket.selection.panels.models import Panel, PanelDraft, PanelSeat
from supermarket.selection.panels.states import SEAT, SeatAction, SeatState


def accept(code: str, *, actor: Actor, at: datetime) -> PanelSeat:
    """The expert serves, and declares that nothing ties them to those whom they will judge.

    Raises Forbidden, NotFound, WrongState (answered already, late, or the purchase has ended).
    """
    project, _panel, seat = own_seat(code, actor)
    after = SEAT.next(seat.state, SeatAction.ACCEPT)
    must_go_on(project)
    in_time(seat, at)
    days = calendar()
    seat.state, seat.accepted_at = after, at
    seat.due_at = days.due_after(at, number(project.policy, "panel_scoring_days"))
    remind_at = days.moment_before(seat.due_at, 1)
    seat.remind_at = remind_at if remind_at > at else None
    db.session.flush()
    record(events.PANEL_ACCEPTED, project.code, actor=actor, at=at, data={"seat": seat.id})
    return seat


def decline(code: str, *, reason: str, actor: Actor, at: datetime) -> PanelSeat:
    """The expert cannot serve; the next in the drawn order is asked. Raises Forbidden, NotFound, WrongState, InvalidInput."""
    project, panel, seat = own_seat(code, actor)
    SEAT.next(seat.state, SeatAction.DECLINE)
    must_go_on(project)
    in_time(seat, at)
    _pass_over(project, panel, seat, SeatAction.DECLINE, _reasoned(reason), actor=actor, at=at)
    return seat


def recuse(code: str, *, reason: str, actor: Actor, at: datetime) -> PanelSeat:
    """An expert who serves finds a conflict of interest; the scores typed so far are void, the next one is asked.

    Raises Forbidden, NotFound, WrongState once the sheet is signed, InvalidInput.
    """
    project, panel, seat = own_seat(code, actor)
    SEAT.next(seat.state, SeatAction.RECUSE)
    must_go_on(project)
    in_time(seat, at)
    _pass_over(project, panel, seat, SeatAction.RECUSE, _reasoned(reason), actor=actor, at=at)
    return seat


def answer_due(seat_id: int, at: datetime, prepared: object) -> bool:
    """No answer in time: the next in the drawn order is asked."""
    found = due_seat(seat_id, SeatState.INVITED, at)
    if found is None:
        return False
    _pass_over(*found, SeatAction.LAPSE, "", actor=SYSTEM, at=at)
    return True


def scores_due(seat_id: int, at: datetime, prepared: object) -> bool:
    """No signed sheet in time: the next in the drawn order is asked."""
    found = due_seat(seat_id, SeatState.SERVING, at)
    if found is None:
        return False
    _pass_over(*found, SeatAction.LAPSE, "", actor=SYSTEM, at=at)
    return True


def remind_due(seat_id: int, at: datetime, prepared: object) -> bool:
    """The limit is near: the expert is urged, once for each limit (催办)."""
    seat = db.session.get(PanelSeat, seat_id, with_for_update={"of": PanelSeat})
    if seat is None or seat.remind_at is None or seat.remind_at > at:
        return False
    seat.remind_at = None
    db.session.flush()
    record(events.PANEL_REMINDED, seat.panel.project.code, actor=SYSTEM, at=at, data={"seat": seat.id})
    return True


_TAGS: dict[SeatState, Tag] = {
    SeatState.DECLINED: events.PANEL_DECLINED,
    SeatState.NO_ANSWER: events.PANEL_NO_ANSWER,
    SeatState.RECUSED: events.PANEL_RECUSED,
    SeatState.LATE: events.PANEL_LATE,
}


def _pass_over(
    project: Project,
    panel: Panel,
    seat: PanelSeat,
    action: SeatAction,
    reason: str,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    seat.state = SEAT.next(seat.state, action)
    seat.reason, seat.ended_at, seat.due_at, seat.remind_at = reason, at, None, None
    # What was typed and never signed is nobody's.
    db.session.execute(sa.delete(PanelDraft).where(PanelDraft.seat_id == seat.id))
    db.session.flush()
    record(_TAGS[seat.state], project.code, actor=actor, at=at, data={"seat": seat.id})
    call_next(project, panel, at)


def _reasoned(text: str) -> str:
    reason = text.strip()
    if len(reason) < 2:
        message = _("Give the reason in a sentence; it is not published.")
        raise InvalidInput(message, errors=[FieldError("reason", "needed", message)])
    return reason
