"""Every route says who may come: @public, @signed_in or @needs(P.…). The operation asks again, with its scope."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import g
from flask_babel import gettext as _
from flask_login import current_user

from supermarket.core.errors import Forbidden, MarketError
from supermarket.core.permissions import ANONYMOUS, ROLE_PERMISSIONS, Actor, P, Role

Args = ParamSpec("Args")
Result = TypeVar("Result")


class SignInNeeded(MarketError):
    """The reader must sign in first."""

    status = 401
    code = "sign_in_needed"


@dataclass(frozen=True)
class Access:
    """A route's label: open to all, to everybody signed in, or to roles with one of the permissions."""

    public: bool = False
    permissions: tuple[P, ...] = ()

    def roles(self) -> frozenset[Role]:
        """The roles that pass the door (not yet the operation)."""
        if self.public or not self.permissions:
            return frozenset(Role)
        return frozenset(role for role in Role if ROLE_PERMISSIONS[role] & set(self.permissions))


def present_actor() -> Actor:
    """Who is at the door: the signed-in person, the token's owner, or nobody."""
    if "api_user" in g:
        token_actor: Actor = g.api_user.actor()
        return token_actor
    if current_user.is_authenticated:
        actor: Actor = current_user.actor()
        return actor
    return ANONYMOUS


def label(access: Access) -> Callable[[Callable[Args, Result]], Callable[Args, Result]]:
    """Put a label on a view and have it enforced. Raises SignInNeeded or Forbidden on the way in."""

    def decorate(view: Callable[Args, Result]) -> Callable[Args, Result]:
        @wraps(view)
        def guarded(*args: Args.args, **kwargs: Args.kwargs) -> Result:
            if not access.public:
                actor = present_actor()
                if actor.user_id is None:
                    raise SignInNeeded(_("Please sign in first."))
                if access.permissions and not any(list(actor.grants_with(item)) for item in access.permissions):
                    raise Forbidden(_("Your account has no role that may see this page."))
            return view(*args, **kwargs)

        guarded.access = access  # type: ignore[attr-defined]  # read by the policing tests
        return guarded

    return decorate


def public(view: Callable[Args, Result]) -> Callable[Args, Result]:
    """Anybody may come."""
    return label(Access(public=True))(view)


def signed_in(view: Callable[Args, Result]) -> Callable[Args, Result]:
    """Anybody with an account may come."""
    return label(Access())(view)


def needs(*permissions: P) -> Callable[[Callable[Args, Result]], Callable[Args, Result]]:
    """Roles with one of the permissions may come."""
    return label(Access(permissions=permissions))
