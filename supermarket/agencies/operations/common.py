"""What the operations of this room share: the locked row, who may edit it, what a change of file entails."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency, Standing
from supermarket.core.errors import Conflict, FieldError, InvalidInput, NotFound, WrongState
from supermarket.core.permissions import Actor, P, authorise
from supermarket.extensions import db

# Purpose of the keyed hashes: the same person is found again across agencies without being kept.
IDENTITY = "identity"
# An agency that is out of the market does not edit its entry.
GONE = (Standing.EXPELLED, Standing.LEFT)


def locked(uscc: str) -> Agency:
    """The agency, locked to the end of the transaction. Raises NotFound."""
    row = db.session.scalar(
        sa.select(Agency)
        .where(Agency.uscc == uscc)
        # key_share: who inserts a row that names the agency (an enrolment) need not wait, and cannot lock crosswise.
        .with_for_update(of=Agency, key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("There is no such agency."))
    return row


def editable(uscc: str, actor: Actor) -> Agency:
    """The agency, locked, for one of its own people. Raises NotFound, Forbidden, WrongState once it is out."""
    row = locked(uscc)
    # Nobody owns an imported entry until its organisation claims it: no grant is for organisation 0.
    authorise(actor, P.AGENCY_EDIT, organisation_id=row.organisation_id or 0)
    if row.standing in GONE:
        raise WrongState(_("The agency is out of the market."), state=row.standing.value, allowed=())
    return row


def changed(row: Agency, at: datetime) -> None:
    """Note that the file changed: the checks run again, and another page's version is stale."""
    row.checks_due_at = at
    # The version rises even if the same moment was noted before.
    sa.orm.attributes.flag_modified(row, "checks_due_at")
    db.session.flush()


def not_stale(row: Agency, expected_version: int | None) -> None:
    """Raises Conflict if the page was made from an older version."""
    if expected_version is not None and expected_version != row.version:
        raise Conflict(_("This was changed meanwhile. Reload the page and look before you try again."))


def refuse(errors: Sequence[FieldError]) -> None:
    """Raises InvalidInput naming every field, if there is anything."""
    if errors:
        raise InvalidInput(_("Some fields need to be mended."), errors=errors)
