"""What the auctions room does when the projects room reports something (wired in supermarket/wiring.py)."""

from supermarket.auctions.operations import cancel_with_project, go_on_with_project, pause_with_project
from supermarket.core.events import Event


def on_project_suspended(event: Event) -> None:
    """`project.suspended`: a running auction stands still."""
    pause_with_project(event.subject_code, at=event.at)


def on_project_resumed(event: Event) -> None:
    """`project.resumed`: it goes on with a full extension."""
    go_on_with_project(event.subject_code, at=event.at, real_at=event.recorded_at)


def on_project_ended(event: Event) -> None:
    """`project.failed`, `.withdrawn`, `.voided`: an auction that is not over ends with it."""
    cancel_with_project(event.subject_code, at=event.at)
