"""Draws by parties: each reveals after the receipt; who does not is named, and the named lottery decides alone (§3).

Reveals are kept as they come in, so that one party's silence costs the others nothing and a restart changes nothing.
Why a refusal is no second throw that anybody could steer: docs/adr/0034.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.clock import local_text
from supermarket.core.draw import PartiesSource, PublishedSource, is_reveal_of, parse_source, parties_value
from supermarket.core.errors import Conflict, FieldError, InvalidInput, RuleBroken, WrongState
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor
from supermarket.credit.operations import enter
from supermarket.credit.points import OwnerEvent
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.policies.queries import number
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection import events
from supermarket.selection.drawing import compute, locked_draw, locked_draw_of
from supermarket.selection.models import Draw, Reveal
from supermarket.selection.parties import OPERATOR, OWNER, lottery_of, parties_of, witness_of
from supermarket.selection.states import DRAW, DrawAction, DrawState


@dataclass(frozen=True)
class Reveals:
    """What the parties answered when they were asked: commitment → r; who did not answer is missing."""

    by_commitment: Mapping[str, str]


def prepare_reveals(draw_id: int, at: datetime) -> Reveals | None:
    """Ask every party that has not revealed yet, the operator first: it must not wait to see what the others reveal."""
    draw = db.session.get(Draw, draw_id)
    if draw is None or draw.state is not DrawState.RECEIPTED:
        return None
    source, code, purpose = parse_source(draw.source), draw.project.code, draw.purpose
    if not isinstance(source, PartiesSource):
        return None
    known = {row.commitment for row in reveals_of(draw.id)}
    asked = [(name, c) for name, c in parties_of(draw.project, source) if c not in known]
    db.session.rollback()  # nothing is held while the outside is asked
    answers = {c: r for name, c in asked if (r := _ask(name, code, purpose, c)) is not None}
    return Reveals({c: r for c, r in answers.items() if is_reveal_of(c, r)})


def _ask(name: str, code: str, purpose: str, committed: str) -> str | None:
    try:
        if name == OPERATOR:
            return current().keys.chain_reveal(code, committed)
        return witness_of(name).reveal(code, purpose)
    except GatewayError:
        return None


def reveal_due(draw_id: int, at: datetime, prepared: object) -> bool:
    """Keep what came in; with the last reveal the draw is computed. False if nothing came (any more).

    The parties' minutes begin with the draw's time; where nobody was asked in them, because the market stood still,
    they begin when it is back.
    """
    draw = locked_draw(draw_id)
    source = parse_source(draw.source)
    if not _waits(draw, at) or not isinstance(source, PartiesSource) or not isinstance(prepared, Reveals):
        return False
    begun = draw.reveal_until is None
    if draw.reveal_until is None:
        minutes = timedelta(minutes=number(draw.project.policy, "draw_reveal_minutes"))
        draw.reveal_until = draw.draw_at + minutes if at < draw.draw_at + minutes else at + minutes
    kept = [
        _keep(draw, name, c, prepared.by_commitment[c], actor=SYSTEM, at=at)
        for name, c in parties_of(draw.project, source)
        if c in prepared.by_commitment
    ]
    _compute_if_whole(draw, source, at)
    return begun or any(kept)


def hand_in_reveal(code: str, *, purpose: str, reveal: str, actor: Actor, at: datetime) -> Draw:
    """Anybody hands in what a party revealed, should it not be reached from here: that it hashes to c is all that counts.

    So nobody can claim that a party was silent that was not. Raises NotFound, RuleBroken for another source, WrongState
    before the draw's time and after the refusers were named, Conflict for what is here already, InvalidInput for what
    belongs to no party.
    """
    draw = locked_draw_of(code, purpose)
    source = parse_source(draw.source)
    if not isinstance(source, PartiesSource):
        raise RuleBroken(_("No party reveals anything for this draw."), code="other_source")
    if draw.state is DrawState.FALLEN_BACK:
        raise WrongState(
            _("It comes too late: who had not revealed in time was named, and the lottery decides now."),
            state=draw.state.value,
            allowed=[],
        )
    if not _waits(draw, at):
        raise WrongState(_("Nothing can be revealed for this draw now."), state=draw.state.value, allowed=[])
    given = reveal.strip()
    found = next(((name, c) for name, c in parties_of(draw.project, source) if is_reveal_of(c, given)), None)
    if found is None:
        message = _("This does not hash to the commitment of any party.")
        raise InvalidInput(message, errors=[FieldError("reveal", "not_revealed", message)])
    if not _keep(draw, *found, given, actor=actor, at=at):
        raise Conflict(_("This party has revealed already."), code="revealed_before")
    _compute_if_whole(draw, source, at)
    return draw


def name_refusers_due(draw_id: int, at: datetime, prepared: object) -> bool:
    """The minutes are over: who has not revealed is named for good, and the named lottery decides alone."""
    draw = locked_draw(draw_id)
    source = parse_source(draw.source)
    if not _waits(draw, at) or not isinstance(source, PartiesSource):
        return False
    if draw.reveal_until is None or draw.reveal_until > at:
        return False
    revealed = {row.commitment for row in reveals_of(draw.id)}
    refused = [name for name, c in parties_of(draw.project, source) if c not in revealed]
    if not refused:
        return False
    draw.state = DRAW.next(draw.state, DrawAction.NAME_REFUSERS)
    draw.refused, draw.refused_at = refused, at.replace(microsecond=0)
    draw.draw_at = draw.refused_at + PublishedSource.earliest
    db.session.flush()
    record(
        events.REFUSED,
        draw.project.code,
        actor=SYSTEM,
        at=at,
        data={
            "purpose": draw.purpose,
            "refused": refused,
            "lottery": lottery_of(draw.project),
            "closes_after": local_text(draw.draw_at),
        },
    )
    if OWNER in refused:
        _costs_the_owner(draw.project, at)
    return True


def _costs_the_owner(project: Project, at: datetime) -> None:
    """An owner that is a party and does not reveal pays with its credit (rating-and-credit.md); offices get the card alone."""
    if project.owner.uscc is None:
        return
    enter(
        OwnerEvent.DID_NOT_REVEAL,
        uscc=project.owner.uscc,
        source=_("Supermarket"),
        basis=_("Credit rules: did not reveal in a draw"),
        document_number=project.code,
        evidence=project.code,
        project_code=project.code,
        actor=SYSTEM,
        at=at,
    )


def reveals_of(draw_id: int) -> Sequence[Reveal]:
    """What was revealed for a draw, in the order in which it came in."""
    return db.session.scalars(sa.select(Reveal).where(Reveal.draw_id == draw_id).order_by(Reveal.id)).all()


def _waits(draw: Draw, at: datetime) -> bool:
    return draw.state is DrawState.RECEIPTED and draw.project.state is ProjectState.SELECTING and at >= draw.draw_at


def _keep(draw: Draw, name: str, committed: str, revealed: str, *, actor: Actor, at: datetime) -> bool:
    if any(row.commitment == committed for row in reveals_of(draw.id)):
        return False
    moment = at.replace(microsecond=0)
    db.session.add(Reveal(draw_id=draw.id, party=name, commitment=committed, reveal=revealed, at=moment))
    db.session.flush()
    record(events.REVEALED, draw.project.code, actor=actor, at=at, data={"purpose": draw.purpose, "party": name})
    return True


def _compute_if_whole(draw: Draw, source: PartiesSource, at: datetime) -> None:
    kept = {row.commitment: row for row in reveals_of(draw.id)}
    if len(kept) < len(source.commitments):
        return
    value = parties_value([kept[c].reveal for c in source.commitments])
    names = tuple(name for name, _c in parties_of(draw.project, source))
    compute(draw, value, names, source_time=max(row.at for row in kept.values()), at=at)
