"""The timed steps that are watched: each finder gives those that are open, with their limit and whose step it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from supermarket.accounts.models import Organisation, OrganisationKind
from supermarket.agencies.models import Agency, Onboarding
from supermarket.contracts.models import Contract
from supermarket.contracts.states import ContractState
from supermarket.core.permissions import Role, region_covers, region_stem
from supermarket.deliverables.models import Deliverable
from supermarket.deliverables.states import DeliverableState
from supermarket.extensions import db
from supermarket.payments.models import PaymentItem
from supermarket.payments.states import PaymentState
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.ratings.models import Rating
from supermarket.ratings.states import RatingState
from supermarket.selection.corrections import last_entries
from supermarket.selection.models import DrawCorrection
from supermarket.selection.states import CorrectionState
from supermarket.supervision.models import Finding, Level
from supermarket.supervision.operations import About


@dataclass(frozen=True)
class Step:
    """One open step: the finding's code, what it is about, when its limit began and ends."""

    code: str
    about: About
    started: datetime
    limit: datetime


def nearest_office(kind: OrganisationKind, region_code: str, industry: str | None = None) -> int | None:
    """The office whose region holds the place most closely, of the industry if one is named; the oldest of equals."""
    query = sa.select(Organisation.id, Organisation.region_code).where(Organisation.kind == kind)
    if industry is not None:
        query = query.where(Organisation.industry == industry)
    inside = [row for row in db.session.execute(query) if region_covers(row.region_code, region_code)]
    best = max(inside, key=lambda row: (len(region_stem(row.region_code)), -row.id), default=None)
    return None if best is None else int(best.id)


def project_reviews() -> Iterator[Step]:
    """A project in review: the operator's step."""
    query = sa.select(Project).where(Project.state == ProjectState.IN_REVIEW, Project.due_at.is_not(None))
    for row in db.session.scalars(query.order_by(Project.id)):
        if row.submitted_at is not None and row.due_at is not None:
            office = nearest_office(OrganisationKind.OPERATOR, row.region_code)
            about = About("project", row.code, row.code, row.region_code, office, row.due_at)
            yield Step("review_overdue", about, row.submitted_at, row.due_at)


def onboarding_decisions() -> Iterator[Step]:
    """An onboarding form in the operator's queue."""
    query = sa.select(Agency).where(Agency.onboarding == Onboarding.WAITING, Agency.decision_due_at.is_not(None))
    for row in db.session.scalars(query.order_by(Agency.id)):
        if row.decision_due_at is not None:
            office = nearest_office(OrganisationKind.OPERATOR, row.region_code)
            about = About("agency", row.uscc, None, row.region_code, office, row.decision_due_at)
            yield Step("onboarding_overdue", about, row.applied_at, row.decision_due_at)


def _of_contract(contract: Contract, number: int, organisation_id: int | None, limit: datetime) -> About:
    project = contract.project
    return About(
        "contract", contract.code, project.code, project.region_code, organisation_id, limit, {"number": number}
    )


def _numbered(about: About, number: int) -> About:
    return About(
        about.kind,
        f"{about.code}/{number}",
        about.project_code,
        about.region_code,
        about.organisation_id,
        about.limit_at,
        about.evidence,
    )


def acceptances() -> Iterator[Step]:
    """A deliverable handed in: the owner decides. With fiscal money silence stays silence, and is carded."""
    query = (
        sa.select(Deliverable)
        .join(Contract, Contract.id == Deliverable.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .where(
            Deliverable.state == DeliverableState.SUBMITTED,
            Deliverable.decide_due_at.is_not(None),
            Contract.state == ContractState.IN_FORCE,
            Project.state != ProjectState.SUSPENDED,
        )
        .order_by(Deliverable.id)
    )
    for row in db.session.scalars(query):
        if row.decide_due_at is not None and row.submissions:
            about = _of_contract(row.contract, row.number, row.contract.owner_id, row.decide_due_at)
            yield Step(
                "acceptance_overdue", _numbered(about, row.number), row.submissions[-1].submitted_at, row.decide_due_at
            )


def payments() -> Iterator[Step]:
    """An instalment that is due: the owner pays."""
    query = (
        sa.select(PaymentItem)
        .join(Contract, Contract.id == PaymentItem.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .where(
            PaymentItem.state.in_([PaymentState.DUE, PaymentState.FAILED]),
            PaymentItem.due_at.is_not(None),
            Contract.state == ContractState.IN_FORCE,
            Project.state != ProjectState.SUSPENDED,
        )
        .order_by(PaymentItem.id)
    )
    for row in db.session.scalars(query):
        contract = row.contract
        if row.due_at is not None and contract.in_force_at is not None:
            about = _of_contract(contract, row.number, contract.owner_id, row.due_at)
            yield Step("payment_overdue", _numbered(about, row.number), contract.in_force_at, row.due_at)


def publications() -> Iterator[Step]:
    """A contract in force that is not public yet: the owner's step."""
    query = sa.select(Contract).where(
        Contract.state == ContractState.IN_FORCE, Contract.public_at.is_(None), Contract.public_due_at.is_not(None)
    )
    for row in db.session.scalars(query.order_by(Contract.id)):
        if row.public_due_at is not None and row.in_force_at is not None:
            project = row.project
            about = About("contract", row.code, project.code, project.region_code, row.owner_id, row.public_due_at)
            yield Step("contract_not_public", about, row.in_force_at, row.public_due_at)


def rating_appeals() -> Iterator[Step]:
    """An appeal against a rating: somebody other than the rater decides; the operator's step."""
    query = sa.select(Rating).where(Rating.state == RatingState.APPEALED, Rating.decision_due_at.is_not(None))
    for row in db.session.scalars(query.order_by(Rating.id)):
        if row.decision_due_at is not None and row.appealed_at is not None:
            project = row.contract.project
            office = nearest_office(OrganisationKind.OPERATOR, project.region_code)
            code = f"{row.contract.code}/{row.rater.value}"
            about = About("contract", code, project.code, project.region_code, office, row.decision_due_at)
            yield Step("appeal_overdue", about, row.appealed_at, row.decision_due_at)


def feedback() -> Iterator[Step]:
    """A card that asks for feedback in 3 working days; what is missing is carded once, not for ever on."""
    query = sa.select(Finding).where(
        Finding.feedback_due_at.is_not(None),
        Finding.feedback_at.is_(None),
        Finding.withdrawn_at.is_(None),
        Finding.level != Level.REMINDER,
        Finding.organisation_id.is_not(None),
        Finding.code != "feedback_missing",
    )
    for row in db.session.scalars(query.order_by(Finding.id)):
        if row.feedback_due_at is not None:
            about = About(
                "finding", str(row.id), row.project_code, row.region_code, row.organisation_id, row.feedback_due_at
            )
            yield Step("feedback_missing", about, row.issued_at, row.feedback_due_at)


def typing_errors() -> Iterator[Step]:
    """A claim that a bulletin was mistyped: the step of each side that has not typed it anew."""
    query = sa.select(DrawCorrection).where(DrawCorrection.state == CorrectionState.OPEN).order_by(DrawCorrection.id)
    for row in db.session.scalars(query):
        project, typed = row.draw.project, last_entries(row)
        offices = {
            Role.OWNER: project.owner_id,
            Role.REGULATOR: nearest_office(
                OrganisationKind.AUTHORITY, project.region_code, project.matter_version.industry
            ),
        }
        if project.state not in (ProjectState.SELECTING, ProjectState.ANNOUNCED):
            continue
        for role, office in offices.items():
            if role.value not in typed:
                subject = f"{project.code}/{row.draw.purpose}/{row.number}/{role.value}"
                about = About("draw", subject, project.code, project.region_code, office, row.answer_due_at)
                yield Step("correction_unanswered", about, row.opened_at, row.answer_due_at)


WATCHED: tuple[Callable[[], Iterator[Step]], ...] = (
    project_reviews,
    onboarding_decisions,
    acceptances,
    payments,
    publications,
    rating_appeals,
    feedback,
    typing_errors,
)
