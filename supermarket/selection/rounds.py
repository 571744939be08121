"""Draws by the public beacon drand: the one round that the receipt's time names, fetched or handed in by anybody."""

from datetime import datetime

from flask_babel import gettext as _

from supermarket.core.draw import DrandSource, parse_source
from supermarket.core.errors import FieldError, InvalidInput, RuleBroken, WrongState
from supermarket.core.events import record
from supermarket.core.permissions import Actor
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.beacon import BeaconError, Round, checked
from supermarket.gateways.errors import GatewayError
from supermarket.projects.states import ProjectState
from supermarket.selection import events
from supermarket.selection.drawing import compute, locked_draw, locked_draw_of, receipt_time
from supermarket.selection.models import Draw
from supermarket.selection.states import DrawState


def prepare_round(draw_id: int, at: datetime) -> Round | None:
    """Fetch the beacon's round; None if no relay gives one that holds now."""
    draw = db.session.get(Draw, draw_id)
    if draw is None or draw.state is not DrawState.RECEIPTED:
        return None
    source, receipt = parse_source(draw.source), draw.receipt
    db.session.rollback()  # nothing is held while the outside is asked
    if not isinstance(source, DrandSource):
        return None
    beacon = current().beacon
    try:
        return beacon.round(source.chain_hash, beacon.chain(source.chain_hash).round_for(receipt_time(receipt)))
    except GatewayError:
        return None


def draw_by_beacon(draw_id: int, at: datetime, prepared: object) -> bool:
    """Compute the draw from the fetched round, once. False if there is none, or nothing to do (any more)."""
    draw = locked_draw(draw_id)
    source = parse_source(draw.source)
    if not isinstance(prepared, Round) or not isinstance(source, DrandSource) or not _waits(draw, at):
        return False
    return _draw(draw, source, prepared, ("beacon",), at)


def hand_in_round(code: str, *, purpose: str, signature: str, previous: str = "", actor: Actor, at: datetime) -> Draw:
    """Anybody hands the beacon's round in, should its relays not be reached from here: its signature is all that counts.

    `previous`: the signature before it, for chains whose rounds are linked. Raises NotFound, WrongState before the
    round's time and once the draw is over, RuleBroken for another source, InvalidInput for a signature that is not the
    beacon's of exactly this round.
    """
    draw = locked_draw_of(code, purpose)
    source = parse_source(draw.source)
    if not isinstance(source, DrandSource):
        raise RuleBroken(_("This draw takes no round of a beacon."), code="other_source")
    if not _waits(draw, at):
        raise WrongState(_("A round cannot be handed in now."), state=draw.state.value, allowed=[])
    chain = current().beacon.chain(source.chain_hash)
    number = chain.round_for(receipt_time(draw.receipt))
    try:
        come = checked(chain, number, signature.strip(), previous.strip())
    except BeaconError as error:
        message = _(error.msgid, **error.params)
        raise InvalidInput(message, errors=[FieldError("signature", error.code, message)]) from error
    record(events.ROUND_HANDED_IN, code, actor=actor, at=at, data={"purpose": draw.purpose, "round": number})
    _draw(draw, source, come, ("anybody",), at)
    return draw


def _waits(draw: Draw, at: datetime) -> bool:
    return draw.state is DrawState.RECEIPTED and draw.project.state is ProjectState.SELECTING and at >= draw.draw_at


def _draw(draw: Draw, source: DrandSource, come: Round, by: tuple[str, ...], at: datetime) -> bool:
    chain = current().beacon.chain(source.chain_hash)
    if come.number != chain.round_for(receipt_time(draw.receipt)):
        return False
    draw.beacon = {"round": str(come.number), "signature": come.signature}
    if come.previous:
        draw.beacon |= {"previous": come.previous}
    compute(draw, come.randomness, by, source_time=chain.time_of(come.number), at=at)
    return True
