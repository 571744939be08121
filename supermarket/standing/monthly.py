"""The monthly review job: every agency, every missed month for its own moment, in order; each in its own transaction."""

from collections import Counter
from datetime import datetime

from supermarket.core.errors import Conflict
from supermarket.core.unit import unit
from supermarket.policies.slots import Outcome
from supermarket.ratings.operations import refresh_stars
from supermarket.standing.operations import open_case_if_grounds, review_month
from supermarket.standing.queries import missing_reviews


def review_all(at: datetime) -> Outcome:
    """Review what has not been reviewed up to `at`, and open the removal cases that follow.

    S as shown is computed anew too: ratings lose weight with age. Broken off and run again, it goes on where it was;
    two at once review each month once.
    """
    counts: Counter[str] = Counter()
    with unit():
        missing = missing_reviews(at)
    for t, uscc in missing:
        try:
            with unit():
                row = review_month(t, uscc, at=at)
                if row is not None:
                    counts[row.move.value] += 1
                    counts["removal_cases"] += open_case_if_grounds(uscc, at=at) is not None
        except Conflict:
            counts["passed"] += 1
    for uscc in sorted({uscc for _, uscc in missing}):
        with unit():
            refresh_stars(uscc, at=at)
    return {"reviews": sum(counts[move] for move in _MOVES), **{name: n for name, n in counts.items() if n}}


_MOVES = ("not_rated", "first", "demoted", "promoted", "held")
