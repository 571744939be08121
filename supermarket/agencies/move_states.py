"""State table of a request to move a person from one agency to another (onboarding.md: moving needs release)."""

from enum import StrEnum

from supermarket.agencies.models import MoveState
from supermarket.core.states import Machine


class MoveAction(StrEnum):
    """What happens to a request."""

    RELEASE = "release"
    REFUSE = "refuse"
    PASS_ON = "pass_on"  # noqa: S105 - nobody answered, no secret
    GRANT = "grant"
    DENY = "deny"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"


_S, _A = MoveState, MoveAction
_ENDS = {_A.WITHDRAW: _S.WITHDRAWN, _A.LAPSE: _S.LAPSED}

MOVE = Machine[MoveState, MoveAction](
    "practitioner_move",
    MoveState,
    {
        _S.ASKED: {_A.RELEASE: _S.RELEASED, _A.REFUSE: _S.DISPUTED, _A.PASS_ON: _S.DISPUTED, **_ENDS},
        # Until the operator decides, the agency may still let the person go.
        _S.DISPUTED: {_A.RELEASE: _S.RELEASED, _A.GRANT: _S.GRANTED, _A.DENY: _S.DENIED, **_ENDS},
        _S.RELEASED: {},
        _S.GRANTED: {},
        _S.DENIED: {},
        _S.WITHDRAWN: {},
        _S.LAPSED: {},
    },
)
OPEN = tuple(state for state in MoveState if not MOVE.is_end(state))
