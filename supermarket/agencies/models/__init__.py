"""Tables of register 2, schema `agencies`."""

from supermarket.agencies.models.agency import (
    Agency,
    Onboarding,
    Qualification,
    RelatedParty,
    Service,
    Standing,
    StandingAction,
    StandingChange,
)
from supermarket.agencies.models.changes import ChangeState, FormDraft, ProfileChange
from supermarket.agencies.models.checks import Check, Outcome, RegistryAnswer, RegistryList, RegistryRow
from supermarket.agencies.models.nightly import ExpiryReminder, NightlyRun, Reverification, ReverificationState
from supermarket.agencies.models.practitioners import MoveState, Practitioner, PractitionerLicence, PractitionerMove
from supermarket.agencies.models.standing import (
    AgencyNote,
    CheckRun,
    CheckRunItem,
    RunItemState,
    RunKind,
    ServiceWithdrawal,
)

__all__ = [
    "Agency",
    "AgencyNote",
    "ChangeState",
    "Check",
    "CheckRun",
    "CheckRunItem",
    "ExpiryReminder",
    "FormDraft",
    "MoveState",
    "NightlyRun",
    "Onboarding",
    "Outcome",
    "Practitioner",
    "PractitionerLicence",
    "PractitionerMove",
    "ProfileChange",
    "Qualification",
    "RegistryAnswer",
    "RegistryList",
    "RegistryRow",
    "RelatedParty",
    "Reverification",
    "ReverificationState",
    "RunItemState",
    "RunKind",
    "Service",
    "ServiceWithdrawal",
    "Standing",
    "StandingAction",
    "StandingChange",
]
