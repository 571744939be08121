"""Who is told of which event: the one table. A finder gives the organisations; nobody is told of what it did itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from supermarket.accounts.models import Membership, Organisation
from supermarket.agencies.models import Agency
from supermarket.contracts.models import Contract
from supermarket.core.events import Event
from supermarket.core.permissions import Role, region_covers
from supermarket.experts import events as expert_events
from supermarket.experts.models import Expert
from supermarket.extensions import db
from supermarket.policies.queries import office_region
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import EnrolmentState
from supermarket.ratings.models import Rating
from supermarket.selection.panels.models import PanelSeat
from supermarket.selection.panels.states import SCORED


@dataclass(frozen=True, order=True)
class Person:
    """One person of an organisation, where the others must not learn of it."""

    organisation_id: int
    user_id: int


Finder = Callable[[Event], Iterable[int | Person | None]]


def _project(event: Event) -> Project | None:
    return db.session.scalar(sa.select(Project).where(Project.code == event.project_code))


def owner(event: Event) -> Iterable[int | None]:
    """The project's owner."""
    return db.session.scalars(sa.select(Project.owner_id).where(Project.code == event.project_code))


def enrolled(event: Event) -> Iterable[int | None]:
    """Every agency that enrolled in the project and has not cancelled."""
    return db.session.scalars(
        sa.select(Agency.organisation_id)
        .join(Enrolment, Enrolment.agency_id == Agency.id)
        .join(Project, Project.id == Enrolment.project_id)
        .where(Project.code == event.project_code, Enrolment.state != EnrolmentState.CANCELLED)
    )


def agency(event: Event) -> Iterable[int | None]:
    """The agency that the event names."""
    uscc = event.agency_uscc or event.data.get("agency_uscc")
    return db.session.scalars(sa.select(Agency.organisation_id).where(Agency.uscc == uscc))


def own_ledger(event: Event) -> Iterable[int | None]:
    """The owner whose ledger the event is about, by its code."""
    return db.session.scalars(sa.select(Organisation.id).where(Organisation.uscc == event.subject_code))


def both_sides(event: Event) -> Iterable[int | None]:
    """The two sides of the contract."""
    row = db.session.execute(
        sa.select(Contract.owner_id, Agency.organisation_id)
        .join(Agency, Agency.id == Contract.agency_id)
        .where(Contract.code == event.subject_code)
    ).first()
    return () if row is None else (row[0], row[1])


def raters(event: Event) -> Iterable[int | None]:
    """Everybody who is asked to rate the contract."""
    return db.session.scalars(
        sa.select(Rating.organisation_id)
        .join(Contract, Contract.id == Rating.contract_id)
        .where(Contract.code == event.subject_code)
    )


def office_of_finding(event: Event) -> Iterable[int | None]:
    """The office that a finding is about, which the event carries as its organisation."""
    return (event.actor_organisation_id,)


def offices(role: Role) -> Finder:
    """The bodies whose people hold the role where the event belongs: region subtree, and industry if they have any."""

    def find(event: Event) -> Iterable[int | None]:
        region, industry = _place(event)
        rows = db.session.execute(
            sa.select(Membership.organisation_id, Membership.region_code, Membership.industries).where(
                Membership.role == role
            )
        )
        return [
            row.organisation_id
            for row in rows
            if (region is None or region_covers(row.region_code, region))
            and (industry is None or not row.industries or industry in row.industries)
        ]

    return find


def seated(event: Event) -> Iterable[Person | None]:
    """The expert of the seat that the event names, alone."""
    row = db.session.execute(
        sa.select(Expert.organisation_id, Expert.user_id)
        .join(PanelSeat, PanelSeat.expert_id == Expert.id)
        .where(PanelSeat.id == event.data["seat"])
    ).first()
    return () if row is None or row.user_id is None else (Person(row.organisation_id, row.user_id),)


def panel(event: Event) -> Iterable[Person | None]:
    """Every expert whose scores are in."""
    rows = db.session.execute(
        sa.select(Expert.organisation_id, Expert.user_id)
        .join(PanelSeat, PanelSeat.expert_id == Expert.id)
        .join(Project, Project.id == PanelSeat.project_id)
        .where(Project.code == event.project_code, PanelSeat.state.in_(SCORED), Expert.user_id.is_not(None))
    )
    return [Person(row.organisation_id, row.user_id) for row in rows]


def expert(event: Event) -> Iterable[Person | None]:
    """The expert whom the event is about."""
    row = db.session.execute(
        sa.select(Expert.organisation_id, Expert.user_id).where(
            Expert.code == event.subject_code, Expert.organisation_id.is_not(None), Expert.user_id.is_not(None)
        )
    ).first()
    return () if row is None else (Person(row.organisation_id, row.user_id),)


def _place(event: Event) -> tuple[str | None, str | None]:
    project = _project(event) if event.project_code else None
    if project is not None:
        return project.region_code, project.matter_version.industry
    if event.subject_kind == "expert":
        region = db.session.scalar(sa.select(Expert.region_code).where(Expert.code == event.subject_code))
        return None if region is None else office_region(region), None
    return db.session.scalar(sa.select(Agency.region_code).where(Agency.uscc == event.agency_uscc)), None


OPERATOR, AUTHORITY = offices(Role.OPERATOR), offices(Role.REGULATOR)
_ALL_IN = (owner, enrolled)

TOLD: dict[str, tuple[Finder, ...]] = {
    "project.submitted": (OPERATOR,),
    "project.returned": (owner,),
    "project.published": (owner,),
    "panel.invited": (seated,),
    "panel.reminded": (seated,),
    "panel.released": (seated,),
    "panel.late": (seated,),
    "panel.no_answer": (seated,),
    "scores.complete": (panel,),
    expert_events.APPLIED.name: (OPERATOR,),
    expert_events.ADMITTED.name: (expert,),
    expert_events.REFUSED.name: (expert,),
    expert_events.SUSPENDED.name: (expert,),
    expert_events.REINSTATED.name: (expert,),
    "exception.asked": (OPERATOR,),
    "exception.overdue": (OPERATOR,),
    "exception.granted": (owner,),
    "exception.denied": (owner,),
    "exception.revoked": (owner,),
    "project.amended": (enrolled,),
    "project.extended": _ALL_IN,
    "project.reduced_asked": (owner,),
    "project.announced": _ALL_IN,
    "project.failed": _ALL_IN,
    "project.withdrawn": _ALL_IN,
    "project.voided": _ALL_IN,
    "project.suspended": _ALL_IN,
    "project.resumed": _ALL_IN,
    "project.terminated": (owner, agency),
    "enrolment.linked": (agency,),
    "enrolment.excluded": (agency,),
    "quotes.listed": (enrolled,),
    "quotes.opening_stopped": (owner, enrolled, OPERATOR, AUTHORITY),
    "quotes.bodies_asked": (owner, OPERATOR, AUTHORITY),
    "quote.body_asked": (agency,),
    "quote.body_missed": (agency,),
    "quotes.opened": _ALL_IN,
    "draw.drawn": _ALL_IN,
    "draw.refused": (*_ALL_IN, OPERATOR, AUTHORITY),
    "draw.numbers_differ": (owner, AUTHORITY),
    "draw.correction_claimed": (*_ALL_IN, AUTHORITY),
    "draw.correction_differs": (owner, AUTHORITY),
    "draw.correction_refuted": (*_ALL_IN, AUTHORITY),
    "draw.corrected": (*_ALL_IN, AUTHORITY),
    "cost_statement.asked": (agency,),
    "cost_statement.given": (owner,),
    "cost_statement.decided": (agency,),
    "auction.scheduled": _ALL_IN,
    "auction.resumed": _ALL_IN,
    "auction.closed": _ALL_IN,
    "auction.agent_ended": (agency,),
    "auction.statement_given": (owner,),
    "auction.statement_decided": (agency,),
    "choice.asked": (owner,),
    "choice.made": _ALL_IN,
    "award.offered": (agency,),
    "award.accepted": (owner,),
    "award.dropped": (owner, agency),
    "selection.notice_issued": (owner, agency),
    "contract.drafted": (both_sides,),
    "contract.signed": (both_sides,),
    "contract.sign_reminded": (both_sides,),
    "contract.in_force": (both_sides,),
    "contract.lapsed": (both_sides,),
    "contract.closed": (both_sides,),
    "contract.urged": (both_sides,),
    "contract.completed": (both_sides,),
    "contract.terminated": (both_sides,),
    "deliverable.reminded": (both_sides,),
    "deliverable.overdue": (both_sides,),
    "deliverable.submitted": (both_sides,),
    "deliverable.returned": (both_sides,),
    "deliverable.accepted": (both_sides,),
    "deliverable.acceptance_overdue": (both_sides,),
    "deliverable.outcome_recorded": (both_sides,),
    "payment.fell_due": (both_sides,),
    "payment.voucher_submitted": (both_sides,),
    "payment.voucher_refused": (both_sides,),
    "payment.paid": (both_sides,),
    "payment.overdue": (both_sides,),
    "rating.invited": (raters,),
    "rating.published": (both_sides,),
    "rating.appealed": (OPERATOR, AUTHORITY),
    "rating.appeal_decided": (both_sides, raters),
    "agency.admitted": (agency,),
    "agency.refused": (agency,),
    "agency.waiting": (OPERATOR,),
    "agency.service_hidden": (agency,),
    "agency.service_confirmed": (agency,),
    "agency.service_not_covered": (agency,),
    "agency.check_failed": (agency,),
    "agency.reverification_opened": (agency, OPERATOR),
    "agency.reverification_decided": (agency,),
    "agency.expiry_reminded": (agency,),
    "agency.standing_changed": (agency,),
    "agency.change_applied": (agency,),
    "agency.change_refused": (agency,),
    "agency.change_waiting": (OPERATOR,),
    "agency.came_back": (OPERATOR,),
    "practitioner.move_asked": (agency,),
    "practitioner.move_disputed": (OPERATOR,),
    "practitioner.move_closed": (agency,),
    "practitioner.move_answered": (agency,),
    "agency.service_withdrawn": (agency,),
    "agency.service_restored": (agency,),
    "agency.branch_authority_revoked": (agency,),
    "agency.branch_authority_restored": (agency,),
    "credit.entered": (agency,),
    "credit.reversed": (agency,),
    "credit.level_changed": (agency,),
    "credit.listed": (agency,),
    "credit.list_ended": (agency,),
    "credit.owner_entered": (own_ledger,),
    "credit.owner_reversed": (own_ledger,),
    "standing.demoted": (agency,),
    "standing.promoted": (agency,),
    "standing.first_level": (agency,),
    "standing.rectification_opened": (agency,),
    "standing.rectification_submitted": (AUTHORITY,),
    "standing.rectification_overdue": (agency, AUTHORITY),
    "standing.rectification_decided": (agency,),
    "standing.opinion_filed": (agency, OPERATOR),
    "standing.opinion_decided": (agency, AUTHORITY),
    "standing.removal_opened": (agency, AUTHORITY, OPERATOR),
    "standing.removal_stated": (AUTHORITY, OPERATOR),
    "standing.removal_answered": (AUTHORITY, OPERATOR),
    "standing.removal_refused": (agency,),
    "standing.removal_overdue": (AUTHORITY, OPERATOR),
    "standing.removed": (agency, AUTHORITY, OPERATOR),
    "standing.contract_at_choice": (both_sides,),
    "supervision.issued": (office_of_finding,),
    "supervision.withdrawn": (office_of_finding,),
}
