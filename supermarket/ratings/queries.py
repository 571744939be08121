"""Reads of the ratings room. Before publication nobody sees another's points, not even an office."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.accounts.models import Organisation
from supermarket.agencies.models import Agency
from supermarket.contracts.models import Contract
from supermarket.contracts.permissions import sees_all
from supermarket.contracts.queries import Waiting
from supermarket.core.errors import NotFound
from supermarket.core.identifiers import mask_name
from supermarket.core.paging import Page, Slice, SortKey, fetch
from supermarket.core.permissions import Actor, P, may
from supermarket.core.working_days import local_date, local_moment
from supermarket.credit.models import PastPerformance
from supermarket.credit.points import add_months
from supermarket.credit.queries import industry_scores, performances
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.ratings.models import ContractScore, RaterKind, Rating
from supermarket.ratings.stars import DEFAULT_RULES, Rated, StarRules, industry_mean
from supermarket.ratings.states import RatingState

RATES = {
    RaterKind.OWNER: P.RATE_AS_OWNER,
    RaterKind.AUTHORITY: P.RATE_AS_AUTHORITY,
    RaterKind.OPERATOR: P.RATE_AS_OPERATOR,
    RaterKind.AGENCY: P.RATE_OWNER,
}
HIDDEN = frozenset({RatingState.OPEN, RatingState.GIVEN})
MEAN_MONTHS = 36


@dataclass(frozen=True)
class RatingView:
    """A rating as one reader may see it: points and comment are empty while it is another's and not published."""

    rater: RaterKind
    organisation_name: str
    state: RatingState
    due_at: datetime
    mine: bool
    points: Mapping[str, int]
    comment: str
    published_at: datetime | None
    appeal_until: datetime | None
    decision_reason: str


@dataclass(frozen=True)
class ScoreLine:
    """One published score of an agency; the owner is masked where it is a natural person."""

    contract_code: str
    project_code: str
    project_name: str
    owner_name: str
    score: Decimal | None
    share: Decimal
    published_at: datetime


def rows_of(contract: Contract) -> Sequence[Rating]:
    """The ratings of a contract as stored, for operations: pages use `ratings_of`."""
    query = sa.select(Rating).where(Rating.contract_id == contract.id).order_by(Rating.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def rows_on(contract: Contract, rater: RaterKind) -> Rating:
    """One rater's row. Raises NotFound."""
    for row in rows_of(contract):
        if row.rater is rater:
            return row
    raise NotFound(_("Nobody was asked for such a rating."))


def is_mine(row: Rating, actor: Actor) -> bool:
    """Whether the actor gives this rating for its organisation."""
    return not actor.system and may(actor, RATES[row.rater], organisation_id=row.organisation_id)


def ratings_of(contract: Contract, actor: Actor) -> Sequence[RatingView]:
    """The ratings of a contract as far as the actor may see them."""
    whole_names = sees_all(contract, actor)
    views = []
    for row in rows_of(contract):
        mine = is_mine(row, actor)
        shown = mine or row.state not in HIDDEN
        person = row.organisation.is_natural_person and not whole_names
        views.append(
            RatingView(
                rater=row.rater,
                organisation_name=mask_name(row.organisation.name) if person else row.organisation.name,
                state=row.state,
                due_at=row.due_at,
                mine=mine,
                points=dict(row.points) if shown else {},
                comment=row.comment if shown else "",
                published_at=row.published_at,
                appeal_until=row.appeal_until if row.state is RatingState.PUBLISHED else None,
                decision_reason=row.decision_reason,
            )
        )
    return views


def score(contract: Contract) -> ContractScore | None:
    """The published P of a contract with its explanation, or None before the publication."""
    return db.session.get(ContractScore, contract.id)


def scores_of_agency(agency_uscc: str, part: Slice) -> Page[ContractScore]:
    """An agency's published scores, newest first: two statements; `lines` makes them readable."""
    conditions = (Agency.uscc == agency_uscc,)
    base = (
        sa.select(ContractScore)
        .join(Contract, Contract.id == ContractScore.contract_id)
        .join(Agency, Agency.id == Contract.agency_id)
        .where(*conditions)
    )
    total = db.session.scalar(sa.select(sa.func.count()).select_from(base.subquery())) or 0
    keys = [
        SortKey(ContractScore.published_at.expression, descending=True),
        SortKey(ContractScore.contract_id.expression, descending=True),
    ]
    return fetch(base, keys, part, total)


def lines(scores: Sequence[ContractScore]) -> Sequence[ScoreLine]:
    """What the public reads about published scores: one statement."""
    rows = db.session.execute(
        sa.select(
            Contract.id,
            Contract.code,
            Project.code.label("project_code"),
            Project.name.label("project_name"),
            Organisation.name.label("owner_name"),
            Organisation.is_natural_person,
        )
        .join(Project, Project.id == Contract.project_id)
        .join(Organisation, Organisation.id == Contract.owner_id)
        .where(Contract.id.in_([item.contract_id for item in scores]))
    ).all()
    by_id = {row.id: row for row in rows}
    return [
        ScoreLine(
            contract_code=by_id[item.contract_id].code,
            project_code=by_id[item.contract_id].project_code,
            project_name=by_id[item.contract_id].project_name,
            owner_name=mask_name(by_id[item.contract_id].owner_name)
            if by_id[item.contract_id].is_natural_person
            else by_id[item.contract_id].owner_name,
            score=item.score,
            share=item.share,
            published_at=item.published_at,
        )
        for item in scores
    ]


def waiting_to_rate(actor: Actor) -> Sequence[Waiting]:
    """Ratings that wait for the actor's organisations, the most urgent first."""
    sides = [
        sa.and_(Rating.rater == rater, Rating.organisation_id.in_(actor.organisations_with(permission)))
        for rater, permission in RATES.items()
    ]
    rows = db.session.execute(
        sa.select(Contract.code, Project.name, Rating.due_at)
        .join(Contract, Contract.id == Rating.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .where(Rating.state == RatingState.OPEN, sa.or_(*sides))
        .order_by(Rating.due_at, Rating.id)
    ).all()
    return [Waiting("give_rating", row.code, None, row.name, row.due_at) for row in rows]


def waiting_appeals(actor: Actor) -> Sequence[Waiting]:
    """Appeals that the actor may decide, the most urgent first; a rater's own office decides none of its own."""
    rows = db.session.execute(
        sa.select(Contract.code, Project.name, Project.region_code, Rating.decision_due_at, Rating.organisation_id)
        .join(Contract, Contract.id == Rating.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .where(Rating.state == RatingState.APPEALED)
        .order_by(Rating.decision_due_at, Rating.id)
    ).all()
    return [
        Waiting("decide_rating_appeal", row.code, None, row.name, row.decision_due_at)
        for row in rows
        if may(others(actor, row.organisation_id), P.CREDIT_DECIDE_APPEAL, region=row.region_code)
    ]


def others(actor: Actor, organisation_id: int) -> Actor:
    """The actor without what it holds for one organisation."""
    return Actor(
        user_id=actor.user_id,
        grants=tuple(grant for grant in actor.grants if grant.organisation_id != organisation_id),
        system=actor.system,
    )


def has_open_appeal(agency_uscc: str) -> bool:
    """Whether an appeal of the agency is undecided; it holds the next demotion back (rating-and-credit.md)."""
    query = (
        sa.select(Rating.id)
        .join(Contract, Contract.id == Rating.contract_id)
        .join(Agency, Agency.id == Contract.agency_id)
        .where(Agency.uscc == agency_uscc, Rating.state == RatingState.APPEALED)
    )
    return db.session.scalar(query.limit(1)) is not None


def rated(agency_uscc: str, at: datetime) -> Sequence[Rated]:
    """An agency's scores as they stood at a moment: the past performances, and what appeals had changed by then."""
    known = performances(agency_uscc, until=at)
    codes = [item.contract_code for item in known]
    revised = (
        sa.select(Contract.code, ContractScore.score)
        .join(Contract, Contract.id == ContractScore.contract_id)
        .where(ContractScore.revised_at <= at, ContractScore.score.is_not(None), Contract.code.in_(codes))
    )
    changed = {row.code: row.score for row in db.session.execute(revised).all()}
    return [
        Rated(
            reference=item.contract_code,
            score=changed.get(item.contract_code, item.score),
            published_at=item.published_at,
            amount_fen=item.amount,
            share=item.share,
            owner_group=item.owner_uscc,
            industry=item.industry,
        )
        for item in known
        if item.score is not None
    ]


def mean_of(industry: str, at: datetime, rules: StarRules = DEFAULT_RULES) -> Decimal:
    """m at a moment: the mean P of an industry over the three years before, with what appeals had changed by then."""
    since = local_moment(add_months(local_date(at), -MEAN_MONTHS))
    found = industry_scores(industry, since=since, until=at, smallest=rules.smallest_fen)
    changes = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(ContractScore.score - PastPerformance.score), 0))
        .join(Contract, Contract.id == ContractScore.contract_id)
        .join(PastPerformance, PastPerformance.contract_code == Contract.code)
        .where(
            ContractScore.revised_at <= at,
            PastPerformance.industry == industry,
            PastPerformance.published_at > since,
            PastPerformance.published_at <= at,
            PastPerformance.amount >= rules.smallest_fen,
        )
    )
    return industry_mean(found.count, found.total + Decimal(changes or 0), rules)
