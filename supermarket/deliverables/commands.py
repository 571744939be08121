"""What people ask of the deliverables room, as frozen values; the forms make them."""

from dataclasses import dataclass

from supermarket.contracts.commands import Upload
from supermarket.deliverables.states import ApprovalOutcome


@dataclass(frozen=True)
class Submit:
    """A result as the agency hands it in."""

    file: Upload
    remark: str = ""


@dataclass(frozen=True)
class RecordOutcome:
    """What became of a deliverable at the approving authority; `agency_at_fault` counts where it was returned."""

    outcome: ApprovalOutcome
    agency_at_fault: bool = False
