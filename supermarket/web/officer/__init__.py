"""Pages of the offices: purchases, agencies, contracts, credit and lists, standing, matters, supervision, members."""

from supermarket.web.officer import (
    agencies,
    agency_history,
    agency_imports,
    contracts,
    credit,
    exceptions,
    home,
    imports,
    matters,
    members,
    practitioners,
    projects,
    queue,
    standing,
    supervision,
)
from supermarket.web.officer.blueprint import blueprint

__all__ = [
    "agencies",
    "agency_history",
    "agency_imports",
    "blueprint",
    "contracts",
    "credit",
    "exceptions",
    "home",
    "imports",
    "matters",
    "members",
    "practitioners",
    "projects",
    "queue",
    "standing",
    "supervision",
]
