"""Branches under their head office: its standing reaches them, and it may take its authority back (onboarding.md)."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events
from supermarket.agencies.models import Agency
from supermarket.agencies.operations.common import changed, locked, refuse
from supermarket.agencies.operations.onboarding import file_of, refresh_services
from supermarket.agencies.queries import agency_by_uscc
from supermarket.core.errors import Conflict, FieldError, NotFound
from supermarket.core.events import Tag, record
from supermarket.core.permissions import Actor, P, authorise
from supermarket.extensions import db


def reach_branches(head_uscc: str, *, at: datetime) -> int:
    """Hide or show the branches' services as the head office's standing now demands; safe to repeat. Gives how many.

    For the wiring, whenever a standing changed; it is undone the same way when the head office's is lifted.
    """
    codes = db.session.scalars(
        sa.select(Agency.uscc)
        .where(Agency.head_office_uscc == head_uscc, Agency.is_branch, Agency.uscc != head_uscc)
        .order_by(Agency.id)
    ).all()
    for uscc in codes:
        refresh_services(locked(uscc), file_of(uscc, at), at)
    return len(codes)


def revoke_branch_authority(branch_uscc: str, *, reason: str, actor: Actor, at: datetime) -> Agency:
    """The head office takes its authority back: the branch's check fails from now on, until the head office gives it again.

    Raises NotFound if it is no branch of the actor's agency, Forbidden, Conflict if it was taken back already, InvalidInput.
    """
    row = _branch_of_actor(branch_uscc, actor)
    if row.authority_revoked_at is not None:
        raise Conflict(_("The authority was taken back already."))
    return _answered(row, at, events.BRANCH_AUTHORITY_REVOKED, reason, actor, at)


def restore_branch_authority(branch_uscc: str, *, reason: str, actor: Actor, at: datetime) -> Agency:
    """The head office gives its authority again; the branch's checks run anew. Raises as revoke_branch_authority."""
    row = _branch_of_actor(branch_uscc, actor)
    if row.authority_revoked_at is None:
        raise Conflict(_("The authority was not taken back."))
    return _answered(row, None, events.BRANCH_AUTHORITY_RESTORED, reason, actor, at)


def _answered(row: Agency, revoked_at: datetime | None, tag: Tag, reason: str, actor: Actor, at: datetime) -> Agency:
    if len(reason.strip()) < 4:
        refuse([FieldError("reason", "missing", _("Give the reason in a sentence."))])
    row.authority_revoked_at = revoked_at
    changed(row, at)
    data = {"head_office_uscc": row.head_office_uscc, "reason": reason.strip()}
    record(tag, row.uscc, actor=actor, at=at, data=data)
    return row


def _branch_of_actor(branch_uscc: str, actor: Actor) -> Agency:
    row = locked(branch_uscc)
    head = None if row.head_office_uscc is None else agency_by_uscc(row.head_office_uscc)
    if not row.is_branch or head is None:
        raise NotFound(_("There is no such branch."))
    authorise(actor, P.AGENCY_EDIT, organisation_id=head.organisation_id or 0)
    return row
