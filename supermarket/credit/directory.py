"""The public list of agencies: register 2 beside the stars and credit of register 3. Four statements, whatever its size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from supermarket.agencies.models import Agency, Service, Standing
from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.paging import Page, Slice, SortKey, fetch
from supermarket.core.permissions import region_stem
from supermarket.credit.models import StarLevel
from supermarket.credit.points import CreditLevel
from supermarket.credit.queries import BASE_LEVEL, star_levels
from supermarket.extensions import db

SORTS = ("stars", "name", "credit", "newest")
# What an agency has before anything was computed for it (rating spec: C = 100, at most B without ratings).
_CREDIT = sa.func.coalesce(StarLevel.credit_level, sa.literal(BASE_LEVEL.value, sa.String()), type_=sa.String())
_POINTS = sa.func.coalesce(StarLevel.credit_points, sa.literal(100, sa.Integer()), type_=sa.Integer())
_STARS = sa.func.coalesce(StarLevel.held_level, sa.literal(0, sa.Integer()), type_=sa.Integer())
_SCORE = sa.func.coalesce(StarLevel.score, sa.literal(Decimal(0), sa.Numeric()), type_=sa.Numeric(7, 4))
_CITY = sa.func.left(Agency.region_code, 4, type_=sa.String())


@dataclass(frozen=True)
class DirectoryFilter:
    """What the list is narrowed to. `min_stars` wants a level held; `credit` a level or better; empty means all."""

    q: str = ""
    matter: str = ""
    region: str = ""
    min_stars: int | None = None
    credit: str = ""
    standing: Standing | None = Standing.ACTIVE
    sort: str = "stars"


@dataclass(frozen=True)
class DirectoryRow:
    """One agency of the list: services offered and shown, stars and credit."""

    agency: Agency
    services: Sequence[Service]
    stars: int | None
    score: Decimal | None
    rating_count: int
    credit_points: int
    credit_level: CreditLevel


@dataclass(frozen=True)
class DirectoryFacets:
    """How many match: in all, by city code, by level held (0: not yet rated), by credit level.

    Each count ignores the choice made in its own facet.
    """

    total: int = 0
    cities: Mapping[str, int] = field(default_factory=dict)
    stars: Mapping[int, int] = field(default_factory=dict)
    credit: Mapping[str, int] = field(default_factory=dict)


def directory(chosen: DirectoryFilter, part: Slice) -> tuple[Page[DirectoryRow], DirectoryFacets]:
    """One page with the facets. Raises InvalidInput for a sort, credit level or star level that there is not."""
    _known(chosen)
    counts = facets(chosen)
    query = (
        sa.select(Agency)
        .outerjoin(StarLevel, StarLevel.agency_uscc == Agency.uscc)
        .where(*_conditions(chosen), *_region(chosen), *_stars(chosen), *_credit(chosen))
        .options(selectinload(Agency.services))
    )
    page = fetch(query, _order(chosen.sort), part, counts.total)
    stars = star_levels([row.uscc for row in page.items])
    rows = [_row(agency, stars.get(agency.uscc)) for agency in page.items]
    return Page(rows, page.total, page.next, page.number, page.size), counts


def _row(agency: Agency, found: StarLevel | None) -> DirectoryRow:
    return DirectoryRow(
        agency=agency,
        services=[service for service in agency.services if service.hidden_reason is None],
        stars=None if found is None else found.held_level,
        score=None if found is None else found.score,
        rating_count=0 if found is None else found.rating_count,
        credit_points=100 if found is None else found.credit_points,
        credit_level=BASE_LEVEL if found is None else CreditLevel(found.credit_level),
    )


def _known(chosen: DirectoryFilter) -> None:
    errors = []
    if chosen.sort not in SORTS:
        message = _("The list cannot be sorted like this. Choose one of: %(names)s.", names=", ".join(SORTS))
        errors.append(FieldError("sort", "unknown", message))
    if chosen.credit and chosen.credit not in set(CreditLevel):
        errors.append(FieldError("credit", "unknown", _("Credit levels are A, B, C and D.")))
    if chosen.min_stars is not None and not 1 <= chosen.min_stars <= 5:
        errors.append(FieldError("min_stars", "range", _("Stars go from 1 to 5.")))
    if errors:
        raise InvalidInput(_("The list cannot be shown like this."), errors=errors)


def _order(sort: str) -> list[SortKey]:
    last = SortKey(Agency.id.expression)
    match sort:
        case "name":
            return [SortKey(Agency.name.expression), last]
        case "credit":
            return [SortKey(_CREDIT), SortKey(_POINTS, descending=True), last]
        case "newest":
            return [SortKey(Agency.standing_since.expression, descending=True), last]
        case _:
            return [
                SortKey(_STARS, descending=True),
                SortKey(_SCORE, descending=True),
                SortKey(_POINTS, descending=True),
                last,
            ]


def _conditions(chosen: DirectoryFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if chosen.standing is not None:
        found.append(Agency.standing == chosen.standing)
    for word in chosen.q.split():
        found.append(sa.or_(Agency.name.icontains(word, autoescape=True), Agency.uscc == word.upper()))
    if chosen.matter:
        offered = sa.exists().where(
            Service.agency_id == Agency.id,
            Service.matter_code == chosen.matter,
            Service.hidden_reason.is_(None),
        )
        found.append(offered)
    return found


def _region(chosen: DirectoryFilter) -> list[sa.ColumnElement[bool]]:
    return [Agency.region_code.startswith(region_stem(chosen.region), autoescape=True)] if chosen.region else []


def _stars(chosen: DirectoryFilter) -> list[sa.ColumnElement[bool]]:
    return [] if chosen.min_stars is None else [chosen.min_stars <= _STARS]


def _credit(chosen: DirectoryFilter) -> list[sa.ColumnElement[bool]]:
    return [chosen.credit >= _CREDIT] if chosen.credit else []


def facets(chosen: DirectoryFilter) -> DirectoryFacets:
    """The counts of the whole and of every facet, in one statement."""
    inside = sa.and_(sa.true(), *_region(chosen))
    groups = (_CITY.label("city"), _STARS.label("stars"), _CREDIT.label("credit"), inside.label("inside"))
    rows = db.session.execute(
        sa.select(*groups, sa.func.count())
        .select_from(Agency)
        .outerjoin(StarLevel, StarLevel.agency_uscc == Agency.uscc)
        .where(*_conditions(chosen))
        .group_by(*(group.name for group in groups))
    ).all()
    total, cities, stars, credit = 0, dict[str, int](), dict[int, int](), dict[str, int]()
    for city, level, letter, within, count in rows:
        fits_stars = chosen.min_stars is None or level >= chosen.min_stars
        fits_credit = not chosen.credit or letter <= chosen.credit
        if fits_stars and fits_credit:
            cities[f"{city}00"] = cities.get(f"{city}00", 0) + count
            total += count if within else 0
        if within and fits_credit:
            stars[level] = stars.get(level, 0) + count
        if within and fits_stars:
            credit[letter] = credit.get(letter, 0) + count
    return DirectoryFacets(total, cities, stars, credit)
