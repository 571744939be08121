"""/agencies: register 2 with the stars and credit of register 3 (onboarding.md, rating-and-credit.md)."""

from datetime import date
from typing import Literal

from pydantic import Field

from supermarket.agencies.change_queries import open_changes
from supermarket.agencies.forms import AgencyProfileForm
from supermarket.agencies.models import Agency, ChangeState, Onboarding, Service, Standing
from supermarket.agencies.operations import ask_about_profile, check_change, edit_profile, register
from supermarket.agencies.queries import agency_file, agency_of_actor
from supermarket.api.parameters import PageQuery, RegionCode, Whole, Words
from supermarket.api.readers import agency_for, knows_agency
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape, acting
from supermarket.core.clock import now
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.credit.directory import DirectoryFilter, DirectoryRow, directory
from supermarket.credit.points import CreditLevel
from supermarket.credit.queries import BASE_LEVEL, star_level
from supermarket.web.access import Access, present_actor


class AgenciesQuery(PageQuery):
    """What the list of active agencies is narrowed to."""

    q: Words = ""
    matter: str = Field("", pattern=r"^[A-Z]{2}[0-9]{3,8}$", description="code of a matter that is offered")
    region: RegionCode | None = None
    min_stars: Whole | None = Field(None, ge=1, le=5)
    credit: Literal["A", "B", "C", "D"] | None = Field(None, description="this level or better")
    sort: Literal["stars", "name", "credit", "newest"] = "stars"


class ServiceShape(Shape):
    """A matter that an agency offers."""

    matter: str
    fee_standard: str
    promised_days: int


class AgencyItem(Shape):
    """An agency in short."""

    uscc: str
    name: str
    region: str
    kind: str
    standing: Standing
    stars: int | None = Field(description="level held, 1 to 5; null: not yet rated")
    rating_count: int
    credit_points: int
    credit_level: CreditLevel
    services: list[ServiceShape]


class AgencyShape(AgencyItem):
    """An agency whole; what is for itself and the offices only is null for others."""

    version: int
    address: str
    public_contact: str
    introduction: str
    business_scope: str
    established: date | None
    is_branch: bool
    head_office_uscc: str | None
    standing_since: Moment
    pledge_signed_at: Moment | None
    legal_representative: str | None
    onboarding: Onboarding | None
    refusal: str | None


def _services(rows: list[Service]) -> list[ServiceShape]:
    return [
        ServiceShape(matter=row.matter_code, fee_standard=row.fee_standard, promised_days=row.promised_days)
        for row in rows
        if row.hidden_reason is None
    ]


def item_of(row: DirectoryRow) -> AgencyItem:
    """A line of the list."""
    agency = row.agency
    return AgencyItem(
        uscc=agency.uscc,
        name=agency.name,
        region=agency.region_code,
        kind=agency.kind,
        standing=agency.standing,
        stars=row.stars,
        rating_count=row.rating_count,
        credit_points=row.credit_points,
        credit_level=row.credit_level,
        services=_services(list(row.services)),
    )


def shape_of(agency: Agency) -> AgencyShape:
    """The agency as the present reader may see it."""
    known = knows_agency(agency, present_actor())
    stars = star_level(agency.uscc)
    return AgencyShape(
        uscc=agency.uscc,
        name=agency.name,
        region=agency.region_code,
        kind=agency.kind,
        standing=agency.standing,
        stars=None if stars is None else stars.held_level,
        rating_count=0 if stars is None else stars.rating_count,
        credit_points=100 if stars is None else stars.credit_points,
        credit_level=BASE_LEVEL if stars is None else CreditLevel(stars.credit_level),
        services=_services(agency.services),
        version=agency.version,
        address=agency.address,
        public_contact=agency.public_contact,
        introduction=agency.introduction,
        business_scope=agency.business_scope,
        established=agency.established,
        is_branch=agency.is_branch,
        head_office_uscc=agency.head_office_uscc,
        standing_since=agency.standing_since,
        pledge_signed_at=agency.pledge_signed_at,
        legal_representative=agency.legal_representative if known else None,
        onboarding=agency.onboarding if known else None,
        refusal=agency.refusal if known else None,
    )


@route("GET", "/agencies", N_("Active agencies"), gives=AgencyItem, many=True, query=AgenciesQuery)
def list_agencies(query: AgenciesQuery) -> Listing[AgencyItem]:
    """The public list with stars and credit; best stars first unless sorted otherwise."""
    chosen = DirectoryFilter(
        q=query.q,
        matter=query.matter,
        region=query.region or "",
        min_stars=query.min_stars,
        credit=query.credit or "",
        sort=query.sort,
    )
    page, _facets = directory(chosen, query.part())
    return Listing([item_of(row) for row in page.items], page.next)


@route("GET", "/agencies/{uscc}", N_("An agency"), gives=AgencyShape)
def show_agency(uscc: str) -> AgencyShape:
    """The profile; an applicant is known only to itself and the offices."""
    return shape_of(agency_for(uscc, present_actor()))


@route(
    "POST",
    "/agencies",
    N_("Enter one's agency in the register"),
    access=Access(permissions=(P.AGENCY_EDIT,)),
    form=AgencyProfileForm,
    gives=AgencyShape,
    status=201,
    location="/agencies/{uscc}",
)
def enter_agency(form: AgencyProfileForm) -> AgencyShape:
    """The code is the one that the organisation signed up with; the checks decide on the entry."""
    return shape_of(register(form.command(), **acting()))


def present_profile(uscc: str) -> dict[str, object]:
    """What stands, as the form has it. Raises NotFound."""
    row = agency_for(uscc, present_actor())
    own = agency_of_actor(present_actor())
    return {
        "name": row.name,
        "uscc": row.uscc,
        "kind": row.kind,
        "region": row.region_code,
        "address": row.address,
        "public_contact": row.public_contact,
        "introduction": row.introduction,
        # Another's profile is refused by the operation; its representative is not copied on the way there.
        "legal_representative": row.legal_representative if own is not None and own.id == row.id else "",
        "established": row.established.isoformat() if row.established else None,
        "business_scope": row.business_scope,
        "is_branch": row.is_branch,
        "head_office_uscc": row.head_office_uscc,
    }


def _answers(uscc: str) -> object:
    """What the registries say of an admitted agency of one's own; nobody else has them asked."""
    own = agency_of_actor(present_actor())
    if own is None or own.uscc != uscc or own.standing is Standing.APPLIED:
        return {}
    return ask_about_profile(uscc, now())


@route(
    "PATCH",
    "/agencies/{uscc}",
    N_("Change the profile"),
    access=Access(permissions=(P.AGENCY_EDIT,)),
    form=AgencyProfileForm,
    changes=present_profile,
    needed=("version",),
    prepare=_answers,
    gives=AgencyShape,
)
def change_agency(uscc: str, form: AgencyProfileForm, prepared: object) -> AgencyShape:
    """Only the fields that are named change; `version` is the one that was seen.

    An admitted agency's fields that registries know are checked first: see /agencies/{uscc}/changes for what became of
    them. The code never changes.
    """
    row = edit_profile(uscc, form.command(), expected_version=form.version.data, **acting())
    for change in open_changes(row.id):
        if change.state is ChangeState.CHECKING:
            check_change(change.id, answers=prepared, **acting())  # type: ignore[arg-type]  # what `_answers` gave
    return shape_of(agency_file(uscc))
