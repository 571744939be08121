"""The expert's desk, and its part of the side column."""

from flask import g, url_for
from flask_babel import gettext as _

from supermarket.core.permissions import Actor
from supermarket.experts.queries import expert_of
from supermarket.selection.panels.models import PanelSeat
from supermarket.selection.panels.queries import own_history, own_tasks
from supermarket.selection.panels.states import SCORED, SeatState
from supermarket.web.access import present_actor
from supermarket.web.looks import word
from supermarket.web.work import Count, Desk, Door, Work, work

WHAT = {
    SeatState.INVITED: "answer_panel",
    SeatState.SERVING: "score_plans",
    SeatState.SUBMITTED: "confirm_record",
}


def waiting(actor: Actor) -> list[Work]:
    """What waits for the expert, read once per request."""
    if "expert_waiting" not in g:
        g.expert_waiting = [_work(seat) for seat in own_tasks(actor)]
    found: list[Work] = g.expert_waiting
    return found


def _work(seat: PanelSeat) -> Work:
    project = seat.panel.project
    due = seat.panel.confirm_due_at if seat.state is SeatState.SUBMITTED else seat.due_at
    return work(WHAT[seat.state], project.name, url_for("expert.panel", code=project.code), due, who=project.code)


def sections(actor: Actor) -> list[tuple[str, str, int]]:
    """The expert's lines of the side column."""
    number = len(waiting(actor))
    return [
        (_("My desk"), "/home", number),
        (_("Panels"), url_for("expert.panel_list"), number),
        (_("My profile and interests"), url_for("expert.profile"), 0 if expert_of(actor) else 1),
    ]


def home() -> str:
    """What waits for the expert, their panels by state."""
    actor = present_actor()
    expert = expert_of(actor)
    history = own_history(actor) if expert is not None else ()
    served = sum(seat.state in SCORED for seat in history)
    first = []
    if expert is None:
        text = _("For whom you work, what you can judge, and whom you must not judge.")
        first = [Door(_("Apply for the pool of experts"), url_for("expert.profile"), text, "people")]
    elif not history:
        text = _("Declare whom you must not judge, before a draw calls you.")
        first = [Door(_("Look at your interests"), url_for("expert.profile") + "#interests", text, "scale")]
    return Desk(
        title=_("Expert's desk"),
        lead="" if expert is None else f"{expert.employer} · {word('expert', expert.standing)}",
        works=waiting(actor),
        counts=[Count(_("Panels I have scored for"), served, url_for("expert.panel_list"))] if history else (),
        first=first,
    ).page()
