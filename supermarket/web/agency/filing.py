"""What the agency files: services, certificates with scans, practitioners, related parties."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from supermarket.agencies import operations as agencies
from supermarket.agencies.forms import RelatedPartyForm
from supermarket.agencies.models import Agency, Qualification, RelatedParty, Service
from supermarket.agencies.queries import agency_file
from supermarket.core.clock import now
from supermarket.core.permissions import P
from supermarket.data.facts import Holder
from supermarket.documents.operations import store
from supermarket.matters.models import MatterState
from supermarket.matters.queries import names, office_list, qualification_kinds
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.agency.forms import (
    QualificationForm,
    ServiceForm,
    kind_choices,
)
from supermarket.web.agency.profile import SCANS


def kind_names() -> dict[str, str]:
    return {row.code: row.name for row in qualification_kinds()}


def filed(what: str) -> Response:
    tell(_("Filed. The checks run again by themselves; what they find stands on the profile."))
    return redirect(url_for(what), code=303)


def _removed(what: str) -> Response:
    tell(_("Taken out of the file. Running contracts go on."))
    return redirect(url_for(what), code=303)


# -- services


def _service_form() -> ServiceForm:
    form = ServiceForm()
    rows = office_list(None, state=MatterState.PUBLISHED)
    form.matter.choices = [
        SelectChoice("", _("Please choose")),
        *(SelectChoice(matter.code, f"{matter.code} {version.name}") for matter, version in rows),
    ]
    return form


def _services_page(row: Agency, form: ServiceForm) -> str:
    return render_template(
        "agency/services.html",
        agency=row,
        form=form,
        names=names([service.matter_code for service in row.services]),
    )


@blueprint.get("/services")
@needs(P.AGENCY_EDIT)
def services() -> str:
    """What the agency offers, and one more."""
    return _services_page(agency_file(own_agency().uscc), _service_form())


@blueprint.post("/services")
@needs(P.AGENCY_EDIT)
def add_service() -> tuple[str, int] | Response:
    """Offer a matter."""
    uscc = own_agency().uscc
    form = _service_form()

    def act() -> Service:
        return agencies.add_service(uscc, form.command(), actor=present_actor(), at=now())

    done, status = attempt(form, act)
    if done is None:
        return _services_page(agency_file(uscc), form), status
    return filed("agency.services")


@blueprint.post("/services/<code>/remove")
@needs(P.AGENCY_EDIT)
def remove_service(code: str) -> Response:
    """Offer a matter no longer."""
    uscc = own_agency().uscc
    perform(lambda: agencies.remove_service(uscc, code, actor=present_actor(), at=now()))
    return _removed("agency.services")


# -- certificates


def _qualifications_page(row: Agency, form: QualificationForm | None) -> str:
    return render_template(
        "agency/qualifications.html",
        agency=row,
        form=form,
        kind_names=kind_names(),
        kinds=kind_choices(Holder.ORGANISATION),
    )


def _chosen_kind(code: str) -> bool:
    return any(choice.value == code for choice in kind_choices(Holder.ORGANISATION))


@blueprint.get("/qualifications")
@needs(P.AGENCY_EDIT)
def qualifications() -> str:
    """The certificates, and with `?kind=` the form for one more of that kind."""
    row = agency_file(own_agency().uscc)
    kind = request.args.get("kind", "")
    if not _chosen_kind(kind):
        return _qualifications_page(row, None)
    form = QualificationForm(formdata=None, kind=kind)
    form.offer()
    return _qualifications_page(row, form)


@blueprint.post("/qualifications")
@needs(P.AGENCY_EDIT)
def add_qualification() -> tuple[str, int] | Response:
    """File a certificate with its scan."""
    own = own_agency()
    uscc, body = own.uscc, own.organisation_id
    form = QualificationForm()
    form.offer()
    form.document.data = None

    def act() -> Qualification:
        upload = form.scan.data
        if upload and upload.filename:
            form.document.data = store(
                upload.stream,
                upload.filename,
                subject_kind="agency",
                subject_code=uscc,
                owner_organisation_id=body,
                public=False,
                actor=present_actor(),
                at=now(),
                allow=SCANS,
                field="scan",
            ).id
        return agencies.add_qualification(uscc, form.command(), actor=present_actor(), at=now())

    done, status = attempt(form, act)
    if done is None:
        return _qualifications_page(agency_file(uscc), form), status
    return filed("agency.qualifications")


@blueprint.post("/qualifications/<int:qualification_id>/remove")
@needs(P.AGENCY_EDIT)
def remove_qualification(qualification_id: int) -> Response:
    """Take a certificate out of the file."""
    uscc, wanted = own_agency().uscc, min(qualification_id, 2**31 - 1)
    perform(lambda: agencies.remove_qualification(uscc, wanted, actor=present_actor(), at=now()))
    return _removed("agency.qualifications")


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


@blueprint.post("/related-parties/<int:party_id>/remove")
@needs(P.AGENCY_EDIT)
def remove_party(party_id: int) -> Response:
    """Take a related party out of the file."""
    uscc, wanted = own_agency().uscc, min(party_id, 2**31 - 1)
    perform(lambda: agencies.remove_related_party(uscc, wanted, actor=present_actor(), at=now()))
    return _removed("agency.parties")
