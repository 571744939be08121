"""All writes of the agencies room. Each locks, asks who, when and whether, changes, and records what happened."""

from supermarket.agencies.operations.filing import (
    add_qualification,
    add_related_party,
    add_service,
    remove_qualification,
    remove_related_party,
    remove_service,
)
from supermarket.agencies.operations.importing import import_rows
from supermarket.agencies.operations.onboarding import (
    admit_checked,
    ask_registries,
    decide,
    run_checks,
    submit_for_checks,
)
from supermarket.agencies.operations.practitioners import add_practitioner, release_practitioner
from supermarket.agencies.operations.profile import edit_profile, file_branch_authority, register, sign_pledge
from supermarket.agencies.operations.registries import load_registry
from supermarket.agencies.operations.standing import change_standing, end_freeze_when_over, freeze, unfreeze

__all__ = [
    "add_practitioner",
    "add_qualification",
    "add_related_party",
    "add_service",
    "admit_checked",
    "ask_registries",
    "change_standing",
    "decide",
    "edit_profile",
    "end_freeze_when_over",
    "file_branch_authority",
    "freeze",
    "import_rows",
    "load_registry",
    "register",
    "release_practitioner",
    "remove_qualification",
    "remove_related_party",
    "remove_service",
    "run_checks",
    "sign_pledge",
    "submit_for_checks",
    "unfreeze",
]
