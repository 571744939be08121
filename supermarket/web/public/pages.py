"""Every public page, bound to the one blueprint by being imported."""

from supermarket.web.public import (
    agencies,
    agency_history,
    auctions,
    ceremony,
    contracts,
    credit,
    exceptions,
    front,
    handing_in,
    matter_versions,
    matters,
    notices,
    projects,
    quotes,
    service,
    statistics,
    verify,
)
from supermarket.web.public.blueprint import blueprint

__all__ = [
    "agencies",
    "agency_history",
    "auctions",
    "blueprint",
    "ceremony",
    "contracts",
    "credit",
    "exceptions",
    "front",
    "handing_in",
    "matter_versions",
    "matters",
    "notices",
    "projects",
    "quotes",
    "service",
    "statistics",
    "verify",
]
