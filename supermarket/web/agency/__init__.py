"""Pages of an agency: its file, open projects, enrolment and quote, contracts, reputation."""

from supermarket.web.agency import (
    auctions,
    bidding,
    branches,
    certificates,
    contracts,
    corrections,
    enrolling,
    filing,
    going,
    home,
    onboarding,
    practitioners,
    profile,
    quoting,
    reputation,
    sending,
    standing,
)
from supermarket.web.agency.blueprint import blueprint

__all__ = [
    "auctions",
    "bidding",
    "blueprint",
    "branches",
    "certificates",
    "contracts",
    "corrections",
    "enrolling",
    "filing",
    "going",
    "home",
    "onboarding",
    "practitioners",
    "profile",
    "quoting",
    "reputation",
    "sending",
    "standing",
]
