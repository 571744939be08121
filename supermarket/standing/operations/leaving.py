"""An agency leaves the market: only once nothing of it runs any more; an open case goes on without it."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import operations as agencies
from supermarket.agencies.models import StandingChange
from supermarket.agencies.queries import practitioners
from supermarket.agencies.states import STANDING, StandingAction
from supermarket.contracts.models import Contract
from supermarket.contracts.states import ContractState
from supermarket.core.errors import RuleBroken, RuleFinding
from supermarket.core.permissions import Actor, P, authorise
from supermarket.extensions import db
from supermarket.projects import operations as projects
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.standing.operations.common import locked_agency, reasoned

RUNNING = (ContractState.DRAFTED, ContractState.HALF_SIGNED, ContractState.IN_FORCE, ContractState.SUSPENDED)
# Here the pool is fixed, and whoever is in it may be selected or is.
FIXED = (ProjectState.FROZEN, ProjectState.SELECTING, ProjectState.ANNOUNCED, ProjectState.AWARDED)


def what_runs(agency_id: int) -> Sequence[RuleFinding]:
    """What keeps an agency from leaving: contracts that have not ended, purchases whose pool it is in. Two statements."""
    contracts = db.session.scalars(
        sa.select(Contract.code)
        .where(Contract.agency_id == agency_id, Contract.state.in_(RUNNING))
        .order_by(Contract.code)
    ).all()
    fixed = db.session.scalars(
        sa.select(Project.code)
        .join(Enrolment, Enrolment.project_id == Project.id)
        .where(
            Enrolment.agency_id == agency_id,
            Enrolment.state == EnrolmentState.LIVE,
            # What was announced for another agency no longer holds this one.
            sa.or_(
                Project.state.in_((ProjectState.FROZEN, ProjectState.SELECTING)),
                sa.and_(Project.state.in_(FIXED), Project.winner_id == agency_id),
            ),
        )
        .order_by(Project.code)
    ).all()
    return [
        *(
            RuleFinding("contract_runs", _("The contract %(code)s has not ended.", code=code), {"contract": code})
            for code in contracts
        ),
        *(
            RuleFinding(
                "selection_runs",
                _("The agency is in the selection of the purchase %(code)s.", code=code),
                {"project": code},
            )
            for code in fixed
        ),
    ]


def leave(uscc: str, *, reason: str, actor: Actor, at: datetime) -> StandingChange:
    """Leave the market of one's own will: enrolments in open purchases end, the people are released.

    Cases in hand go on: leaving closes none (rating-and-credit.md). Raises NotFound, Forbidden, WrongState, RuleBroken
    naming everything that still runs, InvalidInput.
    """
    row = locked_agency(uscc)
    authorise(actor, P.AGENCY_EDIT, organisation_id=row.organisation_id or 0)
    STANDING.next(row.standing, StandingAction.LEAVE)
    why = reasoned(reason)
    running = what_runs(row.id)
    if running:
        raise RuleBroken(_("The agency cannot leave yet: finish what still runs."), findings=running)
    open_enrolments = db.session.scalars(
        sa.select(Enrolment)
        .join(Project, Project.id == Enrolment.project_id)
        .where(
            Enrolment.agency_id == row.id,
            Enrolment.state == EnrolmentState.LIVE,
            Project.state == ProjectState.OPEN,
        )
        .order_by(Enrolment.project_id)
        .with_for_update(of=Enrolment)
    ).all()
    for enrolment in open_enrolments:
        projects.exclude(enrolment, code="left", reason=_("The agency left the market."), at=at)
    for person in practitioners(row.id):
        agencies.release_practitioner(uscc, person.id, actor=actor, at=at)
    return agencies.note_leaving(uscc, reason=why, actor=actor, at=at)
