"""What one asks of the matters room: frozen values, made by the forms."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Self

from supermarket.data.requirements import LicenceNeeded, Requirement
from supermarket.matters import requirement_tree
from supermarket.matters.models import CommissionedBy, FeeKind, MatterVersion, RegionalVersion


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
        """Whether a version says exactly this; how a line ends (Windows, a spreadsheet) makes no difference."""
        return all(_plain(getattr(version, name)) == _plain(value) for name, value in self.columns().items())


def _plain(value: object) -> object:
    return "\n".join(value.splitlines()).strip() if isinstance(value, str) else value


@dataclass(frozen=True)
class RegionalDraft:
    """What a region says over an inherited matter; an empty text leaves what the list above says."""

    carried_out: bool = True
    not_carried_out_reason: str = ""
    not_carried_out_basis: str = ""
    department: str = ""
    service_time: str = ""
    approval_time: str = ""
    fee_standard: str = ""
    result_document: str = ""
    note: str = ""

    @classmethod
    def of(cls, version: RegionalVersion) -> Self:
        """What a stored wording says."""
        return cls(**{item.name: getattr(version, item.name) for item in fields(cls)})

    def columns(self) -> dict[str, str | bool]:
        """The columns of a regional version that this wording fills."""
        plain: dict[str, str | bool] = {item.name: getattr(self, item.name) for item in fields(self)}
        if self.carried_out:
            plain |= {"not_carried_out_reason": "", "not_carried_out_basis": ""}
        return plain

    def same_as(self, version: RegionalVersion) -> bool:
        """Whether a version says exactly this; how a line ends makes no difference."""
        return all(_plain(getattr(version, name)) == _plain(value) for name, value in self.columns().items())
