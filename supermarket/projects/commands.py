"""What people ask of the projects room, as frozen values; the forms make them."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO, NamedTuple

from supermarket.gateways.witness import QuoteKey
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import Seal, Terms
from supermarket.projects.models import Funding
from supermarket.projects.money_rules import Ground
from supermarket.projects.requirement_rules import Barred


@dataclass(frozen=True)
class DeliverableWanted:
    """A result that the contract will ask for, due so many calendar days after the contract is in force."""

    name: str
    due_days: int


@dataclass(frozen=True)
class PaymentTerm:
    """An instalment: percent of the price, after the n-th deliverable (0: when the contract is in force)."""

    name: str
    percent: int
    after_deliverable: int


@dataclass(frozen=True)
class Avoided:
    """An agency to avoid (回避) and why."""

    agency_uscc: str
    reason: str


@dataclass(frozen=True)
class QualificationAsked:
    """What the owner states of the matter's n-th qualification (from 1, in reading order): at least that level."""

    leaf: int
    level: str | None = None
    speciality: str | None = None


class CriterionAsked(NamedTuple):
    """A criterion of a merit selection; name and description for the panel's own."""

    kind: str
    weight: int
    name: str = ""
    description: str = ""


@dataclass(frozen=True)
class ProjectDraft:
    """A project as its owner words it; amounts in fen, durations in calendar days."""

    owner_organisation_id: int
    name: str
    matter_code: str
    region_code: str
    funding: Funding
    budget: int
    mode: str
    duration_days: int
    deliverables: tuple[DeliverableWanted, ...]
    payment_terms: tuple[PaymentTerm, ...]
    description: str = ""
    ceiling: int | None = None
    floor: int | None = None
    investment_project_code: str | None = None
    requirement_notes: str = ""
    practitioners_needed: int = 0
    min_stars: int | None = None
    min_credit: str | None = None
    enrol_until: datetime | None = None
    select_at: datetime | None = None
    avoid: tuple[Avoided, ...] = ()
    direct_ground: Ground | None = None
    direct_document: str = ""
    named_agency_uscc: str | None = None
    criteria: tuple[CriterionAsked, ...] = ()
    panel_size: int = 0
    qualifications: tuple[QualificationAsked, ...] = ()
    shortlist_by: ShortlistBy | None = None
    keep: int | None = None
    draw_keep: int | None = None
    live: bool = False
    seal: Seal = Seal.CLIENT
    # A draft may keep wording that is refused but has exceptions, so that one can be asked for; it is never published.
    keep_refused: bool = False
    # Of the form that asks: sent twice, it makes one draft.
    draft_key: str | None = None

    def terms(self, ceiling: int) -> Terms:
        """What the owner chose besides the mode."""
        return Terms(
            bounds=Bounds(ceiling=ceiling),
            criteria=tuple(
                Criterion(CriterionKind(kind), Decimal(weight), *words) for kind, weight, *words in self.criteria
            ),
            panel_size=self.panel_size,
            shortlist_by=self.shortlist_by or ShortlistBy.CREDIT,
            keep=self.keep,
            draw_keep=self.draw_keep,
            live=self.live,
            seal=self.seal,
        )


@dataclass(frozen=True)
class PublicationSources:
    """What the outside world gave before a publication: the draw's source line and the public quote keys (hex)."""

    draw_source: str | None = None
    # With `parties`: who they are, in the order of the source's commitments.
    draw_parties: tuple[str, ...] = ()
    operator_quote_key: str | None = None
    # With the moment until which the witness keeps quotes sealed, as it was told and has signed.
    witness_quote_key: QuoteKey | None = None


@dataclass(frozen=True)
class Enrol:
    """An enrolment: whom the agency names, in how many calendar days it would deliver."""

    practitioner_ids: tuple[int, ...] = field(default=())
    offered_days: int | None = None


@dataclass(frozen=True)
class Attachment:
    """A file that comes with a request."""

    stream: BinaryIO
    name: str


@dataclass(frozen=True)
class AskException:
    """An owner asks to demand what a rule refuses: the exact sentence, why, and by which law."""

    rule: Barred
    text: str
    reason: str
    legal_basis: str
    file: Attachment | None = None
