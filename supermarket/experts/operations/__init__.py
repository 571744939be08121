"""All writes of the experts room. Each locks, asks who, when and whether, changes, and records one event."""

from supermarket.experts.operations.importing import import_rows
from supermarket.experts.operations.interests import declare, withdraw
from supermarket.experts.operations.register import apply, change_profile, enter
from supermarket.experts.operations.standing import admit, leave, open_account, refuse, reinstate, suspend

__all__ = [
    "admit",
    "apply",
    "change_profile",
    "declare",
    "enter",
    "import_rows",
    "leave",
    "open_account",
    "refuse",
    "reinstate",
    "suspend",
    "withdraw",
]
