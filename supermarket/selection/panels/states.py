"""State tables of a panel and of its seats."""

from enum import StrEnum

from supermarket.core.states import Machine


class PanelState(StrEnum):
    """Where a panel stands."""

    DRAWING = "drawing"
    SCORING = "scoring"
    CONFIRMING = "confirming"
    CLOSED = "closed"
    ENDED = "ended"


class PanelAction(StrEnum):
    """What can happen to a panel."""

    SEAT = "seat"
    COMPLETE = "complete"
    CLOSE = "close"
    END = "end"


PANEL = Machine[PanelState, PanelAction](
    "panel",
    PanelState,
    {
        PanelState.DRAWING: {PanelAction.SEAT: PanelState.SCORING, PanelAction.END: PanelState.ENDED},
        PanelState.SCORING: {PanelAction.COMPLETE: PanelState.CONFIRMING, PanelAction.END: PanelState.ENDED},
        PanelState.CONFIRMING: {PanelAction.CLOSE: PanelState.CLOSED, PanelAction.END: PanelState.ENDED},
        PanelState.CLOSED: {},
        PanelState.ENDED: {},
    },
)


class SeatState(StrEnum):
    """Where an expert in the pool of a panel stands; `excluded` never was in the pool file."""

    EXCLUDED = "excluded"
    POOLED = "pooled"
    INVITED = "invited"
    SERVING = "serving"
    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    DISSENTED = "dissented"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    RECUSED = "recused"
    LATE = "late"
    RELEASED = "released"


class SeatAction(StrEnum):
    """What can happen to a seat."""

    INVITE = "invite"
    ACCEPT = "accept"
    DECLINE = "decline"
    LAPSE = "lapse"
    RECUSE = "recuse"
    SUBMIT = "submit"
    CONFIRM = "confirm"
    DISSENT = "dissent"
    RELEASE = "release"


_S, _A = SeatState, SeatAction

SEAT = Machine[SeatState, SeatAction](
    "seat",
    SeatState,
    {
        _S.EXCLUDED: {},
        _S.POOLED: {_A.INVITE: _S.INVITED, _A.RELEASE: _S.RELEASED},
        _S.INVITED: {
            _A.ACCEPT: _S.SERVING,
            _A.DECLINE: _S.DECLINED,
            _A.LAPSE: _S.NO_ANSWER,
            _A.RELEASE: _S.RELEASED,
        },
        _S.SERVING: {
            _A.SUBMIT: _S.SUBMITTED,
            _A.RECUSE: _S.RECUSED,
            _A.LAPSE: _S.LATE,
            _A.RELEASE: _S.RELEASED,
        },
        _S.SUBMITTED: {_A.CONFIRM: _S.CONFIRMED, _A.DISSENT: _S.DISSENTED, _A.RELEASE: _S.RELEASED},
        _S.CONFIRMED: {},
        _S.DISSENTED: {},
        _S.DECLINED: {},
        _S.NO_ANSWER: {},
        _S.RECUSED: {},
        _S.LATE: {},
        _S.RELEASED: {},
    },
)

# Those who fill a seat of the panel, or are asked to.
SEATED = (_S.INVITED, _S.SERVING, _S.SUBMITTED, _S.CONFIRMED, _S.DISSENTED)
# Those whose scores are in.
SCORED = (_S.SUBMITTED, _S.CONFIRMED, _S.DISSENTED)
# Those who were called and are passed over.
PASSED_OVER = (_S.DECLINED, _S.NO_ANSWER, _S.RECUSED, _S.LATE)
