"""/regions, /industries, /me: small lists that forms need, and who one is."""

from pydantic import Field

from supermarket.api.parameters import PageQuery, Query, RegionCode
from supermarket.api.routes import SIGNED_IN, route
from supermarket.api.shapes import Listing, Shape
from supermarket.api.tokens import bearer
from supermarket.core.errors import NotFound
from supermarket.core.msgids import N_
from supermarket.core.paging import decode_cursor, encode_cursor
from supermarket.core.permissions import Role
from supermarket.policies.queries import children, industries


class RegionsQuery(PageQuery):
    """Below which region; provinces without."""

    parent: RegionCode | None = None


class RegionShape(Shape):
    """A region of GB/T 2260."""

    code: str
    name: str
    level: str
    parent: str | None


class IndustryShape(Shape):
    """An industry authority."""

    code: str
    name: str


class RoleShape(Shape):
    """A role that the account holds."""

    role: Role
    organisation: str
    organisation_uscc: str | None
    region: str | None = Field(description="only in this region's subtree; null: everywhere")
    industries: list[str] = Field(description="only for these; empty: all")


class MeShape(Shape):
    """The account behind the token."""

    email: str
    name: str
    roles: list[RoleShape]


@route("GET", "/regions", N_("Regions"), gives=RegionShape, many=True, query=RegionsQuery)
def list_regions(query: RegionsQuery) -> Listing[RegionShape]:
    """Directly below `parent`, by code."""
    after = str(decode_cursor(query.after, (str,))[0]) if query.after else ""
    rows = [row for row in children(query.parent) if row.code > after]
    shown = rows[: query.size]
    items = [RegionShape(code=row.code, name=row.name, level=row.level, parent=row.parent_code) for row in shown]
    return Listing(items, encode_cursor([shown[-1].code]) if len(rows) > query.size else None)


@route("GET", "/industries", N_("Industry authorities"), gives=IndustryShape, many=True, query=Query)
def list_industries() -> Listing[IndustryShape]:
    """All of them, by code."""
    return Listing([IndustryShape(code=row.code, name=row.name) for row in industries()])


@route("GET", "/me", N_("Who one is"), access=SIGNED_IN, gives=MeShape)
def show_me() -> MeShape:
    """The account behind the token, and its roles."""
    user = bearer()
    if user is None:
        raise NotFound("me")
    return MeShape(
        email=user.email,
        name=user.name,
        roles=[
            RoleShape(
                role=item.role,
                organisation=item.organisation.name,
                organisation_uscc=item.organisation.uscc,
                region=item.region_code,
                industries=list(item.industries),
            )
            for item in user.memberships
        ],
    )
