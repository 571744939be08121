"""Sign-in, sign-out, sign-up, language, profile, password, API tokens."""

from supermarket.web.account import messages, profile, sign_in, sign_up
from supermarket.web.account.blueprint import blueprint

__all__ = ["blueprint", "messages", "profile", "sign_in", "sign_up"]
