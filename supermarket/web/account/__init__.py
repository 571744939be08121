"""Sign-in with a password or the unified identity, sign-out, sign-up, language, profile, password, API tokens."""

from supermarket.web.account import messages, national, profile, sign_in, sign_up
from supermarket.web.account.blueprint import blueprint

__all__ = ["blueprint", "messages", "national", "profile", "sign_in", "sign_up"]
