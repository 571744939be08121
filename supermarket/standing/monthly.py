"""The monthly review job: every agency, every missed month for its own moment, in order."""

from datetime import datetime

from supermarket.policies.slots import Outcome


def review_all(at: datetime) -> Outcome:
    """Review what has not been reviewed up to `at`."""
    return {}
