"""/agencies/{uscc}/changes, services, qualifications: what an agency changes of its file; leaving and coming back."""

from datetime import date

from flask_babel import gettext as _
from pydantic import Field

from supermarket.agencies.change_queries import change_of, changes_of, findings_of
from supermarket.agencies.forms import LeavingForm, QualificationChangeForm, ServiceChangeForm
from supermarket.agencies.models import Agency, ChangeState, ProfileChange, Qualification, Service
from supermarket.agencies.operations import change_service, come_back, replace_qualification, withdraw_change
from supermarket.agencies.queries import agency_file
from supermarket.api.parameters import PageQuery
from supermarket.api.readers import agency_for, known_agency, knows_agency
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape, acting
from supermarket.api.v1.agencies import AgencyShape, ServiceShape, shape_of
from supermarket.api.v1.agency_file import CheckShape, QualificationShape, check_of, qualification_of
from supermarket.core.errors import NotFound
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.documents.queries import file_number
from supermarket.standing.operations import leave
from supermarket.web.access import Access, present_actor

EDIT = Access(permissions=(P.AGENCY_EDIT,))
KNOWN = Access(permissions=(P.AGENCY_EDIT, P.AGENCY_CHECK, P.AGENCY_DECIDE, P.SUPERVISE))
# The names of the register's fields as this API says them.
_NAMES = {"region_code": "region"}


class ChangedField(Shape):
    """One field of a change; days as ISO text."""

    field: str
    before: str | bool | None
    after: str | bool | None


class ChangeShape(Shape):
    """A change of an admitted agency's profile."""

    number: int
    state: ChangeState
    fields: list[ChangedField]
    findings: list[CheckShape]
    reason: str
    proposed_at: Moment
    decided_at: Moment | None
    decision_due_at: Moment | None


class OfferedShape(ServiceShape):
    """A matter that an agency offers, hidden ones too for itself and the offices."""

    hidden_reason: str | None = Field(description="why the public does not see it; null: it is shown")


def change_shape(row: ProfileChange) -> ChangeShape:
    """A change in the reader's language."""
    return ChangeShape(
        number=row.number,
        state=row.state,
        fields=[
            ChangedField(field=_NAMES.get(name, name), before=row.before.get(name), after=value)
            for name, value in row.after.items()
        ],
        findings=[check_of(item) for item in findings_of(row)],
        reason=row.reason,
        proposed_at=row.proposed_at,
        decided_at=row.decided_at,
        decision_due_at=row.decision_due_at,
    )


@route(
    "GET",
    "/agencies/{uscc}/changes",
    N_("Changes of the profile"),
    access=KNOWN,
    gives=ChangeShape,
    many=True,
    query=PageQuery,
)
def list_profile_changes(uscc: str, query: PageQuery) -> Listing[ChangeShape]:
    """Numbered, newest first, each with what stood before; for the agency itself and the offices in charge."""
    agency = known_agency(uscc, present_actor())
    page = changes_of(agency.id, query.part())
    return Listing([change_shape(row) for row in page.items], page.next)


@route("DELETE", "/agencies/{uscc}/changes/{number}", N_("Take an open change back"), access=EDIT, gives=ChangeShape)
def take_change_back(uscc: str, number: int) -> ChangeShape:
    """The old value stands."""
    row = withdraw_change(uscc, number, **acting())
    return change_shape(change_of(row.agency_id, row.number))


@route("GET", "/agencies/{uscc}/services", N_("Services"), gives=OfferedShape, many=True)
def list_services(uscc: str) -> Listing[OfferedShape]:
    """What the agency offers; hidden services with their reason for itself and the offices in charge."""
    agency = agency_for(uscc, present_actor())
    whole = knows_agency(agency, present_actor())
    return Listing([_offered(row) for row in agency.services if whole or row.hidden_reason is None])


def _offered(row: Service) -> OfferedShape:
    return OfferedShape(
        matter=row.matter_code,
        fee_standard=row.fee_standard,
        promised_days=row.promised_days,
        hidden_reason=row.hidden_reason,
    )


def _own(uscc: str) -> Agency:
    """The agency as its own people change it; of another's nothing is copied on the way to the refusal."""
    return known_agency(uscc, present_actor())


def present_service(uscc: str, code: str) -> dict[str, object]:
    """Fee and days as they stand. Raises NotFound, Forbidden."""
    found = next((item for item in _own(uscc).services if item.matter_code == code), None)
    if found is None:
        raise NotFound(_("There is no such service."))
    return {"matter": code, "fee_standard": found.fee_standard, "promised_days": found.promised_days}


@route(
    "PATCH",
    "/agencies/{uscc}/services/{code}",
    N_("Change fee or days of a service"),
    access=EDIT,
    form=ServiceChangeForm,
    changes=present_service,
    needed=("version",),
    gives=OfferedShape,
)
def change_offer(uscc: str, code: str, form: ServiceChangeForm) -> OfferedShape:
    """`version` is the agency's that was seen; what stood before stays readable. The matter does not change."""
    form.matter.data = code
    return _offered(change_service(uscc, form.command(), expected_version=form.version.data, **acting()))


def present_qualification(uscc: str, id: int) -> dict[str, object]:
    """The certificate as it stands. Raises NotFound, Forbidden."""
    row = _certificate(_own(uscc), id)
    return {
        "kind": row.kind_code,
        "speciality": row.speciality,
        "level": row.level,
        "number": row.number,
        "issuer": row.issuer,
        "valid_until": _iso(row.valid_until),
        "document": None if row.document_id is None else file_number(row.document_id),
    }


def _certificate(agency: Agency, number: int) -> Qualification:
    found = next((item for item in agency.qualifications if item.id == number), None)
    if found is None:
        raise NotFound(_("There is no such qualification."))
    return found


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


@route(
    "PATCH",
    "/agencies/{uscc}/qualifications/{id}",
    N_("Renew or correct a qualification"),
    access=EDIT,
    form=QualificationChangeForm,
    changes=present_qualification,
    needed=("version",),
    gives=QualificationShape,
)
def change_qualification(uscc: str, id: int, form: QualificationChangeForm) -> QualificationShape:
    """Another certificate takes its place; a verified one counts until the new one is verified. `version`: the agency's."""
    command = form.command()
    return qualification_of(replace_qualification(uscc, id, command, expected_version=form.version.data, **acting()))


@route("POST", "/agencies/{uscc}/leave", N_("Leave the market"), access=EDIT, form=LeavingForm, gives=AgencyShape)
def leave_market(uscc: str, form: LeavingForm) -> AgencyShape:
    """Refused while contracts or selections run, each named; an open case goes on without the agency."""
    leave(uscc, reason=form.reason.data, **acting())
    return shape_of(agency_file(uscc))


@route(
    "POST",
    "/agencies/{uscc}/come-back",
    N_("Come back to the market"),
    access=EDIT,
    form=LeavingForm,
    gives=AgencyShape,
)
def come_back_to_market(uscc: str, form: LeavingForm) -> AgencyShape:
    """As an applicant with the file as it was left; all checks run again."""
    come_back(uscc, reason=form.reason.data, **acting())
    return shape_of(agency_file(uscc))
