"""Cursors as programs hold them: signed for their address, so that nobody can make one up that the database chokes on."""

import base64
import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from flask import current_app, request
from flask_babel import gettext as _
from itsdangerous import BadSignature, Signer

from supermarket.core.errors import FieldError, InvalidInput

_PLACE_BYTES = 8


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])


def _signer() -> Signer:
    return Signer(_secret(), salt=f"cursor {request.path}", digest_method=hashlib.sha256)


def signed(cursor: str | None) -> str | None:
    """A cursor for the reader of the present address."""
    return None if cursor is None else _signer().sign(cursor).decode()


def opened(text: str) -> str:
    """The cursor that was signed. Raises InvalidInput at `page[after]` for one that is none of this address."""
    try:
        return _signer().unsign(text).decode()
    except BadSignature as error:
        raise _none_of_ours() from error


def hidden(place: int) -> str:
    """A place of a log that nobody can read off or compare; the same for the same place while the site keeps its secret."""
    sealed = _box().encrypt(place.to_bytes(_PLACE_BYTES), None)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def place_of(text: str) -> int:
    """The place that was hidden. Raises InvalidInput at `page[after]` where nothing of ours is in it."""
    try:
        return int.from_bytes(_box().decrypt(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), None))
    except (InvalidTag, ValueError) as error:
        raise _none_of_ours() from error


def _box() -> AESSIV:
    return AESSIV(hashlib.sha512(b"place of a log " + _secret().encode()).digest())


def _none_of_ours() -> InvalidInput:
    message = _("This is no cursor of this list. Begin without one.")
    return InvalidInput(message, errors=[FieldError("page[after]", "cursor", message)])
