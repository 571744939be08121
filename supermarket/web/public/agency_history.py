"""What an agency was called before and said of itself: public fields only, no person's name."""

from flask import render_template
from flask_babel import gettext as _

from supermarket.agencies.change_queries import ended_of
from supermarket.agencies.queries import agency_file
from supermarket.core.errors import NotFound
from supermarket.matters.queries import names, qualification_kinds
from supermarket.web.access import public
from supermarket.web.profile_words import shown_earlier
from supermarket.web.public.agencies import seen_by_public
from supermarket.web.public.blueprint import blueprint


@blueprint.get("/agencies/<uscc>/history")
@public
def agency_history(uscc: str) -> str:
    """Earlier names and values, services and certificates that have ended."""
    row = agency_file(uscc)
    if not seen_by_public(row):
        raise NotFound(_("There is no such agency."))
    ended = ended_of(row.id)
    return render_template(
        "public/agency_history.html",
        agency=row,
        earlier=shown_earlier(row.id),
        services=ended.services,
        qualifications=ended.qualifications,
        names=names([item.matter_code for item in ended.services]),
        kinds={kind.code: kind.name for kind in qualification_kinds()},
    )
