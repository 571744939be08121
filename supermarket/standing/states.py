"""State tables of rectifications, opinions and removal cases (rating-and-credit.md, Demotion and removal)."""

from enum import StrEnum

from supermarket.core.states import Machine


class RectificationState(StrEnum):
    """Where a rectification task (整改) stands; overdue counts as not rectified, though it may still be handed in."""

    OPEN = "open"
    OVERDUE = "overdue"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class RectificationAction(StrEnum):
    """What can happen to a rectification task."""

    SUBMIT = "submit"
    RUN_OUT = "run_out"
    ACCEPT = "accept"
    REFUSE = "refuse"


_R, _A = RectificationState, RectificationAction

RECTIFICATION = Machine[RectificationState, RectificationAction](
    "rectification",
    RectificationState,
    {
        _R.OPEN: {_A.SUBMIT: _R.SUBMITTED, _A.RUN_OUT: _R.OVERDUE},
        _R.OVERDUE: {_A.SUBMIT: _R.SUBMITTED},
        _R.SUBMITTED: {_A.ACCEPT: _R.ACCEPTED, _A.REFUSE: _R.REFUSED},
        _R.ACCEPTED: {},
        _R.REFUSED: {},
    },
)


class OpinionState(StrEnum):
    """Where an industry authority's reasoned opinion that an agency be demoted stands."""

    FILED = "filed"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class OpinionAction(StrEnum):
    """What can happen to an opinion."""

    ACCEPT = "accept"
    REFUSE = "refuse"


OPINION = Machine[OpinionState, OpinionAction](
    "opinion",
    OpinionState,
    {
        OpinionState.FILED: {OpinionAction.ACCEPT: OpinionState.ACCEPTED, OpinionAction.REFUSE: OpinionState.REFUSED},
        OpinionState.ACCEPTED: {},
        OpinionState.REFUSED: {},
    },
)


class RemovalState(StrEnum):
    """Where a removal case (清退) stands; approved waits for the job that carries it out."""

    HEARING = "hearing"
    DECIDING = "deciding"
    APPROVED = "approved"
    CARRIED_OUT = "carried_out"
    REFUSED = "refused"


class RemovalAction(StrEnum):
    """What can happen to a removal case."""

    STATE = "state"
    CLOSE_HEARING = "close_hearing"
    DECIDE = "decide"
    APPROVE = "approve"
    REFUSE = "refuse"
    CARRY_OUT = "carry_out"


_C, _B = RemovalState, RemovalAction

REMOVAL = Machine[RemovalState, RemovalAction](
    "removal",
    RemovalState,
    {
        _C.HEARING: {
            _B.STATE: _C.DECIDING,
            _B.CLOSE_HEARING: _C.DECIDING,
            # An office may answer while the agency still has time; only a refusal ends the case before it was heard.
            _B.DECIDE: _C.HEARING,
            _B.REFUSE: _C.REFUSED,
        },
        _C.DECIDING: {_B.DECIDE: _C.DECIDING, _B.APPROVE: _C.APPROVED, _B.REFUSE: _C.REFUSED},
        _C.APPROVED: {_B.CARRY_OUT: _C.CARRIED_OUT},
        _C.CARRIED_OUT: {},
        _C.REFUSED: {},
    },
)
OPEN_CASES = (RemovalState.HEARING, RemovalState.DECIDING, RemovalState.APPROVED)
