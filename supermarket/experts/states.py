"""State table of an expert's standing in the pool (selection.md §6)."""

from enum import StrEnum

from supermarket.core.states import Machine


class ExpertStanding(StrEnum):
    """Where an expert stands; only the active are drawn."""

    APPLIED = "applied"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


class ExpertAction(StrEnum):
    """What can be done to a standing."""

    ADMIT = "admit"
    REFUSE = "refuse"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    LEAVE = "leave"
    APPLY = "apply"


_S, _A = ExpertStanding, ExpertAction

EXPERT = Machine[ExpertStanding, ExpertAction](
    "expert",
    ExpertStanding,
    {
        _S.APPLIED: {_A.ADMIT: _S.ACTIVE, _A.REFUSE: _S.LEFT, _A.LEAVE: _S.LEFT},
        _S.ACTIVE: {_A.SUSPEND: _S.SUSPENDED, _A.LEAVE: _S.LEFT},
        _S.SUSPENDED: {_A.REINSTATE: _S.ACTIVE, _A.LEAVE: _S.LEFT},
        _S.LEFT: {_A.APPLY: _S.APPLIED},
    },
)


class InterestKind(StrEnum):
    """What ties an expert to a body that it must not judge (回避)."""

    EMPLOYMENT = "employment"
    KIN = "kin"
    INVESTMENT = "investment"
    ADVICE = "advice"
    OTHER = "other"
