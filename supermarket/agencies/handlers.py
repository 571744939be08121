"""What the agencies room does when something of its own happened (wired in supermarket/wiring.py)."""

from supermarket.agencies.operations import end_replaced, note_come_backs, reach_branches
from supermarket.core.events import Event


def on_standing_changed(event: Event) -> None:
    """`agency.standing_changed`: what a head office's standing takes from its branches, or gives back."""
    reach_branches(event.subject_code, at=event.at)


def on_submitted(event: Event) -> None:
    """`agency.submitted`: whether it is, or resembles, an agency that left within 36 months is noted for the operator."""
    note_come_backs(event.subject_code, at=event.at)


def on_checked(event: Event) -> None:
    """`agency.checked`: a certificate that was verified takes the place of the one that it renews or corrects."""
    end_replaced(event.subject_code, at=event.at)
