"""When and whether, for deliverables."""

from datetime import datetime

from flask_babel import gettext as _

from supermarket.core.errors import Conflict
from supermarket.core.working_days import due_date, is_late, local_date
from supermarket.deliverables.models import Deliverable
from supermarket.projects.models import Funding


def days_late(due_at: datetime, submitted_at: datetime) -> int:
    """Whole local days from the due date to the day of a submission; 0 if it came in time."""
    return max(0, (local_date(submitted_at) - due_date(due_at)).days)


def lateness(row: Deliverable) -> int:
    """Days late of the submission that counts: the last one (rating-and-credit.md, timeliness)."""
    return days_late(row.due_at, row.submissions[-1].submitted_at) if row.submissions else 0


def silence_accepts(row: Deliverable) -> bool:
    """Whether silence counts as acceptance: not with fiscal money, where it means a card and the payment clock runs."""
    return row.contract.project.funding is not Funding.FISCAL


def must_be_decidable(row: Deliverable, at: datetime) -> None:
    """Refuse a decision after silence has decided already. Raises Conflict."""
    if silence_accepts(row) and row.decide_due_at is not None and is_late(row.decide_due_at, at):
        raise Conflict(_("The time for a decision is over: the deliverable counts as accepted."), code="too_late")
