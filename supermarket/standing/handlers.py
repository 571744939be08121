"""What the standing room does when lower rooms report something (wired in supermarket/wiring.py)."""

from supermarket.core.events import Event
from supermarket.standing.decisions import GraveCause
from supermarket.standing.operations import open_case_if_grounds

_GRAVE = frozenset(cause.value for cause in GraveCause)


def on_credit_entered(event: Event) -> None:
    """`credit.entered`: a decided collusion, false material, passing-on or severe penalty opens a removal case."""
    if event.data["event"] in _GRAVE:
        open_case_if_grounds(event.subject_code, at=event.at)
