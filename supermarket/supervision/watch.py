"""Reads every watched step and issues what is due: reminders and cards. Safe to repeat: each level is issued once."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from supermarket.accounts.models import OrganisationKind
from supermarket.core.deadlines import DueKind, Found
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.policies.queries import calendar
from supermarket.projects.eligibility_facts import Finding as Alert
from supermarket.projects.models import Funding, Project
from supermarket.projects.money_checks import repeats_of, splitting_of
from supermarket.projects.queries import project_for
from supermarket.projects.states import ProjectState
from supermarket.selection.parties import OPERATOR, OWNER
from supermarket.standing.decisions import Office
from supermarket.standing.operations.common import locked_agency
from supermarket.standing.queries import main_industry_of
from supermarket.supervision.levels import level_of
from supermarket.supervision.models import Finding, Level
from supermarket.supervision.operations import About, card
from supermarket.supervision.quotes import card_unsigned, unsigned_lists
from supermarket.supervision.steps import WATCHED, Step, nearest_office

SELECTION_GRACE = timedelta(seconds=60)  # lifecycle.md: the selection runs at the published minute, within 60 s
SELECTION_LATE = "selection_late"
DID_NOT_REVEAL = "did_not_reveal"
SPLITTING, REPEAT = "splitting", "repeat_direct"


def watch(at: datetime) -> int:
    """Issue what the watched steps deserve at `at`; each in its own transaction. Gives how many findings."""
    issued = 0
    with unit():
        found = [(step, level) for finder in WATCHED for step in finder() if (level := _level(step, at)) is not None]
    for step, level in found:
        with unit():
            issued += card(step.about, step.code, level, at=at) is not None
    return issued


def _level(step: Step, at: datetime) -> Level | None:
    return level_of(step.started, step.limit, at, calendar())


def _late_selections(at: datetime, limit: int) -> Found:
    late = sa.and_(
        Project.state == ProjectState.FROZEN, Project.due_what == "select", Project.select_at <= at - SELECTION_GRACE
    )
    carded = sa.exists().where(Finding.subject_code == Project.code, Finding.code == SELECTION_LATE)
    query = sa.select(Project.select_at, Project.id).where(late, ~carded)
    rows = db.session.execute(query.order_by(Project.select_at, Project.id).limit(limit))
    return [(moment + SELECTION_GRACE, project_id) for moment, project_id in rows if moment is not None]


def _card_selection(project_id: int, at: datetime, prepared: object) -> bool:
    project = db.session.get(Project, project_id, with_for_update={"of": Project}, populate_existing=True)
    if project is None or project.state is not ProjectState.FROZEN or project.select_at is None:
        return False
    if project.select_at + SELECTION_GRACE > at:
        return False
    office = nearest_office(OrganisationKind.OPERATOR, project.region_code)
    about = About("project", project.code, project.code, project.region_code, office, project.select_at)
    return card(about, SELECTION_LATE, Level.RED, at=at) is not None


def on_removal_overdue(event: Event) -> None:
    """`standing.removal_overdue`: a red card to each office that has not answered (rating spec)."""
    agency = locked_agency(event.subject_code)
    missing = event.data["missing"]
    offices = {
        Office.AUTHORITY.value: (OrganisationKind.AUTHORITY, main_industry_of(agency.uscc, event.at)),
        Office.OPERATOR.value: (OrganisationKind.OPERATOR, None),
    }
    for name in missing if isinstance(missing, list) else ():
        kind, industry = offices[str(name)]
        office = nearest_office(kind, agency.region_code, industry)
        about = About("removal", str(event.data["case_id"]), None, agency.region_code, office, event.at)
        card(about, f"removal_undecided_by_{name}", Level.RED, at=event.at)


def on_draw_refused(event: Event) -> None:
    """`draw.refused`: a red card for each party that did not reveal."""
    project = project_for(event.subject_code, SYSTEM)
    purpose, refused = str(event.data["purpose"]), event.data["refused"]
    for place, party in enumerate(refused if isinstance(refused, list) else (), 1):
        about = About(
            "draw",
            f"{project.code}/{purpose}/{place}",
            project.code,
            project.region_code,
            _office_of_party(str(party), project),
            event.at,
            {"party": str(party), "purpose": purpose},
        )
        card(about, DID_NOT_REVEAL, Level.RED, at=event.at)


def _office_of_party(party: str, project: Project) -> int | None:
    """The operator's own office, the owner; every other party is a witness, which the regulator answers for."""
    if party == OPERATOR:
        return nearest_office(OrganisationKind.OPERATOR, project.region_code)
    if party == OWNER:
        return project.owner_id
    industry = project.matter_version.industry
    found = nearest_office(OrganisationKind.AUTHORITY, project.region_code, industry)
    return found if found is not None else nearest_office(OrganisationKind.AUTHORITY, project.region_code)


def on_published(event: Event) -> None:
    """`project.published`: the supervisor is told where an owner's purchases of one matter add up to more than the line."""
    project = project_for(event.subject_code, SYSTEM)
    if project.funding is Funding.FISCAL:
        _signal(project, SPLITTING, splitting_of(project, event.at), event.at)


def on_direct_accepted(event: Event) -> None:
    """`award.accepted`: the supervisor is told of one direct award too many to the same agency."""
    project = project_for(event.subject_code, SYSTEM)
    if project.funding is Funding.FISCAL and project.mode == "direct":
        _signal(project, REPEAT, repeats_of(project, event.at), event.at)


def _signal(project: Project, code: str, found: Alert, at: datetime) -> None:
    """A signal is for a supervisor's eye and no punishment: a reminder with its evidence, which can be set aside."""
    if found.ok:
        return
    evidence = {**found.evidence, "says": found.sentence.msgid, "values": dict(found.sentence.params)}
    about = About("project", project.code, project.code, project.region_code, evidence=evidence)
    card(about, code, Level.REMINDER, at=at)


# Looked at after everything else of the same moment: what was done in time gets no card.
DUE: tuple[DueKind, ...] = (
    DueKind("supervision.selection_late", _late_selections, _card_selection),
    DueKind("supervision.quotes_unsigned", unsigned_lists, card_unsigned),
)
