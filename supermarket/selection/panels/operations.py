"""All writes on panels that people ask for."""

from supermarket.selection.panels.answering import accept, decline, recuse
from supermarket.selection.panels.confirming import confirm, dissent
from supermarket.selection.panels.proposing import submit_proposal
from supermarket.selection.panels.sheets import keep_draft, submit

__all__ = ["accept", "confirm", "decline", "dissent", "keep_draft", "recuse", "submit", "submit_proposal"]
