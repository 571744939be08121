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


class Decision(StrEnum):
    """What the owner decided on a submission; silence is recorded as deemed."""

    ACCEPTED = "accepted"
    RETURNED = "returned"
    DEEMED = "deemed"


class ApprovalOutcome(StrEnum):
    """What the approving authority recorded about a deliverable; the values are those of the score's Outcome."""

    PASSED_FIRST = "passed_first"
    CORRECTED_ONCE = "corrected_once"
    CORRECTED_MORE = "corrected_more"
    RETURNED = "returned"
    REFUSED = "refused"


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
