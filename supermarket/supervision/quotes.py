"""Cards of sealed quotes: a list that is not whole, a key that is missing, a list that nobody countersigned in time."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from supermarket.accounts.models import OrganisationKind
from supermarket.core.deadlines import Found
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.selection.models import QuoteList
from supermarket.supervision.models import Finding, Level
from supermarket.supervision.operations import About, card
from supermarket.supervision.steps import nearest_office

UNSIGNED = "quotes_not_countersigned"
GRACE = timedelta(seconds=60)  # selection.md §4: within 60 s after the deadline


def _about(event: Event, kind: OrganisationKind) -> About:
    project = project_for(event.subject_code, SYSTEM)
    office = nearest_office(kind, project.region_code)
    return About("project", project.code, project.code, project.region_code, office, event.at, dict(event.data))


def on_opening_stopped(event: Event) -> None:
    """`quotes.opening_stopped`: the operator's list or store is not whole; a red card, with what does not fit."""
    card(_about(event, OrganisationKind.OPERATOR), "quotes_not_whole", Level.RED, at=event.at)


def on_bodies_asked(event: Event) -> None:
    """`quotes.bodies_asked`: the operator's key, or the witness's, which the regulator runs, was missing; a red card."""
    whose = event.data["whose"]
    kind = OrganisationKind.AUTHORITY if whose == "witness" else OrganisationKind.OPERATOR
    card(_about(event, kind), f"quote_key_missing_{whose}", Level.RED, at=event.at)


def unsigned_lists(at: datetime, limit: int) -> Found:
    """Lists that nobody has countersigned a minute after their publication, not carded yet."""
    carded = sa.exists().where(Finding.subject_code == Project.code, Finding.code == UNSIGNED)
    query = (
        sa.select(QuoteList.published_at, QuoteList.project_id)
        .join(Project, Project.id == QuoteList.project_id)
        .where(QuoteList.countersignature.is_(None), QuoteList.published_at <= at - GRACE, ~carded)
    )
    rows = db.session.execute(query.order_by(QuoteList.published_at, QuoteList.project_id).limit(limit))
    return [(published_at + GRACE, project_id) for published_at, project_id in rows]


def card_unsigned(project_id: int, at: datetime, prepared: object) -> bool:
    """A yellow card to the operator; False where the signature has come meanwhile."""
    project = db.session.get(Project, project_id, with_for_update={"of": Project}, populate_existing=True)
    made = db.session.get(QuoteList, project_id, populate_existing=True)
    if project is None or made is None or made.countersignature is not None or made.published_at + GRACE > at:
        return False
    office = nearest_office(OrganisationKind.OPERATOR, project.region_code)
    about = About("project", project.code, project.code, project.region_code, office, made.published_at)
    return card(about, UNSIGNED, Level.YELLOW, at=at) is not None
