"""What the ratings room does when lower rooms report something (wired in supermarket/wiring.py)."""

from supermarket.core.events import Event
from supermarket.ratings import operations


def on_contract_completed(event: Event) -> None:
    """`contract.completed`: ask for ratings."""
    operations.invite(event.subject_code, at=event.at)
