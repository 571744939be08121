"""State table of deliverables (lifecycle.md)."""

from enum import StrEnum

from supermarket.core.states import Machine


class DeliverableState(StrEnum):
    """Where a deliverable stands."""

    DUE = "due"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"


class DeliverableAction(StrEnum):
    """What can happen to a deliverable."""

    SUBMIT = "submit"
    RETURN = "return"
    ACCEPT = "accept"


_S, _A = DeliverableState, DeliverableAction

DELIVERABLE = Machine[DeliverableState, DeliverableAction](
    "deliverable",
    DeliverableState,
    {
        _S.DUE: {_A.SUBMIT: _S.SUBMITTED},
        _S.SUBMITTED: {_A.RETURN: _S.RETURNED, _A.ACCEPT: _S.ACCEPTED},
        _S.RETURNED: {_A.SUBMIT: _S.SUBMITTED},
        _S.ACCEPTED: {},
    },
)
