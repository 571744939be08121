"""Reads of the policies room: numbers in force, the calendar, regions."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from flask import current_app, g, has_app_context

from supermarket.core.permissions import region_covers, region_stem
from supermarket.core.working_days import Calendar, load_official, local_date
from supermarket.extensions import db
from supermarket.policies.defaults import DEFAULTS, PolicyValue
from supermarket.policies.models import CalendarDay, Industry, Policy, Region, RegionSuccessor


def ancestors(region_code: str) -> tuple[str, ...]:
    """The region and what it lies in, nearest first."""
    names = region_names()
    path = []
    code: str | None = region_code
    while code is not None and code in names:
        path.append(code)
        code = names[code][1]
    return tuple(path)


def region_names() -> Mapping[str, tuple[str, str | None, str]]:
    """code → (name, parent, level) of every region; read once per application context."""
    if not has_app_context() or "region_names" not in g:
        rows = db.session.execute(sa.select(Region.code, Region.name, Region.parent_code, Region.level)).all()
        g.region_names = {row.code: (row.name, row.parent_code, row.level) for row in rows}
    names: Mapping[str, tuple[str, str | None, str]] = g.region_names
    return names


def office_region(region_code: str) -> str:
    """Whose offices are in charge of a body with its seat there: the region's own, and the market's home for all others.

    The market is open to the whole country (onboarding.md); a body from elsewhere has no office of its own here.
    """
    home = str(current_app.config["HOME_REGION"])
    return region_code if region_covers(home, region_code) else home


def in_offices_charge(column: "sa.orm.InstrumentedAttribute[str]", scope: str | None) -> sa.ColumnElement[bool]:
    """`office_region` in SQL: whether bodies with this region code are in the charge of an office with this scope."""
    if scope is None:
        return sa.true()
    home, own = str(current_app.config["HOME_REGION"]), column.startswith(region_stem(scope))
    return sa.or_(own, ~column.startswith(region_stem(home))) if region_covers(scope, home) else own


def region_name(code: str) -> str:
    """“四川省成都市武侯区”; the code itself if unknown."""
    names = region_names()
    return "".join(names[step][0] for step in reversed(ancestors(code))) or code


def region_exists(code: str) -> bool:
    """Whether `code` is a region in force."""
    return db.session.get(Region, code) is not None


def children(parent_code: str | None) -> Sequence[Region]:
    """Regions directly below `parent_code` (None: provinces), by code."""
    return db.session.scalars(sa.select(Region).where(Region.parent_code == parent_code).order_by(Region.code)).all()


def successors(old_code: str) -> Sequence[str]:
    """Regions that took over an abolished code."""
    query = sa.select(RegionSuccessor.successor_code).where(RegionSuccessor.old_code == old_code)
    return db.session.scalars(query.order_by(RegionSuccessor.successor_code)).all()


def industries() -> Sequence[Industry]:
    """Every industry authority, by code."""
    return db.session.scalars(sa.select(Industry).order_by(Industry.code)).all()


def calendar() -> Calendar:
    """The official working days in the database over those that the product carries."""
    if has_app_context() and "calendar" in g:
        known: Calendar = g.calendar
        return known
    rows = db.session.execute(sa.select(CalendarDay.day, CalendarDay.is_working)).all()
    made = Calendar({row.day: row.is_working for row in rows}) if rows else load_official()
    if has_app_context():
        g.calendar = made
    return made


def policies_for(region_code: str, at: datetime) -> dict[str, PolicyValue]:
    """Every number in force on the local date of `at`: the nearest region's row wins, then the latest from-date."""
    return policies_of([region_code], at)[region_code]


def policies_of(region_codes: Collection[str], at: datetime) -> dict[str, dict[str, PolicyValue]]:
    """The same for several regions, by region, in one statement."""
    day: date = local_date(at)
    rows = db.session.scalars(
        sa.select(Policy).where(Policy.effective_from <= day).order_by(Policy.effective_from)
    ).all()
    return {code: _in_force(rows, code) for code in region_codes}


def _in_force(rows: Sequence[Policy], region_code: str) -> dict[str, PolicyValue]:
    path = ancestors(region_code)
    values = dict(DEFAULTS)
    nearness: dict[str, int] = {}
    for row in rows:
        if row.region_code is not None and row.region_code not in path:
            continue
        near = len(path) if row.region_code is None else path.index(row.region_code)
        if near <= nearness.get(row.key, len(path) + 1):
            values[row.key], nearness[row.key] = row.value, near
    return values


def number(values: Mapping[str, PolicyValue], key: str) -> int:
    """A whole-number policy. Raises KeyError for an unknown key, TypeError if it is no number."""
    value = values[key]
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"policy {key} is no whole number: {value!r}")
    return value
