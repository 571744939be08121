"""What the operations of this room share: the agency's lock, reasons, the policy's days, whose office one is."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.core.errors import FieldError, Forbidden, InvalidInput, NotFound
from supermarket.core.permissions import Actor, Grant, P, authorise
from supermarket.extensions import db
from supermarket.policies.queries import calendar, number, office_region, policies_for
from supermarket.standing.decisions import Reason
from supermarket.standing.queries import main_industry_of


def locked_agency(uscc: str) -> Agency:
    """The agency; one writer of its standing at a time. Raises NotFound."""
    row = db.session.scalar(
        sa.select(Agency)
        .where(Agency.uscc == uscc)
        .with_for_update(of=Agency, key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("There is no such agency."))
    return row


def due(agency: Agency, key: str, at: datetime) -> datetime:
    """The end of the policy's working days from `at` in the agency's region."""
    return calendar().due_after(at, number(policies_for(agency.region_code, at), key))


def as_authority(agency: Agency, actor: Actor, at: datetime) -> Grant | None:
    """Let the industry authority pass: of the agency's region and of the industry of most of its ratings.

    Raises Forbidden.
    """
    industry = main_industry_of(agency.uscc, at)
    return authorise(
        actor, P.STANDING_APPROVE_AS_AUTHORITY, region=office_region(agency.region_code), industry=industry
    )


def of_a_person(actor: Actor, grant: Grant | None) -> tuple[int, int]:
    """(user, organisation) of who answers; the system answers nothing. Raises Forbidden."""
    if actor.user_id is None or grant is None:
        raise Forbidden(_("This is decided by people, not by the system."))
    return actor.user_id, grant.organisation_id


def reasoned(text: str, field: str = "reason") -> str:
    """The trimmed reason. Raises InvalidInput where there is none."""
    reason = text.strip()
    if len(reason) < 4:
        message = _("Give the reason in a sentence.")
        raise InvalidInput(message, errors=[FieldError(field, "needed", message)])
    return reason


def stored_reasons(reasons: tuple[Reason, ...]) -> list[dict[str, object]]:
    """Reasons as plain JSON: code, msgid with its values, what they rest on."""
    return [
        {
            "code": each.code,
            "msgid": each.sentence.msgid,
            "params": dict(each.sentence.params),
            "evidence": list(each.evidence),
        }
        for each in reasons
    ]
