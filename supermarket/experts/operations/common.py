"""What the operations of this room share: the locked row, who may act on it, refusals."""

from collections.abc import Iterable

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import FieldError, Forbidden, InvalidInput, NotFound
from supermarket.core.permissions import Actor, P, authorise
from supermarket.experts.models import Expert
from supermarket.extensions import db
from supermarket.policies.queries import office_region


def locked(code: str) -> Expert:
    """The expert, locked to the end of the transaction. Raises NotFound."""
    row = db.session.scalar(
        sa.select(Expert)
        .where(Expert.code == code)
        .with_for_update(of=Expert)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("There is no such expert."))
    return row


def own(actor: Actor) -> Expert:
    """The actor's own entry, locked. Raises Forbidden, NotFound for who has not applied."""
    authorise(actor, P.EXPERT_SERVE)
    row = db.session.scalar(
        sa.select(Expert)
        .where(Expert.user_id == actor.user_id)
        .with_for_update(of=Expert)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("You are not in the pool of experts yet; apply first."))
    return row


def in_charge(row: Expert, actor: Actor) -> None:
    """Let the offices of the expert's region act. Raises Forbidden."""
    authorise(actor, P.EXPERT_DECIDE, region=office_region(row.region_code))


def own_or_in_charge(row: Expert, actor: Actor) -> None:
    """Let the expert or the offices of the region act. Raises Forbidden."""
    if actor.user_id is not None and row.user_id == actor.user_id:
        return
    in_charge(row, actor)


def mended(errors: Iterable[FieldError]) -> None:
    """Raises InvalidInput naming every field, if there is anything."""
    if found := list(errors):
        raise InvalidInput(_("Some fields need to be mended."), errors=found)


def must_be_person(actor: Actor) -> int:
    """Who acts, by number. Raises Forbidden for the system."""
    if actor.user_id is None:
        raise Forbidden(_("Please sign in first."))
    return actor.user_id
