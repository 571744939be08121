"""The history of an agency's file in office: every change of its profile, what has ended, whether it came back."""

from flask import render_template
from flask_babel import gettext as _

from supermarket.agencies.change_queries import changes_of, ended_of
from supermarket.agencies.come_back import noted_come_backs
from supermarket.agencies.queries import agency_file
from supermarket.core.paging import Slice
from supermarket.matters.queries import names, qualification_kinds
from supermarket.web import listing
from supermarket.web.access import needs, present_actor
from supermarket.web.officer.blueprint import AGENCIES, blueprint
from supermarket.web.officer.regions import open_file
from supermarket.web.profile_words import shown_change


def come_back_words() -> dict[str, str]:
    """What an agency that came back has in common with the one that left."""
    return {
        "itself": _("the same agency"),
        "head": _("the same head"),
        "controller": _("the same controller"),
        "practitioners": _("half of its people"),
    }


@blueprint.get("/agencies/<uscc>/history")
@needs(*AGENCIES)
def agency_history(uscc: str) -> str:
    """Changes, ended rows, and whom the agency resembles among those that left within 36 months."""
    row = agency_file(uscc)
    open_file(present_actor(), row.region_code)
    asked = listing.asked((), ("newest",))
    found = changes_of(row.id, Slice(number=asked.page))
    ended = ended_of(row.id)
    return render_template(
        "officer/agency_history.html",
        agency=row,
        found=found,
        shown=[shown_change(change) for change in found.items],
        ended=ended,
        came_back=noted_come_backs(row.uscc),
        words=come_back_words(),
        matter_names=names([item.matter_code for item in ended.services]),
        kind_names={kind.code: kind.name for kind in qualification_kinds()},
        page_address=listing.page_address,
    )
