"""Cursors as programs hold them: signed for their address, so that nobody can make one up that the database chokes on."""

import hashlib

from flask import current_app, request
from flask_babel import gettext as _
from itsdangerous import BadSignature, Signer

from supermarket.core.errors import FieldError, InvalidInput


def _signer() -> Signer:
    return Signer(str(current_app.config["SECRET_KEY"]), salt=f"cursor {request.path}", digest_method=hashlib.sha256)


def signed(cursor: str | None) -> str | None:
    """A cursor for the reader of the present address."""
    return None if cursor is None else _signer().sign(cursor).decode()


def opened(text: str) -> str:
    """The cursor that was signed. Raises InvalidInput at `page[after]` for one that is none of this address."""
    try:
        return _signer().unsign(text).decode()
    except BadSignature as error:
        message = _("This is no cursor of this list. Begin without one.")
        raise InvalidInput(message, errors=[FieldError("page[after]", "cursor", message)]) from error
