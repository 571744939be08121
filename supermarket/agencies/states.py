"""State tables of register 2: an agency's standing, and its onboarding form (onboarding.md)."""

from enum import StrEnum

from supermarket.agencies.models import Onboarding, ReverificationState, Standing
from supermarket.agencies.models import StandingAction as StandingAction
from supermarket.core.states import Machine

_S, _A = Standing, StandingAction
# What can happen to every agency that is in the market.
_OUT = {_A.BLACKLIST: _S.BLACKLISTED, _A.EXPEL: _S.EXPELLED, _A.LEAVE: _S.LEFT}

STANDING = Machine[Standing, StandingAction](
    "standing",
    Standing,
    {
        _S.APPLIED: {_A.ADMIT: _S.ACTIVE, _A.BLACKLIST: _S.BLACKLISTED, _A.LEAVE: _S.LEFT},
        _S.ACTIVE: {_A.RECTIFY: _S.RECTIFYING, _A.FREEZE: _S.FROZEN, _A.WITHDRAW_SERVICE: _S.SERVICE_WITHDRAWN, **_OUT},
        _S.RECTIFYING: {_A.RECTIFIED: _S.ACTIVE, _A.FREEZE: _S.FROZEN, **_OUT},
        _S.FROZEN: {_A.UNFREEZE: _S.ACTIVE, **_OUT},
        _S.SERVICE_WITHDRAWN: {_A.RESTORE_SERVICE: _S.ACTIVE, _A.FREEZE: _S.FROZEN, **_OUT},
        # Off the list one is an applicant again: nobody is active unchecked.
        _S.BLACKLISTED: {_A.UNLIST: _S.APPLIED, _A.EXPEL: _S.EXPELLED, _A.LEAVE: _S.LEFT},
        _S.EXPELLED: {},
        _S.LEFT: {_A.COME_BACK: _S.APPLIED, _A.BLACKLIST: _S.BLACKLISTED},
    },
)


class OnboardingAction(StrEnum):
    """What happens to an onboarding form."""

    SUBMIT = "submit"
    PASS = "pass"  # noqa: S105 - the outcome of checks, no secret
    FAIL = "fail"
    WAIT = "wait"
    ADMIT = "admit"
    REFUSE = "refuse"
    REOPEN = "reopen"
    LIST = "list"


_F, _B = Onboarding, OnboardingAction

ONBOARDING = Machine[Onboarding, OnboardingAction](
    "onboarding",
    Onboarding,
    {
        # `list`: the account came through the unified identity; the entry is listed before its checks.
        _F.DRAFT: {_B.SUBMIT: _F.CHECKING, _B.LIST: _F.ADMITTED},
        # Reopened: taken back by whoever leaves before it is decided.
        _F.CHECKING: {
            _B.PASS: _F.ADMITTED,
            _B.FAIL: _F.REFUSED,
            _B.WAIT: _F.WAITING,
            _B.REOPEN: _F.DRAFT,
            _B.LIST: _F.ADMITTED,
        },
        # In the operator's queue the checks are repeated every hour; the operator may decide before they all answer.
        _F.WAITING: {
            _B.PASS: _F.ADMITTED,
            _B.FAIL: _F.REFUSED,
            _B.WAIT: _F.WAITING,
            _B.ADMIT: _F.ADMITTED,
            _B.REFUSE: _F.REFUSED,
            _B.LIST: _F.ADMITTED,
            _B.REOPEN: _F.DRAFT,
        },
        _F.REFUSED: {_B.SUBMIT: _F.CHECKING, _B.REOPEN: _F.DRAFT},
        _F.ADMITTED: {_B.REOPEN: _F.DRAFT},
    },
)


class ReverificationAction(StrEnum):
    """What happens to a case of re-verification."""

    MEND = "mend"
    FREEZE = "freeze"
    DISMISS = "dismiss"


_V = ReverificationState

REVERIFICATION = Machine[ReverificationState, ReverificationAction](
    "reverification",
    ReverificationState,
    {
        _V.OPEN: {
            ReverificationAction.MEND: _V.MENDED,
            ReverificationAction.FREEZE: _V.FROZEN,
            ReverificationAction.DISMISS: _V.DISMISSED,
        },
        _V.MENDED: {},
        _V.FROZEN: {},
        _V.DISMISSED: {},
    },
)
