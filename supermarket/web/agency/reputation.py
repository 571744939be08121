"""The agency's stars, credit and ratings, each with the calculation behind it."""

from collections.abc import Mapping

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.core.clock import now
from supermarket.core.paging import Slice
from supermarket.core.permissions import P
from supermarket.core.working_days import local_date
from supermarket.credit.forms import EVENT_NAMES
from supermarket.credit.queries import barring_lists, credit_of, ledger, star_level
from supermarket.policies.queries import industries
from supermarket.ratings.queries import lines, scores_of_agency
from supermarket.web import listing
from supermarket.web.access import needs
from supermarket.web.agency.blueprint import blueprint, own_agency

ENTRY_STATES = {
    "in_force": _l("counts"),
    "not_yet": _l("not yet"),
    "run_out": _l("run out"),
    "reversed": _l("reversed"),
    "reversal": _l("reverses another"),
}


def event_labels() -> dict[str, str]:
    """What entries of both ledgers are about, by stored name."""
    return {event.value: str(_(name)) for event, name in EVENT_NAMES.items()}


def reputation_of(uscc: str, number: int = 1) -> Mapping[str, object]:
    """What both the agency and the offices see: stars with 依据, credit with its ledger, scores."""
    at = now()
    credit = credit_of(uscc, at)
    states = {row.entry.reference: row.state.value for row in credit.rows}
    found = scores_of_agency(uscc, Slice(number=number))
    return {
        "stars": star_level(uscc),
        "credit": credit,
        "entries": list(reversed(ledger(uscc))),
        "states": states,
        "barring": barring_lists(uscc, local_date(at)),
        "scores": lines(found.items),
        "found": found,
        "event_labels": event_labels(),
        "state_labels": ENTRY_STATES,
        "industry_names": {row.code: row.name for row in industries()},
        "page_address": listing.page_address,
    }


@blueprint.get("/reputation")
@needs(P.AGENCY_EDIT)
def reputation() -> str:
    """Stars and credit of one's own agency."""
    agency = own_agency()
    asked = listing.asked((), ("newest",))
    return render_template("agency/reputation.html", agency=agency, **reputation_of(agency.uscc, asked.page))
