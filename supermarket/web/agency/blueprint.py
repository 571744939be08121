"""The blueprint of the agency's pages, and whose pages they are."""

from flask import Blueprint, abort, redirect, url_for
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.agencies.queries import agency_of_actor
from supermarket.web.access import present_actor
from supermarket.web.acting import tell

blueprint = Blueprint("agency", __name__, url_prefix="/agency")


def own_agency() -> Agency:
    """The register entry of the reader's agency; who has none is led to the way in."""
    row = agency_of_actor(present_actor())
    if row is None:
        tell(_("Enter your agency in the register first; then the other pages open."), "warning")
        abort(redirect(url_for("agency.onboarding"), code=303))
    return row
