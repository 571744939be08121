"""State table of contracts (lifecycle.md)."""

from enum import StrEnum

from supermarket.core.states import Machine


class ContractState(StrEnum):
    """Where a contract stands."""

    DRAFTED = "drafted"
    HALF_SIGNED = "half_signed"
    IN_FORCE = "in_force"
    COMPLETED = "completed"
    LAPSED = "lapsed"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class ContractAction(StrEnum):
    """What can happen to a contract."""

    SIGN_FIRST = "sign_first"
    SIGN_SECOND = "sign_second"
    COMPLETE = "complete"
    LAPSE = "lapse"
    SUSPEND = "suspend"
    RESUME = "resume"
    TERMINATE = "terminate"


_S, _A = ContractState, ContractAction

CONTRACT = Machine[ContractState, ContractAction](
    "contract",
    ContractState,
    {
        _S.DRAFTED: {_A.SIGN_FIRST: _S.HALF_SIGNED, _A.LAPSE: _S.LAPSED},
        _S.HALF_SIGNED: {_A.SIGN_SECOND: _S.IN_FORCE, _A.LAPSE: _S.LAPSED},
        _S.IN_FORCE: {_A.COMPLETE: _S.COMPLETED, _A.SUSPEND: _S.SUSPENDED, _A.TERMINATE: _S.TERMINATED},
        _S.COMPLETED: {},
        _S.LAPSED: {},
        _S.SUSPENDED: {_A.RESUME: _S.IN_FORCE, _A.TERMINATE: _S.TERMINATED},
        _S.TERMINATED: {},
    },
)
