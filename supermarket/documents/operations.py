"""Writes of the documents room: keep a file by its content and remember whose it is."""

from datetime import datetime
from typing import BinaryIO

from flask_babel import gettext as _

from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.events import record
from supermarket.core.permissions import Actor
from supermarket.documents import events
from supermarket.documents.models import Document
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.filetypes import ALL_TYPES, FileRefused

# Bytes of one upload; the same as the largest request that the site takes.
UPLOAD_LIMIT = 32 * 1024 * 1024


def store(
    data: bytes | BinaryIO,
    name: str,
    *,
    subject_kind: str,
    subject_code: str,
    owner_organisation_id: int | None,
    public: bool,
    actor: Actor,
    at: datetime,
    allow: frozenset[str] = ALL_TYPES,
    limit: int = UPLOAD_LIMIT,
    field: str = "file",
) -> Document:
    """Keep an uploaded or generated file; whether the actor may, the calling room has asked already.

    `limit` in bytes. Raises InvalidInput at `field` for a file that is too large, damaged or not what its name says.
    """
    try:
        kept = current().files.put(data, name=name, limit=limit, allow=allow)
    except FileRefused as refused:
        message = _(refused.msgid, **refused.params)
        raise InvalidInput(message, errors=[FieldError(field, refused.code, message)]) from refused
    row = Document(
        sha256=kept.sha256,
        name=kept.name,
        size=kept.size,
        media_type=kept.media_type,
        subject_kind=subject_kind,
        subject_code=subject_code,
        owner_organisation_id=owner_organisation_id,
        public=public,
        stored_at=at,
    )
    db.session.add(row)
    db.session.flush()
    record(
        events.STORED,
        str(row.id),
        actor=actor,
        at=at,
        data={"subject_kind": subject_kind, "subject_code": subject_code, "sha256": row.sha256, "size": row.size},
        organisation_id=owner_organisation_id,
    )
    return row
