"""Bearer tokens (RFC 6750). No cookie counts here, so that no page of another site can act with a reader's session."""

import re

from flask import g, request
from flask_babel import gettext as _

from supermarket.accounts.models import User
from supermarket.accounts.queries import user_of_token
from supermarket.core.errors import MarketError
from supermarket.core.permissions import ANONYMOUS, Actor

_HEADER = re.compile(r"[Bb]earer +([A-Za-z0-9._~+/-]{8,200}=*)", re.ASCII)


class TokenRefused(MarketError):
    """A token was given and is none of ours, or no more."""

    status = 401
    code = "invalid_token"


class Nobody:
    """Who asks without a token."""

    def actor(self) -> Actor:
        """May what everybody may."""
        return ANONYMOUS


NOBODY = Nobody()


def bearer() -> User | None:
    """The account of the request's token, looked up once; None without a token or for an unknown one."""
    if "api_bearer" not in g:
        found = _HEADER.fullmatch(request.headers.get("Authorization", "").strip())
        g.api_bearer = None if found is None else user_of_token(found[1])
    user: User | None = g.api_bearer
    return user


def admit() -> None:
    """Say who asks (g.api_user). Raises TokenRefused: a wrong token is never taken for no token."""
    user = bearer()
    if user is None and request.headers.get("Authorization"):
        raise TokenRefused(_("This token is not valid. Make a new one in your account, and send it as “Bearer …”."))
    # web.access asks g.api_user before the session's cookie, which therefore never counts here.
    g.api_user = NOBODY if user is None else user
