"""What the agencies room does when something of its own happened (wired in supermarket/wiring.py)."""

from collections.abc import Sequence

from supermarket.agencies.operations import note_come_backs, reach_branches
from supermarket.agencies.operations.certificates import end_all_replaced
from supermarket.core.events import Event, Together


def on_standing_changed(event: Event) -> None:
    """`agency.standing_changed`: what a head office's standing takes from its branches, or gives back."""
    reach_branches(event.subject_code, at=event.at)


def on_submitted(event: Event) -> None:
    """`agency.submitted`: whether it is, or resembles, an agency that left within 36 months is noted for the operator."""
    note_come_backs(event.subject_code, at=event.at)


@Together
def on_checked(events: Sequence[Event]) -> None:
    """`agency.checked`: a certificate that was verified takes the place of the one that it renews or corrects."""
    end_all_replaced([event.subject_code for event in events], at=events[0].at)
