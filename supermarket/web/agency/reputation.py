"""The agency's stars, credit and ratings, each with the calculation behind it."""

from collections.abc import Mapping

from flask import render_template
from flask_babel import lazy_gettext as _l

from supermarket.core.clock import now
from supermarket.core.paging import Slice
from supermarket.core.permissions import P
from supermarket.core.working_days import local_date
from supermarket.credit.queries import barring_lists, credit_of, ledger, star_level
from supermarket.ratings.queries import lines, scores_of_agency
from supermarket.web import listing
from supermarket.web.access import needs
from supermarket.web.agency.blueprint import blueprint, own_agency

EVENT_LABELS = {
    "gave_up_award": _l("Gave up an award without good reason"),
    "did_not_sign": _l("Did not sign in time"),
    "quote_not_handed_in": _l("Did not hand in the body of a quote"),
    "late_deliverable": _l("Deliverable late"),
    "returned_by_authority": _l("Deliverable returned by the authority"),
    "acceptance_failed": _l("Acceptance failed"),
    "complaint_not_answered": _l("Complaint not answered"),
    "unlawful_passing_on": _l("Passed on or split the work unlawfully"),
    "penalty_light": _l("Administrative penalty: light"),
    "penalty_heavy": _l("Administrative penalty: heavy"),
    "penalty_severe": _l("Administrative penalty: severe"),
    "collusion": _l("Collusion"),
    "false_material": _l("False material"),
    "commended": _l("Commended"),
    "took_part_in_standard": _l("Took part in a standard"),
    "good_year": _l("A year with five contracts or more and no complaint"),
    "late_payment": _l("Late payment"),
    "refused_to_sign": _l("Refused to sign"),
    "withdrew_after_award": _l("Withdrew after the award"),
    "did_not_reveal": _l("Did not reveal in a draw"),
    "direct_concentration": _l("More than half of a year's fiscal awards direct to one agency"),
}
ENTRY_STATES = {
    "in_force": _l("counts"),
    "not_yet": _l("not yet"),
    "run_out": _l("run out"),
    "reversed": _l("reversed"),
    "reversal": _l("reverses another"),
}


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
        "event_labels": EVENT_LABELS,
        "state_labels": ENTRY_STATES,
        "page_address": listing.page_address,
    }


@blueprint.get("/reputation")
@needs(P.AGENCY_EDIT)
def reputation() -> str:
    """Stars and credit of one's own agency."""
    agency = own_agency()
    asked = listing.asked((), ("newest",))
    return render_template("agency/reputation.html", agency=agency, **reputation_of(agency.uscc, asked.page))
