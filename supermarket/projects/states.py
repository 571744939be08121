"""State tables of projects and enrolments (lifecycle.md)."""

from enum import StrEnum

from supermarket.core.states import Machine


class ProjectState(StrEnum):
    """Where a purchase stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    OPEN = "open"
    FROZEN = "frozen"
    SELECTING = "selecting"
    ANNOUNCED = "announced"
    AWARDED = "awarded"
    IN_SERVICE = "in_service"
    COMPLETED = "completed"
    ARCHIVED = "archived"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    VOID = "void"
    TERMINATED = "terminated"
    SUSPENDED = "suspended"


class ProjectAction(StrEnum):
    """What can be done to a purchase."""

    EDIT = "edit"
    SUBMIT = "submit"
    PUBLISH = "publish"
    DELETE = "delete"
    APPROVE = "approve"
    RETURN = "return"
    AMEND = "amend"
    EXTEND = "extend"
    FREEZE = "freeze"
    START_SELECTION = "start_selection"
    NAME_AGENCY = "name_agency"
    ANNOUNCE = "announce"
    COMPUTE_AGAIN = "compute_again"
    AWARD = "award"
    START_SERVICE = "start_service"
    COMPLETE = "complete"
    TERMINATE = "terminate"
    ARCHIVE = "archive"
    FAIL = "fail"
    WITHDRAW = "withdraw"
    VOID = "void"
    SUSPEND = "suspend"
    RESUME = "resume"
    REISSUE = "reissue"


_S, _A = ProjectState, ProjectAction

PROJECT = Machine[ProjectState, ProjectAction](
    "project",
    ProjectState,
    {
        _S.DRAFT: {
            _A.EDIT: _S.DRAFT,
            _A.SUBMIT: _S.IN_REVIEW,
            _A.PUBLISH: _S.OPEN,
            _A.DELETE: _S.WITHDRAWN,
        },
        _S.IN_REVIEW: {_A.APPROVE: _S.OPEN, _A.RETURN: _S.DRAFT, _A.WITHDRAW: _S.WITHDRAWN, _A.VOID: _S.VOID},
        _S.OPEN: {
            _A.AMEND: _S.OPEN,
            _A.EXTEND: _S.OPEN,
            _A.FREEZE: _S.FROZEN,
            _A.NAME_AGENCY: _S.SELECTING,
            _A.FAIL: _S.FAILED,
            _A.WITHDRAW: _S.WITHDRAWN,
            _A.VOID: _S.VOID,
            _A.SUSPEND: _S.SUSPENDED,
        },
        _S.FROZEN: {
            _A.START_SELECTION: _S.SELECTING,
            _A.FAIL: _S.FAILED,
            _A.WITHDRAW: _S.WITHDRAWN,
            _A.VOID: _S.VOID,
            _A.SUSPEND: _S.SUSPENDED,
        },
        _S.SELECTING: {
            _A.ANNOUNCE: _S.ANNOUNCED,
            _A.COMPUTE_AGAIN: _S.SELECTING,
            _A.FAIL: _S.FAILED,
            _A.VOID: _S.VOID,
            _A.SUSPEND: _S.SUSPENDED,
        },
        _S.ANNOUNCED: {
            _A.AWARD: _S.AWARDED,
            _A.ANNOUNCE: _S.ANNOUNCED,
            _A.COMPUTE_AGAIN: _S.SELECTING,
            _A.FAIL: _S.FAILED,
            _A.WITHDRAW: _S.WITHDRAWN,
            _A.VOID: _S.VOID,
            _A.SUSPEND: _S.SUSPENDED,
        },
        _S.AWARDED: {
            _A.START_SERVICE: _S.IN_SERVICE,
            _A.ANNOUNCE: _S.ANNOUNCED,
            _A.FAIL: _S.FAILED,
            _A.WITHDRAW: _S.WITHDRAWN,
            _A.VOID: _S.VOID,
            _A.SUSPEND: _S.SUSPENDED,
        },
        _S.IN_SERVICE: {_A.COMPLETE: _S.COMPLETED, _A.TERMINATE: _S.TERMINATED, _A.SUSPEND: _S.SUSPENDED},
        _S.COMPLETED: {_A.ARCHIVE: _S.ARCHIVED},
        _S.ARCHIVED: {},
        _S.FAILED: {_A.REISSUE: _S.FAILED},
        _S.WITHDRAWN: {_A.REISSUE: _S.WITHDRAWN},
        _S.VOID: {_A.REISSUE: _S.VOID},
        _S.TERMINATED: {_A.REISSUE: _S.TERMINATED},
        # Resume goes back to the state that the suspension was laid over; the operation reads it from suspended_from.
        _S.SUSPENDED: {_A.RESUME: _S.SUSPENDED},
    },
)

PUBLIC_STATES = frozenset(ProjectState) - {_S.DRAFT, _S.IN_REVIEW}


class EnrolmentState(StrEnum):
    """Where an enrolment stands."""

    LIVE = "live"
    CANCELLED = "cancelled"
    EXCLUDED = "excluded"


class EnrolmentAction(StrEnum):
    """What can be done to an enrolment."""

    CANCEL = "cancel"
    EXCLUDE = "exclude"
    READMIT = "readmit"


ENROLMENT = Machine[EnrolmentState, EnrolmentAction](
    "enrolment",
    EnrolmentState,
    {
        EnrolmentState.LIVE: {
            EnrolmentAction.CANCEL: EnrolmentState.CANCELLED,
            EnrolmentAction.EXCLUDE: EnrolmentState.EXCLUDED,
        },
        EnrolmentState.CANCELLED: {},
        EnrolmentState.EXCLUDED: {EnrolmentAction.READMIT: EnrolmentState.LIVE},
    },
)


class ExceptionState(StrEnum):
    """Where a request for an exception to a rule on requirements stands."""

    ASKED = "asked"
    GRANTED = "granted"
    IN_FORCE = "in_force"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


class ExceptionAction(StrEnum):
    """What can be done to an exception; `publish` comes with the publication of the project that needs it."""

    GRANT = "grant"
    DENY = "deny"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"
    PUBLISH = "publish"


# Once agencies rely on the notice, a granted exception stays.
EXCEPTION = Machine[ExceptionState, ExceptionAction](
    "exception",
    ExceptionState,
    {
        ExceptionState.ASKED: {
            ExceptionAction.GRANT: ExceptionState.GRANTED,
            ExceptionAction.DENY: ExceptionState.DENIED,
            ExceptionAction.WITHDRAW: ExceptionState.WITHDRAWN,
        },
        ExceptionState.GRANTED: {
            ExceptionAction.PUBLISH: ExceptionState.IN_FORCE,
            ExceptionAction.REVOKE: ExceptionState.REVOKED,
            ExceptionAction.WITHDRAW: ExceptionState.WITHDRAWN,
        },
        ExceptionState.IN_FORCE: {},
        ExceptionState.DENIED: {},
        ExceptionState.WITHDRAWN: {},
        ExceptionState.REVOKED: {},
    },
)
