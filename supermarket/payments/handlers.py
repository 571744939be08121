"""What the payments room does when other rooms report something (wired in supermarket/wiring.py)."""

from datetime import datetime

from supermarket.contracts.queries import running, suspension
from supermarket.core.events import Event
from supermarket.payments import operations


def on_contract_in_force(event: Event) -> None:
    """`contract.in_force`: plan the instalments."""
    operations.plan(event.subject_code, at=event.at)


def on_deliverable_settled(event: Event) -> None:
    """`deliverable.accepted`, `deliverable.acceptance_overdue`: the clock of the payments after it runs from there."""
    number, since = event.data["number"], event.data["since"]
    if not isinstance(number, int) or not isinstance(since, str):
        raise TypeError(f"{event.tag} names its deliverable by number and its moment as text")
    operations.fall_due(event.subject_code, number, since=datetime.fromisoformat(since), at=event.at)


def on_project_resumed(event: Event) -> None:
    """`project.resumed`: limits in calendar days move by the days for which the project stood still."""
    _working_days, calendar_days = suspension(event)
    for code in running(event.subject_code):
        operations.move_limits(code, calendar_days)
