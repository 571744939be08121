"""Who reads what of an agency: the public what is public, itself and the offices also what led there."""

from flask_babel import gettext as _

from supermarket.agencies.models import Agency, Standing
from supermarket.agencies.queries import agency_file
from supermarket.core.errors import Forbidden, NotFound
from supermarket.core.permissions import Actor, P, may

OFFICES = (P.AGENCY_DECIDE, P.AGENCY_CHECK, P.SUPERVISE)


def is_own(agency: Agency, actor: Actor) -> bool:
    """Whether the actor edits this agency."""
    return agency.organisation_id is not None and may(actor, P.AGENCY_EDIT, organisation_id=agency.organisation_id)


def knows_agency(agency: Agency, actor: Actor) -> bool:
    """Whether the actor sees the whole file: its own people, and the offices of its region."""
    return is_own(agency, actor) or any(may(actor, office, region=agency.region_code) for office in OFFICES)


def agency_for(uscc: str, actor: Actor) -> Agency:
    """The agency with its file. Raises NotFound, also for an applicant whom the actor does not know."""
    row = agency_file(uscc)
    if row.standing is Standing.APPLIED and not knows_agency(row, actor):
        raise NotFound(_("There is no such agency."))
    return row


def known_agency(uscc: str, actor: Actor) -> Agency:
    """The agency for those who see its whole file. Raises NotFound, Forbidden."""
    row = agency_for(uscc, actor)
    if not knows_agency(row, actor):
        raise Forbidden(_("Only the agency itself and the offices in charge see this."))
    return row
