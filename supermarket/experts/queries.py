"""Reads of the experts room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from supermarket.core.errors import NotFound
from supermarket.core.paging import Page, Slice, SortKey, fetch
from supermarket.core.permissions import Actor, P, region_stem
from supermarket.experts.models import Expert
from supermarket.experts.states import ExpertStanding
from supermarket.extensions import db
from supermarket.policies.queries import in_offices_charge

OFFICES = (P.EXPERT_DECIDE, P.SUPERVISE)


@dataclass(frozen=True)
class ExpertFilter:
    """What the list is narrowed to; empty means all. `account`: with one, or without."""

    q: str = ""
    standing: ExpertStanding | None = None
    industry: str = ""
    region: str = ""
    account: bool | None = None


def _reach(actor: Actor) -> sa.ColumnElement[bool]:
    """Experts of the regions in which the actor is an office."""
    codes = {grant.region_code for permission in OFFICES for grant in actor.grants_with(permission)}
    if actor.system or None in codes:
        return sa.true()
    return sa.or_(sa.false(), *(in_offices_charge(Expert.region_code, code) for code in codes))


def _conditions(chosen: ExpertFilter, actor: Actor) -> list[sa.ColumnElement[bool]]:
    found = [_reach(actor)]
    for word in chosen.q.split():
        found.append(
            sa.or_(
                Expert.name.icontains(word, autoescape=True),
                Expert.employer.icontains(word, autoescape=True),
                Expert.code == word.upper(),
                Expert.employer_uscc == word.upper(),
            )
        )
    if chosen.standing is not None:
        found.append(Expert.standing == chosen.standing)
    if chosen.industry:
        found.append(Expert.industries.contains([chosen.industry]))
    if chosen.region:
        found.append(Expert.region_code.startswith(region_stem(chosen.region)))
    if chosen.account is not None:
        found.append(Expert.user_id.is_not(None) if chosen.account else Expert.user_id.is_(None))
    return found


def experts(chosen: ExpertFilter, part: Slice, actor: Actor) -> Page[Expert]:
    """The experts of an office's regions, by name: two statements. Raises InvalidInput for a cursor that is not ours."""
    conditions = _conditions(chosen, actor)
    total = db.session.scalar(sa.select(sa.func.count()).select_from(Expert).where(*conditions)) or 0
    query = sa.select(Expert).where(*conditions)
    return fetch(query, [SortKey(Expert.name.expression), SortKey(Expert.id.expression)], part, total)


def standings(actor: Actor) -> Mapping[ExpertStanding, int]:
    """How many stand where in an office's regions: one statement."""
    rows = db.session.execute(
        sa.select(Expert.standing, sa.func.count().label("number")).where(_reach(actor)).group_by(Expert.standing)
    )
    return {row.standing: row.number for row in rows}


def expert_for(code: str, actor: Actor) -> Expert:
    """An expert for the offices of the region, and for themselves. Raises NotFound."""
    row = db.session.scalar(
        sa.select(Expert)
        .where(Expert.code == code, sa.or_(_reach(actor), Expert.user_id == (actor.user_id or 0)))
        .options(selectinload(Expert.interests))
    )
    if row is None:
        raise NotFound(_("There is no such expert."))
    return row


def expert_of(actor: Actor) -> Expert | None:
    """The actor's own entry in the pool."""
    if actor.user_id is None:
        return None
    return db.session.scalar(sa.select(Expert).where(Expert.user_id == actor.user_id))


def able(industry: str, matter_code: str, region: str | None = None) -> Sequence[Expert]:
    """Active experts with an account who judge a matter, in a region's subtree (None: everywhere), by code."""
    query = (
        sa.select(Expert)
        .where(
            Expert.standing == ExpertStanding.ACTIVE,
            Expert.user_id.is_not(None),
            Expert.industries.contains([industry]),
            sa.or_(sa.func.cardinality(Expert.matters) == 0, Expert.matters.contains([matter_code])),
        )
        .options(selectinload(Expert.interests))
        .order_by(Expert.code)
    )
    if region is not None:
        query = query.where(Expert.region_code.startswith(region_stem(region)))
    return db.session.scalars(query).all()


def able_count(industry: str, matter_code: str) -> int:
    """How many could be drawn for a matter if nothing kept them out: one statement."""
    query = (
        sa.select(sa.func.count())
        .select_from(Expert)
        .where(
            Expert.standing == ExpertStanding.ACTIVE,
            Expert.user_id.is_not(None),
            Expert.industries.contains([industry]),
            sa.or_(sa.func.cardinality(Expert.matters) == 0, Expert.matters.contains([matter_code])),
        )
    )
    return db.session.scalar(query) or 0
