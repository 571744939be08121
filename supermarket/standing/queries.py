"""Reads of the standing room: what a review looks at as of its moment, tasks, cases; and the replay of a review."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import cast

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency, Standing
from supermarket.contracts.models import Contract
from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor, P
from supermarket.credit.models import PastPerformance
from supermarket.credit.queries import held_level
from supermarket.extensions import db
from supermarket.ratings.models import Rating
from supermarket.ratings.queries import mean_of, rated
from supermarket.ratings.stars import DEFAULT_RULES, counted, main_industry, stars
from supermarket.standing.decisions import HeldState, Opinion, PublishedScore, ReviewFacts, review, review_moments
from supermarket.standing.models import Opinion as OpinionRow
from supermarket.standing.models import Rectification, RemovalCase, Review
from supermarket.standing.states import OPEN_CASES, OpinionState, RectificationState

Stored = dict[str, object]


def facts_at(uscc: str, at: datetime) -> ReviewFacts:
    """What a review of the moment `at` looks at: ledger, appeals and opinions as they stood then."""
    ratings = counted(rated(uscc, at), at)
    industry = main_industry(ratings)
    mean = mean_of(industry, at) if industry is not None else DEFAULT_RULES.prior_mean
    return ReviewFacts(
        at=at,
        level=stars(ratings, at, mean).level,
        scores=tuple(
            PublishedScore(each.reference, each.score, each.published_at, each.owner_group) for each in ratings
        ),
        opinions=tuple(
            Opinion(row.document_number, row.decided_at)
            for row in db.session.scalars(
                sa.select(OpinionRow)
                .where(OpinionRow.agency_uscc == uscc, OpinionRow.state == OpinionState.ACCEPTED)
                .order_by(OpinionRow.id)
            )
            if row.decided_at is not None and row.decided_at <= at
        ),
        open_appeals=open_appeals(uscc, at),
    )


def open_appeals(uscc: str, at: datetime) -> tuple[str, ...]:
    """The contracts with an appeal against a rating that was open at a moment."""
    rows = db.session.scalars(
        sa.select(Contract.code)
        .join(Rating, Rating.contract_id == Contract.id)
        .join(Agency, Agency.id == Contract.agency_id)
        .where(
            Agency.uscc == uscc,
            Rating.appealed_at <= at,
            sa.or_(Rating.decided_at.is_(None), Rating.decided_at > at),
        )
        .distinct()
        .order_by(Contract.code)
    )
    return tuple(rows)


def main_industry_of(uscc: str, at: datetime) -> str | None:
    """The industry in which the agency has most ratings; None before the first."""
    return main_industry(counted(rated(uscc, at), at))


def last_review(uscc: str) -> Review | None:
    """The latest review of an agency."""
    query = sa.select(Review).where(Review.agency_uscc == uscc).order_by(Review.review_at.desc()).limit(1)
    return db.session.scalar(query)


def reviews_of(uscc: str) -> Sequence[Review]:
    """Every review of an agency, newest first."""
    query = sa.select(Review).where(Review.agency_uscc == uscc).order_by(Review.review_at.desc())
    return db.session.scalars(query).all()


def state_before(uscc: str) -> HeldState:
    """What the last review left; before the first one the level held, if any was set."""
    row = last_review(uscc)
    return HeldState(level=held_level(uscc)) if row is None else read_state(row.outcome)


def missing_reviews(at: datetime) -> list[tuple[datetime, str]]:
    """(t, agency) of every review not yet done, in order: from an agency's first rating, or its last review, to `at`."""
    reviewed = sa.select(Review.agency_uscc, sa.func.max(Review.review_at)).group_by(Review.agency_uscc)
    last = {row[0]: row[1] for row in db.session.execute(reviewed)}
    first = db.session.execute(
        sa.select(PastPerformance.agency_uscc, sa.func.min(PastPerformance.published_at))
        .join(Agency, Agency.uscc == PastPerformance.agency_uscc)
        .where(PastPerformance.score.is_not(None), Agency.standing != Standing.EXPELLED)
        .group_by(PastPerformance.agency_uscc)
    )
    found = [(moment, uscc) for uscc, since in first for moment in review_moments(last.get(uscc, since), at)]
    return sorted(found)


def rectification(rectification_id: int) -> Rectification:
    """The task. Raises NotFound."""
    row = db.session.get(Rectification, rectification_id)
    if row is None:
        raise NotFound(_("There is no such rectification task."))
    return row


def rectifications_of(uscc: str) -> Sequence[Rectification]:
    """Every rectification task of an agency, newest first."""
    query = sa.select(Rectification).where(Rectification.agency_uscc == uscc).order_by(Rectification.id.desc())
    return db.session.scalars(query).all()


def opinions_of(uscc: str) -> Sequence[OpinionRow]:
    """Every reasoned opinion on an agency, newest first."""
    query = sa.select(OpinionRow).where(OpinionRow.agency_uscc == uscc).order_by(OpinionRow.id.desc())
    return db.session.scalars(query).all()


def removal_case(case_id: int) -> RemovalCase:
    """The case. Raises NotFound."""
    row = db.session.get(RemovalCase, case_id)
    if row is None:
        raise NotFound(_("There is no such removal case."))
    return row


def cases_of(uscc: str) -> Sequence[RemovalCase]:
    """Every removal case of an agency, newest first."""
    query = sa.select(RemovalCase).where(RemovalCase.agency_uscc == uscc).order_by(RemovalCase.id.desc())
    return db.session.scalars(query).all()


def open_cases() -> Sequence[RemovalCase]:
    """Every removal case that is not closed, the first due first."""
    query = sa.select(RemovalCase).where(RemovalCase.state.in_(OPEN_CASES))
    return db.session.scalars(query.order_by(RemovalCase.decision_due_at, RemovalCase.id)).all()


def waiting_rectifications(actor: Actor) -> Sequence[Rectification]:
    """Rectifications handed in, for an authority that decides on them; the oldest first."""
    if not actor.system and not actor.organisations_with(P.STANDING_APPROVE_AS_AUTHORITY):
        return []
    query = sa.select(Rectification).where(Rectification.state == RectificationState.SUBMITTED)
    return db.session.scalars(query.order_by(Rectification.submitted_at, Rectification.id)).all()


def stored_facts(facts: ReviewFacts, before: HeldState) -> Stored:
    """Everything that a review rests on, as plain JSON."""
    return {
        "at": facts.at.isoformat(),
        "level": facts.level,
        "scores": [
            {
                "reference": each.reference,
                "score": str(each.score),
                "published_at": each.published_at.isoformat(),
                "owner": each.owner,
            }
            for each in facts.scores
        ],
        "opinions": [
            {"reference": each.reference, "accepted_at": each.accepted_at.isoformat()} for each in facts.opinions
        ],
        "open_appeals": list(facts.open_appeals),
        "before": stored_state(before),
    }


def read_facts(inputs: Mapping[str, object]) -> ReviewFacts:
    """The facts that `stored_facts` wrote."""
    scores = cast("list[dict[str, str]]", inputs["scores"])
    opinions = cast("list[dict[str, str]]", inputs["opinions"])
    return ReviewFacts(
        at=datetime.fromisoformat(str(inputs["at"])),
        level=cast("int | None", inputs["level"]),
        scores=tuple(
            PublishedScore(
                each["reference"],
                Decimal(each["score"]),
                datetime.fromisoformat(each["published_at"]),
                each["owner"],
            )
            for each in scores
        ),
        opinions=tuple(Opinion(each["reference"], datetime.fromisoformat(each["accepted_at"])) for each in opinions),
        open_appeals=tuple(cast("list[str]", inputs["open_appeals"])),
    )


def stored_state(state: HeldState) -> Stored:
    """A held state as plain JSON."""
    return {
        "level": state.level,
        "below": state.below,
        "above": state.above,
        "low": state.low,
        "reviewed_at": _iso(state.reviewed_at),
        "moved_at": _iso(state.moved_at),
        "demoted_at": _iso(state.demoted_at),
        "used_opinions": sorted(state.used_opinions),
    }


def read_state(stored: Mapping[str, object]) -> HeldState:
    """The state that `stored_state` wrote."""
    return HeldState(
        level=cast("int | None", stored["level"]),
        below=cast("int", stored["below"]),
        above=cast("int", stored["above"]),
        low=cast("int", stored["low"]),
        reviewed_at=_moment(stored["reviewed_at"]),
        moved_at=_moment(stored["moved_at"]),
        demoted_at=_moment(stored["demoted_at"]),
        used_opinions=frozenset(cast("list[str]", stored["used_opinions"])),
    )


def holds(row: Review) -> bool:
    """Whether a stored review, computed again from its inputs, gives the stored outcome."""
    before = read_state(cast("Mapping[str, object]", row.inputs["before"]))
    again = review(before, read_facts(row.inputs))
    return (again.move, again.before, again.after, again.state) == (
        row.move,
        row.held_before,
        row.held_after,
        read_state(row.outcome),
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: object) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))
