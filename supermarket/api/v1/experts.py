"""/experts: the pool of experts, for the offices in charge; an expert's own entry and interests (selection.md §6)."""

from datetime import date

from flask_babel import gettext as _
from pydantic import Field

from supermarket.api.parameters import PageQuery, RegionCode, Words
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape, acting
from supermarket.core.errors import NotFound
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.experts import operations as experts
from supermarket.experts.forms import (
    ExpertChangeForm,
    ExpertProfileForm,
    InterestForm,
    NewExpertForm,
    StandingReasonForm,
)
from supermarket.experts.models import Expert, ExpertInterest
from supermarket.experts.queries import OFFICES, ExpertFilter, expert_for, expert_of
from supermarket.experts.queries import experts as list_of
from supermarket.experts.states import ExpertStanding, InterestKind
from supermarket.web.access import Access, present_actor

SEES = Access(permissions=OFFICES)
DECIDES = Access(permissions=(P.EXPERT_DECIDE,))
SERVES = Access(permissions=(P.EXPERT_SERVE,))


class ExpertsQuery(PageQuery):
    """What the list is narrowed to."""

    q: Words = ""
    standing: ExpertStanding | None = None
    industry: str = Field("", pattern="^[a-z][a-z_-]{1,31}$", description="code of the industry")
    region: RegionCode | None = None


class InterestShape(Shape):
    """A body that the expert must not judge."""

    id: int
    kind: InterestKind
    uscc: str
    body_name: str
    ended_on: date | None
    declared_at: Moment


class ExpertShape(Shape):
    """An expert, for the offices and for themselves; panels are told to nobody before the announcement."""

    code: str
    name: str
    email: str
    title: str
    employer: str
    employer_uscc: str | None
    region: str
    industries: list[str]
    matters: list[str] = Field(description="none: every matter of the industries")
    standing: ExpertStanding
    standing_since: Moment
    standing_reason: str
    account: bool = Field(description="only who has an account is drawn")
    version: int
    interests: list[InterestShape]


def _interest(row: ExpertInterest) -> InterestShape:
    return InterestShape(
        id=row.id,
        kind=row.kind,
        uscc=row.uscc,
        body_name=row.body_name,
        ended_on=row.ended_on,
        declared_at=row.declared_at,
    )


def _shape(row: Expert) -> ExpertShape:
    return ExpertShape(
        code=row.code,
        name=row.name,
        email=row.email,
        title=row.title,
        employer=row.employer,
        employer_uscc=row.employer_uscc,
        region=row.region_code,
        industries=list(row.industries),
        matters=list(row.matters),
        standing=row.standing,
        standing_since=row.standing_since,
        standing_reason=row.standing_reason,
        account=row.user_id is not None,
        version=row.version,
        interests=[_interest(item) for item in row.live_interests],
    )


@route("GET", "/experts", N_("Experts"), access=SEES, gives=ExpertShape, many=True, query=ExpertsQuery)
def list_experts(query: ExpertsQuery) -> Listing[ExpertShape]:
    """By name, those of the regions in the reader's charge."""
    chosen = ExpertFilter(query.q, query.standing, query.industry, query.region or "")
    found = list_of(chosen, query.part(), present_actor())
    return Listing([_shape(row) for row in found.items], found.next)


@route("GET", "/experts/{code}", N_("An expert"), access=SEES, gives=ExpertShape)
def show_expert(code: str) -> ExpertShape:
    """With the declared interests."""
    return _shape(expert_for(code, present_actor()))


@route(
    "POST",
    "/experts",
    N_("Enter an expert"),
    access=DECIDES,
    form=NewExpertForm,
    gives=ExpertShape,
    status=201,
    location="/experts/{code}",
)
def enter_expert(form: NewExpertForm) -> ExpertShape:
    """As applied; nobody is drawn before the admission and without an account."""
    return _shape(experts.enter(form.command(), **acting()))


@route("POST", "/experts/{code}/admit", N_("Admit an expert"), access=DECIDES, gives=ExpertShape)
def admit_expert(code: str) -> ExpertShape:
    """From now on the expert can be drawn, once there is an account (its first password is shown on the page alone)."""
    expert_for(code, present_actor())
    return _shape(experts.admit(code, **acting()))


@route(
    "POST",
    "/experts/{code}/refuse",
    N_("Refuse an application"),
    access=DECIDES,
    form=StandingReasonForm,
    gives=ExpertShape,
)
def refuse_expert(code: str, form: StandingReasonForm) -> ExpertShape:
    """With the reason."""
    expert_for(code, present_actor())
    return _shape(experts.refuse(code, reason=form.reason.data, **acting()))


@route(
    "POST",
    "/experts/{code}/suspend",
    N_("Suspend an expert"),
    access=DECIDES,
    form=StandingReasonForm,
    gives=ExpertShape,
)
def suspend_expert(code: str, form: StandingReasonForm) -> ExpertShape:
    """Nobody draws the expert until reinstated; running panels go on."""
    expert_for(code, present_actor())
    return _shape(experts.suspend(code, reason=form.reason.data, **acting()))


@route(
    "POST",
    "/experts/{code}/reinstate",
    N_("Reinstate an expert"),
    access=DECIDES,
    form=StandingReasonForm,
    gives=ExpertShape,
)
def reinstate_expert(code: str, form: StandingReasonForm) -> ExpertShape:
    """The expert can be drawn again."""
    expert_for(code, present_actor())
    return _shape(experts.reinstate(code, reason=form.reason.data, **acting()))


def _own() -> Expert:
    row = expert_of(present_actor())
    if row is None:
        raise NotFound(_("You are not in the pool of experts yet; apply first."))
    return row


@route("GET", "/experts/me", N_("One's own entry in the pool"), access=SERVES, gives=ExpertShape)
def show_own_expert() -> ExpertShape:
    """The profile and the declared interests."""
    return _shape(_own())


@route(
    "POST",
    "/experts/me",
    N_("Apply for the pool"),
    access=SERVES,
    form=ExpertProfileForm,
    gives=ExpertShape,
    status=201,
)
def apply_as_expert(form: ExpertProfileForm) -> ExpertShape:
    """The operator decides on the application."""
    return _shape(experts.apply(form.profile(), **acting()))


@route("PATCH", "/experts/me", N_("Change one's profile"), access=SERVES, form=ExpertChangeForm, gives=ExpertShape)
def change_own_expert(form: ExpertChangeForm) -> ExpertShape:
    """It counts from the next draw on; `version` is the one that was seen."""
    return _shape(experts.change_profile(_own().code, form.profile(), version=form.version.data, **acting()))


@route(
    "POST",
    "/experts/me/interests",
    N_("Declare a body that one must not judge"),
    access=SERVES,
    form=InterestForm,
    gives=InterestShape,
    status=201,
)
def declare_interest(form: InterestForm) -> InterestShape:
    """It counts from the next draw on."""
    return _interest(experts.declare(form.command(), **acting()))


@route("DELETE", "/experts/me/interests/{id}", N_("Take a declaration back"), access=SERVES, status=204)
def withdraw_interest(id: int) -> None:
    """It stays in the history."""
    experts.withdraw(id, **acting())
