"""People come into the pool: entered by the operator, or by their own application; and their profiles change."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.accounts.models import User
from supermarket.core.errors import Conflict
from supermarket.core.events import record
from supermarket.core.identifiers import document_code
from supermarket.core.permissions import Actor, P, authorise
from supermarket.core.working_days import local_date
from supermarket.experts import events
from supermarket.experts.commands import ExpertProfile, NewExpert
from supermarket.experts.models import EXPERT_SERIAL, Expert
from supermarket.experts.operations.common import locked, mended, must_be_person, own_or_in_charge
from supermarket.experts.rules import person_errors, profile_errors
from supermarket.experts.states import EXPERT, ExpertAction, ExpertStanding
from supermarket.extensions import db
from supermarket.policies.queries import office_region


def enter(command: NewExpert, *, actor: Actor, at: datetime) -> Expert:
    """The operator enters a person, as applied. Raises Forbidden, InvalidInput, Conflict if the address is there."""
    authorise(actor, P.EXPERT_DECIDE, region=office_region(command.profile.region_code))
    mended(person_errors(command))
    row = made(command, at)
    record(events.ENTERED, row.code, actor=actor, at=at)
    return row


def made(command: NewExpert, at: datetime) -> Expert:
    """A new row; whether it may be, the caller has asked. Raises Conflict if the address is there."""
    email = command.email.strip().lower()
    if db.session.scalar(sa.select(Expert.id).where(Expert.email == email)) is not None:
        raise Conflict(_("An expert with this e-mail address is in the pool already."), code="email_taken")
    serial = db.session.execute(sa.select(EXPERT_SERIAL.next_value())).scalar_one()
    row = Expert(
        code=document_code("E", local_date(at).year, serial),
        name=command.name.strip(),
        email=email,
        standing=ExpertStanding.APPLIED,
        standing_since=at,
        applied_at=at,
    )
    _fill(row, command.profile)
    db.session.add(row)
    db.session.flush()
    return row


def apply(profile: ExpertProfile, *, actor: Actor, at: datetime) -> Expert:
    """A person with the role applies for the pool, or again after having left. Raises Forbidden, InvalidInput, WrongState."""
    grant = authorise(actor, P.EXPERT_SERVE)
    user = db.session.get_one(User, must_be_person(actor), with_for_update={"of": User})
    mended(profile_errors(profile))
    row = db.session.scalar(
        sa.select(Expert)
        .where(sa.or_(Expert.user_id == user.id, Expert.email == user.email))
        .with_for_update(of=Expert)
        .execution_options(populate_existing=True)
    )
    if row is None:
        row = made(NewExpert(user.name, user.email, profile), at)
    else:
        row.standing = EXPERT.next(row.standing, ExpertAction.APPLY)
        row.standing_since, row.standing_reason, row.applied_at = at, "", at
        _fill(row, profile)
    row.user_id = user.id
    row.organisation_id = grant.organisation_id if grant is not None else row.organisation_id
    db.session.flush()
    record(events.APPLIED, row.code, actor=actor, at=at)
    return row


def change_profile(code: str, profile: ExpertProfile, *, version: int | None, actor: Actor, at: datetime) -> Expert:
    """The expert, or the operator, brings the profile up to date; it counts from the next draw on.

    Raises NotFound, Forbidden, Conflict for a stale `version`, InvalidInput.
    """
    row = locked(code)
    own_or_in_charge(row, actor)
    if version is not None and version != row.version:
        raise Conflict(_("This was changed meanwhile. Reload the page and look before you try again."), code="stale")
    mended(profile_errors(profile))
    _fill(row, profile)
    db.session.flush()
    record(events.CHANGED, row.code, actor=actor, at=at)
    return row


def _fill(row: Expert, profile: ExpertProfile) -> None:
    row.title, row.employer = profile.title.strip(), profile.employer.strip()
    row.employer_uscc = profile.employer_uscc or None
    row.region_code = profile.region_code
    row.industries = sorted(set(profile.industries))
    row.matters = sorted(set(profile.matters))
