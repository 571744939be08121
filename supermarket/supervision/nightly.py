"""What is done every night at 01:30 local: each step safe to repeat, in small transactions."""

from datetime import datetime

from supermarket.policies.slots import Outcome


def nightly(at: datetime) -> Outcome:
    """Run every nightly step; gives the number of things each one changed."""
    return {}
