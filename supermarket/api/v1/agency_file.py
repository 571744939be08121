"""/agencies/{uscc}/checks, qualifications, services: what an agency filed, and what the registries say."""

from datetime import date

from flask_babel import gettext as _
from pydantic import Field

from supermarket.agencies.forms import QualificationForm, ServiceForm
from supermarket.agencies.models import (
    Check,
    Onboarding,
    Outcome,
    Qualification,
    Standing,
)
from supermarket.agencies.operations import (
    add_qualification,
    add_service,
    ask_registries,
    remove_qualification,
    remove_service,
    run_checks,
    sign_pledge,
    submit_for_checks,
)
from supermarket.agencies.queries import last_checks, qualifications
from supermarket.api.readers import agency_for, known_agency
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape, acting
from supermarket.api.v1.agencies import AgencyShape, ServiceShape, shape_of
from supermarket.core.clock import now
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.web.access import Access, present_actor

EDIT = Access(permissions=(P.AGENCY_EDIT,))


class CheckShape(Shape):
    """What one check found."""

    code: str
    outcome: Outcome
    registry: str
    reference: str
    sentence: str
    answered_at: Moment | None
    round_at: Moment


class QualificationShape(Shape):
    """A certificate."""

    id: int
    kind: str
    speciality: str | None
    level: str | None
    number: str
    issuer: str
    valid_until: date | None
    verified: bool = Field(description="a registry confirmed it and none has denied it since; others do not count")
    replaces: int | None = Field(description="the certificate that this one renews or corrects")


def check_of(row: Check) -> CheckShape:
    """A finding in the reader's language."""
    return CheckShape(
        code=row.code,
        outcome=row.outcome,
        registry=row.registry_name,
        reference=row.reference,
        sentence=_(row.sentence, **row.parameters),
        answered_at=row.answered_at,
        round_at=row.last_at,
    )


def qualification_of(row: Qualification) -> QualificationShape:
    """A certificate as everybody sees it."""
    return QualificationShape(
        id=row.id,
        kind=row.kind_code,
        speciality=row.speciality,
        level=row.level,
        number=row.number,
        issuer=row.issuer,
        valid_until=row.valid_until,
        verified=row.verified_at is not None,
        replaces=row.replaces_id,
    )


@route(
    "GET",
    "/agencies/{uscc}/checks",
    N_("Findings of the last round of checks"),
    access=Access(permissions=(P.AGENCY_EDIT, P.AGENCY_CHECK, P.AGENCY_DECIDE, P.SUPERVISE)),
    gives=CheckShape,
    many=True,
)
def list_checks(uscc: str) -> Listing[CheckShape]:
    """For the agency itself and the offices in charge."""
    agency = known_agency(uscc, present_actor())
    return Listing([check_of(row) for row in last_checks(agency.id)])


def _answers(uscc: str) -> object:
    known_agency(uscc, present_actor())
    return ask_registries(uscc, now())


@route(
    "POST",
    "/agencies/{uscc}/checks",
    N_("Run the checks again"),
    access=Access(permissions=(P.AGENCY_EDIT, P.AGENCY_CHECK)),
    prepare=_answers,
    gives=CheckShape,
    many=True,
    status=201,
)
def run_checks_again(uscc: str, prepared: object) -> Listing[CheckShape]:
    """The registries are asked first; what they do not answer is unknown, never a pass. An applicant's form is sent in."""
    row = agency_for(uscc, present_actor())
    if row.standing is Standing.APPLIED and row.onboarding in (Onboarding.DRAFT, Onboarding.REFUSED):
        submit_for_checks(uscc, **acting())
    rows = run_checks(uscc, answers=prepared, **acting())  # type: ignore[arg-type]  # what `_answers` gave
    return Listing([check_of(row) for row in rows])


@route("GET", "/agencies/{uscc}/qualifications", N_("Qualifications"), gives=QualificationShape, many=True)
def list_qualifications(uscc: str) -> Listing[QualificationShape]:
    """The certificates that the agency filed."""
    agency = agency_for(uscc, present_actor())
    return Listing([qualification_of(row) for row in qualifications(agency.id)])


@route(
    "POST",
    "/agencies/{uscc}/qualifications",
    N_("File a qualification"),
    access=EDIT,
    form=QualificationForm,
    gives=QualificationShape,
    status=201,
)
def file_qualification(uscc: str, form: QualificationForm) -> QualificationShape:
    """The checks look it up in its registry."""
    return qualification_of(add_qualification(uscc, form.command(), **acting()))


@route("DELETE", "/agencies/{uscc}/qualifications/{id}", N_("Take a qualification out"), access=EDIT, status=204)
def drop_qualification(uscc: str, id: int) -> None:
    """Services that need it are hidden by the next checks."""
    remove_qualification(uscc, id, **acting())


@route(
    "POST",
    "/agencies/{uscc}/services",
    N_("Offer a service"),
    access=EDIT,
    form=ServiceForm,
    gives=ServiceShape,
    status=201,
)
def offer_service(uscc: str, form: ServiceForm) -> ServiceShape:
    """A matter with its fee standard and promised working days."""
    row = add_service(uscc, form.command(), **acting())
    return ServiceShape(matter=row.matter_code, fee_standard=row.fee_standard, promised_days=row.promised_days)


@route("DELETE", "/agencies/{uscc}/services/{code}", N_("No longer offer a service"), access=EDIT, status=204)
def drop_service(uscc: str, code: str) -> None:
    """`code` is that of the matter."""
    remove_service(uscc, code, **acting())


@route("POST", "/agencies/{uscc}/pledge", N_("Sign the public pledge"), access=EDIT, gives=AgencyShape)
def pledge(uscc: str) -> AgencyShape:
    """The public pledge (公开承诺) for the whole agency."""
    return shape_of(sign_pledge(uscc, **acting()))
