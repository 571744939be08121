"""Tables of the accounts room, schema `platform`."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from flask_login import UserMixin
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supermarket.core.columns import Json, UtcDateTime, choice
from supermarket.core.permissions import Actor, Grant, Role
from supermarket.extensions import Base

# No hash looks like this: nobody comes in with a password.
NO_PASSWORD = "!"  # noqa: S105  # the mark that there is none


class OrganisationKind(StrEnum):
    """What an organisation is in the market."""

    OWNER = "owner"
    AGENCY = "agency"
    AUTHORITY = "authority"
    OPERATOR = "operator"
    LIST_OFFICE = "list_office"
    SUPERVISION = "supervision"
    EXPERT_POOL = "expert_pool"


class Organisation(Base):
    """A body that acts in the market through its people (单位)."""

    __tablename__ = "organisations"
    __table_args__ = ({"schema": "platform"},)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[OrganisationKind] = mapped_column(choice(OrganisationKind, "kind"))
    name: Mapped[str] = mapped_column(sa.String(200))
    uscc: Mapped[str | None] = mapped_column(sa.String(18), unique=True)
    region_code: Mapped[str] = mapped_column(sa.ForeignKey("platform.regions.code"), index=True)
    industry: Mapped[str | None] = mapped_column(sa.ForeignKey("platform.industries.code"))
    is_natural_person: Mapped[bool] = mapped_column(default=False)
    # Since when an account of it has come through the unified identity platform (None: password accounts only).
    national_identity_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class User(UserMixin, Base):  # type: ignore[misc]  # Flask-Login ships no types
    """A person who signs in; the e-mail address is kept in lower case."""

    __tablename__ = "users"
    __table_args__ = (sa.CheckConstraint("email = lower(email)", name="email_lower"), {"schema": "platform"})

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    locale: Mapped[str] = mapped_column(sa.String(8), default="zh_CN")
    active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    memberships: Mapped[list["Membership"]] = relationship(
        back_populates="user", lazy="selectin", order_by="Membership.id"
    )

    @property
    def is_active(self) -> bool:
        """Flask-Login's question: may this account be used."""
        return self.active

    def get_id(self) -> str:
        """Flask-Login's session key: changes with the password and at each signing out, so that copies of it end."""
        return f"{self.id}:{self.session_epoch}"

    @property
    def has_password(self) -> bool:
        """Whether the account can sign in with a password; one opened through the unified identity has none."""
        return self.password_hash != NO_PASSWORD

    @property
    def organisation_name(self) -> str:
        """The organisation that the account acts for first; empty without one."""
        return self.memberships[0].organisation.name if self.memberships else ""

    def actor(self) -> Actor:
        """The person as operations see them."""
        return Actor(user_id=self.id, grants=tuple(item.grant() for item in self.memberships))


class Membership(Base):
    """A role that a user holds for an organisation, within a region subtree and industries."""

    __tablename__ = "memberships"
    __table_args__ = (sa.UniqueConstraint("user_id", "organisation_id", "role"), {"schema": "platform"})

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.users.id"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.organisations.id"), index=True)
    role: Mapped[Role] = mapped_column(choice(Role, "role"))
    region_code: Mapped[str | None] = mapped_column(sa.ForeignKey("platform.regions.code"))
    industries: Mapped[list[str]] = mapped_column(ARRAY(sa.String(32)), default=list)
    user: Mapped[User] = relationship(back_populates="memberships")
    organisation: Mapped[Organisation] = relationship(lazy="joined")

    def grant(self) -> Grant:
        """The membership as permissions see it."""
        return Grant(self.role, self.organisation_id, self.region_code, frozenset(self.industries))


class Identity(Base):
    """An account at the unified identity platform, bound to a user and its organisation; its subject is kept hashed."""

    __tablename__ = "identities"
    __table_args__ = ({"schema": "platform"},)

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(sa.String(32))
    subject_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.users.id"), unique=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.organisations.id"), index=True)
    # The unified social credit code that the platform stated, and in its own word how it verified the account.
    uscc: Mapped[str] = mapped_column(sa.String(18))
    assurance: Mapped[str] = mapped_column(sa.String(32))
    assured: Mapped[bool]
    bound_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    user: Mapped[User] = relationship(lazy="joined")
    organisation: Mapped[Organisation] = relationship(lazy="joined")


class IdentityNonce(Base):
    """A sign-in through the unified identity that has been used; the same answer never serves twice."""

    __tablename__ = "identity_nonces"
    __table_args__ = ({"schema": "platform"},)

    nonce_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    used_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ApiToken(Base):
    """A bearer token; only its SHA-256 is kept."""

    __tablename__ = "api_tokens"
    __table_args__ = ({"schema": "platform"},)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.users.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    user: Mapped[User] = relationship(lazy="joined")


class IdempotencyKey(Base):
    """The first answer to a write, given again for the same key and body (specs/api.md)."""

    __tablename__ = "idempotency_keys"
    __table_args__ = ({"schema": "platform"},)

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("platform.users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(128), primary_key=True)
    request_hash: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[int | None]
    body: Mapped[dict[str, object] | list[object] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
