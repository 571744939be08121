"""All writes of the auctions room."""

from supermarket.auctions.operations.agents import let_agents_bid, set_agent, withdraw_agent
from supermarket.auctions.operations.bidding import place_bid
from supermarket.auctions.operations.going import (
    cancel_with_project,
    close_auction,
    go_on_with_project,
    keep_alive,
    notice_time,
    open_auction,
    pause_with_project,
    schedule,
)
from supermarket.auctions.operations.statements import decide_statement, give_statement, statement_due

__all__ = [
    "cancel_with_project",
    "close_auction",
    "decide_statement",
    "give_statement",
    "go_on_with_project",
    "keep_alive",
    "let_agents_bid",
    "notice_time",
    "open_auction",
    "pause_with_project",
    "place_bid",
    "schedule",
    "set_agent",
    "statement_due",
    "withdraw_agent",
]
