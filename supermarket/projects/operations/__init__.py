"""All writes of the projects room. Each locks, asks who, when and whether, changes, and records one event."""

from supermarket.projects.operations.drafting import delete, draft, edit, reissue, return_to_owner, submit
from supermarket.projects.operations.ending import (
    archive,
    complete,
    fail,
    resume,
    suspend,
    terminate,
    void,
    withdraw,
)
from supermarket.projects.operations.enrolling import cancel_enrolment, enrol, exclude
from supermarket.projects.operations.exceptions import ask, deny, grant, revoke, withdraw_exception
from supermarket.projects.operations.going import (
    announce,
    award,
    extend,
    freeze,
    lock_for_draw,
    name_agency,
    note_decliner,
    reduced_acceptance_asked,
    start_selection,
    start_service,
    unlock_after_draw,
)
from supermarket.projects.operations.publishing import accept_reduced, amend, approve

__all__ = [
    "accept_reduced",
    "amend",
    "announce",
    "approve",
    "archive",
    "ask",
    "award",
    "cancel_enrolment",
    "complete",
    "delete",
    "deny",
    "draft",
    "edit",
    "enrol",
    "exclude",
    "extend",
    "fail",
    "freeze",
    "grant",
    "lock_for_draw",
    "name_agency",
    "note_decliner",
    "reduced_acceptance_asked",
    "reissue",
    "resume",
    "return_to_owner",
    "revoke",
    "start_selection",
    "start_service",
    "submit",
    "suspend",
    "terminate",
    "unlock_after_draw",
    "void",
    "withdraw",
    "withdraw_exception",
]
