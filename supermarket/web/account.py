"""Sign-in, sign-out, sign-up, language, profile, tokens."""

from flask import Blueprint

blueprint = Blueprint("account", __name__)
