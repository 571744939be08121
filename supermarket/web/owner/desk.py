"""What an owner's desk reads across rooms: what waits, what changed, what there is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from supermarket.auctions.models import AuctionStatement
from supermarket.auctions.states import StatementState
from supermarket.contracts.models import Contract, Party, Signature
from supermarket.contracts.queries import UNSIGNED, Waiting, waiting_signatures
from supermarket.core.events import Event
from supermarket.core.permissions import Actor, P
from supermarket.deliverables.models import Deliverable
from supermarket.deliverables.queries import waiting_to_decide
from supermarket.deliverables.states import DeliverableState
from supermarket.extensions import db
from supermarket.payments.models import PaymentItem
from supermarket.payments.queries import TO_PAY, waiting_to_pay
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.ratings.models import RaterKind, Rating
from supermarket.ratings.queries import waiting_to_rate
from supermarket.ratings.states import RatingState
from supermarket.selection.bulletins import waits_for_entry_of
from supermarket.selection.corrections import waits_for_answer_of
from supermarket.selection.models import CostStatement, Draw, DrawCorrection, Quote

# What has no limit comes last.
NO_LIMIT = datetime.max.replace(tzinfo=UTC)
SELECTING = (ProjectState.FROZEN, ProjectState.SELECTING)


@dataclass(frozen=True)
class Figures:
    """An owner's purchases in figures; amounts in fen over those with an award."""

    by_state: Mapping[ProjectState, int]
    budget: int
    awarded: int

    @property
    def total(self) -> int:
        """All but deleted drafts."""
        return sum(self.by_state.values())


def _to_word(organisations: frozenset[int]) -> sa.ColumnElement[bool]:
    return sa.and_(Project.owner_id.in_(organisations), Project.state == ProjectState.DRAFT)


def _reduced(organisations: frozenset[int]) -> sa.ColumnElement[bool]:
    return sa.and_(
        Project.owner_id.in_(organisations),
        Project.state == ProjectState.OPEN,
        Project.due_what == "reduced_acceptance",
    )


def _to_choose(organisations: frozenset[int]) -> sa.ColumnElement[bool]:
    return sa.and_(
        Project.owner_id.in_(organisations),
        Project.state == ProjectState.SELECTING,
        Project.due_what == "choice",
    )


def _undecided(organisations: frozenset[int]) -> sa.ColumnElement[bool]:
    return sa.and_(
        Project.owner_id.in_(organisations),
        Project.state.in_(SELECTING),
        CostStatement.statement.is_not(None),
        CostStatement.decided_at.is_(None),
    )


def _low(organisations: frozenset[int]) -> sa.CompoundSelect[tuple[str, str, str, datetime]]:
    """What a selection waits for: decisions on low quotes, and on low bids before a live auction; a bulletin's numbers."""
    quotes = (
        sa.select(
            sa.literal("decide_low_quote").label("what"),
            Project.code,
            Project.name,
            sa.func.min(CostStatement.decision_due_at).label("due_at"),
        )
        .join(Quote, Quote.project_id == Project.id)
        .join(CostStatement, CostStatement.quote_id == Quote.id)
        .where(_undecided(organisations))
        .group_by(Project.code, Project.name)
    )
    bids = (
        sa.select(
            sa.literal("decide_low_bid"), Project.code, Project.name, sa.func.min(AuctionStatement.decision_due_at)
        )
        .join(AuctionStatement, AuctionStatement.project_id == Project.id)
        .where(_undecided_bids(organisations))
        .group_by(Project.code, Project.name)
    )
    numbers = (
        sa.select(sa.literal("enter_numbers"), Project.code, Project.name, Draw.draw_at)
        .join(Project, Project.id == Draw.project_id)
        .where(_untyped(organisations))
    )
    claims = (
        sa.select(sa.literal("answer_correction"), Project.code, Project.name, DrawCorrection.answer_due_at)
        .join(Draw, Draw.id == DrawCorrection.draw_id)
        .join(Project, Project.id == Draw.project_id)
        .where(
            Project.owner_id.in_(organisations),
            Project.state.in_((ProjectState.SELECTING, ProjectState.ANNOUNCED)),
            waits_for_answer_of("owner"),
        )
    )
    return sa.union_all(quotes, bids, numbers, claims)


def _undecided_bids(organisations: frozenset[int]) -> sa.ColumnElement[bool]:
    return sa.and_(
        Project.owner_id.in_(organisations),
        Project.state.in_((ProjectState.OPEN, *SELECTING)),
        AuctionStatement.state == StatementState.GIVEN,
    )


def _untyped(organisations: frozenset[int]) -> sa.ColumnElement[bool]:
    return sa.and_(
        Project.owner_id.in_(organisations),
        Project.state == ProjectState.SELECTING,
        waits_for_entry_of("owner"),
    )


def _what(row: Project) -> str:
    if row.state is ProjectState.OPEN:
        return "accept_reduced"
    if row.state is ProjectState.SELECTING:
        return "choose"
    return "mend_draft" if row.return_reason else "finish_draft"


def waiting(actor: Actor) -> list[Waiting]:
    """Everything that waits for the owner, the first due first, what has no limit last: seven statements."""
    organisations = actor.organisations_with(P.PROJECT_DRAFT)
    projects = db.session.scalars(
        sa.select(Project)
        .where(sa.or_(_to_word(organisations), _reduced(organisations), _to_choose(organisations)))
        .order_by(Project.id.desc())
        .limit(100)
    ).all()
    items = [Waiting(_what(row), row.code, None, row.name, row.due_at) for row in projects]
    low = db.session.execute(_low(organisations)).all()
    items += [Waiting(row.what, row.code, None, row.name, row.due_at) for row in low]
    for read in (waiting_signatures, waiting_to_decide, waiting_to_pay, waiting_to_rate):
        items += read(actor)
    return sorted(items, key=lambda item: item.due_at or NO_LIMIT)


def waiting_count(actor: Actor) -> int:
    """How many things `waiting` holds: one statement, for the side column of every page."""
    organisations = actor.organisations_with(P.PROJECT_DRAFT)
    running = Project.state == ProjectState.IN_SERVICE
    of_contract = sa.select(sa.func.count()).select_from(Contract).join(Project, Project.id == Contract.project_id)
    parts = (
        sa.select(sa.func.count())
        .select_from(Project)
        .where(sa.or_(_to_word(organisations), _reduced(organisations), _to_choose(organisations))),
        sa.select(sa.func.count(sa.distinct(Project.id)))
        .select_from(Project)
        .join(Quote, Quote.project_id == Project.id)
        .join(CostStatement, CostStatement.quote_id == Quote.id)
        .where(_undecided(organisations)),
        sa.select(sa.func.count(sa.distinct(Project.id)))
        .select_from(Project)
        .join(AuctionStatement, AuctionStatement.project_id == Project.id)
        .where(_undecided_bids(organisations)),
        sa.select(sa.func.count(Draw.id)).join(Project, Project.id == Draw.project_id).where(_untyped(organisations)),
        of_contract.where(
            Contract.owner_id.in_(organisations),
            Contract.state.in_(UNSIGNED),
            Project.state == ProjectState.AWARDED,
            ~sa.exists().where(Signature.contract_id == Contract.id, Signature.party == Party.OWNER),
        ),
        of_contract.join(Deliverable, Deliverable.contract_id == Contract.id).where(
            Contract.owner_id.in_(organisations), Deliverable.state == DeliverableState.SUBMITTED, running
        ),
        of_contract.join(PaymentItem, PaymentItem.contract_id == Contract.id).where(
            Contract.owner_id.in_(organisations), PaymentItem.state.in_(TO_PAY), running
        ),
        sa.select(sa.func.count())
        .select_from(Rating)
        .where(
            Rating.state == RatingState.OPEN,
            Rating.rater == RaterKind.OWNER,
            Rating.organisation_id.in_(organisations),
        ),
    )
    row = db.session.execute(sa.select(*(part.scalar_subquery() for part in parts))).one()
    return sum(row)


def changes(actor: Actor, limit: int = 12) -> Sequence[Event]:
    """The newest events of the owner's purchases that somebody else or the system caused: one statement."""
    organisations = actor.organisations_with(P.PROJECT_DRAFT)
    query = (
        sa.select(Event)
        .join(Project, Project.code == Event.project_code)
        .where(
            Project.owner_id.in_(organisations),
            Event.subject_kind != "enrolment",
            Event.tag.not_in(("quote.received", "cost_statement.asked", "proposal.received")),
            # Who sits on a panel, and what they do, concerns nobody before the announcement.
            ~Event.tag.startswith("panel."),
            sa.or_(Event.actor_user_id.is_(None), Event.actor_user_id != actor.user_id),
        )
        .order_by(Event.id.desc())
        .limit(limit)
    )
    return db.session.scalars(query).all()


def own_names(codes: Collection[str]) -> Mapping[str, str]:
    """Names of purchases by code, drafts too: one statement; the caller has asked whose they are."""
    rows = db.session.execute(sa.select(Project.code, Project.name).where(Project.code.in_(codes))).all()
    return {row.code: row.name for row in rows}


def figures(actor: Actor) -> Figures:
    """The owner's purchases by state, and money: one statement."""
    organisations = actor.organisations_with(P.PROJECT_DRAFT)
    rows = db.session.execute(
        sa.select(
            Project.state,
            sa.func.count().label("number"),
            sa.func.coalesce(sa.func.sum(Project.budget).filter(Project.award_price.is_not(None)), 0).label("budget"),
            sa.func.coalesce(sa.func.sum(Project.award_price), 0).label("awarded"),
        )
        .where(
            Project.owner_id.in_(organisations),
            sa.or_(Project.state != ProjectState.WITHDRAWN, Project.published_at.is_not(None)),
        )
        .group_by(Project.state)
    ).all()
    return Figures(
        {row.state: row.number for row in rows},
        sum(int(row.budget) for row in rows),
        sum(int(row.awarded) for row in rows),
    )
