"""All writes of the selection room that people ask for, or that higher rooms need."""

from supermarket.selection.awarding import (
    accept_award,
    decline_award,
    disqualify_award,
    drop_award,
    mark_contracted,
)
from supermarket.selection.bulletins import Bulletin, enter_numbers
from supermarket.selection.choices import choose
from supermarket.selection.corrections import correct_numbers
from supermarket.selection.hand_ins import hand_in_body
from supermarket.selection.low_quotes import decide_cost_statement, give_cost_statement
from supermarket.selection.quote_lists import report_missing
from supermarket.selection.quoting import QuoteHandedIn, submit_open_quote, submit_quote
from supermarket.selection.revealing import hand_in_reveal
from supermarket.selection.rounds import hand_in_round
from supermarket.selection.trying import try_mode

__all__ = [
    "Bulletin",
    "QuoteHandedIn",
    "accept_award",
    "choose",
    "correct_numbers",
    "decide_cost_statement",
    "decline_award",
    "disqualify_award",
    "drop_award",
    "enter_numbers",
    "give_cost_statement",
    "hand_in_body",
    "hand_in_reveal",
    "hand_in_round",
    "mark_contracted",
    "report_missing",
    "submit_open_quote",
    "submit_quote",
    "try_mode",
]
