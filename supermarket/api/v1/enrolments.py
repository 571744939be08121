"""/projects/{code}/enrolments: who enrolled. Sealed until the announcement; an agency sees its own."""

from flask_babel import gettext as _
from pydantic import Field

from supermarket.agencies.queries import agency_of_organisations
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape, acting
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.projects.forms import EnrolForm
from supermarket.projects.models import Enrolment
from supermarket.projects.operations import cancel_enrolment, enrol
from supermarket.projects.queries import enrolments_of, own_enrolment, project_for
from supermarket.projects.states import EnrolmentState
from supermarket.selection.queries import announced
from supermarket.web.access import Access, present_actor

ENROLS = Access(permissions=(P.ENROL,))


class FindingShape(Shape):
    """What one eligibility rule said."""

    ok: bool
    code: str
    sentence: str
    warning: bool = Field(description="it is met now, but the agency must know: a linked agency is enrolled too")


class EnrolmentShape(Shape):
    """An enrolment as the reader may see it."""

    agency: str
    agency_name: str
    state: EnrolmentState
    enrolled_at: Moment
    offered_days: int | None
    practitioners: list[int] | None = Field(description="for the agency itself")
    exclusion_code: str | None
    exclusion_reason: str
    findings: list[FindingShape] | None = Field(description="of the last run of the rules; for the agency itself")


def _findings(row: Enrolment) -> list[FindingShape]:
    if not row.eligibility:
        return []
    return [_finding(item) for item in row.eligibility[-1].findings]


def _finding(item: dict[str, object]) -> FindingShape:
    params = item.get("params")
    sentence = _(str(item.get("msgid", "")))
    text = sentence % params if isinstance(params, dict) and params else sentence
    return FindingShape(
        ok=bool(item["ok"]), code=str(item["code"]), sentence=text, warning=bool(item.get("warning", False))
    )


def shape_of(row: Enrolment, *, own: bool) -> EnrolmentShape:
    """One enrolment."""
    return EnrolmentShape(
        agency=row.agency.uscc,
        agency_name=row.agency.name,
        state=row.state,
        enrolled_at=row.enrolled_at,
        offered_days=row.offered_days,
        practitioners=[person.id for person in row.practitioners] if own else None,
        exclusion_code=row.exclusion_code,
        exclusion_reason=row.exclusion_reason,
        findings=_findings(row) if own else None,
    )


@route("GET", "/projects/{code}/enrolments", N_("Enrolments"), gives=EnrolmentShape, many=True)
def list_enrolments(code: str) -> Listing[EnrolmentShape]:
    """Everybody's from the announcement on; before that only one's own: not even the number of bidders is public."""
    actor = present_actor()
    project = project_for(code, actor)
    agency = agency_of_organisations(actor.organisations_with(P.ENROL))
    if announced(project):
        rows = enrolments_of(project.id)
        return Listing([shape_of(row, own=agency is not None and row.agency_id == agency.id) for row in rows])
    own = own_enrolment(project.id, agency.id) if agency is not None else None
    return Listing([] if own is None else [shape_of(own, own=True)])


@route(
    "POST",
    "/projects/{code}/enrolments",
    N_("Enrol"),
    access=ENROLS,
    form=EnrolForm,
    gives=EnrolmentShape,
    status=201,
)
def enrol_agency(code: str, form: EnrolForm) -> EnrolmentShape:
    """Every rule is run at once; a refusal has every reason among its findings."""
    project_for(code, present_actor())
    return shape_of(enrol(code, form.command(), **acting()), own=True)


@route("DELETE", "/projects/{code}/enrolments", N_("Take one's enrolment back"), access=ENROLS, status=204)
def drop_enrolment(code: str) -> None:
    """While enrolment is open."""
    project_for(code, present_actor())
    cancel_enrolment(code, **acting())
