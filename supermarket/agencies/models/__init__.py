"""Tables of register 2, schema `agencies`."""

from supermarket.agencies.models.agency import (
    Agency,
    Onboarding,
    Qualification,
    RelatedParty,
    Service,
    Standing,
    StandingChange,
)
from supermarket.agencies.models.checks import Check, Outcome, RegistryList, RegistryRow
from supermarket.agencies.models.practitioners import MoveState, Practitioner, PractitionerLicence, PractitionerMove

__all__ = [
    "Agency",
    "Check",
    "MoveState",
    "Onboarding",
    "Outcome",
    "Practitioner",
    "PractitionerLicence",
    "PractitionerMove",
    "Qualification",
    "RegistryList",
    "RegistryRow",
    "RelatedParty",
    "Service",
    "Standing",
    "StandingChange",
]
