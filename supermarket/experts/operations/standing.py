"""The operator admits, refuses, suspends and reinstates; an expert leaves; an account is opened."""

from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from supermarket.accounts.models import Organisation, OrganisationKind
from supermarket.accounts.operations import add_member, make_organisation, make_user
from supermarket.accounts.queries import organisations_of_kind, user_by_email
from supermarket.core.errors import Conflict, FieldError, InvalidInput
from supermarket.core.events import Tag, record
from supermarket.core.permissions import Actor, Role
from supermarket.experts import events
from supermarket.experts.models import Expert
from supermarket.experts.operations.common import in_charge, locked, own_or_in_charge
from supermarket.experts.states import EXPERT, ExpertAction
from supermarket.extensions import db


def admit(code: str, *, actor: Actor, at: datetime) -> Expert:
    """From now on the expert can be drawn, once there is an account. Raises NotFound, Forbidden, WrongState."""
    row = locked(code)
    in_charge(row, actor)
    _move(row, ExpertAction.ADMIT, events.ADMITTED, "", actor=actor, at=at)
    return row


def refuse(code: str, *, reason: str, actor: Actor, at: datetime) -> Expert:
    """The application is refused with a reason. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    row = locked(code)
    in_charge(row, actor)
    _move(row, ExpertAction.REFUSE, events.REFUSED, _reasoned(reason), actor=actor, at=at)
    return row


def suspend(code: str, *, reason: str, actor: Actor, at: datetime) -> Expert:
    """The expert is not drawn until reinstated; running panels go on. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    row = locked(code)
    in_charge(row, actor)
    _move(row, ExpertAction.SUSPEND, events.SUSPENDED, _reasoned(reason), actor=actor, at=at)
    return row


def reinstate(code: str, *, reason: str, actor: Actor, at: datetime) -> Expert:
    """The expert can be drawn again. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    row = locked(code)
    in_charge(row, actor)
    _move(row, ExpertAction.REINSTATE, events.REINSTATED, _reasoned(reason), actor=actor, at=at)
    return row


def leave(code: str, *, reason: str, actor: Actor, at: datetime) -> Expert:
    """The expert, or the operator for them, ends it. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    row = locked(code)
    own_or_in_charge(row, actor)
    _move(row, ExpertAction.LEAVE, events.LEFT, _reasoned(reason), actor=actor, at=at)
    return row


def open_account(code: str, *, password: str, actor: Actor, at: datetime) -> tuple[Expert, bool]:
    """Give the expert the role, and an account with a first password if the address has none; whether it is new.

    Raises NotFound, Forbidden, Conflict if there is an account already, InvalidInput for a short password.
    """
    row = locked(code)
    in_charge(row, actor)
    if row.user_id is not None:
        raise Conflict(_("This expert has an account already."), code="has_account")
    user = user_by_email(row.email)
    created = user is None
    if user is None:
        user = make_user(email=row.email, name=row.name, password=password, at=at)
    elif db.session.scalar(sa.select(Expert.id).where(Expert.user_id == user.id)) is not None:
        raise Conflict(_("This account belongs to another expert."), code="other_expert")
    pool = _pool(at)
    held = next((item for item in user.memberships if item.role is Role.EXPERT), None)
    if held is None:
        add_member(user, pool, Role.EXPERT, actor=actor, at=at, region_code=None, industries=())
    row.user_id = user.id
    row.organisation_id = pool.id if held is None else held.organisation_id
    db.session.flush()
    record(events.ACCOUNT_OPENED, row.code, actor=actor, at=at)
    return row, created


def _pool(at: datetime) -> Organisation:
    """The body in whose name experts act; made once where nobody has entered it."""
    there = organisations_of_kind(OrganisationKind.EXPERT_POOL)
    if there:
        return there[0]
    home = str(current_app.config["HOME_REGION"])
    name = _("Pool of experts")
    return make_organisation(kind=OrganisationKind.EXPERT_POOL, name=name, uscc=None, region_code=home, at=at)


def _move(row: Expert, action: ExpertAction, tag: Tag, reason: str, *, actor: Actor, at: datetime) -> None:
    row.standing = EXPERT.next(row.standing, action)
    row.standing_since, row.standing_reason = at, reason
    db.session.flush()
    record(tag, row.code, actor=actor, at=at, data={"reason": reason} if reason else {})


def _reasoned(text: str) -> str:
    reason = text.strip()
    if len(reason) < 2:
        message = _("Give the reason in a sentence.")
        raise InvalidInput(message, errors=[FieldError("reason", "needed", message)])
    return reason
