"""Request bodies: JSON or multipart, read strictly into a command form. No input, however odd, gets further than here unread."""

import hashlib
from collections.abc import Mapping

import orjson
from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.exceptions import UnsupportedMediaType

from supermarket.api.form_schema import STRUCTURAL, Schema, check, schema_of
from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.forms import CommandForm

# Bytes of a JSON body; files come as multipart/form-data up to the site's MAX_CONTENT_LENGTH.
JSON_LIMIT = 1024 * 1024
_MULTIPART = "multipart/form-data"


def read_form(
    kind: type[CommandForm],
    *,
    upload: bool,
    present: Mapping[str, object] | None = None,
    needed: tuple[str, ...] = (),
) -> tuple[CommandForm, str]:
    """The checked form of the request's body, and a hash of what was sent (for Idempotency-Key).

    `present`: what stands already, for a change that names only some fields; `needed` of them must be named. Raises
    InvalidInput, UnsupportedMediaType, RequestEntityTooLarge.
    """
    if upload and request.mimetype == _MULTIPART:
        return _multipart(kind)
    payload = read_json()
    schema = schema_of(kind) if present is None else schema_of(kind, partial=needed)
    wrong = list(check(schema, payload))
    if any(item.code in STRUCTURAL for item in wrong):
        raise InvalidInput(_("Some fields cannot be read."), errors=wrong)
    merged = payload if present is None or not isinstance(payload, dict) else {**present, **payload}
    # The form's own sentences say more than the schema's, so they come first.
    form = kind.from_json(merged).checked()
    if wrong:
        raise InvalidInput(_("Some fields need to be mended."), errors=wrong)
    return form, _hash(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS))


def read_nothing() -> str:
    """Refuse a body where none is asked for; an empty JSON object is none. Gives the hash of nothing."""
    if request.content_length or request.headers.get("Transfer-Encoding"):
        payload = read_json()
        empty: Schema = {"type": "object", "properties": {}, "additionalProperties": False}
        if wrong := list(check(empty, payload)):
            raise InvalidInput(_("Some fields cannot be read."), errors=wrong)
    return _hash(b"{}")


def read_json() -> object:
    """The JSON of the body. Raises UnsupportedMediaType, RequestEntityTooLarge, or InvalidInput at `body`."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType(_("Send JSON with the header “Content-Type: application/json”."))
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType(_("Send the body as it is, without compression."))
    request.max_content_length = JSON_LIMIT
    try:
        payload: object = orjson.loads(request.get_data(cache=False))
    except orjson.JSONDecodeError as error:
        message = _("This is not JSON: %(why)s", why=str(error)[:200])
        raise InvalidInput(message, errors=[FieldError("body", "malformed_json", message)]) from error
    _refuse_nul(payload)
    return payload


def _refuse_nul(payload: object) -> None:
    """No column keeps a NUL character. Walks without recursion: the nesting is the sender's choice."""
    waiting: list[tuple[str, object]] = [("", payload)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, str) and "\x00" in value:
            message = _("Remove the invisible characters.")
            raise InvalidInput(message, errors=[FieldError(name[:200] or "body", "invalid", message)])
        if isinstance(value, list):
            waiting.extend((name, item) for item in value)
        elif isinstance(value, dict):
            waiting.extend((str(key), item) for key, item in value.items())


def _multipart(kind: type[CommandForm]) -> tuple[CommandForm, str]:
    known = schema_of(kind, multipart=True)["properties"]
    names = set(known) if isinstance(known, dict) else set()
    errors = [
        FieldError(name.replace("\x00", "")[:200], "unknown_field", _("This field is not known here; remove it."))
        for name in {*request.form, *request.files}
        if name not in names
    ]
    errors.extend(
        FieldError(name, "invalid", _("Remove the invisible characters."))
        for name, value in request.form.items(multi=True)
        if "\x00" in value
    )
    if errors:
        raise InvalidInput(_("Some fields cannot be read."), errors=errors)
    form = kind(formdata=CombinedMultiDict([request.files, request.form]), meta={"csrf": False}).checked()
    digest = hashlib.sha256()
    for name, value in sorted(request.form.items(multi=True)):
        digest.update(orjson.dumps([name, value]))
    for name, file in sorted(request.files.items(multi=True), key=lambda item: item[0]):
        content = hashlib.sha256(file.stream.read()).hexdigest()
        file.stream.seek(0)
        digest.update(orjson.dumps([name, file.filename, content]))
    return form, digest.hexdigest()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
