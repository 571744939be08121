"""When and whether, for everything that hangs on a contract."""

from datetime import datetime

from flask_babel import gettext as _

from supermarket.contracts.models import Contract, Party
from supermarket.contracts.states import CONTRACT, ContractAction, ContractState
from supermarket.core.errors import Conflict, WrongState
from supermarket.core.msgids import N_
from supermarket.core.working_days import is_late
from supermarket.projects.states import PROJECT, ProjectAction, ProjectState

# What `Contract.end_reason` holds → the msgid that a page shows.
END_REASONS = {
    "unsigned_owner": N_("The owner did not sign in time."),
    "unsigned_agency": N_("The agency did not sign in time."),
    "unsigned_both": N_("Neither side signed in time."),
    "project_withdrawn": N_("The owner withdrew the project."),
    "project_voided": N_("The operator declared the project void."),
    "project_failed": N_("The project failed."),
    "project_terminated": N_("The project was terminated."),
    "award_dropped": N_("The agency's award ended."),
}


def unsigned(contract: Contract) -> tuple[Party, ...]:
    """The sides whose signature is missing."""
    signed = {signature.party for signature in contract.signatures}
    return tuple(party for party in Party if party not in signed)


def missing(contract: Contract) -> str:
    """Whose signature is missing, as one word: owner, agency, both, or nobody."""
    sides = unsigned(contract)
    return "both" if len(sides) == len(Party) else sides[0].value if sides else "nobody"


def paused(contract: Contract) -> bool:
    """Whether a suspension of the project stops the contract's clocks."""
    return contract.project.state is ProjectState.SUSPENDED


def must_be_signable(contract: Contract, party: Party, at: datetime) -> ContractAction:
    """The step that a signature of `party` is. Raises WrongState, or Conflict if it signed already or is late."""
    action = ContractAction.SIGN_SECOND if contract.signatures else ContractAction.SIGN_FIRST
    CONTRACT.next(contract.state, action)
    PROJECT.next(contract.project.state, ProjectAction.START_SERVICE)
    if party not in unsigned(contract):
        raise Conflict(_("Your side has signed this contract already."), code="signed_already")
    if is_late(contract.sign_due_at, at):
        raise Conflict(_("The time for signing is over."), code="too_late")
    return action


def must_be_in_service(contract: Contract) -> None:
    """Refuse unless the contract is in force and its project is running. Raises WrongState, which names the state."""
    if contract.state is not ContractState.IN_FORCE:
        raise WrongState(
            _("This is only possible while the contract is in force."),
            state=contract.state.value,
            allowed=[action.value for action in CONTRACT.allowed(contract.state)],
        )
    if contract.project.state is not ProjectState.IN_SERVICE:
        raise WrongState(
            _("This is only possible while the service runs; the project stands at another point."),
            state=contract.project.state.value,
            allowed=[action.value for action in PROJECT.allowed(contract.project.state)],
        )
