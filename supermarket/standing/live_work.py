"""What of an agency's work a change of standing touches: shown to the officer before the act, counted in its record."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from supermarket.contracts.models import Contract
from supermarket.contracts.states import ContractState
from supermarket.extensions import db
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.selection.models import Award
from supermarket.selection.states import AwardState

_RUNNING = (ContractState.DRAFTED, ContractState.HALF_SIGNED, ContractState.IN_FORCE, ContractState.SUSPENDED)
_AWARDS = (AwardState.OFFERED, AwardState.ANNOUNCED, AwardState.AWARDED)
# Who enrols is secret until the deadline, from offices too: purchases that are open are left out.
_POOL = (ProjectState.FROZEN, ProjectState.SELECTING)


@dataclass(frozen=True)
class Line:
    """One running thing: the project's code and name, its matter, the thing's own code and state."""

    project_code: str
    name: str
    matter_code: str
    code: str
    state: str


@dataclass(frozen=True)
class LiveWork:
    """Enrolments in purchases whose pool is fixed and selection not over, awards without a contract, contracts that run."""

    enrolments: Sequence[Line]
    awards: Sequence[Line]
    contracts: Sequence[Line]

    @property
    def total(self) -> int:
        """How much of it there is."""
        return len(self.enrolments) + len(self.awards) + len(self.contracts)


def live_work(agency_id: int) -> LiveWork:
    """Everything of an agency that runs now, but for what is secret until a deadline: three statements."""
    enrolments = db.session.execute(
        sa.select(Project.code, Project.name, Project.matter_code, Project.state)
        .join(Enrolment, Enrolment.project_id == Project.id)
        .where(Enrolment.agency_id == agency_id, Enrolment.state == EnrolmentState.LIVE, Project.state.in_(_POOL))
        .order_by(Project.id)
    )
    awards = db.session.execute(
        sa.select(Project.code, Project.name, Project.matter_code, Award.state)
        .join(Award, Award.project_id == Project.id)
        .where(Award.agency_id == agency_id, Award.state.in_(_AWARDS))
        .order_by(Project.id)
    )
    contracts = db.session.execute(
        sa.select(Project.code, Project.name, Project.matter_code, Contract.code, Contract.state)
        .join(Contract, Contract.project_id == Project.id)
        .where(Contract.agency_id == agency_id, Contract.state.in_(_RUNNING))
        .order_by(Contract.id)
    )
    return LiveWork(
        enrolments=[Line(code, name, matter, code, state.value) for code, name, matter, state in enrolments],
        awards=[Line(code, name, matter, code, state.value) for code, name, matter, state in awards],
        contracts=[Line(code, name, matter, own, state.value) for code, name, matter, own, state in contracts],
    )
