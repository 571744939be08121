"""/agencies/{uscc}/practitioners, licences, moves: who works for an agency. Identity numbers go in and never come out."""

from collections.abc import Mapping
from datetime import date

from flask_babel import gettext as _
from pydantic import Field

from supermarket.agencies import operations
from supermarket.agencies.forms import PractitionerForm
from supermarket.agencies.models import MoveState, Practitioner, PractitionerLicence, PractitionerMove
from supermarket.agencies.practitioner_forms import LicenceForm, MoveDecisionForm, PersonNameForm, ReasonForm
from supermarket.agencies.practitioner_queries import moves_asked_by, moves_asked_of
from supermarket.agencies.queries import practitioners
from supermarket.api.readers import agency_for, is_own, knows_agency
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape, acting
from supermarket.core.errors import Forbidden, NotFound
from supermarket.core.identifiers import mask_name
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.web.access import Access, present_actor

EDIT = Access(permissions=(P.AGENCY_EDIT,))


class LicenceShape(Shape):
    """A personal licence; its number is for the agency itself and the offices."""

    id: int
    kind: str
    number: str | None
    registered_until: date
    verified: bool = Field(description="a registry confirmed it and none has denied it since; others do not count")


class MoveShape(Shape):
    """A request to move a person; the agency that asks does not learn where the person is."""

    id: int
    state: MoveState
    name: str = Field(description="as the agency that asks filed it")
    asked_at: Moment
    answer_due_at: Moment | None
    decision_due_at: Moment | None
    ended_at: Moment | None
    decision: str = Field(description="the operator's reason")
    asked_by: str | None = Field(description="the code of the agency that asks; for the agency that is asked")
    practitioner: int | None = Field(description="the person's number; for the agency that is asked")
    refusal: str | None = Field(description="why the person stays; for the agency that is asked")


class PractitionerShape(Shape):
    """A practitioner; name and licence numbers are whole only for the agency itself and the offices."""

    id: int | None = Field(description="null while another agency is asked to release the person")
    name: str = Field(description="masked for the public: the first character, then stars")
    licences: list[LicenceShape]
    move: MoveShape | None = Field(default=None, description="the request, where the person is registered elsewhere")


def person_of(row: Practitioner, whole: bool) -> PractitionerShape:
    """A practitioner as the reader may see them."""
    return PractitionerShape(
        id=row.id,
        name=row.name if whole else mask_name(row.name),
        licences=[licence_of(licence, whole) for licence in row.live_licences],
    )


def licence_of(row: PractitionerLicence, whole: bool = True) -> LicenceShape:
    """A licence as the reader may see it."""
    return LicenceShape(
        id=row.id,
        kind=row.kind_code,
        number=row.number if whole else None,
        registered_until=row.registered_until,
        verified=row.verified_at is not None,
    )


def move_of(row: PractitionerMove, holder: bool) -> MoveShape:
    """A request as its holder sees it, or as the agency that asked does."""
    return MoveShape(
        id=row.id,
        state=row.state,
        name=row.name,
        asked_at=row.asked_at,
        answer_due_at=row.answer_due_at,
        decision_due_at=row.decision_due_at,
        ended_at=row.ended_at,
        decision=row.decision,
        asked_by=row.to_agency.uscc if holder else None,
        practitioner=row.practitioner_id if holder else None,
        refusal=row.refusal if holder else None,
    )


@route("GET", "/agencies/{uscc}/practitioners", N_("Practitioners"), gives=PractitionerShape, many=True)
def list_practitioners(uscc: str) -> Listing[PractitionerShape]:
    """Who works for the agency now."""
    agency = agency_for(uscc, present_actor())
    whole = knows_agency(agency, present_actor())
    return Listing([person_of(row, whole) for row in practitioners(agency.id)])


@route(
    "POST",
    "/agencies/{uscc}/practitioners",
    N_("File a practitioner"),
    access=EDIT,
    form=PractitionerForm,
    gives=PractitionerShape,
    status=201,
)
def file_practitioner(uscc: str, form: PractitionerForm) -> PractitionerShape:
    """The identity number is stored encrypted and never shown. Who is registered elsewhere is asked for: see `move`."""
    row = operations.add_practitioner(uscc, form.command(), **acting())
    if isinstance(row, Practitioner):
        return person_of(row, True)
    return PractitionerShape(id=None, name=row.name, licences=[], move=move_of(row, holder=False))


def _present_name(uscc: str, id: int) -> Mapping[str, object]:
    return {"name": _own(uscc, id).name}


def _own(uscc: str, practitioner_id: int) -> Practitioner:
    """A person of the agency for those who see its whole file. Raises NotFound, Forbidden."""
    agency = agency_for(uscc, present_actor())
    if not is_own(agency, present_actor()):
        raise Forbidden(_("Only the agency itself edits this."))
    for row in practitioners(agency.id):
        if row.id == practitioner_id:
            return row
    raise NotFound(_("There is no such practitioner."))


@route(
    "PATCH",
    "/agencies/{uscc}/practitioners/{id}",
    N_("Correct a practitioner's name"),
    access=EDIT,
    form=PersonNameForm,
    changes=_present_name,
    gives=PractitionerShape,
)
def rename_practitioner(uscc: str, id: int, form: PersonNameForm) -> PractitionerShape:
    """The identity number stays as it was filed."""
    form.checked()
    return person_of(operations.rename_practitioner(uscc, id, form.name.data, **acting()), True)


@route("DELETE", "/agencies/{uscc}/practitioners/{id}", N_("Release a practitioner"), access=EDIT, status=204)
def drop_practitioner(uscc: str, id: int) -> None:
    """The person no longer works for the agency; refused while a contract or an enrolment holds them."""
    operations.release_practitioner(uscc, id, **acting())


@route(
    "POST",
    "/agencies/{uscc}/practitioners/{id}/licences",
    N_("File one more licence of a practitioner"),
    access=EDIT,
    form=LicenceForm,
    gives=LicenceShape,
    status=201,
)
def file_licence(uscc: str, id: int, form: LicenceForm) -> LicenceShape:
    """It counts once a registry confirms it."""
    return licence_of(operations.add_licence(uscc, id, form.command(), **acting()))


def _present_licence(uscc: str, id: int) -> Mapping[str, object]:
    agency = agency_for(uscc, present_actor())
    if not is_own(agency, present_actor()):
        raise Forbidden(_("Only the agency itself edits this."))
    for person in practitioners(agency.id):
        for licence in person.live_licences:
            if licence.id == id:
                return {
                    "licence_kind": licence.kind_code,
                    "licence_number": licence.number,
                    "registered_until": licence.registered_until.isoformat(),
                }
    raise NotFound(_("There is no such licence."))


@route(
    "PATCH",
    "/agencies/{uscc}/licences/{id}",
    N_("Correct a licence"),
    access=EDIT,
    form=LicenceForm,
    changes=_present_licence,
    gives=LicenceShape,
)
def correct_licence(uscc: str, id: int, form: LicenceForm) -> LicenceShape:
    """One field or all; the answer has a new number, the old wording is kept as history."""
    return licence_of(operations.edit_licence(uscc, id, form.command(), **acting()))


@route("DELETE", "/agencies/{uscc}/licences/{id}", N_("Take a licence out"), access=EDIT, status=204)
def drop_licence(uscc: str, id: int) -> None:
    """A person keeps at least one."""
    operations.remove_licence(uscc, id, **acting())


@route("GET", "/agencies/{uscc}/moves", N_("Requests to move people"), access=EDIT, gives=MoveShape, many=True)
def list_moves(uscc: str) -> Listing[MoveShape]:
    """Those that the agency has to answer, then its own, newest first."""
    agency = agency_for(uscc, present_actor())
    if not is_own(agency, present_actor()):
        raise Forbidden(_("Only the agency itself and the offices in charge see this."))
    asked = [move_of(row, holder=True) for row in moves_asked_of(agency.id)]
    return Listing([*asked, *(move_of(row, holder=False) for row in moves_asked_by(agency.id))])


@route("POST", "/moves/{id}/release", N_("Release a person to the agency that asks"), access=EDIT, gives=MoveShape)
def release_move(id: int) -> MoveShape:
    """By the agency where the person is."""
    return move_of(operations.release_move(id, **acting()), holder=True)


@route("POST", "/moves/{id}/refuse", N_("Refuse to release a person"), access=EDIT, form=ReasonForm, gives=MoveShape)
def refuse_move(id: int, form: ReasonForm) -> MoveShape:
    """With the reason; the operator decides."""
    form.checked()
    return move_of(operations.refuse_move(id, reason=form.reason.data, **acting()), holder=True)


@route("POST", "/moves/{id}/withdraw", N_("Take a request for a person back"), access=EDIT, gives=MoveShape)
def withdraw_move(id: int) -> MoveShape:
    """By the agency that asked."""
    return move_of(operations.withdraw_move(id, **acting()), holder=False)


@route(
    "POST",
    "/moves/{id}/decide",
    N_("Decide a disputed move"),
    access=Access(permissions=(P.AGENCY_DECIDE,)),
    form=MoveDecisionForm,
    gives=MoveShape,
)
def decide_move(id: int, form: MoveDecisionForm) -> MoveShape:
    """The operator's word, with a reason that both agencies read."""
    form.checked()
    grant = form.decision.data == "grant"
    return move_of(operations.decide_move(id, grant=grant, reason=form.reason.data, **acting()), holder=True)
