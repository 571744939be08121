"""Every page of an owner, bound to the one blueprint by being imported."""

from supermarket.web.owner import contracts, drafting, exceptions, projects, wording
from supermarket.web.owner.blueprint import blueprint

__all__ = ["blueprint", "contracts", "drafting", "exceptions", "projects", "wording"]
