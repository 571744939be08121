"""Agencies whose account came through the unified identity: listed at once, each service opens by its own checks."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.accounts.queries import organisation
from supermarket.agencies import events
from supermarket.agencies.checks.identity import stated
from supermarket.agencies.come_back import noted_come_backs
from supermarket.agencies.commands import AgencyProfile, ChangeOfStanding
from supermarket.agencies.models import Agency, Onboarding, Standing, StandingChange
from supermarket.agencies.operations.common import locked
from supermarket.agencies.operations.profile import register, sign_pledge
from supermarket.agencies.operations.standing import apply
from supermarket.agencies.queries import agency_by_uscc, agency_of_organisations
from supermarket.agencies.states import ONBOARDING, STANDING, OnboardingAction, StandingAction
from supermarket.core.events import Event, record
from supermarket.core.permissions import SYSTEM, Actor
from supermarket.extensions import db

UNCHECKED = "unchecked"
# GB 32100, table 1: the registering department and the kind of body are the code's first two characters.
_KIND_OF = {"91": "enterprise", "12": "institution", "51": "social_organisation", "52": "social_organisation"}
# A form that was refused has reasons to mend first; it is sent in again like everybody's.
_LISTED_FROM = (Onboarding.DRAFT, Onboarding.CHECKING, Onboarding.WAITING)


def enter_identified(organisation_id: int, *, legal_representative: str, actor: Actor, at: datetime) -> Agency:
    """Enter the agency of an account that has just been opened through the unified identity, with its pledge signed.

    The entry holds what the platform states; an entry that a bulk import made keeps the rest of what it has. Signing
    the pledge then has it listed (`on_agency_event`). Raises as `register` and `sign_pledge`.
    """
    body = organisation(organisation_id)
    code = body.uscc or ""
    known = agency_by_uscc(code)
    profile = AgencyProfile(
        name=body.name,
        uscc=code,
        kind=_KIND_OF.get(code[:2], "other"),
        region_code=body.region_code,
        legal_representative=legal_representative,
        address=known.address if known else "",
        public_contact=known.public_contact if known else "",
        introduction=known.introduction if known else "",
        established=known.established if known else None,
        business_scope=known.business_scope if known else "",
        is_branch=known.is_branch if known else False,
        head_office_uscc=known.head_office_uscc if known else None,
    )
    register(profile, actor=actor, at=at)
    return sign_pledge(code, actor=actor, at=at)


def may_be_listed(row: Agency) -> bool:
    """Whether an applicant is listed at once: identified and verified for this code, pledge signed, never in before."""
    if row.standing is not Standing.APPLIED or row.onboarding not in _LISTED_FROM or row.pledge_signed_at is None:
        return False
    identity = stated([row.organisation_id]).get(row.organisation_id)
    if identity is None or identity.uscc != row.uscc or not identity.assured:
        return False
    # Who was in the market and had to leave, or resembles one who did, comes back through the checks.
    before = sa.select(StandingChange.id).where(StandingChange.agency_id == row.id).limit(1)
    return db.session.scalar(before) is None and not noted_come_backs(row.uscc)


def list_at_once(uscc: str, *, at: datetime) -> Agency:
    """Make an identified applicant active by the system; its services stay hidden until their own checks pass.

    Its checks are due at once. Raises NotFound, WrongState; changes nothing where `may_be_listed` says no.
    """
    row = locked(uscc)
    if not may_be_listed(row):
        return row
    row.onboarding = ONBOARDING.next(row.onboarding, OnboardingAction.LIST)
    row.decision_due_at, row.checks_due_at = None, at
    basis = _("The account came through the unified identity; each service opens when its own checks pass.")
    command = ChangeOfStanding(
        basis=basis,
        proposer=row.name,
        executor=_("Supermarket"),
        effect=_("Listed at once; services are hidden until they are checked."),
    )
    apply(row, StandingAction.ADMIT, STANDING.next(row.standing, StandingAction.ADMIT), command, actor=SYSTEM, at=at)
    for service in row.services:
        if service.hidden_reason is None:
            service.hidden_reason = UNCHECKED
            data = {"matter_code": service.matter_code, "reason": UNCHECKED}
            record(events.SERVICE_HIDDEN, uscc, actor=SYSTEM, at=at, data=data)
    db.session.flush()
    record(events.ADMITTED, uscc, actor=SYSTEM, at=at, data={"by_system": True, "basis": basis})
    return row


def on_agency_event(event: Event) -> None:
    """`agency.pledged`, `agency.applied`: the last thing that was missing may have come."""
    list_at_once(event.subject_code, at=event.at)


def on_identity_bound(event: Event) -> None:
    """`account.identity_bound`: an applicant whose account is bound now is listed like one that came that way."""
    row = agency_of_organisations([int(event.subject_code)])
    if row is not None:
        list_at_once(row.uscc, at=event.at)
