"""State tables of stage runs, draws and awards (lifecycle.md, selection.md)."""

from enum import StrEnum

from supermarket.core.states import Machine


class StageState(StrEnum):
    """A stage run waits for something or is done."""

    WAITING = "waiting"
    DONE = "done"


class DrawState(StrEnum):
    """Where one draw (project × purpose) stands."""

    RECEIPT_PENDING = "receipt_pending"
    RECEIPTED = "receipted"
    FALLEN_BACK = "fallen_back"
    DRAWN = "drawn"


class DrawAction(StrEnum):
    """What can happen to a draw."""

    RECEIVE_RECEIPT = "receive_receipt"
    NAME_REFUSERS = "name_refusers"
    DRAW = "draw"
    CORRECT = "correct"


DRAW = Machine[DrawState, DrawAction](
    "draw",
    DrawState,
    {
        DrawState.RECEIPT_PENDING: {DrawAction.RECEIVE_RECEIPT: DrawState.RECEIPTED},
        DrawState.RECEIPTED: {DrawAction.NAME_REFUSERS: DrawState.FALLEN_BACK, DrawAction.DRAW: DrawState.DRAWN},
        DrawState.FALLEN_BACK: {DrawAction.DRAW: DrawState.DRAWN},
        DrawState.DRAWN: {DrawAction.CORRECT: DrawState.DRAWN},
    },
)


class CorrectionState(StrEnum):
    """Where the claim that both sides mistyped a bulletin alike stands."""

    OPEN = "open"
    TAKEN = "taken"
    REFUTED = "refuted"


class CorrectionAction(StrEnum):
    """What can happen to it: both type the same anew, or both type what was drawn."""

    TAKE = "take"
    REFUTE = "refute"


CORRECTION = Machine[CorrectionState, CorrectionAction](
    "correction",
    CorrectionState,
    {
        CorrectionState.OPEN: {
            CorrectionAction.TAKE: CorrectionState.TAKEN,
            CorrectionAction.REFUTE: CorrectionState.REFUTED,
        },
        CorrectionState.TAKEN: {},
        CorrectionState.REFUTED: {},
    },
)


class HandInState(StrEnum):
    """Where the asking for the body of a quote that did not open stands."""

    ASKED = "asked"
    GIVEN = "given"
    MISSED = "missed"
    OPENED = "opened"


class HandInAction(StrEnum):
    """What can happen to it: the bidder gives the body, lets the time pass, or the box opens after all."""

    GIVE = "give"
    MISS = "miss"
    OPEN = "open"


HAND_IN = Machine[HandInState, HandInAction](
    "hand_in",
    HandInState,
    {
        HandInState.ASKED: {
            HandInAction.GIVE: HandInState.GIVEN,
            HandInAction.MISS: HandInState.MISSED,
            HandInAction.OPEN: HandInState.OPENED,
        },
        HandInState.GIVEN: {},
        HandInState.MISSED: {},
        HandInState.OPENED: {},
    },
)


class AwardState(StrEnum):
    """Where an award stands; announced, awarded and contracted are live."""

    OFFERED = "offered"
    ANNOUNCED = "announced"
    AWARDED = "awarded"
    CONTRACTED = "contracted"
    DECLINED = "declined"
    DISQUALIFIED = "disqualified"
    LAPSED = "lapsed"
    CLOSED = "closed"


class AwardAction(StrEnum):
    """What can happen to an award."""

    ACCEPT = "accept"
    ISSUE_NOTICE = "issue_notice"
    CONTRACT = "contract"
    DECLINE = "decline"
    DISQUALIFY = "disqualify"
    LAPSE = "lapse"
    CLOSE = "close"


_DROPPED = {
    AwardAction.DECLINE: AwardState.DECLINED,
    AwardAction.DISQUALIFY: AwardState.DISQUALIFIED,
    AwardAction.CLOSE: AwardState.CLOSED,
}

AWARD = Machine[AwardState, AwardAction](
    "award",
    AwardState,
    {
        AwardState.OFFERED: {
            AwardAction.ACCEPT: AwardState.ANNOUNCED,
            AwardAction.LAPSE: AwardState.LAPSED,
            **_DROPPED,
        },
        AwardState.ANNOUNCED: {AwardAction.ISSUE_NOTICE: AwardState.AWARDED, **_DROPPED},
        AwardState.AWARDED: {
            AwardAction.CONTRACT: AwardState.CONTRACTED,
            AwardAction.LAPSE: AwardState.LAPSED,
            **_DROPPED,
        },
        AwardState.CONTRACTED: {},
        AwardState.DECLINED: {},
        AwardState.DISQUALIFIED: {},
        AwardState.LAPSED: {},
        AwardState.CLOSED: {},
    },
)

LIVE_AWARDS = (AwardState.OFFERED, AwardState.ANNOUNCED, AwardState.AWARDED, AwardState.CONTRACTED)
