"""Reads of the credit room: points and levels on a day, ledgers, lists, past performance, stars."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa

from supermarket.core.paging import Page, Slice, SortKey, fetch
from supermarket.core.working_days import local_date, local_moment
from supermarket.credit.models import CreditEntry, Ledger, ListEntry, ListKind, PastPerformance, StarLevel
from supermarket.credit.points import (
    Credit,
    CreditEvent,
    CreditLevel,
    Entry,
    OwnerEvent,
    add_months,
    agency_credit,
    owner_credit,
)
from supermarket.extensions import db

BASE_LEVEL = CreditLevel.B


def ledger(uscc: str, which: Ledger = Ledger.AGENCY, *, until: datetime | None = None) -> Sequence[CreditEntry]:
    """Every entry of a ledger in order, or those made up to a moment."""
    query = sa.select(CreditEntry).where(CreditEntry.ledger == which, CreditEntry.uscc == uscc)
    if until is not None:
        query = query.where(CreditEntry.entered_at <= until)
    return db.session.scalars(query.order_by(CreditEntry.id)).all()


def as_values(rows: Iterable[CreditEntry]) -> list[Entry]:
    """Ledger rows as the pure computation takes them."""
    return [
        Entry(
            reference=str(row.id),
            event=CreditEvent(row.event) if row.ledger is Ledger.AGENCY else OwnerEvent(row.event),
            points=row.points,
            from_date=row.from_date,
            until=row.until_date,
            reverses=None if row.reverses_id is None else str(row.reverses_id),
        )
        for row in rows
    ]


def ratings_and_owners(uscc: str, at: datetime) -> tuple[int, int]:
    """How many ratings an agency has that are published by a moment, and of how many owners."""
    row = db.session.execute(
        sa.select(sa.func.count(), sa.func.count(sa.distinct(PastPerformance.owner_uscc))).where(
            PastPerformance.agency_uscc == uscc,
            PastPerformance.score.is_not(None),
            PastPerformance.published_at <= at,
        )
    ).one()
    return row[0], row[1]


def credit_of(uscc: str, at: datetime) -> Credit:
    """An agency's C and level on the local day of a moment, with the row of every entry: two statements."""
    ratings, owners = ratings_and_owners(uscc, at)
    return agency_credit(as_values(ledger(uscc, until=at)), local_date(at), ratings, owners)


points_at = credit_of


def owner_credit_of(uscc: str, at: datetime) -> Credit:
    """An owner's C and level on the local day of a moment."""
    return owner_credit(as_values(ledger(uscc, Ledger.OWNER, until=at)), local_date(at))


def _in_force(on: date) -> sa.ColumnElement[bool]:
    """List entries in force on a local day; an ended one no longer counts from the moment of ending."""
    return sa.and_(
        ListEntry.from_date <= on,
        sa.or_(ListEntry.until_date.is_(None), ListEntry.until_date > on),
        ListEntry.ended_at.is_(None),
    )


def barring_lists(uscc: str, on: date) -> Sequence[ListEntry]:
    """The lists of serious dishonesty that a party stands on, on a local day."""
    return barring_lists_of([uscc], on)


def barring_lists_of(codes: Collection[str], on: date) -> Sequence[ListEntry]:
    """The lists of serious dishonesty that several parties stand on, on a local day, in one statement."""
    query = sa.select(ListEntry).where(ListEntry.uscc.in_(codes), ListEntry.kind == ListKind.BLACK, _in_force(on))
    return db.session.scalars(query.order_by(ListEntry.id)).all()


def barred(uscc: str, on: date) -> bool:
    """Whether a party stands on a list that bars, province-wide, on a local day."""
    return bool(barring_lists(uscc, on))


def barred_among(codes: Collection[str], on: date) -> frozenset[str]:
    """Which of several parties stand on a list that bars, in one statement."""
    query = sa.select(ListEntry.uscc).where(ListEntry.uscc.in_(codes), ListEntry.kind == ListKind.BLACK, _in_force(on))
    return frozenset(db.session.scalars(query))


def list_page(kind: ListKind, on: date, part: Slice, *, q: str = "") -> Page[ListEntry]:
    """A public list as it stands on a local day, newest first: two statements."""
    conditions = [ListEntry.kind == kind, _in_force(on)]
    if q.strip():
        found = sa.or_(ListEntry.name.icontains(q.strip(), autoescape=True), ListEntry.uscc == q.strip().upper())
        conditions.append(found)
    total = db.session.scalar(sa.select(sa.func.count()).select_from(ListEntry).where(*conditions)) or 0
    keys = [SortKey(ListEntry.from_date.expression, descending=True), SortKey(ListEntry.id.expression, descending=True)]
    return fetch(sa.select(ListEntry).where(*conditions), keys, part, total)


def star_level(uscc: str) -> StarLevel | None:
    """The agency's stars and credit as last computed, or None before the first computation."""
    return db.session.get(StarLevel, uscc)


def star_levels(codes: Collection[str]) -> Mapping[str, StarLevel]:
    """Stars and credit of several agencies by code, in one statement."""
    rows = db.session.scalars(sa.select(StarLevel).where(StarLevel.agency_uscc.in_(codes))).all()
    return {row.agency_uscc: row for row in rows}


def held_level(uscc: str) -> int | None:
    """The level that the agency holds; None: not yet rated."""
    return db.session.scalar(sa.select(StarLevel.held_level).where(StarLevel.agency_uscc == uscc))


def performances(uscc: str, *, until: datetime | None = None) -> Sequence[PastPerformance]:
    """An agency's accepted contracts, oldest first; those published up to a moment."""
    query = sa.select(PastPerformance).where(PastPerformance.agency_uscc == uscc)
    if until is not None:
        query = query.where(PastPerformance.published_at <= until)
    return db.session.scalars(query.order_by(PastPerformance.published_at, PastPerformance.contract_code)).all()


def experience(uscc: str, matter_code: str, at: datetime) -> int:
    """Contracts of an agency for a matter that were accepted in the three years up to a moment (selection spec §6)."""
    since = local_moment(add_months(local_date(at), -36))
    query = sa.select(sa.func.count()).where(
        PastPerformance.agency_uscc == uscc,
        PastPerformance.matter_code == matter_code,
        PastPerformance.accepted_at > since,
        PastPerformance.accepted_at <= at,
    )
    return db.session.scalar(query) or 0


@dataclass(frozen=True)
class IndustryScores:
    """How many P of an industry there are in a period, and their sum."""

    count: int
    total: Decimal


def industry_scores(industry: str, *, since: datetime, until: datetime, smallest: int = 0) -> IndustryScores:
    """Count and sum of the P of an industry published in (since, until]; `smallest` amount in fen."""
    row = db.session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(PastPerformance.score), 0)).where(
            PastPerformance.industry == industry,
            PastPerformance.score.is_not(None),
            PastPerformance.published_at > since,
            PastPerformance.published_at <= until,
            PastPerformance.amount >= smallest,
        )
    ).one()
    return IndustryScores(row[0], Decimal(row[1] or 0))


def reviewable(after: str, limit: int) -> Sequence[str]:
    """Codes of agencies with stars, entries or performances, in order, after a code: the batches of nightly jobs."""
    sources = sa.union(
        sa.select(StarLevel.agency_uscc.label("uscc")),
        sa.select(CreditEntry.uscc).where(CreditEntry.ledger == Ledger.AGENCY),
        sa.select(PastPerformance.agency_uscc),
    ).subquery()
    query = sa.select(sources.c.uscc).where(sources.c.uscc > after).order_by(sources.c.uscc).limit(limit)
    return db.session.scalars(query).all()
