"""Writes of the unified identity (统一身份认证): coming in, opening an account, binding one that is there already.

What the platform says about a person is used and not kept: the subject as a keyed hash, the code of the organisation.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from supermarket.accounts import events
from supermarket.accounts.models import Identity, IdentityNonce, Organisation, OrganisationKind, User
from supermarket.accounts.operations import ROLE_OF_KIND, add_member, make_organisation, make_user
from supermarket.accounts.queries import organisation_by_uscc
from supermarket.core.errors import Conflict, FieldError, Forbidden, InvalidInput
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.identity import LegalPerson

# Purpose of the keyed hashes of subjects.
SUBJECT = "identity-subject"
NONCES_KEPT = timedelta(days=2)


@dataclass(frozen=True)
class FirstVisit:
    """What the first sign-in is asked beyond what the platform states."""

    kind: OrganisationKind
    region_code: str
    email: str
    locale: str


def subject_hash(person: LegalPerson) -> str:
    """What is kept of a platform's subject."""
    return current().keys.keyed_hash(SUBJECT, f"{person.provider}\0{person.subject}")


def spend(person: LegalPerson, *, at: datetime) -> None:
    """Use up the answer that brought this person. Raises Conflict if it was used before."""
    digest = hashlib.sha256(person.nonce.encode()).hexdigest()
    db.session.execute(sa.delete(IdentityNonce).where(IdentityNonce.used_at < at - NONCES_KEPT))
    fresh = db.session.scalar(
        insert(IdentityNonce)
        .values(nonce_hash=digest, used_at=at)
        .on_conflict_do_nothing()
        .returning(IdentityNonce.nonce_hash)
    )
    if fresh is None:
        raise Conflict(_("This sign-in has been used already. Please start again."), code="identity_used")


def identity_of(person: LegalPerson) -> Identity | None:
    """The binding of this account of the platform, or None."""
    return db.session.scalar(sa.select(Identity).where(Identity.subject_hash == subject_hash(person)))


def come_in(person: LegalPerson, *, at: datetime) -> User | None:
    """The user bound to this person, or None where nobody is yet.

    Raises Conflict where the platform now states another organisation than the bound one, Forbidden for a closed account.
    """
    row = db.session.scalar(
        sa.select(Identity).where(Identity.subject_hash == subject_hash(person)).with_for_update(of=Identity)
    )
    if row is None:
        return None
    if row.uscc != person.uscc:
        raise Conflict(
            _(
                "The unified identity platform now names another organisation for this account than the one it was "
                "bound to. Ask the operator of the market to look at it; nothing was changed."
            ),
            code="identity_uscc_changed",
        )
    if not row.user.active:
        raise Forbidden(_("This account is closed. Ask the operator of the market."))
    row.assurance, row.assured, row.last_used_at = person.assurance, person.assured, at
    return row.user


def organisation_there(person: LegalPerson) -> Organisation | None:
    """The organisation of the market with the code that the platform states.

    Raises Conflict for an office, whose accounts the operator makes.
    """
    row = organisation_by_uscc(person.uscc)
    if row is not None and (row.kind not in ROLE_OF_KIND or row.is_natural_person):
        raise Conflict(
            _(
                "This organisation takes part in the market as an office. Its accounts are made by the operator of the "
                "market; sign in with yours."
            ),
            code="identity_office",
        )
    return row


def open_account(person: LegalPerson, command: FirstVisit, *, at: datetime) -> User:
    """Make user and organisation as the platform states them, and bind them.

    Raises Conflict where the organisation, the address or the identity is there already, InvalidInput for a kind of
    organisation that has no such accounts.
    """
    if command.kind not in ROLE_OF_KIND:
        message = _("Not a valid choice.")
        raise InvalidInput(message, errors=[FieldError("kind", "unknown", message)])
    _not_bound(person)
    body = make_organisation(
        kind=command.kind, name=person.organisation_name, uscc=person.uscc, region_code=command.region_code, at=at
    )
    name = person.person_name or person.legal_representative or person.organisation_name[:64]
    user = make_user(email=command.email, name=name, password=None, at=at, locale=command.locale)
    add_member(user, body, ROLE_OF_KIND[command.kind], actor=SYSTEM, at=at)
    _bind(person, user, body, actor=user.actor(), at=at)
    return user


def bind(person: LegalPerson, user: User, *, actor: Actor, at: datetime) -> Organisation:
    """Bind the identity to a member who confirms it; the platform's code must be that of the member's organisation.

    Raises Forbidden, Conflict.
    """
    if actor.user_id != user.id:
        raise Forbidden(_("Everybody binds the own account."))
    _not_bound(person)
    mine = [item.organisation for item in user.memberships if item.organisation.uscc == person.uscc]
    if not mine or organisation_there(person) is None:
        raise Conflict(
            _(
                "The unified identity is that of %(code)s, your account is not one of this organisation's. "
                "Nothing was bound.",
                code=person.uscc,
            ),
            code="identity_other_organisation",
        )
    if db.session.scalar(sa.select(Identity.id).where(Identity.user_id == user.id)) is not None:
        raise Conflict(
            _("Your account is bound to another account of the unified identity platform already."),
            code="identity_second",
        )
    body = db.session.get_one(Organisation, mine[0].id, with_for_update={"of": Organisation})
    _bind(person, user, body, actor=actor, at=at)
    return body


def _not_bound(person: LegalPerson) -> None:
    if identity_of(person) is not None:
        raise Conflict(
            _("This account of the unified identity platform is bound already. Sign in with it."),
            code="identity_bound",
        )


def _bind(person: LegalPerson, user: User, body: Organisation, *, actor: Actor, at: datetime) -> None:
    db.session.add(
        Identity(
            provider=person.provider,
            subject_hash=subject_hash(person),
            user_id=user.id,
            organisation_id=body.id,
            uscc=person.uscc,
            assurance=person.assurance,
            assured=person.assured,
            bound_at=at,
            last_used_at=at,
        )
    )
    body.national_identity_at = body.national_identity_at or at
    db.session.flush()
    record(
        events.IDENTITY_BOUND,
        str(body.id),
        actor=actor,
        at=at,
        data={"user_id": user.id, "provider": person.provider},
        organisation_id=body.id,
    )
