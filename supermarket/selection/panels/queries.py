"""All reads of panels: an expert's own, counts for everybody, and the whole from the announcement on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor
from supermarket.documents.models import Document
from supermarket.experts.models import Expert
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection.panels.models import Panel, PanelPlan, PanelSeat, Proposal
from supermarket.selection.panels.record import hash_of_record, seats_in
from supermarket.selection.panels.sheets import plans_of
from supermarket.selection.panels.states import PASSED_OVER, SCORED, SEATED, PanelState, SeatState

# Where an expert still has something to do.
TASKS = (SeatState.INVITED, SeatState.SERVING, SeatState.SUBMITTED)


@dataclass(frozen=True)
class Progress:
    """How far a panel is, in counts: nobody learns more before the announcement."""

    state: PanelState
    size: int
    accepted: int
    signed: int
    due_at: datetime | None


@dataclass(frozen=True)
class PublicExpert:
    """A member of the panel; `body` proves that it is the person behind `id` in the pool file: SHA256(body) = id."""

    number: int
    id: str
    position: int
    name: str
    employer: str
    body: str
    sheet_hash: str
    invited_at: datetime
    accepted_at: datetime
    submitted_at: datetime
    answer: str
    dissent: str


@dataclass(frozen=True)
class PassedOver:
    """Who was called and does not judge; known by the id alone."""

    id: str
    position: int
    how: str
    at: datetime


@dataclass(frozen=True)
class PublicPlan:
    """A plan with its agency; the plan itself stays the agency's own."""

    plan: str
    agency_uscc: str
    agency_name: str
    seq: int
    sha256: str
    received_at: datetime


@dataclass(frozen=True)
class PublicScores:
    """Everything of a panel, public from the announcement on; `scores` are the lines of the record."""

    panel: Panel
    experts: Sequence[PublicExpert]
    passed_over: Sequence[PassedOver]
    plans: Sequence[PublicPlan]
    criteria: Sequence[Mapping[str, str]]
    scores: Sequence[Mapping[str, object]]
    record_hash: str


def own_tasks(actor: Actor) -> Sequence[PanelSeat]:
    """What waits for an expert, the first due first: invitations, sheets, records to confirm."""
    rows = db.session.scalars(
        _own(actor)
        .join(Panel, Panel.project_id == PanelSeat.project_id)
        .join(Project, Project.id == PanelSeat.project_id)
        .where(
            PanelSeat.state.in_(TASKS),
            sa.or_(PanelSeat.state != SeatState.SUBMITTED, Panel.state == PanelState.CONFIRMING),
            Project.state == ProjectState.SELECTING,
        )
        .order_by(sa.func.coalesce(PanelSeat.due_at, Panel.confirm_due_at), PanelSeat.id)
    )
    return rows.all()


def own_history(actor: Actor) -> Sequence[PanelSeat]:
    """Every panel that ever asked an expert, newest first."""
    query = _own(actor).where(PanelSeat.invited_at.is_not(None)).order_by(PanelSeat.id.desc())
    return db.session.scalars(query.limit(200)).all()


def _own(actor: Actor) -> "sa.Select[PanelSeat]":
    return (
        sa.select(PanelSeat)
        .join(Expert, Expert.id == PanelSeat.expert_id)
        .where(Expert.user_id == (actor.user_id or 0))
        .options(sa.orm.joinedload(PanelSeat.panel))
    )


def seat_of(code: str, actor: Actor) -> PanelSeat:
    """An expert's own seat. Raises NotFound: nobody else learns that there is a panel."""
    row = db.session.scalar(
        _own(actor)
        .join(Project, Project.id == PanelSeat.project_id)
        .where(Project.code == code, PanelSeat.invited_at.is_not(None))
    )
    if row is None:
        raise NotFound(_("You are not asked to judge this purchase."))
    return row


def plan_for(seat: PanelSeat, alias: str) -> PanelPlan:
    """A plan before the panel, for an expert who serves or has scored. Raises NotFound."""
    row = db.session.scalar(
        sa.select(PanelPlan).where(PanelPlan.project_id == seat.project_id, PanelPlan.alias == alias)
    )
    if row is None or not reads_plans(seat):
        raise NotFound(_("There is no plan of this letter."))
    return row


def reads_plans(seat: PanelSeat) -> bool:
    """Whether the expert may read the plans: while they serve, and after they have scored."""
    return seat.state is SeatState.SERVING or seat.state in SCORED


def progress_of(project_id: int) -> Progress | None:
    """How far the panel is; None where there is none."""
    panel = db.session.get(Panel, project_id)
    if panel is None:
        return None
    seats = db.session.execute(
        sa.select(PanelSeat.state, PanelSeat.due_at).where(
            PanelSeat.project_id == project_id, PanelSeat.state.in_(SEATED)
        )
    ).all()
    last = max((row.due_at for row in seats if row.due_at is not None), default=None)
    return Progress(
        state=panel.state,
        size=panel.size,
        accepted=sum(row.state is not SeatState.INVITED for row in seats),
        signed=sum(row.state in SCORED for row in seats),
        due_at=panel.confirm_due_at if panel.state is PanelState.CONFIRMING else last,
    )


def own_proposals(project_id: int, agency_id: int) -> Sequence[Proposal]:
    """An agency's own plans, the one that counts first."""
    query = sa.select(Proposal).where(Proposal.project_id == project_id, Proposal.agency_id == agency_id)
    return db.session.scalars(query.order_by(Proposal.seq.desc())).all()


def public_proposals(project: Project) -> Sequence[Proposal] | None:
    """Every plan handed in, replaced ones included, without its content; None before the announcement."""
    if project.announced_at is None:
        return None
    query = sa.select(Proposal).where(Proposal.project_id == project.id).order_by(Proposal.id)
    return db.session.scalars(query).all()


def public_scores(project: Project) -> PublicScores | None:
    """Names, numbers, sentences, drops and dissents; None before the announcement, and where no panel has scored."""
    panel = db.session.get(Panel, project.id)
    if project.announced_at is None or panel is None or panel.state is not PanelState.CLOSED or panel.record is None:
        return None
    scores, criteria = panel.record.get("scores"), panel.record.get("criteria")
    if not isinstance(scores, list) or not isinstance(criteria, list):
        raise TypeError(f"the record of the panel of {project.code} is damaged")
    return PublicScores(
        panel=panel,
        experts=[_expert(number, seat) for number, seat in enumerate(seats_in(project.id, SCORED), 1)],
        passed_over=[
            PassedOver(seat.pool_id, seat.position, seat.state.value, seat.ended_at)
            for seat in seats_in(project.id, PASSED_OVER)
            if seat.position is not None and seat.ended_at is not None
        ],
        plans=[
            PublicPlan(
                plan.alias,
                plan.agency.uscc,
                plan.agency.name,
                plan.proposal.seq,
                plan.proposal.sha256,
                plan.proposal.received_at,
            )
            for plan in plans_of(project.id)
        ],
        criteria=criteria,
        scores=scores,
        record_hash=hash_of_record(panel.record),
    )


def panel_record(project: Project) -> Document:
    """The record as a document, from the announcement on. Raises NotFound."""
    panel = db.session.get(Panel, project.id)
    if project.announced_at is None or panel is None or panel.document is None:
        raise NotFound(_("There is no record of a panel (yet)."))
    return panel.document


def answer_of(seat: PanelSeat) -> str:
    """confirmed, deemed (silence) or dissented."""
    if seat.state is SeatState.DISSENTED:
        return "dissented"
    return "deemed" if seat.deemed else "confirmed"


def _expert(number: int, seat: PanelSeat) -> PublicExpert:
    lines = seat.body.split("\n")
    if seat.position is None or seat.invited_at is None or seat.accepted_at is None or seat.submitted_at is None:
        raise ValueError(f"seat {seat.id} has scored without having been called")
    return PublicExpert(
        number=number,
        id=seat.pool_id,
        position=seat.position,
        # As bound at the draw, not as the register has it today.
        name=lines[3],
        employer=lines[4],
        body=seat.body,
        sheet_hash=seat.sheet_hash or "",
        invited_at=seat.invited_at,
        accepted_at=seat.accepted_at,
        submitted_at=seat.submitted_at,
        answer=answer_of(seat),
        dissent=seat.dissent,
    )
