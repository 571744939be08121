"""What one asks of the matters room: frozen values, made by the forms."""

from dataclasses import dataclass, fields
from datetime import date

from supermarket.data.requirements import LicenceNeeded, Requirement
from supermarket.matters import requirement_tree
from supermarket.matters.models import CommissionedBy, FeeKind, MatterVersion


@dataclass(frozen=True)
class MatterDraft:
    """One wording of a matter (onboarding.md, The matters register); dates are local days."""

    name: str
    approval_item: str
    department: str
    industry: str
    stage: str
    legal_basis: str
    commissioned_by: CommissionedBy
    fee_bearer: str
    fee_kind: FeeKind
    valid_from: date
    valid_until: date | None = None
    other_basis: str = ""
    citation_check: str = ""
    agency_type: str = ""
    fee_standard: str = ""
    fee_reference: str = ""
    requirement: Requirement | None = None
    requirement_text: str = ""
    requirement_source: str = ""
    licences: tuple[LicenceNeeded, ...] = ()
    service_time: str = ""
    approval_time: str = ""
    result_document: str = ""
    note: str = ""

    def columns(self) -> dict[str, object]:
        """The columns of a version that this wording fills."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        del plain["requirement"], plain["licences"]
        return plain | {
            "requirement_tree": requirement_tree.to_json(self.requirement),
            "personal_licences": [licence.as_json() for licence in self.licences],
        }

    def same_as(self, version: MatterVersion) -> bool:
        """Whether a version says exactly this."""
        return all(getattr(version, name) == value for name, value in self.columns().items())
