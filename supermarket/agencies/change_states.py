"""State table of a change of profile: checked by the registries, decided by them or by an operator, or taken back."""

from enum import StrEnum

from supermarket.agencies.models import ChangeState
from supermarket.core.states import Machine


class ChangeAction(StrEnum):
    """What happens to a change."""

    PASS = "pass"  # noqa: S105 - the outcome of checks, no secret
    FAIL = "fail"
    WAIT = "wait"
    ADMIT = "admit"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_S, _A = ChangeState, ChangeAction
_CHECKED = {_A.PASS: _S.APPLIED, _A.FAIL: _S.REFUSED, _A.WAIT: _S.WAITING, _A.WITHDRAW: _S.WITHDRAWN}

CHANGE = Machine[ChangeState, ChangeAction](
    "change",
    ChangeState,
    {
        _S.CHECKING: _CHECKED,
        # The checks are repeated every hour; the operator may decide before they all answer.
        _S.WAITING: {**_CHECKED, _A.ADMIT: _S.APPLIED, _A.REFUSE: _S.REFUSED},
        _S.APPLIED: {},
        _S.REFUSED: {},
        _S.WITHDRAWN: {},
    },
)
