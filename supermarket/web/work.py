"""What the desks of agencies and offices share: things that wait, what changed since one was here, states, figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from flask import render_template, session
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.core.clock import now
from supermarket.core.events import Event
from supermarket.core.permissions import Actor
from supermarket.extensions import db
from supermarket.web import timelines
from supermarket.web.presenting import DUE_LABELS, Due, due

LABELS = {
    "review_project": _l("Review a purchase"),
    "decide_agency": _l("Decide on an agency's form"),
    "start_checks": _l("Start the checks of an imported agency"),
    "answer_offer": _l("Answer a direct selection"),
    "give_cost_statement": _l("Explain an abnormally low quote"),
    "bid_live": _l("Bid in the live auction"),
    "finish_profile": _l("Finish the profile and submit it"),
    "mend_profile": _l("Mend the profile and submit it again"),
    "await_checks": _l("The checks are at work"),
    "await_operator": _l("The operator looks at your form"),
    "await_change": _l("A change of your profile is being checked"),
    "answer_move": _l("Release a person, or say why not"),
    "hidden_service": _l("Bring a hidden service back"),
    "renew_certificate": _l("Renew a certificate"),
    "rectify": _l("Hand in a rectification"),
    "state_in_removal": _l("State your view in a removal case"),
    "decide_rating_appeal": _l("Decide an appeal on a rating"),
    "enter_numbers": _l("Enter the numbers of the bulletin"),
    "answer_correction": _l("Answer the claim of a typing error"),
    "publish_matter": _l("Decide on a submitted matter"),
    "mend_matter": _l("Mend a returned matter"),
    "finish_matter": _l("Finish a draft of a matter"),
    "decide_expert": _l("Decide on an expert's application"),
    "answer_panel": _l("Answer: you are drawn for a panel"),
    "score_plans": _l("Score the plans and sign"),
    "confirm_record": _l("Confirm the record of the panel"),
    "record_outcome": _l("Record what became of a deliverable"),
}
LAST = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Work:
    """One thing that waits: what to do, with what, where, until when (None: no limit)."""

    what: str
    title: str
    url: str
    due: Due | None = None
    who: str = ""


def work(what: str, title: str, url: str, due_at: datetime | None = None, *, who: str = "") -> Work:
    """A waiting thing, its limit in words."""
    label = str(LABELS.get(what) or DUE_LABELS.get(what, what))
    return Work(label, title, url, due(what, due_at, now()) if due_at is not None else None, who)


def by_due(items: Iterable[Work]) -> list[Work]:
    """The first due first; what has no limit last."""
    return sorted(items, key=lambda item: item.due.at if item.due else LAST)


def since() -> datetime:
    """When the reader signed in the time before (market time), or a week ago."""
    try:
        found = datetime.fromisoformat(str(session.get("since")))
    except ValueError:
        found = now() - timedelta(days=7)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def changes(actor: Actor, *conditions: sa.ColumnElement[bool], limit: int = 12) -> list[timelines.Entry]:
    """Events since the reader was here that others caused, newest first: three statements with the names."""
    query = (
        sa.select(Event)
        .where(
            Event.at > since(),
            sa.or_(Event.actor_user_id.is_(None), Event.actor_user_id != actor.user_id),
            *conditions,
        )
        .order_by(Event.id.desc())
        .limit(limit)
    )
    return timelines.entries(db.session.scalars(query).all())


@dataclass(frozen=True)
class Count:
    """How many things of mine stand in a state, and where they are listed."""

    label: str
    number: int
    url: str


@dataclass(frozen=True)
class Figure:
    """One figure of the desk; `value` is ready to print."""

    label: str
    value: str
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class Door:
    """A first step, or a way into a part of the work."""

    title: str
    url: str
    text: str
    icon: str = "right"


@dataclass(frozen=True)
class Desk:
    """A role's home: 1 what waits, 2 what changed, 3 my things by state, 4 figures; first steps where there is nothing."""

    title: str
    lead: str
    works: Sequence[Work] = ()
    changes: Sequence[timelines.Entry] = ()
    counts: Sequence[Count] = ()
    counts_title: str = ""
    figures: Sequence[Figure] = ()
    first: Sequence[Door] = field(default_factory=tuple)
    doors: Sequence[Door] = field(default_factory=tuple)

    def page(self) -> str:
        """The desk drawn."""
        return render_template(
            "officer/desk.html", desk=self, since=since(), counts_title=self.counts_title or _("By state")
        )
