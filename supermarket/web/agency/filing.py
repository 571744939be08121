"""What the agency files: services with fee and days, related parties; each changed without typing the rest again."""

from flask import render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from supermarket.agencies import operations as agencies
from supermarket.agencies.covering import coverage
from supermarket.agencies.forms import RelatedPartyForm
from supermarket.agencies.models import Agency, RelatedParty, Service
from supermarket.agencies.operations.onboarding import file_of
from supermarket.agencies.queries import agency_file
from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.permissions import P
from supermarket.matters.models import MatterState
from supermarket.matters.queries import names, office_list, qualification_kinds
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.agency.forms import PartyCorrectionForm, ServiceForm, ServiceTermsForm
from supermarket.web.agency.frames import back, go_back
from supermarket.web.agency.hidden import hidden_services
from supermarket.web.agency.mending import shown_needs


def kind_names() -> dict[str, str]:
    return {row.code: row.name for row in qualification_kinds()}


def filed(what: str) -> Response:
    """Tell that it is filed and go on to the step that the reader came from, or to `what`."""
    if back():
        tell(_("Saved."))
    else:
        tell(_("Filed. The checks run again by themselves; what they find stands on the profile."))
    return go_back(what)


def removed(what: str) -> Response:
    """Tell that it is out of the file, and go on."""
    tell(_("Taken out of the file. It stays in the history; running contracts go on."))
    return go_back(what)


# -- services


def service_form(**given: object) -> ServiceForm:
    """A form with the published matters to choose from."""
    form = ServiceForm(**given)
    rows = office_list(None, state=MatterState.PUBLISHED)
    form.matter.choices = [
        SelectChoice("", _("Please choose")),
        *(SelectChoice(matter.code, f"{matter.code} {version.name}") for matter, version in rows),
    ]
    return form


def _services_page(row: Agency, form: ServiceForm) -> str:
    kinds = kind_names()
    return render_template(
        "agency/services.html",
        agency=row,
        form=form,
        kind_names=kinds,
        trees={item.matter_code: shown_needs(item, kinds, "") for item in coverage(file_of(row.uscc, now()))},
        hidden={item.matter_code: item for item in hidden_services(row)},
        names=names([service.matter_code for service in row.services]),
    )


@blueprint.get("/services")
@needs(P.AGENCY_EDIT)
def services() -> str:
    """What the agency offers, and one more."""
    return _services_page(agency_file(own_agency().uscc), service_form())


@blueprint.post("/services")
@needs(P.AGENCY_EDIT)
def add_service() -> tuple[str, int] | Response:
    """Offer a matter."""
    uscc = own_agency().uscc
    form = service_form()

    def act() -> Service:
        return agencies.add_service(uscc, form.command(), actor=present_actor(), at=now())

    done, status = attempt(form, act)
    if done is None:
        return _services_page(agency_file(uscc), form), status
    return filed("agency.services")


def _terms_page(row: Agency, code: str, form: ServiceTermsForm) -> str:
    return render_template(
        "agency/service.html", agency=row, form=form, code=code, name=names([code]).get(code, code), back=back()
    )


def _offered(row: Agency, code: str) -> Service:
    found = next((item for item in row.services if item.matter_code == code), None)
    if found is None:
        raise NotFound(_("There is no such service."))
    return found


@blueprint.get("/services/<code>/edit")
@needs(P.AGENCY_EDIT)
def edit_service(code: str) -> str:
    """Fee and days of one service."""
    row = agency_file(own_agency().uscc)
    form = ServiceTermsForm(formdata=None, obj=_offered(row, code), matter=code, version=row.version)
    return _terms_page(row, code, form)


@blueprint.post("/services/<code>/edit")
@needs(P.AGENCY_EDIT)
def change_service(code: str) -> tuple[str, int] | Response:
    """Change fee and days; what stood before stays in the history."""
    uscc = own_agency().uscc
    form = ServiceTermsForm()
    form.matter.data = code

    def act() -> Service:
        return agencies.change_service(
            uscc, form.command(), expected_version=form.version.data, actor=present_actor(), at=now()
        )

    done, status = attempt(form, act)
    if done is None:
        row = agency_file(uscc)
        _offered(row, code)
        if status == 409:
            form.version.data, form.version.raw_data = row.version, None
        return _terms_page(row, code, form), status
    return filed("agency.services")


@blueprint.post("/services/<code>/remove")
@needs(P.AGENCY_EDIT)
def remove_service(code: str) -> Response:
    """Offer a matter no longer."""
    uscc = own_agency().uscc
    perform(lambda: agencies.remove_service(uscc, code, actor=present_actor(), at=now()))
    return removed("agency.services")


# -- related parties


def _parties_page(row: Agency, form: RelatedPartyForm) -> str:
    return render_template("agency/parties.html", agency=row, form=form)


@blueprint.get("/related-parties")
@needs(P.AGENCY_EDIT)
def parties() -> str:
    """Head, controllers and managers, and one more."""
    return _parties_page(agency_file(own_agency().uscc), RelatedPartyForm())


@blueprint.post("/related-parties")
@needs(P.AGENCY_EDIT)
def add_party() -> tuple[str, int] | Response:
    """File a related party."""
    uscc = own_agency().uscc
    form = RelatedPartyForm()

    def act() -> RelatedParty:
        return agencies.add_related_party(uscc, form.command(), actor=present_actor(), at=now())

    done, status = attempt(form, act)
    if done is None:
        return _parties_page(agency_file(uscc), form), status
    return filed("agency.parties")


def _party(row: Agency, number: int) -> RelatedParty:
    found = next((item for item in row.related_parties if item.id == number), None)
    if found is None:
        raise NotFound(_("There is no such party."))
    return found


@blueprint.get("/related-parties/<int:party_id>/correct")
@needs(P.AGENCY_EDIT)
def correct_party(party_id: int) -> str:
    """One related party, to be corrected."""
    row = agency_file(own_agency().uscc)
    form = PartyCorrectionForm(formdata=None, obj=_party(row, party_id), version=row.version)
    return render_template("agency/party.html", agency=row, form=form, party_id=party_id, back=back())


@blueprint.post("/related-parties/<int:party_id>/correct")
@needs(P.AGENCY_EDIT)
def correct_party_now(party_id: int) -> tuple[str, int] | Response:
    """Correct a related party; without code and number it stays the same body or person."""
    uscc = own_agency().uscc
    form = PartyCorrectionForm()

    def act() -> RelatedParty:
        return agencies.correct_related_party(
            uscc,
            min(party_id, 2**31 - 1),
            form.command(),
            expected_version=form.version.data,
            actor=present_actor(),
            at=now(),
        )

    done, status = attempt(form, act)
    if done is None:
        row = agency_file(uscc)
        _party(row, party_id)
        if status == 409:
            form.version.data, form.version.raw_data = row.version, None
        return render_template("agency/party.html", agency=row, form=form, party_id=party_id, back=back()), status
    return filed("agency.parties")


@blueprint.post("/related-parties/<int:party_id>/remove")
@needs(P.AGENCY_EDIT)
def remove_party(party_id: int) -> Response:
    """Take a related party out of the file."""
    uscc, wanted = own_agency().uscc, min(party_id, 2**31 - 1)
    perform(lambda: agencies.remove_related_party(uscc, wanted, actor=present_actor(), at=now()))
    return removed("agency.parties")
