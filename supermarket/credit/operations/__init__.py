"""All writes of the credit room: the ledger and what is computed from it, the lists."""

from supermarket.credit.operations.ledger import (
    enter,
    record_performance,
    refresh,
    refresh_all,
    refresh_credit,
    reverse,
    set_held_level,
    set_star_score,
)
from supermarket.credit.operations.lists import follow_all, import_lists, list_add, list_end

__all__ = [
    "enter",
    "follow_all",
    "import_lists",
    "list_add",
    "list_end",
    "record_performance",
    "refresh",
    "refresh_all",
    "refresh_credit",
    "reverse",
    "set_held_level",
    "set_star_score",
]
