"""Writes of the accounts room."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.accounts import events, passwords
from supermarket.accounts.models import NO_PASSWORD, ApiToken, Membership, Organisation, OrganisationKind, User
from supermarket.accounts.queries import organisation_by_uscc, token_hash, user_by_email
from supermarket.core.errors import Conflict, FieldError, InvalidInput, NotFound
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, Role, authorise
from supermarket.extensions import db

ROLE_OF_KIND = {OrganisationKind.OWNER: Role.OWNER, OrganisationKind.AGENCY: Role.AGENCY}


@dataclass(frozen=True)
class SignUp:
    """What an owner or agency gives to open its account."""

    kind: OrganisationKind
    organisation_name: str
    uscc: str
    region_code: str
    name: str
    email: str
    password: str


def make_organisation(
    *,
    kind: OrganisationKind,
    name: str,
    uscc: str | None,
    region_code: str,
    at: datetime,
    industry: str | None = None,
    is_natural_person: bool = False,
) -> Organisation:
    """Enter an organisation. Raises Conflict if its code is taken."""
    if uscc is not None and organisation_by_uscc(uscc) is not None:
        raise Conflict(
            _("An organisation with this unified social credit code is registered already."), code="uscc_taken"
        )
    row = Organisation(
        kind=kind,
        name=name,
        uscc=uscc,
        region_code=region_code,
        industry=industry,
        is_natural_person=is_natural_person,
        created_at=at,
    )
    db.session.add(row)
    db.session.flush()
    record(events.REGISTERED, str(row.id), actor=SYSTEM, at=at, organisation_id=row.id)
    return row


def make_user(*, email: str, name: str, password: str | None, at: datetime, locale: str = "zh_CN") -> User:
    """Enter a person; without a password it comes in through the unified identity alone.

    Raises Conflict if the address is taken, InvalidInput for a short password.
    """
    if password is not None and len(password) < passwords.LEAST:
        message = _("Choose a password of at least %(least)s characters.", least=passwords.LEAST)
        raise InvalidInput(message, errors=[FieldError("password", "too_short", message)])
    if user_by_email(email) is not None:
        raise Conflict(_("There is an account with this e-mail address already; sign in instead."), code="email_taken")
    row = User(
        email=email.strip().lower(),
        name=name,
        password_hash=NO_PASSWORD if password is None else passwords.hashed(password),
        created_at=at,
        locale=locale,
    )
    db.session.add(row)
    db.session.flush()
    return row


def add_member(
    user: User,
    organisation: Organisation,
    role: Role,
    *,
    actor: Actor,
    at: datetime,
    region_code: str | None = None,
    industries: Iterable[str] = (),
) -> Membership:
    """Give a user a role for an organisation. Raises Forbidden."""
    authorise(actor, P.ACCOUNT_MANAGE)
    row = Membership(
        user=user, organisation=organisation, role=role, region_code=region_code, industries=sorted(set(industries))
    )
    db.session.add(row)
    db.session.flush()
    record(
        events.MEMBER_ADDED,
        str(organisation.id),
        actor=actor,
        at=at,
        data={"user_id": user.id, "role": role.value},
        organisation_id=organisation.id,
    )
    return row


def sign_up(command: SignUp, *, at: datetime) -> User:
    """Open an account for an owner or an agency; the agency's register entry comes with its first profile.

    Raises Conflict for a known address or code, InvalidInput for a short password.
    """
    role = ROLE_OF_KIND[command.kind]
    organisation = make_organisation(
        kind=command.kind, name=command.organisation_name, uscc=command.uscc, region_code=command.region_code, at=at
    )
    user = make_user(email=command.email, name=command.name, password=command.password, at=at)
    add_member(user, organisation, role, actor=SYSTEM, at=at)
    return user


def issue_token(user: User, *, name: str, actor: Actor, at: datetime) -> str:
    """A new API token; only now is it readable. Raises Forbidden unless for oneself or by the system."""
    if not actor.system and actor.user_id != user.id:
        authorise(actor, P.ACCOUNT_MANAGE)
    token = f"sm_{secrets.token_urlsafe(32)}"
    row = ApiToken(user_id=user.id, name=name, token_hash=token_hash(token), created_at=at)
    db.session.add(row)
    db.session.flush()
    record(events.TOKEN_ISSUED, str(user.id), actor=actor, at=at, data={"token_id": row.id})
    return token


def revoke_token(token_id: int, *, actor: Actor, at: datetime) -> None:
    """End a token of one's own. Raises NotFound."""
    row = db.session.scalar(
        sa.select(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.user_id == actor.user_id)
        .with_for_update(of=ApiToken)
    )
    if row is None or row.revoked_at is not None:
        raise NotFound(_("There is no such token."))
    row.revoked_at = at
    record(events.TOKEN_REVOKED, str(row.user_id), actor=actor, at=at, data={"token_id": row.id})


def change_password(user: User, *, old: str, new: str, actor: Actor, at: datetime) -> None:
    """Set a new password; all other sessions and all API tokens end. Raises InvalidInput."""
    if not passwords.matches(user.password_hash, old):
        message = _("This is not your present password.")
        raise InvalidInput(message, errors=[FieldError("old", "wrong", message)])
    if len(new) < passwords.LEAST:
        message = _("Choose a password of at least %(least)s characters.", least=passwords.LEAST)
        raise InvalidInput(message, errors=[FieldError("new", "too_short", message)])
    user.password_hash = passwords.hashed(new)
    user.session_epoch += 1
    record(events.PASSWORD_CHANGED, str(user.id), actor=actor, at=at)
    live = sa.select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
    for token in db.session.scalars(live.order_by(ApiToken.id).with_for_update(of=ApiToken)).all():
        token.revoked_at = at
        record(events.TOKEN_REVOKED, str(user.id), actor=actor, at=at, data={"token_id": token.id})


def end_sessions(user: User, *, actor: Actor, at: datetime) -> None:
    """Sign out wherever the account is signed in: a copy of a session's cookie is worth nothing from now on."""
    user.session_epoch += 1
    db.session.flush()
    record(events.SESSIONS_ENDED, str(user.id), actor=actor, at=at)


def note_visit(user: User, *, at: datetime) -> datetime | None:
    """Remember that the person is here; gives when they came last before."""
    before = user.last_seen_at
    user.last_seen_at = at
    return before


def set_profile(user: User, *, name: str, locale: str) -> None:
    """How one's own account is addressed, and in which language messages come."""
    user.name, user.locale = name, locale
