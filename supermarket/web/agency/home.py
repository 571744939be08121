"""The agency's desk, and its part of the side column."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask import g, url_for
from flask_babel import gettext as _

from supermarket.agencies.models import Agency, Onboarding, Standing
from supermarket.agencies.queries import agency_of_actor
from supermarket.auctions.models import Auction, AuctionBidder
from supermarket.contracts.queries import Waiting, waiting_signatures
from supermarket.core.clock import now
from supermarket.core.events import Event
from supermarket.core.permissions import Actor
from supermarket.credit.queries import star_level
from supermarket.deliverables.queries import waiting_to_submit
from supermarket.extensions import db
from supermarket.modes.auction import Phase
from supermarket.payments.queries import waiting_to_confirm
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.ratings.queries import waiting_to_rate
from supermarket.selection.models import Award, CostStatement, Quote
from supermarket.selection.states import AwardState
from supermarket.standing.models import Rectification, RemovalCase
from supermarket.standing.states import RectificationState, RemovalState
from supermarket.web.access import present_actor
from supermarket.web.agency.waiting import of_profile
from supermarket.web.looks import word
from supermarket.web.work import Count, Desk, Door, Figure, Work, by_due, changes, work

SHOWN = (
    ProjectState.OPEN,
    ProjectState.FROZEN,
    ProjectState.SELECTING,
    ProjectState.ANNOUNCED,
    ProjectState.AWARDED,
    ProjectState.IN_SERVICE,
    ProjectState.COMPLETED,
    ProjectState.ARCHIVED,
    ProjectState.FAILED,
)


def answers_wanted(agency: Agency) -> list[Waiting]:
    """Direct selections, cost statements and live auctions that wait for the agency: one statement."""
    offers = (
        sa.select(sa.literal("answer_offer").label("what"), Project.code, Project.name, Award.due_at.label("due_at"))
        .join(Project, Project.id == Award.project_id)
        .where(Award.agency_id == agency.id, Award.state == AwardState.OFFERED)
    )
    statements = (
        sa.select(sa.literal("give_cost_statement"), Project.code, Project.name, CostStatement.statement_due_at)
        .select_from(CostStatement)
        .join(Quote, Quote.id == CostStatement.quote_id)
        .join(Project, Project.id == Quote.project_id)
        .where(
            Quote.agency_id == agency.id,
            CostStatement.statement.is_(None),
            CostStatement.decided_at.is_(None),
        )
    )
    auctions = (
        sa.select(
            sa.literal("bid_live"), Project.code, Project.name, sa.func.coalesce(Auction.ends_at, Auction.starts_at)
        )
        .select_from(AuctionBidder)
        .join(Auction, Auction.id == AuctionBidder.auction_id)
        .join(Project, Project.id == Auction.project_id)
        .where(AuctionBidder.agency_id == agency.id, Auction.state.in_((Phase.SCHEDULED, Phase.RUNNING)))
    )
    rows: Sequence[sa.Row[tuple[str, str, str, datetime | None]]] = db.session.execute(  # type: ignore[assignment]  # a union has no row type
        sa.union_all(offers, statements, auctions)
    ).all()
    return [Waiting(row.what, row.code, None, row.name, row.due_at) for row in rows]


def waiting(actor: Actor) -> dict[str, list[Work]]:
    """What waits in each section, read once per request: one statement per section and one for the agency."""
    if "agency_waiting" in g:
        known: dict[str, list[Work]] = g.agency_waiting
        return known
    found: dict[str, list[Work]] = {
        "profile": [],
        "enrolments": [],
        "contracts": [],
        "results": [],
        "ratings": [],
        "standing": [],
    }
    agency = agency_of_actor(actor)
    if agency is None:
        found["profile"] = [
            work("finish_profile", _("Enter your agency in the register"), url_for("agency.onboarding"))
        ]
    else:
        found["profile"] = of_profile(agency, now())
        found["enrolments"] = [
            work(
                item.what,
                item.name,
                url_for("agency.auction" if item.what == "bid_live" else "agency.project", code=item.contract_code),
                item.due_at,
            )
            for item in answers_wanted(agency)
        ]
        found["contracts"] = [_of_contract(item, "#sign") for item in waiting_signatures(actor)]
        found["results"] = [
            *(_of_contract(item, "#deliverables") for item in waiting_to_submit(actor)),
            *(_of_contract(item, "#payments") for item in waiting_to_confirm(actor)),
        ]
        found["ratings"] = [_of_contract(item, "#rate") for item in waiting_to_rate(actor)]
        found["standing"] = [
            work(what, agency.name, url_for("agency.standing"), due) for what, due in _answers(agency.uscc)
        ]
    g.agency_waiting = found
    return found


def _answers(uscc: str) -> list[tuple[str, datetime]]:
    """Rectifications to hand in and removal cases to state one's view in: one statement."""
    tasks = sa.select(sa.literal("rectify").label("what"), Rectification.due_at.label("due_at")).where(
        Rectification.agency_uscc == uscc,
        Rectification.state.in_((RectificationState.OPEN, RectificationState.OVERDUE)),
    )
    cases = sa.select(sa.literal("state_in_removal"), RemovalCase.statement_due_at).where(
        RemovalCase.agency_uscc == uscc,
        RemovalCase.state == RemovalState.HEARING,
        RemovalCase.statement_at.is_(None),
    )
    return [(row[0], row[1]) for row in db.session.execute(sa.union_all(tasks, cases)).all()]


def _of_contract(item: Waiting, anchor: str) -> Work:
    url = url_for("agency.contract", code=item.contract_code) + anchor
    return work(item.what, item.name, url, item.due_at, who=item.contract_code)


def sections(actor: Actor) -> list[tuple[str, str, int]]:
    """The agency's lines of the side column."""
    found = waiting(actor)
    return [
        (_("My desk"), "/home", sum(map(len, found.values()))),
        (_("Our profile"), url_for("agency.profile"), len(found["profile"])),
        (_("Open purchases"), url_for("agency.projects_open"), 0),
        (_("Our enrolments"), url_for("agency.enrolments"), len(found["enrolments"])),
        (_("Our contracts"), url_for("agency.contracts_list"), len(found["contracts"]) + len(found["ratings"])),
        (_("Results and payments"), url_for("agency.results"), len(found["results"])),
        (_("Stars and credit"), url_for("agency.reputation"), 0),
        (_("Reviews and rectification"), url_for("agency.standing"), len(found["standing"])),
    ]


def _first_steps(agency: Agency | None, enrolled: int) -> list[Door]:
    if agency is None:
        return [
            Door(
                _("Enter the register"),
                url_for("agency.onboarding"),
                _("Step by step, saved at each one: leave when you like and go on from any device."),
                "building",
            )
        ]
    if agency.standing is Standing.APPLIED:
        # What is to be done stands in the list of what waits; nobody looks for purchases yet.
        return []
    if agency.standing is Standing.ACTIVE and not agency.services:
        return [
            Door(
                _("Add services"),
                url_for("agency.services"),
                _("Each service is shown to owners once its own checks have passed."),
                "plus",
            ),
            Door(_("File certificates"), url_for("agency.qualifications"), _("With number, level and scan."), "file"),
        ]
    if not enrolled:
        return [
            Door(
                _("Look at the open purchases"),
                url_for("agency.projects_open"),
                _("Each shows what the rules say about your agency before you enrol."),
                "search",
            )
        ]
    return []


def home() -> str:
    """What waits for the agency, what changed, its enrolments by state, figures."""
    actor = present_actor()
    agency = agency_of_actor(actor)
    works = by_due(item for items in waiting(actor).values() for item in items)
    if agency is None or agency.standing is Standing.APPLIED:
        changed = [] if agency is None else changes(actor, Event.agency_uscc == agency.uscc)
        first = _first_steps(agency, 0)
        return Desk(_("My desk"), current_lead(agency), works=works, changes=changed, first=first).page()
    rows = db.session.execute(
        sa.select(
            Project.state,
            sa.func.count().label("number"),
            sa.func.count().filter(Project.winner_id == agency.id).label("won"),
            sa.func.coalesce(sa.func.sum(Project.award_price).filter(Project.winner_id == agency.id), 0).label("fen"),
        )
        .join(Enrolment, Enrolment.project_id == Project.id)
        .where(Enrolment.agency_id == agency.id, Enrolment.state != EnrolmentState.CANCELLED)
        .group_by(Project.state)
    ).all()
    by_state = {row.state: row.number for row in rows}
    won = sum(row.won for row in rows)
    stars = star_level(agency.uscc)
    return Desk(
        title=_("My desk"),
        lead=current_lead(agency),
        works=works,
        changes=changes(actor, Event.agency_uscc == agency.uscc),
        counts=[
            Count(word("project", state), by_state[state], url_for("agency.enrolments"))
            for state in SHOWN
            if state in by_state
        ],
        counts_title=_("Our enrolments by state of the purchase"),
        figures=[
            Figure(_("Enrolments"), f"{sum(by_state.values()):,}", url=url_for("agency.enrolments")),
            Figure(_("Selected"), f"{won:,}"),
            Figure(_("Awarded in all"), f"¥{sum(int(row.fen) for row in rows) // 100:,}"),
            Figure(
                _("Credit"),
                stars.credit_level if stars else "B",
                note=_("%(points)s points", points=stars.credit_points if stars else 100),
                url=url_for("agency.reputation"),
            ),
        ],
        first=_first_steps(agency, sum(by_state.values())),
    ).page()


def current_lead(agency: Agency | None) -> str:
    """Under the title: who one is here."""
    if agency is None:
        return ""
    not_sent = agency.standing is Standing.APPLIED and agency.onboarding is Onboarding.DRAFT
    return f"{agency.name} · {_('not sent in yet') if not_sent else word('agency', agency.standing)}"
