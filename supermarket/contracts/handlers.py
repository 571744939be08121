"""What the contracts room does when lower rooms report something (wired in supermarket/wiring.py)."""

from supermarket.contracts import operations
from supermarket.contracts.queries import contract, running, suspension
from supermarket.core.events import Event


def on_notice_issued(event: Event) -> None:
    """`selection.notice_issued`: draft the contract."""
    award_id = event.data["award_id"]
    if not isinstance(award_id, int):
        raise TypeError("selection.notice_issued names its award by number")
    operations.draft_from_award(award_id, at=event.at)


def on_project_ended(event: Event) -> None:
    """`project.withdrawn`, `project.voided`, `project.failed`: an unsigned draft falls."""
    for code in running(event.subject_code):
        operations.close(code, reason=event.tag.replace(".", "_"), at=event.at)


def on_project_terminated(event: Event) -> None:
    """`project.terminated`: the contract ends with it."""
    for code in running(event.subject_code):
        operations.terminate(code, reason=event.tag.replace(".", "_"), at=event.at)


def on_project_resumed(event: Event) -> None:
    """`project.resumed`: the limit for signing moves by the working days for which it stood still."""
    working_days, _calendar_days = suspension(event)
    for code in running(event.subject_code):
        operations.move_limits(code, working_days)


def on_award_dropped(event: Event) -> None:
    """`award.dropped`: the winner's unsigned draft falls with its award."""
    for code in running(event.subject_code):
        if contract(code).agency.uscc == event.data["agency_uscc"]:
            operations.close(code, reason="award_dropped", at=event.at)
