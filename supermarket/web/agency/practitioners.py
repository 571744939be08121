"""Who works for the agency: filed with licences, corrected one field at a time, released."""

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import DateField, SelectChoice, SelectField

from supermarket.agencies import operations as agencies
from supermarket.agencies import practitioner_forms as rooms
from supermarket.agencies.locks import locks_of
from supermarket.agencies.models import Agency, Practitioner, PractitionerMove, Standing
from supermarket.agencies.practitioner_queries import moves_asked_by, moves_asked_of, open_moves_of
from supermarket.agencies.queries import agency_file, last_checks
from supermarket.agencies.queries import practitioners as people_of
from supermarket.agencies.rules import licences_missing
from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.forms import CommandForm, Needed, Text
from supermarket.core.permissions import P
from supermarket.core.working_days import local_date
from supermarket.data.facts import Holder
from supermarket.matters.queries import published_versions
from supermarket.policies.queries import number, policies_for
from supermarket.projects.people import loads
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.agency.filing import filed, kind_names
from supermarket.web.agency.forms import Day, PractitionerForm, kind_choices
from supermarket.web.agency.frames import place_of
from supermarket.web.agency.steps import PEOPLE
from supermarket.web.practitioner_words import MOVES, licence_look

LAST_ID = 2**31 - 1


class LicenceForm(rooms.LicenceForm):
    """A licence, chosen from the live kinds."""

    licence_kind = SelectField(_l("Kind of licence"), choices=[], validate_choice=False, validators=[Text(1, 8)])
    registered_until = DateField(_l("Registered with us until"), validators=[Needed(), Day()])


def _offer(form: PractitionerForm | LicenceForm) -> None:
    form.licence_kind.choices = [SelectChoice("", _("Please choose")), *kind_choices(Holder.PERSON)]


def _practitioner_form() -> PractitionerForm:
    form = PractitionerForm()
    _offer(form)
    return form


def _missing(row: Agency, people: list[frozenset[str]]) -> list[tuple[str, str, str, int, int]]:
    """(matter, its name, kind of licence, needed, there) where too few people hold a confirmed licence."""
    versions = published_versions([service.matter_code for service in row.services])
    return [
        (code, version.name, kind, needed, there)
        for code, version in sorted(versions.items())
        for kind, needed, there in licences_missing(version.personal_licences, people)
    ]


def _practitioners_page(row: Agency, form: PractitionerForm, refused: dict[int, rooms.ReasonForm] | None = None) -> str:
    at = now()
    today = local_date(at)
    people = people_of(row.id)
    asked = moves_asked_of(row.id)
    counting = [frozenset(item.kind_code for item in person.licences if item.counts_on(today)) for person in people]
    return render_template(
        "agency/practitioners.html",
        agency=row,
        people=people,
        # Who is on the way in files people inside of it and goes on from there.
        place=place_of(PEOPLE) if row.standing is Standing.APPLIED else None,
        form=form,
        kind_names=kind_names(),
        today=today,
        licence_look=licence_look,
        loads=loads([person.id for person in people]),
        most_load=number(policies_for(row.region_code, at), "practitioner_load"),
        missing=_missing(row, counting),
        asked=asked,
        locks=locks_of([move.practitioner_id for move in asked]),
        reasons={
            move.id: (refused or {}).get(move.id) or rooms.ReasonForm(formdata=None, prefix=f"move-{move.id}")
            for move in asked
        },
        mine=moves_asked_by(row.id),
        move_looks=MOVES,
    )


@blueprint.get("/practitioners")
@needs(P.AGENCY_EDIT)
def practitioners() -> str:
    """Who works for the agency, what is missing, who asks for whom, and one more."""
    return _practitioners_page(agency_file(own_agency().uscc), _practitioner_form())


@blueprint.post("/practitioners")
@needs(P.AGENCY_EDIT)
def add_practitioner() -> tuple[str, int] | Response:
    """File a person with a licence; somebody who is elsewhere is asked for."""
    uscc = own_agency().uscc
    form = _practitioner_form()

    def act() -> Practitioner | PractitionerMove:
        return agencies.add_practitioner(uscc, form.command(), actor=present_actor(), at=now())

    done, status = attempt(form, act)
    if done is None:
        return _practitioners_page(agency_file(uscc), form), status
    if isinstance(done, PractitionerMove):
        tell(_("The person is registered elsewhere. We ask for their release and tell you the answer."), "warning")
        return redirect(url_for("agency.practitioners"), code=303)
    return filed("agency.practitioners")


# -- one person


def _own(uscc: str, practitioner_id: int) -> tuple[Agency, Practitioner]:
    row = agency_file(uscc)
    for person in people_of(row.id):
        if person.id == practitioner_id:
            return row, person
    raise NotFound(_("There is no such practitioner."))


def _person_page(practitioner_id: int, answered: CommandForm | None = None) -> str:
    at = now()
    row, person = _own(own_agency().uscc, practitioner_id)
    forms: dict[str, CommandForm] = {"name": rooms.PersonNameForm(formdata=None, prefix="name")}
    forms["name"].name.data = person.name
    forms["add"] = LicenceForm(formdata=None, prefix="add")
    for licence in person.live_licences:
        form = LicenceForm(formdata=None, prefix=f"licence-{licence.id}")
        form.licence_kind.data, form.licence_number.data = licence.kind_code, licence.number
        form.registered_until.data = licence.registered_until
        forms[f"licence-{licence.id}"] = form
    if answered is not None:
        forms[str(answered._prefix).rstrip("-")] = answered
    for form in forms.values():
        if isinstance(form, LicenceForm):
            _offer(form)
    return render_template(
        "agency/practitioner.html",
        agency=row,
        person=person,
        forms_of=forms,
        open_form="" if answered is None else str(answered._prefix).rstrip("-"),
        kind_names=kind_names(),
        today=local_date(at),
        licence_look=licence_look,
        told={check.subject: check for check in last_checks(row.id) if check.outcome.value != "pass"},
        load=loads([person.id]).get(person.id, 0),
        most_load=number(policies_for(row.region_code, at), "practitioner_load"),
        locks=locks_of([person.id]).get(person.id, ()),
        moves=open_moves_of(person.id),
    )


def _to_person(practitioner_id: int) -> Response:
    tell(_("Filed. The checks run again by themselves; what they find stands on the profile."))
    return redirect(url_for("agency.practitioner", practitioner_id=practitioner_id), code=303)


@blueprint.get("/practitioners/<int:practitioner_id>")
@needs(P.AGENCY_EDIT)
def practitioner(practitioner_id: int) -> str:
    """A person: name, licences with what a registry says, load, what holds them."""
    return _person_page(practitioner_id)


@blueprint.post("/practitioners/<int:practitioner_id>/name")
@needs(P.AGENCY_EDIT)
def rename_practitioner(practitioner_id: int) -> tuple[str, int] | Response:
    """Correct the name alone."""
    uscc, _person = own_agency().uscc, _own(own_agency().uscc, practitioner_id)
    form = rooms.PersonNameForm(prefix="name")
    done, status = attempt(
        form,
        lambda: agencies.rename_practitioner(uscc, practitioner_id, form.name.data, actor=present_actor(), at=now()),
    )
    return (_person_page(practitioner_id, form), status) if done is None else _to_person(practitioner_id)


@blueprint.post("/practitioners/<int:practitioner_id>/licences")
@needs(P.AGENCY_EDIT)
def add_licence(practitioner_id: int) -> tuple[str, int] | Response:
    """One more licence of a person."""
    uscc, _person = own_agency().uscc, _own(own_agency().uscc, practitioner_id)
    form = LicenceForm(prefix="add")
    done, status = attempt(
        form,
        lambda: agencies.add_licence(uscc, practitioner_id, form.command(), actor=present_actor(), at=now()),
    )
    return (_person_page(practitioner_id, form), status) if done is None else _to_person(practitioner_id)


@blueprint.post("/practitioners/<int:practitioner_id>/licences/<int:licence_id>")
@needs(P.AGENCY_EDIT)
def edit_licence(practitioner_id: int, licence_id: int) -> tuple[str, int] | Response:
    """Correct a licence, one field or all."""
    uscc = own_agency().uscc
    _row, person = _own(uscc, practitioner_id)
    if licence_id not in {licence.id for licence in person.live_licences}:
        raise NotFound(_("There is no such licence."))
    form = LicenceForm(prefix=f"licence-{licence_id}")
    done, status = attempt(
        form, lambda: agencies.edit_licence(uscc, licence_id, form.command(), actor=present_actor(), at=now())
    )
    return (_person_page(practitioner_id, form), status) if done is None else _to_person(practitioner_id)


@blueprint.post("/practitioners/<int:practitioner_id>/licences/<int:licence_id>/remove")
@needs(P.AGENCY_EDIT)
def remove_licence(practitioner_id: int, licence_id: int) -> Response:
    """Take a licence out of the file."""
    uscc, wanted = own_agency().uscc, min(licence_id, LAST_ID)
    _own(uscc, practitioner_id)
    perform(lambda: agencies.remove_licence(uscc, wanted, actor=present_actor(), at=now()))
    tell(_("Taken out of the file. Running contracts go on."))
    return redirect(url_for("agency.practitioner", practitioner_id=practitioner_id), code=303)


@blueprint.post("/practitioners/<int:practitioner_id>/release")
@needs(P.AGENCY_EDIT)
def release_practitioner(practitioner_id: int) -> Response:
    """Note that a person no longer works for the agency."""
    uscc, wanted = own_agency().uscc, min(practitioner_id, LAST_ID)
    perform(lambda: agencies.release_practitioner(uscc, wanted, actor=present_actor(), at=now()))
    tell(_("Noted. The person can now be filed by another agency."))
    return redirect(url_for("agency.practitioners"), code=303)


# -- requests to move


@blueprint.post("/moves/<int:move_id>/release")
@needs(P.AGENCY_EDIT)
def release_move(move_id: int) -> Response:
    """Let the person go to the agency that asks."""
    own_agency()
    perform(lambda: agencies.release_move(min(move_id, LAST_ID), actor=present_actor(), at=now()))
    tell(_("Released. The person works for the other agency from now on."))
    return redirect(url_for("agency.practitioners"), code=303)


@blueprint.post("/moves/<int:move_id>/refuse")
@needs(P.AGENCY_EDIT)
def refuse_move(move_id: int) -> tuple[str, int] | Response:
    """Keep the person and say why; the operator decides."""
    uscc = own_agency().uscc
    form = rooms.ReasonForm(prefix=f"move-{move_id}")
    done, status = attempt(
        form,
        lambda: agencies.refuse_move(min(move_id, LAST_ID), reason=form.reason.data, actor=present_actor(), at=now()),
    )
    if done is None:
        if status in (403, 404):
            raise NotFound(_("There is no such request."))
        return _practitioners_page(agency_file(uscc), _practitioner_form(), {move_id: form}), status
    tell(_("Noted. The operator reads your reason and decides."))
    return redirect(url_for("agency.practitioners"), code=303)


@blueprint.post("/moves/<int:move_id>/withdraw")
@needs(P.AGENCY_EDIT)
def withdraw_move(move_id: int) -> Response:
    """Take back what one asked for."""
    own_agency()
    perform(lambda: agencies.withdraw_move(min(move_id, LAST_ID), actor=present_actor(), at=now()))
    tell(_("Taken back. The person stays where they are."))
    return redirect(url_for("agency.practitioners"), code=303)
