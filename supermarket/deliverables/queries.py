"""Reads of the deliverables room."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.contracts.models import Contract
from supermarket.contracts.permissions import sees_all
from supermarket.contracts.queries import Waiting
from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor, P
from supermarket.deliverables.models import Deliverable, Submission
from supermarket.deliverables.states import DeliverableState
from supermarket.documents.models import Document
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState

TO_SUBMIT = (DeliverableState.DUE, DeliverableState.RETURNED)


def deliverables_of(contract: Contract) -> Sequence[Deliverable]:
    """The deliverables of a contract, by number."""
    query = sa.select(Deliverable).where(Deliverable.contract_id == contract.id).order_by(Deliverable.number)
    return db.session.scalars(query).all()


def deliverable(contract_code: str, number: int) -> Deliverable:
    """One deliverable. Raises NotFound."""
    row = db.session.scalar(
        sa.select(Deliverable)
        .join(Contract, Contract.id == Deliverable.contract_id)
        .where(Contract.code == contract_code, Deliverable.number == number)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("This contract has no such deliverable."))
    return row


def code_and_number(deliverable_id: int) -> tuple[str, int]:
    """Contract code and number of a deliverable's id. Raises NotFound."""
    row = db.session.execute(
        sa.select(Contract.code, Deliverable.number)
        .join(Contract, Contract.id == Deliverable.contract_id)
        .where(Deliverable.id == deliverable_id)
    ).one_or_none()
    if row is None:
        raise NotFound(_("This contract has no such deliverable."))
    return row.code, row.number


def open_count(contract: Contract) -> int:
    """How many deliverables are not accepted yet."""
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Deliverable)
            .where(Deliverable.contract_id == contract.id, Deliverable.state != DeliverableState.ACCEPTED)
        )
        or 0
    )


def submission_document(contract: Contract, number: int, submission: int, actor: Actor) -> Document:
    """The file of one submission, for both sides and the offices. Raises NotFound."""
    row = db.session.scalar(
        sa.select(Submission)
        .join(Deliverable, Deliverable.id == Submission.deliverable_id)
        .where(
            Deliverable.contract_id == contract.id,
            Deliverable.number == number,
            Submission.number == submission,
        )
    )
    if row is None or not sees_all(contract, actor):
        raise NotFound(_("There is no such file."))
    return row.document


def waiting_to_submit(actor: Actor) -> Sequence[Waiting]:
    """Deliverables that the actor's agencies have to hand in, the most urgent first."""
    mine = Agency.organisation_id.in_(actor.organisations_with(P.DELIVERABLE_SUBMIT))
    return _waiting("submit_deliverable", mine, TO_SUBMIT, Deliverable.due_at)


def waiting_to_decide(actor: Actor) -> Sequence[Waiting]:
    """Submissions that the actor's organisations have to accept or return, the most urgent first."""
    mine = Contract.owner_id.in_(actor.organisations_with(P.DELIVERABLE_DECIDE))
    return _waiting("decide_deliverable", mine, (DeliverableState.SUBMITTED,), Deliverable.decide_due_at)


def _waiting(
    what: str,
    mine: sa.ColumnElement[bool],
    states: Sequence[DeliverableState],
    due: sa.SQLColumnExpression[datetime] | sa.SQLColumnExpression[datetime | None],
) -> Sequence[Waiting]:
    rows = db.session.execute(
        sa.select(Contract.code, Deliverable.number, Deliverable.name, sa.label("due", due))
        .join(Contract, Contract.id == Deliverable.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .join(Agency, Agency.id == Contract.agency_id)
        .where(mine, Deliverable.state.in_(states), Project.state == ProjectState.IN_SERVICE)
        .order_by(due, Deliverable.id)
    ).all()
    return [Waiting(what, row.code, row.number, row.name, row.due) for row in rows]
