"""How often one may ask: per account with a token, else per address. The answers carry X-RateLimit headers (Flask-Limiter)."""

from flask import current_app
from flask_limiter.util import get_remote_address

from supermarket.api.tokens import bearer


def who_asks() -> str:
    """The account behind the token, so that many machines of one account count together; else the address.

    A token that is none of ours counts for its address: guessing must not open a fresh allowance each time.
    """
    user = bearer()
    return f"address:{get_remote_address()}" if user is None else f"user:{user.id}"


def allowance() -> str:
    """Requests per time, from the setting API_RATE_LIMIT."""
    return str(current_app.config.get("API_RATE_LIMIT", "600 per minute"))
