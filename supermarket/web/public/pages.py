"""Every public page, bound to the one blueprint by being imported."""

from supermarket.web.public import (
    agencies,
    ceremony,
    contracts,
    credit,
    front,
    matters,
    notices,
    projects,
    service,
    statistics,
    verify,
)
from supermarket.web.public.blueprint import blueprint

__all__ = [
    "agencies",
    "blueprint",
    "ceremony",
    "contracts",
    "credit",
    "front",
    "matters",
    "notices",
    "projects",
    "service",
    "statistics",
    "verify",
]
