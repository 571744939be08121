"""Draws: once receipted, drawn from the named source and published (selection.md §3)."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.draw import (
    DrandSource,
    DrawError,
    Excluded,
    PartiesSource,
    PublishedSource,
    Receipt,
    Record,
    Source,
    check_value,
    draw_key,
    draw_order,
    is_reveal_of,
    parse_pool_file,
    parse_source,
    parse_time,
    parties_value,
)
from supermarket.core.errors import FieldError, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, Role, authorise
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.beacon import BeaconError, Round, checked
from supermarket.gateways.errors import GatewayError
from supermarket.projects.models import Project
from supermarket.projects.operations import unlock_after_draw
from supermarket.projects.operations.common import locked, locked_by_id
from supermarket.projects.states import ProjectState
from supermarket.selection import events
from supermarket.selection.models import Draw
from supermarket.selection.parties import OPERATOR, parties_of, witness_of
from supermarket.selection.running import advance_project
from supermarket.selection.states import DRAW, DrawAction, DrawState


def value_from(source: Source, receipt_at: datetime) -> datetime:
    """From when on the source has the value of a draw with this receipt."""
    if isinstance(source, DrandSource):
        chain = current().beacon.chain(source.chain_hash)
        return chain.time_of(chain.round_for(receipt_at))
    return receipt_at + source.earliest


@dataclass(frozen=True)
class Reveals:
    """The parties' r's in the order of their commitments."""

    values: tuple[str, ...]


def prepare_value(draw_id: int, at: datetime) -> Reveals | Round | None:
    """Have all parties reveal, or fetch the beacon's round; None if one of them does not answer now."""
    draw = db.session.get(Draw, draw_id)
    if draw is None or draw.state is not DrawState.RECEIPTED:
        return None
    source = parse_source(draw.source)
    code, purpose, receipt = draw.project.code, draw.purpose, draw.receipt
    names = [name for name, _c in parties_of(draw.project, source)] if isinstance(source, PartiesSource) else []
    db.session.rollback()  # nothing is held while the outside is asked
    gateways = current()
    try:
        if isinstance(source, DrandSource):
            number = gateways.beacon.chain(source.chain_hash).round_for(_receipt_time(receipt))
            return gateways.beacon.round(source.chain_hash, number)
        if not isinstance(source, PartiesSource):
            return None
        witnesses = [witness_of(name).reveal(code, purpose) for name in names if name != OPERATOR]
        return Reveals((gateways.keys.chain_reveal(code, purpose), *witnesses))
    except GatewayError:
        return None


def draw_due(draw_id: int, at: datetime, prepared: object) -> bool:
    """Compute the draw from the reveals, once, publish its order, and let the selection go on."""
    draw = locked_draw(draw_id)
    project = draw.project
    if draw.state is not DrawState.RECEIPTED or draw.draw_at > at or project.state is not ProjectState.SELECTING:
        return False
    source = parse_source(draw.source)
    if isinstance(prepared, Round) and isinstance(source, DrandSource):
        return draw_by_round(draw, source, prepared, ("beacon",), at)
    if not isinstance(source, PartiesSource) or not isinstance(prepared, Reveals):
        return False
    for committed, revealed in zip(source.commitments, prepared.values, strict=True):
        if not is_reveal_of(committed, revealed):
            return False
    _compute(draw, parties_value(prepared.values), tuple(name for name, _c in parties_of(project, source)), at)
    advance_project(project, at)
    return True


def draw_by_round(draw: Draw, source: DrandSource, come: Round, by: tuple[str, ...], at: datetime) -> bool:
    """Compute a locked draw from the one round that it takes; False for any other round."""
    chain = current().beacon.chain(source.chain_hash)
    if come.number != chain.round_for(_receipt_time(draw.receipt)):
        return False
    draw.beacon = {"round": str(come.number), "signature": come.signature}
    _compute(draw, come.randomness, by, at, source_time=chain.time_of(come.number))
    advance_project(draw.project, at)
    return True


def _receipt_time(receipt: dict[str, str] | None) -> datetime:
    if receipt is None:
        raise LookupError("a draw without a receipt takes no value")
    return parse_time(receipt["at"])


def hand_in_round(code: str, *, purpose: str, signature: str, actor: Actor, at: datetime) -> Draw:
    """Anybody hands the beacon's round in, should its relays not be reached from here: its signature is all that counts.

    Raises NotFound, WrongState before the round's time and once the draw is over, RuleBroken for another source,
    InvalidInput for a signature that is not the beacon's of exactly this round.
    """
    project = locked(code)
    draw = db.session.scalar(
        sa.select(Draw).where(Draw.project_id == project.id, Draw.purpose == purpose).with_for_update(of=Draw)
    )
    if draw is None:
        raise NotFound(_("There is no such draw."))
    source = parse_source(draw.source)
    if not isinstance(source, DrandSource):
        raise RuleBroken(_("This draw takes no round of a beacon."), code="other_source")
    if draw.state is not DrawState.RECEIPTED or project.state is not ProjectState.SELECTING or at < draw.draw_at:
        raise WrongState(_("A round cannot be handed in now."), state=draw.state.value, allowed=[])
    chain = current().beacon.chain(source.chain_hash)
    number = chain.round_for(_receipt_time(draw.receipt))
    try:
        come = checked(chain, number, signature.strip())
    except BeaconError as error:
        message = _(error.msgid, **error.params)
        raise InvalidInput(message, errors=[FieldError("signature", error.code, message)]) from error
    record(events.ROUND_HANDED_IN, project.code, actor=actor, at=at, data={"purpose": draw.purpose, "round": number})
    draw_by_round(draw, source, come, ("anybody",), at)
    return draw


def enter_numbers(code: str, *, purpose: str, numbers: str, actor: Actor, at: datetime) -> Draw:
    """The owner and the regulator each type the bulletin's numbers; equal ones draw, unequal ones stop it.

    Raises NotFound, Forbidden, WrongState, InvalidInput.
    """
    project = locked(code)
    role = _entering_role(project, actor)
    draw = db.session.scalar(
        sa.select(Draw).where(Draw.project_id == project.id, Draw.purpose == purpose).with_for_update(of=Draw)
    )
    if draw is None:
        raise NotFound(_("There is no such draw."))
    source = parse_source(draw.source)
    if not isinstance(source, PublishedSource):
        raise RuleBroken(_("This draw takes no published numbers."), code="other_source")
    if draw.state is not DrawState.RECEIPTED or project.state is not ProjectState.SELECTING or at < draw.draw_at:
        raise WrongState(_("Numbers cannot be entered now."), state=draw.state.value, allowed=[])
    value = " ".join(numbers.split())
    try:
        check_value(source, value)
    except DrawError as error:
        message = _("Type the numbers as in the bulletin: two digits each, ascending, single spaces.")
        raise InvalidInput(message, errors=[FieldError("numbers", "format", message)]) from error
    draw.entries = [*(item for item in draw.entries if item["role"] != role), {"role": role, "value": value}]
    record(events.NUMBERS_ENTERED, project.code, actor=actor, at=at, data={"purpose": draw.purpose, "role": role})
    if len(draw.entries) == 2:
        if draw.entries[0]["value"] == draw.entries[1]["value"]:
            _compute(draw, value, tuple(sorted(item["role"] for item in draw.entries)), at)
            advance_project(project, at)
        else:
            record(events.NUMBERS_DIFFER, project.code, actor=SYSTEM, at=at, data={"purpose": draw.purpose})
    return draw


def _entering_role(project: Project, actor: Actor) -> str:
    grant = authorise(
        actor,
        P.SELECTION_ENTER_NUMBERS,
        organisation_id=project.owner_id if actor.has_role(Role.OWNER) else None,
        region=None if actor.has_role(Role.OWNER) else project.region_code,
    )
    return grant.role.value if grant is not None else Role.REGULATOR.value


def _compute(
    draw: Draw, value: str, entered_by: tuple[str, ...], at: datetime, *, source_time: datetime | None = None
) -> None:
    pool = parse_pool_file(draw.pool_file.encode("ascii"))
    moment = at.replace(microsecond=0)
    draw.value = value
    draw.entered_by = list(entered_by)
    draw.refused = []
    draw.source_time = source_time or moment
    draw.key = draw_key(draw.pool_hash, value)
    draw.order = list(draw_order(pool.members, draw.key))
    draw.drawn_at = moment
    draw.state = DRAW.next(draw.state, DrawAction.DRAW)
    unlock_after_draw(draw.project)
    db.session.flush()
    record(
        events.DRAWN,
        draw.project.code,
        actor=SYSTEM,
        at=at,
        data={"purpose": draw.purpose, "key": draw.key, "first": draw.order[0]},
    )


def public_record(draw: Draw) -> Record:
    """The record of selection.md §3, as far as it is known."""
    return Record(
        pool_file=draw.pool_file,
        pool_hash=draw.pool_hash,
        receipt=None
        if draw.receipt is None
        else Receipt(at=parse_time(draw.receipt["at"]), by=draw.receipt["by"], signature=draw.receipt["signature"]),
        source_time=draw.source_time,
        value=draw.value,
        entered_by=tuple(draw.entered_by) if draw.value is not None else None,
        refused=tuple(draw.refused) if draw.value is not None else None,
        drawn_at=draw.drawn_at,
        key=draw.key,
        order=tuple(draw.order) if draw.order is not None else None,
        excluded=tuple(Excluded(item["id"], item["code"]) for item in draw.excluded),
    )


def locked_draw(draw_id: int) -> Draw:
    """The draw, its project locked first. Raises NotFound."""
    project_id = db.session.scalar(sa.select(Draw.project_id).where(Draw.id == draw_id))
    if project_id is None:
        raise NotFound(_("There is no such draw."))
    locked_by_id(project_id)  # always the project first, so that no two jobs lock crosswise
    return db.session.scalars(
        sa.select(Draw).where(Draw.id == draw_id).with_for_update(of=Draw).execution_options(populate_existing=True)
    ).one()
