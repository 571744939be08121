"""All that the page of a contract shows its sides and offices: text, results, instalments, ratings, urging, history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectChoice

from supermarket.contracts.forms import URGE_LABELS, UrgeForm
from supermarket.contracts.models import Contract, Party, Urge, UrgeAbout
from supermarket.contracts.operations import OWED_BY
from supermarket.contracts.permissions import sees_all
from supermarket.contracts.queries import documents_of, owner_name, terms_of, urges_of, visible_contract
from supermarket.contracts.states import ContractState
from supermarket.contracts.terms import Terms
from supermarket.core.errors import NotFound
from supermarket.core.events import timeline
from supermarket.core.permissions import Actor
from supermarket.deliverables.models import Deliverable
from supermarket.deliverables.queries import deliverables_of
from supermarket.documents.models import Document
from supermarket.payments.models import PaymentItem
from supermarket.payments.queries import Balance, balance, items_of
from supermarket.ratings.models import ContractScore
from supermarket.ratings.queries import RatingView, ratings_of, score
from supermarket.ratings.score import Dimension
from supermarket.ratings.scoring import known_of
from supermarket.ratings.states import RatingState
from supermarket.web import timelines

DIMENSIONS = {
    Dimension.QUALITY: _l("Quality"),
    Dimension.TIMELINESS: _l("Timeliness"),
    Dimension.COMPLIANCE: _l("Compliance"),
    Dimension.FEES: _l("Fees"),
    Dimension.ATTITUDE: _l("Attitude"),
}
RATERS = {
    "owner": _l("Owner"),
    "authority": _l("Authority"),
    "operator": _l("Operator"),
    "agency": _l("Agency, on the owner"),
}


@dataclass(frozen=True)
class ContractPage:
    """What templates/officer/contract_parts.html draws."""

    contract: Contract
    terms: Terms
    owner_name: str
    documents: Sequence[Document]
    deliverables: Sequence[Deliverable]
    payments: Sequence[PaymentItem]
    balance: Balance
    ratings: Sequence[RatingView]
    mine: RatingView | None
    known: Mapping[Dimension, int]
    score: ContractScore | None
    urges: Sequence[Urge]
    timeline: Sequence[timelines.Entry]
    filters: Sequence[timelines.Filter]

    @property
    def signed_by(self) -> frozenset[Party]:
        """The sides that have signed."""
        return frozenset(row.party for row in self.contract.signatures)

    @property
    def running(self) -> bool:
        """Whether results and payments move."""
        return self.contract.state is ContractState.IN_FORCE

    @property
    def signable(self) -> bool:
        """Whether signatures are still taken."""
        return self.contract.state in (ContractState.DRAFTED, ContractState.HALF_SIGNED)


def read(code: str, *, actor: Actor, events: str = "") -> ContractPage:
    """The contract for one of its sides or offices. Raises NotFound for everybody else: they have the public page."""
    contract = visible_contract(code, actor)
    if not sees_all(contract, actor):
        raise NotFound(_("There is no such contract."))
    known = timeline(subject_kind="contract", subject_code=contract.code, public_only=False, limit=300)
    views = ratings_of(contract, actor)
    return ContractPage(
        contract=contract,
        terms=terms_of(contract),
        owner_name=owner_name(contract, actor),
        documents=documents_of(contract, actor),
        deliverables=deliverables_of(contract),
        payments=items_of(contract),
        balance=balance(contract),
        ratings=views,
        mine=next((view for view in views if view.mine), None),
        known=known_of(contract).points() if views else {},
        score=score(contract),
        urges=urges_of(contract),
        timeline=timelines.entries(timelines.filtered(known, events)),
        filters=timelines.filters(known, events),
    )


def may_rate(page: ContractPage, at: datetime) -> bool:
    """Whether the reader is asked for a rating that it has not given."""
    return page.mine is not None and page.mine.state is RatingState.OPEN and at < page.mine.due_at


def urge_form(party: Party, **kwargs: object) -> UrgeForm:
    """What one side may urge the other about: what the other owes."""
    form = UrgeForm(**kwargs)
    owed = OWED_BY[party.other]
    form.about.choices = [SelectChoice(item.value, URGE_LABELS[item]) for item in UrgeAbout if item in owed]
    return form


def points_fields(form: object, page: ContractPage) -> list[tuple[IntegerField, str]]:
    """The points that must be given: (field, label); what the system computes is left out."""
    about_owner = page.mine is not None and page.mine.rater.value == "agency"
    return [
        (form[dimension.value], str(label))  # type: ignore[index]  # WTForms ships no types
        for dimension, label in DIMENSIONS.items()
        if about_owner or dimension not in page.known
    ]
