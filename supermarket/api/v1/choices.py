"""/projects/{code}/lists and /choice: whom shortlist and draw have left, and whom the owner chose of them, with its reason."""

from flask_babel import gettext as _
from pydantic import Field

from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape, acting
from supermarket.core.errors import NotFound
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.selection import operations
from supermarket.selection.forms import ChoiceForm
from supermarket.selection.lists import Kept, lists_of
from supermarket.selection.series import choice_in
from supermarket.web.access import Access, present_actor


class PlaceShape(Shape):
    """One agency at one stage."""

    agency: str = Field(description="USCC")
    stays: bool
    counted: str | None = Field(description="points that the shortlist compared; null in a draw")
    tickets: int | None
    rank: int | None = Field(description="place in the drawn order; null in a shortlist")


class ListShape(Shape):
    """A big list (shortlist) or a small one (whom the draw leaves)."""

    kind: str = Field(description="big or small")
    keep: int | None
    by: ShortlistBy | None
    places: list[PlaceShape]


class ChoiceShape(Shape):
    """The owner's choice; agency, reason and moment are null before it is made."""

    project: str
    members: list[str] = Field(description="the small list, USCC in ASCII order")
    asked_at: Moment
    due_at: Moment | None = Field(description="until when the owner chooses; null once it has, or the project ended")
    agency: str | None
    reason: str | None
    chosen_at: Moment | None


def _list(kept: Kept) -> ListShape:
    return ListShape(
        kind=kept.kind,
        keep=kept.keep,
        by=kept.by,
        places=[
            PlaceShape(
                agency=place.uscc,
                stays=place.stays,
                counted=place.counted or None,
                tickets=place.tickets,
                rank=place.rank,
            )
            for place in kept.places
        ],
    )


def _choice(project: Project) -> ChoiceShape:
    row = choice_in(project)
    if row is None:
        raise NotFound(_("No choice is asked for here (yet)."))
    return ChoiceShape(
        project=project.code,
        members=row.members,
        asked_at=row.asked_at,
        due_at=project.due_at if row.chosen_at is None and project.due_what == "choice" else None,
        agency=row.agency.uscc if row.agency is not None else None,
        reason=row.reason or None,
        chosen_at=row.chosen_at,
    )


@route("GET", "/projects/{code}/lists", N_("Big and small list"), gives=ListShape, many=True)
def show_lists(code: str) -> Listing[ListShape]:
    """Public from the freeze on where a draw follows, the small list with its order; else with the announcement."""
    return Listing([_list(kept) for kept in lists_of(project_for(code, present_actor()))])


@route("GET", "/projects/{code}/choice", N_("The owner's choice"), gives=ChoiceShape)
def show_choice(code: str) -> ChoiceShape:
    """The small list once it stands; whom the owner chose, and why."""
    return _choice(project_for(code, present_actor()))


@route(
    "POST",
    "/projects/{code}/choice",
    N_("Choose from the small list"),
    access=Access(permissions=(P.CHOOSE,)),
    form=ChoiceForm,
    gives=ChoiceShape,
)
def make_choice(code: str, form: ChoiceForm) -> ChoiceShape:
    """Once, in time, one of the small list, with a public reason; it is announced at once."""
    project_for(code, present_actor())
    operations.choose(code, agency_uscc=form.agency.data or "", reason=form.reason.data, **acting())
    return _choice(project_for(code, present_actor()))
