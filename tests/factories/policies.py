"""Regions, industries and numbers for tests; only what is asked for, so that a test stays quick."""

from datetime import date

import sqlalchemy as sa

from supermarket.data import catalogue
from supermarket.extensions import db
from supermarket.policies.defaults import PolicyValue
from supermarket.policies.models import Industry, Policy, Region
from supermarket.policies.operations import forget_cached

CHENGDU_WUHOU = "510107"


def make_region(code: str = CHENGDU_WUHOU) -> Region:
    """A region with what it lies in."""
    for item in reversed(catalogue.region_path(code)):
        if db.session.get(Region, item.code) is None:
            db.session.add(Region(code=item.code, name=item.name, parent_code=item.parent_code, level=item.level.value))
            db.session.flush()
    forget_cached()
    return db.session.get_one(Region, code)


def make_industry(code: str = "housing-construction") -> Industry:
    """An industry authority of the product's list."""
    known = db.session.get(Industry, code)
    if known is not None:
        return known
    item = next(each for each in catalogue.industries() if each.code == code)
    row = Industry(code=code, name=item.name)
    db.session.add(row)
    db.session.flush()
    return row


def make_policy(
    key: str, value: PolicyValue, *, region_code: str | None = None, effective_from: date = date(2020, 1, 1)
) -> Policy:
    """A number set for a region subtree (None: the country)."""
    row = Policy(key=key, region_code=region_code, effective_from=effective_from, value=value, basis="test")
    db.session.add(row)
    db.session.flush()
    return row


def count(model: type) -> int:
    """How many rows a table has."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0
