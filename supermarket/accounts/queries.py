"""Reads of the accounts room."""

import hashlib
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from supermarket.accounts.models import ApiToken, Identity, Membership, Organisation, OrganisationKind, User
from supermarket.accounts.passwords import matches
from supermarket.core.errors import NotFound
from supermarket.extensions import db


def user_of_session(session_key: str) -> User | None:
    """The user whom a session names, unless the password has changed since."""
    number, _, epoch = session_key.partition(":")
    if not number.isdecimal() or not epoch.isdecimal():
        return None
    user = db.session.get(User, int(number))
    return user if user is not None and user.active and user.session_epoch == int(epoch) else None


def user_by_email(email: str) -> User | None:
    """The account of an address, whatever its case."""
    return db.session.scalar(sa.select(User).where(User.email == email.strip().lower()))


def users_by_email(emails: Sequence[str]) -> Sequence[User]:
    """The accounts of these addresses that may be used, in the order of the addresses."""
    found = db.session.scalars(sa.select(User).where(User.email.in_(emails), User.active)).all()
    return sorted(found, key=lambda user: emails.index(user.email))


def user_with_password(email: str, password: str) -> User | None:
    """The account if the password is right and it may be used; takes the same time if there is none."""
    user = user_by_email(email)
    if not matches(user.password_hash if user is not None else None, password):
        return None
    return user if user is not None and user.active else None


def token_hash(token: str) -> str:
    """What is kept of a bearer token."""
    return hashlib.sha256(token.encode()).hexdigest()


def user_of_token(token: str) -> User | None:
    """The account behind a bearer token that is not revoked."""
    row = db.session.scalar(
        sa.select(ApiToken).where(ApiToken.token_hash == token_hash(token), ApiToken.revoked_at.is_(None))
    )
    return row.user if row is not None and row.user.active else None


def tokens_of(user_id: int) -> Sequence[ApiToken]:
    """A user's tokens, newest first."""
    return db.session.scalars(sa.select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.id.desc())).all()


def organisation(organisation_id: int) -> Organisation:
    """The organisation. Raises NotFound."""
    row = db.session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound("organisation")
    return row


def organisation_by_uscc(uscc: str) -> Organisation | None:
    """The organisation with this code."""
    return db.session.scalar(sa.select(Organisation).where(Organisation.uscc == uscc))


def organisations_of_kind(kind: OrganisationKind) -> Sequence[Organisation]:
    """Every organisation of a kind, by id."""
    return db.session.scalars(sa.select(Organisation).where(Organisation.kind == kind).order_by(Organisation.id)).all()


def search_organisations(text: str, limit: int = 50) -> Sequence[Organisation]:
    """Organisations by part of a name or by code, by name; the first of all of them without a text."""
    query = sa.select(Organisation).order_by(Organisation.name, Organisation.id).limit(limit)
    if text:
        query = query.where(
            sa.or_(Organisation.name.icontains(text, autoescape=True), Organisation.uscc == text.upper())
        )
    return db.session.scalars(query).all()


def members(organisation_id: int) -> Sequence[Membership]:
    """Who acts for an organisation."""
    query = sa.select(Membership).where(Membership.organisation_id == organisation_id).order_by(Membership.id)
    return db.session.scalars(query).all()


def identity_of_user(user_id: int) -> Identity | None:
    """How a user's account is bound to the unified identity platform, or None."""
    return db.session.scalar(sa.select(Identity).where(Identity.user_id == user_id))


def identities_of(organisation_ids: Collection[int]) -> Sequence[Identity]:
    """Accounts of the unified identity platform bound to these organisations, first the first bound."""
    query = sa.select(Identity).where(Identity.organisation_id.in_(organisation_ids)).order_by(Identity.id)
    return db.session.scalars(query).all()
