"""Files: one way to download them, for whoever may read them; always as an attachment, never shown by the browser."""

import structlog
from flask import Blueprint, Response, send_file
from flask_babel import gettext as _

from supermarket.agencies.queries import agency_by_uscc
from supermarket.contracts.permissions import sees_all
from supermarket.contracts.queries import contract
from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor, P, may
from supermarket.documents.models import Document
from supermarket.documents.queries import content, document, readable_by
from supermarket.gateways.files import FileMissing
from supermarket.selection.corrections import BULLETIN_FILE, bulletin_is_shown
from supermarket.selection.low_quotes import COST_FILE
from supermarket.selection.queries import reads_cost_files
from supermarket.web.access import present_actor, public

log = structlog.get_logger()
blueprint = Blueprint("files", __name__)
# What both sides of a contract read, whoever of them handed it in.
OF_CONTRACT = frozenset({"contract", "deliverable", "payment"})
# Which offices of its region read an agency's private files.
OF_AGENCY = (P.AGENCY_DECIDE, P.SUPERVISE)


def may_read(row: Document, actor: Actor) -> bool:
    """Public, one's own, one's office's to look at, of a contract whose side or office one is, or of a low quote."""
    if readable_by(row, actor):
        return True
    if row.subject_kind == "agency":
        agency = agency_by_uscc(row.subject_code)
        return agency is not None and any(may(actor, item, region=agency.region_code) for item in OF_AGENCY)
    if row.subject_kind == COST_FILE:
        return reads_cost_files(row.subject_code, actor)
    if row.subject_kind == BULLETIN_FILE:
        return bulletin_is_shown(row.id)
    return row.subject_kind in OF_CONTRACT and sees_all(contract(row.subject_code), actor)


@blueprint.get("/files/<file:document_id>")
@public
def download(document_id: int) -> Response:
    """The file. Raises NotFound also for what is there and not the reader's, so that nobody learns of it."""
    row = document(document_id)
    if not may_read(row, present_actor()):
        raise NotFound(_("There is no such file."))
    try:
        stream = content(row)
    except FileMissing as error:
        log.error("file missing", document=row.id, sha256=row.sha256)
        raise NotFound(_("The file is missing from the store. Ask its owner to hand it in again.")) from error
    answer = send_file(stream, mimetype=row.media_type, as_attachment=True, download_name=row.name, etag=row.sha256)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "public, max-age=3600" if row.public else "private, no-store"
    return answer
