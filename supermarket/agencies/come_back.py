"""Who comes back: the same body, head, controller or half the people of one that left within 36 months.

Source: rating-and-credit.md, removal. It is shown to the operator, who decides whether it is a succession.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from supermarket.agencies import events
from supermarket.agencies.models import Agency, Practitioner, RelatedParty, Standing, StandingChange
from supermarket.core.events import Event
from supermarket.core.working_days import local_date, local_moment
from supermarket.extensions import db

MONTHS = 36
OUT = (Standing.LEFT, Standing.EXPELLED)
ITSELF, SAME_HEAD, SAME_CONTROLLER, SAME_PEOPLE = "itself", "head", "controller", "practitioners"
_RELATIONS = {"legal_representative": SAME_HEAD, "controller": SAME_CONTROLLER}


@dataclass(frozen=True)
class EarlierLife:
    """An agency that left or was removed, when, and what the present one has in common with it."""

    how: str
    uscc: str
    name: str
    left_at: datetime


def _since(at: datetime) -> datetime:
    day = local_date(at)
    # The 29th of February has no counterpart in other years: the 28th is the earlier one.
    return local_moment(day.replace(year=day.year - MONTHS // 12, day=min(day.day, 28) if day.month == 2 else day.day))


def left_before(row: Agency, at: datetime) -> Sequence[EarlierLife]:
    """Whom the agency resembles among those that left or were removed within 36 months, itself first."""
    since = _since(at)
    return [*_itself(row, since, at), *_by_parties(row, since), *_by_people(row, since)]


def _itself(row: Agency, since: datetime, at: datetime) -> Iterator[EarlierLife]:
    left = db.session.scalar(
        sa.select(StandingChange.from_at)
        .where(
            StandingChange.agency_id == row.id,
            StandingChange.after.in_(OUT),
            StandingChange.from_at >= since,
            StandingChange.from_at <= at,
        )
        .order_by(StandingChange.id.desc())
        .limit(1)
    )
    if left is not None and row.standing not in OUT:
        yield EarlierLife(ITSELF, row.uscc, row.name, left)


def _by_parties(row: Agency, since: datetime) -> Iterator[EarlierLife]:
    own = sa.orm.aliased(RelatedParty)
    rows = db.session.execute(
        sa.select(RelatedParty.relation, Agency.uscc, Agency.name, Agency.standing_since)
        .join(Agency, Agency.id == RelatedParty.agency_id)
        .join(own, sa.and_(own.party_hash == RelatedParty.party_hash, own.relation == RelatedParty.relation))
        .where(
            own.agency_id == row.id,
            own.ended_at.is_(None),
            RelatedParty.ended_at.is_(None),
            RelatedParty.relation.in_(_RELATIONS),
            Agency.id != row.id,
            Agency.standing.in_(OUT),
            Agency.standing_since >= since,
        )
        .distinct()
        .order_by(Agency.uscc, RelatedParty.relation)
    ).all()
    for relation, uscc, name, left in rows:
        yield EarlierLife(_RELATIONS[relation], uscc, name, left)


def _by_people(row: Agency, since: datetime) -> Iterator[EarlierLife]:
    """Half of those who worked there when it left, or later until they were released."""
    own = sa.orm.aliased(Practitioner)
    shared = sa.func.count(sa.distinct(Practitioner.identity_hash)).filter(
        sa.exists().where(
            own.agency_id == row.id, own.released_at.is_(None), own.identity_hash == Practitioner.identity_hash
        )
    )
    rows = db.session.execute(
        sa.select(Agency.uscc, Agency.name, Agency.standing_since)
        .join(Practitioner, Practitioner.agency_id == Agency.id)
        .where(
            Agency.id != row.id,
            Agency.standing.in_(OUT),
            Agency.standing_since >= since,
            sa.or_(Practitioner.released_at.is_(None), Practitioner.released_at >= Agency.standing_since),
        )
        .group_by(Agency.id)
        .having(shared > 0, shared * 2 >= sa.func.count(sa.distinct(Practitioner.identity_hash)))
        .order_by(Agency.uscc)
    ).all()
    for uscc, name, left in rows:
        yield EarlierLife(SAME_PEOPLE, uscc, name, left)


def with_noted_come_backs(codes: Collection[str], at: datetime) -> frozenset[str]:
    """Those of which it was recorded that they are, or resemble, an agency that left within the last 36 months."""
    rows = db.session.execute(
        sa.select(Event.agency_uscc, Event.data).where(Event.agency_uscc.in_(codes), Event.tag == events.CAME_BACK.name)
    )
    since = _since(at)
    return frozenset(
        uscc for uscc, data in rows if uscc is not None and datetime.fromisoformat(str(data["left_at"])) >= since
    )


def noted_come_backs(uscc: str) -> Sequence[EarlierLife]:
    """What was recorded of an agency's coming back, newest first, for the operator's page; two statements."""
    rows = db.session.scalars(
        sa.select(Event).where(Event.agency_uscc == uscc, Event.tag == events.CAME_BACK.name).order_by(Event.id.desc())
    ).all()
    codes = {str(item.data["before_uscc"]) for item in rows}
    found = db.session.execute(sa.select(Agency.uscc, Agency.name).where(Agency.uscc.in_(codes)))
    names = {each.uscc: each.name for each in found}
    return [
        EarlierLife(
            str(item.data["how"]),
            str(item.data["before_uscc"]),
            names.get(str(item.data["before_uscc"]), str(item.data["before_uscc"])),
            datetime.fromisoformat(str(item.data["left_at"])),
        )
        for item in rows
    ]
