"""All writes of the standing room: reviews, rectification tasks, opinions, removal cases."""

from supermarket.standing.operations.leaving import leave, what_runs
from supermarket.standing.operations.opinions import decide_opinion, file_opinion
from supermarket.standing.operations.rectifications import (
    decide_rectification,
    note_rectification_overdue,
    submit_rectification,
)
from supermarket.standing.operations.removals import (
    answer_removal,
    close_hearing,
    note_removal_overdue,
    open_case_if_grounds,
    propose_removal,
    state_in_removal,
)
from supermarket.standing.operations.removing import carry_out, choose_contract
from supermarket.standing.operations.reviews import review_month

__all__ = [
    "answer_removal",
    "carry_out",
    "choose_contract",
    "close_hearing",
    "decide_opinion",
    "decide_rectification",
    "file_opinion",
    "leave",
    "note_rectification_overdue",
    "note_removal_overdue",
    "open_case_if_grounds",
    "propose_removal",
    "review_month",
    "state_in_removal",
    "submit_rectification",
    "what_runs",
]
