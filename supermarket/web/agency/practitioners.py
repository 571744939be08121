"""Who works for the agency: filed with a licence, released."""

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from supermarket.agencies import operations as agencies
from supermarket.agencies.models import Agency, Practitioner
from supermarket.agencies.queries import agency_file
from supermarket.core.clock import now
from supermarket.core.permissions import P
from supermarket.data.facts import Holder
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.agency.filing import filed, kind_names
from supermarket.web.agency.forms import PractitionerForm, kind_choices


def _practitioner_form() -> PractitionerForm:
    form = PractitionerForm()
    form.licence_kind.choices = [SelectChoice("", _("Please choose")), *kind_choices(Holder.PERSON)]
    return form


def _practitioners_page(row: Agency, form: PractitionerForm) -> str:
    return render_template("agency/practitioners.html", agency=row, form=form, kind_names=kind_names())


@blueprint.get("/practitioners")
@needs(P.AGENCY_EDIT)
def practitioners() -> str:
    """Who works for the agency, and one more."""
    return _practitioners_page(agency_file(own_agency().uscc), _practitioner_form())


@blueprint.post("/practitioners")
@needs(P.AGENCY_EDIT)
def add_practitioner() -> tuple[str, int] | Response:
    """File a person with a licence."""
    uscc = own_agency().uscc
    form = _practitioner_form()

    def act() -> Practitioner:
        return agencies.add_practitioner(uscc, form.command(), actor=present_actor(), at=now())

    done, status = attempt(form, act)
    if done is None:
        return _practitioners_page(agency_file(uscc), form), status
    return filed("agency.practitioners")


@blueprint.post("/practitioners/<int:practitioner_id>/release")
@needs(P.AGENCY_EDIT)
def release_practitioner(practitioner_id: int) -> Response:
    """Note that a person no longer works for the agency."""
    uscc, wanted = own_agency().uscc, min(practitioner_id, 2**31 - 1)
    perform(lambda: agencies.release_practitioner(uscc, wanted, actor=present_actor(), at=now()))
    tell(_("Noted. The person can now be filed by another agency."))
    return redirect(url_for("agency.practitioners"), code=303)
