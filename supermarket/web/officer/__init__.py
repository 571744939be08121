"""Pages of the offices: purchases, agencies, contracts, credit and lists, standing, matters, supervision, members."""

from supermarket.web.officer import (
    agencies,
    agency_imports,
    contracts,
    credit,
    home,
    imports,
    matters,
    members,
    projects,
    standing,
    supervision,
)
from supermarket.web.officer.blueprint import blueprint

__all__ = [
    "agencies",
    "agency_imports",
    "blueprint",
    "contracts",
    "credit",
    "home",
    "imports",
    "matters",
    "members",
    "projects",
    "standing",
    "supervision",
]
