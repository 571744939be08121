"""What one asks of the credit room: frozen values, made by the forms or by other rooms."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from supermarket.credit.models import ListKind
from supermarket.credit.points import CreditEvent


@dataclass(frozen=True)
class NewEntry:
    """An entry that people make; give its fields to `operations.enter`."""

    event: CreditEvent
    uscc: str
    source: str
    basis: str
    document_number: str
    evidence: str


@dataclass(frozen=True)
class NewListEntry:
    """An authority's decision; in force on local days `from_date` ≤ d < `until_date` (None: until it is ended)."""

    kind: ListKind
    uscc: str
    name: str
    authority: str
    basis: str
    document_number: str
    from_date: date
    until_date: date | None = None


@dataclass(frozen=True)
class Performance:
    """One accepted contract as register 3 keeps it: `amount` in fen, `score` P with 4 decimals or None."""

    contract_code: str
    agency_uscc: str
    owner_uscc: str
    matter_code: str
    industry: str
    amount: int
    score: Decimal | None
    share: Decimal
    accepted_at: datetime
    published_at: datetime
