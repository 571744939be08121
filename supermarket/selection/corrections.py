"""Both sides typed a bulletin alike and wrong: claimed with the bulletin, computed again, never drawn again (§3).

One side claims it, the other answers by typing the bulletin anew, each with the document in hand. Equal entries that
differ from what was drawn are computed again; equal to it, the claim is refuted. While a claim is open the award notice
waits; after the notice there is none. What was typed first and what followed from it stays public beside it (ADR 38).
"""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import InstrumentedAttribute

from supermarket.core.draw import draw_key, draw_order, format_time, parse_pool_file
from supermarket.core.errors import FieldError, Forbidden, InvalidInput, RuleBroken
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, Role
from supermarket.documents.operations import store
from supermarket.extensions import db
from supermarket.policies.queries import calendar, number
from supermarket.projects.commands import Attachment
from supermarket.projects.models import Project
from supermarket.projects.operations.common import not_between_receipt_and_order, reasoned
from supermarket.projects.states import PROJECT, ProjectAction
from supermarket.selection import events
from supermarket.selection.again import begin_series
from supermarket.selection.bulletins import Bulletin, checked, lottery_of_draw, sales_close_from, typing_role
from supermarket.selection.computed import computed
from supermarket.selection.drawing import locked_draw_of
from supermarket.selection.models import CorrectionEntry, Draw, DrawCorrection
from supermarket.selection.states import CORRECTION, DRAW, CorrectionAction, CorrectionState, DrawAction, DrawState

BULLETIN_FILE = "bulletin"
"""The kind of thing that the document of an entry belongs to; the project's code names it."""
BULLETIN_TYPES = frozenset({"application/pdf", "image/png", "image/jpeg"})
# Bytes of one bulletin.
BULLETIN_LIMIT = 8 * 1024 * 1024


def correct_numbers(
    code: str, bulletin: Bulletin, *, reason: str, file: Attachment | None, purpose: str, actor: Actor, at: datetime
) -> DrawCorrection:
    """Claim that both sides mistyped, or answer such a claim: the bulletin typed anew, why, and the document itself.

    Raises NotFound, Forbidden (also for one person on both sides), RuleBroken for another source, WrongState before the
    draw and from the award notice on, Conflict while a further draw is under way, InvalidInput.
    """
    draw = locked_draw_of(code, purpose)
    project = draw.project
    role = typing_role(project, actor)
    if role is None or actor.user_id is None:
        raise Forbidden(_("The owner and the authority in charge type the numbers, nobody else."))
    lottery = lottery_of_draw(draw)
    if lottery is None:
        raise RuleBroken(_("This draw takes no published numbers."), code="other_source")
    DRAW.next(draw.state, DrawAction.CORRECT)
    PROJECT.next(project.state, ProjectAction.COMPUTE_AGAIN)
    not_between_receipt_and_order(project)
    value = checked(bulletin, lottery, not_before=sales_close_from(draw), at=at)
    row = open_claim(draw)
    others = {} if row is None else {side: each for side, each in last_entries(row).items() if side != role.value}
    if any(each.user_id == actor.user_id for each in others.values()):
        raise Forbidden(_("Two people type the numbers; you have typed them for the other side."))
    closed_at = bulletin.closed_at.replace(microsecond=0)
    if row is None and (bulletin.issue, closed_at, value) == _drawn(draw):
        message = _("That is what was drawn: there is nothing to correct.")
        raise InvalidInput(message, errors=[FieldError("numbers", "as_drawn", message)])
    why = reasoned(reason)
    if file is None:
        message = _("Add the bulletin itself, as a PDF or a picture.")
        raise InvalidInput(message, errors=[FieldError("file", "needed", message)])
    kept = store(
        file.stream,
        file.name,
        subject_kind=BULLETIN_FILE,
        subject_code=project.code,
        owner_organisation_id=_organisation(project, role, actor),
        public=False,
        actor=actor,
        at=at,
        allow=BULLETIN_TYPES,
        limit=BULLETIN_LIMIT,
    )
    row = row or _open(draw, role, actor, at)
    own = CorrectionEntry(
        correction_id=row.id,
        role=role.value,
        user_id=actor.user_id,
        issue=bulletin.issue,
        closed_at=closed_at,
        value=value,
        reason=why,
        document=kept,
        at=at,
    )
    db.session.add(own)
    db.session.flush()
    told = {"purpose": purpose, "role": role.value}
    record(events.CORRECTION_ENTERED, code, actor=actor, at=at, data=told)
    if others:
        _compare(row, own, next(iter(others.values())), at)
    db.session.refresh(row, ["entries"])
    return row


def _organisation(project: Project, role: Role, actor: Actor) -> int | None:
    if role is Role.OWNER:
        return project.owner_id
    return next((grant.organisation_id for grant in actor.grants if grant.role is Role.REGULATOR), None)


def _drawn(draw: Draw) -> tuple[str | None, datetime | None, str | None]:
    known = computed(draw)
    return (None, None, None) if known is None else (known.issue, known.source_time, known.value)


def _open(draw: Draw, role: Role, actor: Actor, at: datetime) -> DrawCorrection:
    row = DrawCorrection(
        draw=draw,
        number=len(draw.corrections) + 1,
        state=CorrectionState.OPEN,
        opened_at=at,
        opened_by=role.value,
        answer_due_at=calendar().due_after(at, number(draw.project.policy, "draw_correction_answer_days")),
    )
    db.session.add(row)
    db.session.flush()
    told = {"purpose": draw.purpose, "role": role.value}
    record(events.CORRECTION_CLAIMED, draw.project.code, actor=actor, at=at, data=told)
    return row


def _compare(row: DrawCorrection, own: CorrectionEntry, other: CorrectionEntry, at: datetime) -> None:
    """Unequal entries leave it open: each may type its own anew. Equal ones are taken, or refute the claim."""
    draw = row.draw
    code, purpose = draw.project.code, draw.purpose
    if typed(own) != typed(other):
        record(events.CORRECTION_DIFFERS, code, actor=SYSTEM, at=at, data={"purpose": purpose})
        return
    row.ended_at = at.replace(microsecond=0)
    for entry in row.entries:
        entry.document.public = True
    if typed(own) == _drawn(draw):
        row.state = CORRECTION.next(row.state, CorrectionAction.REFUTE)
        db.session.flush()
        record(events.CORRECTION_REFUTED, code, actor=SYSTEM, at=at, data={"purpose": purpose})
        return
    moved = own.value != _drawn(draw)[2]
    row.state = CORRECTION.next(row.state, CorrectionAction.TAKE)
    row.issue, row.closed_at, row.value = own.issue, own.closed_at, own.value
    row.key = draw_key(draw.pool_hash, own.value)
    row.order = list(draw_order(parse_pool_file(draw.pool_file.encode("ascii")).members, row.key))
    row.series = draw.project.series + 1 if moved else None
    db.session.flush()
    record(
        events.CORRECTED,
        code,
        actor=SYSTEM,
        at=at,
        data={
            "purpose": purpose,
            "number": row.number,
            "issue": own.issue,
            "closed_at": format_time(own.closed_at),
            "key": row.key,
            "first": row.order[0],
        },
    )
    if moved:
        begin_series(draw.project, draw, at)


def typed(entry: CorrectionEntry) -> tuple[str, datetime, str]:
    """What two entries are compared by."""
    return entry.issue, entry.closed_at, entry.value


def open_claim(draw: Draw) -> DrawCorrection | None:
    """The claim that waits for an answer, None for none."""
    return next((row for row in draw.corrections if row.state is CorrectionState.OPEN), None)


def last_entries(row: DrawCorrection) -> Mapping[str, CorrectionEntry]:
    """The last entry of each side: role → entry."""
    return {entry.role: entry for entry in row.entries}


def takes_corrections(draw: Draw) -> bool:
    """Whether a typing error can be claimed now: drawn from typed numbers, and no award notice yet."""
    return (
        draw.state is DrawState.DRAWN
        and lottery_of_draw(draw) is not None
        and PROJECT.can(draw.project.state, ProjectAction.COMPUTE_AGAIN)
    )


def claims_of(project_id: int | InstrumentedAttribute[int]) -> sa.ColumnElement[bool]:
    """Whether a claim of the project (its number, or a column that holds it) is open."""
    return sa.exists().where(
        Draw.project_id == project_id, DrawCorrection.draw_id == Draw.id, DrawCorrection.state == CorrectionState.OPEN
    )


def waits_for_answer_of(role: str) -> sa.ColumnElement[bool]:
    """Open claims in which this side has typed nothing yet, or both have and the two differ."""
    own = sa.exists().where(CorrectionEntry.correction_id == DrawCorrection.id, CorrectionEntry.role == role)
    others = sa.exists().where(CorrectionEntry.correction_id == DrawCorrection.id, CorrectionEntry.role != role)
    return sa.and_(DrawCorrection.state == CorrectionState.OPEN, sa.or_(~own, others))


def bulletin_is_shown(document_id: int) -> bool:
    """Whether the claim that a bulletin belongs to has ended: then everybody reads it."""
    query = (
        sa.select(DrawCorrection.state)
        .join(CorrectionEntry, CorrectionEntry.correction_id == DrawCorrection.id)
        .where(CorrectionEntry.document_id == document_id)
    )
    return db.session.scalar(query) in (CorrectionState.TAKEN, CorrectionState.REFUTED)
