"""All writes of the agencies room. Each locks, asks who, when and whether, changes, and records what happened."""

from supermarket.agencies.operations.branches import reach_branches, restore_branch_authority, revoke_branch_authority
from supermarket.agencies.operations.certificates import (
    add_qualification,
    end_replaced,
    remove_qualification,
    replace_qualification,
)
from supermarket.agencies.operations.changes import (
    ask_about_change,
    ask_about_profile,
    check_change,
    check_change_when_due,
    decide_change,
    withdraw_change,
)
from supermarket.agencies.operations.drafts import drop_draft, save_draft
from supermarket.agencies.operations.filing import (
    add_related_party,
    add_service,
    change_service,
    correct_related_party,
    remove_related_party,
    remove_service,
)
from supermarket.agencies.operations.importing import import_rows
from supermarket.agencies.operations.leaving import come_back, note_come_backs, note_leaving
from supermarket.agencies.operations.moves import decide_move, refuse_move, release_move, withdraw_move
from supermarket.agencies.operations.notes import add_note
from supermarket.agencies.operations.onboarding import (
    admit_checked,
    ask_registries,
    decide,
    preview,
    run_checks,
    submit_for_checks,
)
from supermarket.agencies.operations.practitioners import (
    add_licence,
    add_practitioner,
    edit_licence,
    find_by_identity,
    release_practitioner,
    remove_licence,
    rename_practitioner,
)
from supermarket.agencies.operations.profile import (
    correct_profile,
    edit_profile,
    file_branch_authority,
    register,
    sign_pledge,
)
from supermarket.agencies.operations.registries import load_registry
from supermarket.agencies.operations.runs import check_item, fail_item, finish_run, start_run
from supermarket.agencies.operations.scopes import decide_scope
from supermarket.agencies.operations.standing import change_standing, end_standing_when_over, freeze, unfreeze
from supermarket.agencies.operations.verifying import dismiss_reverification, freeze_for_reverification
from supermarket.agencies.operations.withdrawing import end_withdrawal_when_over, restore_service, withdraw_service

__all__ = [
    "add_licence",
    "add_note",
    "add_practitioner",
    "add_qualification",
    "add_related_party",
    "add_service",
    "admit_checked",
    "ask_about_change",
    "ask_about_profile",
    "ask_registries",
    "change_service",
    "change_standing",
    "check_change",
    "check_change_when_due",
    "check_item",
    "come_back",
    "correct_profile",
    "correct_related_party",
    "decide",
    "decide_change",
    "decide_move",
    "decide_scope",
    "dismiss_reverification",
    "drop_draft",
    "edit_licence",
    "edit_profile",
    "end_replaced",
    "end_standing_when_over",
    "end_withdrawal_when_over",
    "fail_item",
    "file_branch_authority",
    "find_by_identity",
    "finish_run",
    "freeze",
    "freeze_for_reverification",
    "import_rows",
    "load_registry",
    "note_come_backs",
    "note_leaving",
    "preview",
    "reach_branches",
    "refuse_move",
    "register",
    "release_move",
    "release_practitioner",
    "remove_licence",
    "remove_qualification",
    "remove_related_party",
    "remove_service",
    "rename_practitioner",
    "replace_qualification",
    "restore_branch_authority",
    "restore_service",
    "revoke_branch_authority",
    "run_checks",
    "save_draft",
    "sign_pledge",
    "start_run",
    "submit_for_checks",
    "unfreeze",
    "withdraw_change",
    "withdraw_move",
    "withdraw_service",
]
