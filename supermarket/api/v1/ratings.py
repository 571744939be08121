"""/contracts/{code}/ratings: nobody sees another's before all are published (rating-and-credit.md)."""

from pydantic import Field

from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape, acting
from supermarket.contracts.queries import visible_contract
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.ratings import operations
from supermarket.ratings.forms import AppealForm, DecideAppealForm, GiveForm
from supermarket.ratings.models import RaterKind
from supermarket.ratings.queries import RatingView, ratings_of
from supermarket.ratings.states import RatingState
from supermarket.web.access import Access, present_actor


class RatingShape(Shape):
    """One rater's rating; points are empty while it is another's and not published."""

    rater: RaterKind
    organisation: str = Field(description="masked if a natural person")
    state: RatingState
    due_at: Moment
    mine: bool
    points: dict[str, int]
    comment: str
    published_at: Moment | None
    appeal_until: Moment | None
    decision_reason: str


def _shape(view: RatingView) -> RatingShape:
    return RatingShape(
        rater=view.rater,
        organisation=view.organisation_name,
        state=view.state,
        due_at=view.due_at,
        mine=view.mine,
        points=dict(view.points),
        comment=view.comment,
        published_at=view.published_at,
        appeal_until=view.appeal_until,
        decision_reason=view.decision_reason,
    )


def _all(code: str) -> Listing[RatingShape]:
    actor = present_actor()
    return Listing([_shape(view) for view in ratings_of(visible_contract(code, actor), actor)])


@route("GET", "/contracts/{code}/ratings", N_("Ratings of a contract"), gives=RatingShape, many=True)
def list_ratings(code: str) -> Listing[RatingShape]:
    """As far as the reader may see them."""
    return _all(code)


@route(
    "POST",
    "/contracts/{code}/ratings",
    N_("Give one's rating"),
    access=Access(permissions=(P.RATE_AS_OWNER, P.RATE_AS_AUTHORITY, P.RATE_AS_OPERATOR, P.RATE_OWNER)),
    form=GiveForm,
    gives=RatingShape,
    many=True,
    status=201,
)
def give_rating(code: str, form: GiveForm) -> Listing[RatingShape]:
    """One to five points by dimension; sealed until all are given or the time is over."""
    visible_contract(code, present_actor())
    operations.give(code, form.command(), **acting())
    return _all(code)


@route(
    "POST",
    "/contracts/{code}/ratings/appeal",
    N_("Object to a rating"),
    access=Access(permissions=(P.CREDIT_APPEAL,)),
    form=AppealForm,
    gives=RatingShape,
    many=True,
)
def appeal_rating(code: str, form: AppealForm) -> Listing[RatingShape]:
    """The agency objects to a published rating of it within five working days."""
    visible_contract(code, present_actor())
    operations.appeal(code, form.rated_by(), reason=form.reason.data, **acting())
    return _all(code)


@route(
    "POST",
    "/contracts/{code}/ratings/decide",
    N_("Decide an objection to a rating"),
    access=Access(permissions=(P.CREDIT_DECIDE_APPEAL,)),
    form=DecideAppealForm,
    gives=RatingShape,
    many=True,
)
def decide_rating(code: str, form: DecideAppealForm) -> Listing[RatingShape]:
    """By someone other than the rater."""
    visible_contract(code, present_actor())
    operations.decide_appeal(code, form.rated_by(), form.command(), **acting())
    return _all(code)
