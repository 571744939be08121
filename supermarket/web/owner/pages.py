"""Every page of an owner, bound to the one blueprint by being imported."""

from supermarket.web.owner import auctions, choosing, contracts, drafting, exceptions, projects, wording
from supermarket.web.owner.blueprint import blueprint

__all__ = ["auctions", "blueprint", "choosing", "contracts", "drafting", "exceptions", "projects", "wording"]
