"""The owner's desk, and its part of the side column."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import g, render_template, url_for
from flask_babel import gettext as _

from supermarket.contracts.queries import Waiting
from supermarket.core.clock import now
from supermarket.core.events import Event
from supermarket.core.permissions import Actor
from supermarket.projects.states import ProjectState
from supermarket.web import presenting, timelines
from supermarket.web.access import present_actor
from supermarket.web.owner import desk
from supermarket.web.presenting import Due

WAITING_STATES = (
    ProjectState.DRAFT,
    ProjectState.IN_REVIEW,
    ProjectState.OPEN,
    ProjectState.FROZEN,
    ProjectState.SELECTING,
    ProjectState.ANNOUNCED,
    ProjectState.AWARDED,
    ProjectState.IN_SERVICE,
    ProjectState.SUSPENDED,
    ProjectState.COMPLETED,
    ProjectState.ARCHIVED,
    ProjectState.FAILED,
    ProjectState.WITHDRAWN,
    ProjectState.VOID,
    ProjectState.TERMINATED,
)


@dataclass(frozen=True)
class Work:
    """One thing that waits, with the page where it is done."""

    what: str
    title: str
    url: str
    due: Due | None


def url_of(item: Waiting) -> str:
    """Where a waiting thing is done."""
    code = item.contract_code
    match item.what:
        case "finish_draft" | "mend_draft":
            return url_for("owner.edit", code=code)
        case "accept_reduced":
            return url_for("owner.accept_reduced", code=code)
        case "choose":
            return url_for("owner.choose", code=code)
        case "decide_low_quote":
            return url_for("owner.low_quotes", code=code)
        case "decide_low_bid":
            return url_for("owner.low_bids", code=code)
        case "answer_correction":
            return url_for("public.project", code=code) + "#draw"
        case "enter_numbers":
            return url_for("public.project", code=code)
        case "sign_contract":
            return url_for("owner.sign", code=code)
        case "decide_deliverable":
            return url_for("owner.decide", code=code, number=item.number)
        case "record_payment":
            return url_for("owner.pay", code=code, number=item.number)
        case "give_rating":
            return url_for("owner.rate", code=code)
    return url_for("public.contract", code=code)


def work(item: Waiting, at: datetime) -> Work:
    """A waiting thing as the desk shows it."""
    due = presenting.due(item.what, item.due_at, at) if item.due_at is not None else None
    return Work(presenting.due_label(item.what), item.name, url_of(item), due)


def _named(events: Sequence[Event]) -> list[timelines.Entry]:
    """What changed, each with the purchase that it belongs to."""
    names = desk.own_names({event.project_code for event in events if event.project_code})
    return [
        replace(entry, detail=" · ".join(filter(None, (names.get(event.project_code or "", ""), entry.detail))))
        for event, entry in zip(events, timelines.entries(events), strict=True)
    ]


def home() -> str:
    """What waits for me, what changed, my purchases by state, figures."""
    actor, at = present_actor(), now()
    waiting = desk.waiting(actor)
    g.owner_waiting = len(waiting)
    figures = desk.figures(actor)
    return render_template(
        "owner/home.html",
        works=[work(item, at) for item in waiting],
        changes=_named(desk.changes(actor)),
        figures=figures,
        states=[(state, figures.by_state[state]) for state in WAITING_STATES if state in figures.by_state],
    )


def sections(actor: Actor) -> list[tuple[str, str, int]]:
    """The owner's lines of the side column: one statement for the count."""
    if "owner_waiting" not in g:
        g.owner_waiting = desk.waiting_count(actor)
    return [
        (_("My desk"), "/home", g.owner_waiting),
        (_("My purchases"), url_for("owner.projects"), 0),
        (_("New purchase"), url_for("owner.new"), 0),
        (_("My contracts"), url_for("owner.contracts"), 0),
    ]
