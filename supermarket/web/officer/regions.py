"""Where an officer's permissions reach: one place for what pages of offices show and count."""

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import Forbidden
from supermarket.core.permissions import Actor, P, may, region_stem
from supermarket.policies.queries import in_offices_charge
from supermarket.web.officer.blueprint import AGENCIES


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


def in_charge(column: "sa.orm.InstrumentedAttribute[str]", actor: Actor, *permissions: P) -> sa.ColumnElement[bool]:
    """Whether an agency with this region code is in the charge of one of the actor's offices, the home's for strangers."""
    return sa.or_(sa.false(), *(in_offices_charge(column, code) for code in regions_of(actor, *permissions)))


def file_is_open(actor: Actor, region: str) -> bool:
    """Whether an office reads the whole file of an agency of this region: in charge of it, or it is of another province.

    An agency of another province has no office of its own here; whoever meets it in a purchase reads its file.
    """
    home = {code[:2] for code in regions_of(actor, *AGENCIES) if code}
    return any(may(actor, item, region=region) for item in AGENCIES) or region[:2] not in home


def open_file(actor: Actor, region: str) -> None:
    """Let an office read an agency's file. Raises Forbidden where another city's offices are in charge."""
    if not file_is_open(actor, region):
        raise Forbidden(
            _("This agency is in the charge of another region's offices. Its public page is open to everybody.")
        )


def own_city(actor: Actor) -> str:
    """The one region below the province that a reader's offices are for; empty for offices of a province and above."""
    codes = regions_of(actor, *AGENCIES)
    code = codes[0] if len(codes) == 1 else None
    return code if code is not None and not code.endswith("0000") else ""
