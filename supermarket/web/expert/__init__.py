"""Pages of experts: their desk, their profile and interests, the panels that ask for them."""

from supermarket.web.expert import panels, profile
from supermarket.web.expert.blueprint import blueprint

__all__ = ["blueprint", "panels", "profile"]
