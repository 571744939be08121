"""What the pages of accounts share about the unified identity platforms."""

from dataclasses import dataclass

from supermarket.gateways import current

# Session key: who came back from a platform and is not bound yet (national.py); outlives signing in, not signing out.
IDENTIFIED = "identified"


@dataclass(frozen=True)
class Platform:
    """A platform as the pages name it."""

    name: str
    label: str


def platforms() -> list[Platform]:
    """The platforms that are configured; without one no page speaks of them."""
    identities = current().identities
    return [Platform(name, found.label) for name in identities.names if (found := identities.get(name)) is not None]
