"""What the deliverables room does when other rooms report something (wired in supermarket/wiring.py)."""

from supermarket.contracts.queries import running, suspension
from supermarket.core.events import Event
from supermarket.deliverables import operations


def on_contract_in_force(event: Event) -> None:
    """`contract.in_force`: plan the deliverables."""
    operations.plan(event.subject_code, at=event.at)


def on_settled(event: Event) -> None:
    """`deliverable.accepted`, `payment.paid`: the contract may be done."""
    operations.complete_if_done(event.subject_code, at=event.at)


def on_project_resumed(event: Event) -> None:
    """`project.resumed`: limits move by the time for which the project stood still."""
    working_days, calendar_days = suspension(event)
    for code in running(event.subject_code):
        operations.move_limits(code, working_days=working_days, calendar_days=calendar_days)
