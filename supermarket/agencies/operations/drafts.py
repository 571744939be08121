"""Forms that an organisation began: kept as typed, so that they can be finished on another device."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.accounts.queries import organisation
from supermarket.agencies import events
from supermarket.agencies.models import FormDraft
from supermarket.core.errors import Conflict, FieldError, InvalidInput
from supermarket.core.events import record
from supermarket.core.permissions import Actor, P, authorise
from supermarket.extensions import db

# A number of a person is never kept outside of its encrypted column.
SECRET = frozenset({"identity_number", "csrf_token"})
MOST_CHARACTERS = 20_000


def save_draft(
    organisation_id: int,
    form: str,
    fields: Mapping[str, str],
    *,
    expected_version: int | None,
    actor: Actor,
    at: datetime,
) -> FormDraft:
    """Keep what was typed into a form; secret numbers are left out.

    Raises Forbidden, InvalidInput when it is too long to keep, Conflict if it was saved elsewhere since it was seen.
    """
    authorise(actor, P.AGENCY_EDIT, organisation_id=organisation_id)
    wanted = {name: text.replace("\x00", "") for name, text in fields.items() if name not in SECRET and text}
    if sum(map(len, wanted.values())) > MOST_CHARACTERS:
        message = _("This is too long to be kept. Shorten it.")
        raise InvalidInput(message, errors=[FieldError("form", "too_long", message)])
    row = db.session.scalar(_of(organisation_id, form).with_for_update())
    if row is None:
        row = FormDraft(organisation_id=organisation_id, form=form)
        db.session.add(row)
    elif expected_version is not None and expected_version != row.version:
        raise Conflict(_("This form was saved on another device meanwhile. Look at both before you save again."))
    row.fields, row.saved_at, row.saved_by_id = wanted, at, actor.user_id
    db.session.flush()
    code = organisation(organisation_id).uscc or ""
    record(events.DRAFT_SAVED, code, actor=actor, at=at, data={"form": form}, organisation_id=organisation_id)
    return row


def drop_draft(organisation_id: int, form: str, *, actor: Actor) -> bool:
    """Forget a form that was finished or is not wanted any more. Whether there was one. Raises Forbidden."""
    authorise(actor, P.AGENCY_EDIT, organisation_id=organisation_id)
    row = db.session.scalar(_of(organisation_id, form))
    if row is None:
        return False
    db.session.delete(row)
    db.session.flush()
    return True


def _of(organisation_id: int, form: str) -> sa.Select[FormDraft]:
    return sa.select(FormDraft).where(FormDraft.organisation_id == organisation_id, FormDraft.form == form)
