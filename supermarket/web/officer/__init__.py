"""Pages of the offices: purchases, agencies, contracts, credit and lists, standing, matters, supervision, members."""

from supermarket.web.officer import (
    agencies,
    agency_acts,
    agency_history,
    agency_imports,
    change_standing,
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
    "agency_acts",
    "agency_history",
    "agency_imports",
    "blueprint",
    "change_standing",
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
