"""Where an officer's permissions reach: one place for what pages of offices show and count."""

import sqlalchemy as sa

from supermarket.core.permissions import Actor, P, region_stem


def regions_of(actor: Actor, *permissions: P) -> list[str | None]:
    """The region subtrees of the grants with one of the permissions; only None (everywhere) if one grant has no region."""
    codes = {grant.region_code for permission in permissions for grant in actor.grants_with(permission)}
    return [None] if None in codes else [*sorted(code for code in codes if code is not None)]


def within(column: "sa.orm.InstrumentedAttribute[str]", actor: Actor, *permissions: P) -> sa.ColumnElement[bool]:
    """Whether a region code lies where one of the permissions is held."""
    codes = regions_of(actor, *permissions)
    if None in codes:
        return sa.true()
    return sa.or_(sa.false(), *(column.startswith(region_stem(code)) for code in codes if code))
