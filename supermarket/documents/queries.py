"""Reads of the documents room."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import BinaryIO

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor, P
from supermarket.core.scattered import gathered, scattered
from supermarket.documents.models import Document
from supermarket.extensions import db
from supermarket.gateways import current

# Who in office reads the private files of a kind of thing, besides the organisation whose file it is. Files of a
# contract and of an agency are not here: other rooms know their region and let in only the offices in charge.
OFFICE_READERS: Mapping[str, frozenset[P]] = {
    "project": frozenset({P.PROJECT_REVIEW, P.SUPERVISE}),
}


def document(document_id: int) -> Document:
    """The document. Raises NotFound."""
    row = db.session.get(Document, document_id)
    if row is None:
        raise NotFound(_("There is no such file."))
    return row


def file_number(document_id: int) -> int:
    """The number under which a file is asked for: gaps between plain ones would tell how many files, plans among them,
    others have handed in (ADR 36).
    """
    return scattered(document_id, _key())


def id_of_file(number: int) -> int:
    """The document's own number behind one under which it is asked for."""
    return gathered(number, _key())


def _key() -> bytes:
    return sha256(b"numbers of files " + str(current_app.config["SECRET_KEY"]).encode()).digest()


def documents_of(subject_kind: str, subject_code: str, *, public_only: bool = False) -> Sequence[Document]:
    """The files of one thing, oldest first."""
    query = sa.select(Document).where(Document.subject_kind == subject_kind, Document.subject_code == subject_code)
    if public_only:
        query = query.where(Document.public)
    return db.session.scalars(query.order_by(Document.id)).all()


def readable_by(row: Document, actor: Actor) -> bool:
    """Whether an actor reads a file by itself: it is public, its organisation's, or its office's to look at.

    The other side of a contract reads through the contracts room, which knows the parties.
    """
    if row.public or actor.system:
        return True
    if row.owner_organisation_id is not None and any(
        grant.organisation_id == row.owner_organisation_id for grant in actor.grants
    ):
        return True
    return any(
        True for permission in OFFICE_READERS.get(row.subject_kind, ()) for _grant in actor.grants_with(permission)
    )


def readable_document(document_id: int, actor: Actor) -> Document:
    """The document if the actor reads it. Raises NotFound otherwise: nobody else learns that it is there."""
    row = document(document_id)
    if not readable_by(row, actor):
        raise NotFound(_("There is no such file."))
    return row


def content(row: Document) -> BinaryIO:
    """The bytes of a file, from the start. Raises FileMissing when the store has lost it."""
    return current().files.open(row.sha256)
