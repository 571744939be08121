"""Pages of an agency: its file, open projects, enrolment and quote, contracts, reputation."""

from supermarket.web.agency import (
    bidding,
    contracts,
    enrolling,
    filing,
    home,
    practitioners,
    profile,
    reputation,
    standing,
)
from supermarket.web.agency.blueprint import blueprint

__all__ = [
    "bidding",
    "blueprint",
    "contracts",
    "enrolling",
    "filing",
    "home",
    "practitioners",
    "profile",
    "reputation",
    "standing",
]
