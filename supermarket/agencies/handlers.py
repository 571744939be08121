"""What the agencies room does when something of its own happened (wired in supermarket/wiring.py)."""

from supermarket.agencies.operations import reach_branches
from supermarket.core.events import Event


def on_standing_changed(event: Event) -> None:
    """`agency.standing_changed`: what a head office's standing takes from its branches, or gives back."""
    reach_branches(event.subject_code, at=event.at)
