"""Stage `choose`: the owner names one of those left, with a written reason; the order is that one (selection rules,
section 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from supermarket.modes.stages import Candidate, Done, Facts, StageError, StageOutcome, Waiting, WaitingFor


@dataclass(frozen=True, slots=True)
class ChooseParams:
    """A choice has no parameters."""


def run(candidates: Sequence[Candidate], params: ChooseParams, facts: Facts) -> StageOutcome:
    """Take the owner's choice, or wait for it. Raises StageError for an outsider or a blank reason."""
    if not candidates:
        return Done((), ())
    left = tuple(c.uscc for c in candidates)
    if facts.choice is None:
        return Waiting(WaitingFor.CHOICE, members=left)
    if facts.choice.uscc not in left:
        raise StageError("the chosen agency is not among those left")
    if not facts.choice.reason.strip():
        raise StageError("a choice needs a written reason")
    chosen = (facts.choice.uscc,)
    return Done(chosen, chosen, {facts.choice.uscc: {"rank": 1, "reason": facts.choice.reason}})
