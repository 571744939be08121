"""The sections of each role and how much waits in each."""

from supermarket.core.permissions import Actor


def sections_of(actor: Actor) -> list[tuple[str, str, int]]:
    """(label, address, what waits) for the reader's roles, in order."""
    return []
