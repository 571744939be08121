"""What one asks of the agencies room: frozen values, made by the forms."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Relation(StrEnum):
    """How a party is related to an agency by the registry."""

    LEGAL_REPRESENTATIVE = "legal_representative"
    CONTROLLER = "controller"
    MANAGER = "manager"


@dataclass(frozen=True)
class AgencyProfile:
    """The public profile, and what the enterprise register is asked about; dates are local days."""

    name: str
    uscc: str
    kind: str
    region_code: str
    address: str = ""
    public_contact: str = ""
    introduction: str = ""
    legal_representative: str = ""
    established: date | None = None
    business_scope: str = ""
    is_branch: bool = False
    head_office_uscc: str | None = None


@dataclass(frozen=True)
class NewService:
    """A matter offered, its fee standard in words, promised working days."""

    matter_code: str
    fee_standard: str
    promised_days: int


@dataclass(frozen=True)
class NewQualification:
    """A certificate; good through `valid_until` (None: without end)."""

    kind_code: str
    number: str
    issuer: str
    speciality: str | None = None
    level: str | None = None
    valid_until: date | None = None
    document_id: int | None = None


@dataclass(frozen=True, repr=False)
class NewPractitioner:
    """A person with one licence; the identity number is encrypted at once and never shown."""

    name: str
    licence_kind_code: str
    licence_number: str
    registered_until: date
    identity_number: str


@dataclass(frozen=True, repr=False)
class NewRelatedParty:
    """The head, a controller or a manager: an organisation by its code, or a person by the identity number."""

    relation: Relation
    name: str
    party_uscc: str | None = None
    identity_number: str | None = None


@dataclass(frozen=True)
class ChangeOfStanding:
    """Why and how a standing changes: basis, who proposed, who carries it out, until when, effect, the way back."""

    basis: str
    proposer: str
    executor: str
    until: datetime | None = None
    statement: str = ""
    effect: str = ""
    way_back: str = ""
