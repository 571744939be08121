"""Which frame a page of the file stands in: the way in (with its steps) or the file itself; where one goes on afterwards."""

from collections.abc import Mapping

from flask import redirect, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from supermarket.agencies import operations as agencies
from supermarket.agencies.models import Agency
from supermarket.core.clock import now
from supermarket.core.forms import CommandForm
from supermarket.documents.models import Document
from supermarket.documents.operations import store
from supermarket.gateways.filetypes import JPEG, PDF, PNG
from supermarket.web.access import present_actor
from supermarket.web.acting import perform
from supermarket.web.agency.steps import ORDER, Place, progress_of

SCANS = frozenset({PDF, PNG, JPEG})
LATER, MORE = "later", "more"


def back() -> str:
    """The step from which the reader came, or "" for the file itself."""
    wanted = request.values.get("back", "")
    return wanted if wanted in ORDER else ""


def place_of(step: str) -> Place | None:
    """The frame of the step that the reader came from; None outside of the way in."""
    if not step:
        return None
    found = progress_of(present_actor(), now())
    return found.at(step) if any(item.key == step for item in found.steps) else None


def go_back(default: str) -> Response:
    """On to where the reader came from."""
    step = back()
    return redirect(url_for(f"agency.step_{step}" if step else default), code=303)


def typed(form: CommandForm) -> Mapping[str, str]:
    """What was typed, as typed; boxes that are not ticked and files are not among it."""
    return {
        name: value
        for name, value in request.form.items()
        if name in form and name not in ("csrf_token", "version") and isinstance(value, str)
    }


def keep_draft(organisation_id: int, name: str, fields: Mapping[str, str]) -> None:
    """Keep what was typed, so that it can be finished on another device."""
    actor, at = present_actor(), now()
    perform(lambda: agencies.save_draft(organisation_id, name, fields, expected_version=None, actor=actor, at=at))


def forget_draft(organisation_id: int, name: str) -> None:
    """What was typed is filed now."""
    perform(lambda: agencies.drop_draft(organisation_id, name, actor=present_actor()))


def stored(upload: FileStorage | None, agency: Agency, field: str) -> Document | None:
    """The uploaded file, kept inside the present unit; None without one. Raises InvalidInput at `field`."""
    if upload is None or not upload.filename:
        return None
    upload.stream.seek(0)
    return store(
        upload.stream,  # type: ignore[arg-type]  # werkzeug's word for a binary stream
        upload.filename,
        subject_kind="agency",
        subject_code=agency.uscc,
        owner_organisation_id=agency.organisation_id,
        public=False,
        actor=present_actor(),
        at=now(),
        allow=SCANS,
        field=field,
    )
