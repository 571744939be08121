"""Draws by a lottery's published numbers: two of two bodies type issue, close of sales and numbers from the bulletin (§3).

Nothing typed is overwritten: each entry is a row, the last of each role counts. Unequal ones stop the draw; each may type
its own anew; only equal ones are computed. What the other typed is shown to nobody before that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.clock import local_text
from supermarket.core.draw import DrawError, PartiesSource, PublishedSource, check_value, format_time, parse_source
from supermarket.core.errors import FieldError, Forbidden, InvalidInput, RuleBroken, WrongState
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, Role, may
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection import events
from supermarket.selection.drawing import compute, locked_draw_of, receipt_time
from supermarket.selection.models import BulletinEntry, Draw
from supermarket.selection.parties import lottery_of
from supermarket.selection.states import DrawState

TYPISTS = (Role.OWNER, Role.REGULATOR)


@dataclass(frozen=True)
class Bulletin:
    """What is typed from a bulletin: the issue's number, when its sales closed, its numbers as text."""

    issue: str
    closed_at: datetime
    numbers: str


def lottery_of_draw(draw: Draw) -> PublishedSource | None:
    """The lottery whose numbers the draw takes now, with the issue where the source line names one; None for none."""
    source = parse_source(draw.source)
    if isinstance(source, PublishedSource):
        return source
    if isinstance(source, PartiesSource) and draw.refused_at is not None:
        return PublishedSource(lottery_of(draw.project))
    return None


def takes_numbers(draw: Draw) -> bool:
    """Whether the draw stands where only a bulletin's numbers take it on."""
    if draw.state is DrawState.FALLEN_BACK:
        return True
    return draw.state is DrawState.RECEIPTED and lottery_of_draw(draw) is not None


def sales_close_from(draw: Draw) -> datetime:
    """The first issue whose sales close at this moment or later counts: an hour after the receipt, or after the naming."""
    return (draw.refused_at or receipt_time(draw.receipt)) + PublishedSource.earliest


def enter_numbers(code: str, bulletin: Bulletin, *, purpose: str, actor: Actor, at: datetime) -> Draw:
    """The owner and the regulator each type the bulletin; equal entries draw, unequal ones stop it.

    Raises NotFound, Forbidden (also for one person in both roles), RuleBroken, WrongState, InvalidInput.
    """
    draw = locked_draw_of(code, purpose)
    project = draw.project
    role = _typing_role(project, actor)
    lottery = lottery_of_draw(draw)
    if lottery is None:
        raise RuleBroken(_("This draw takes no published numbers."), code="other_source")
    if not takes_numbers(draw) or project.state is not ProjectState.SELECTING or at < draw.draw_at:
        raise WrongState(_("Numbers cannot be entered now."), state=draw.state.value, allowed=[])
    value = checked(bulletin, lottery, not_before=sales_close_from(draw), at=at)
    others = [row for name, row in entries_of(draw.id).items() if name != role]
    if actor.user_id is not None and any(row.user_id == actor.user_id for row in others):
        raise Forbidden(_("Two people type the numbers; you have typed them for the other side."))
    own = BulletinEntry(
        draw_id=draw.id,
        role=role,
        user_id=actor.user_id,
        issue=bulletin.issue,
        closed_at=bulletin.closed_at.replace(microsecond=0),
        value=value,
        at=at,
    )
    db.session.add(own)
    db.session.flush()
    record(events.NUMBERS_ENTERED, code, actor=actor, at=at, data={"purpose": purpose, "role": role})
    if not others:
        return draw
    if any(typed(row) != typed(own) for row in others):
        record(events.NUMBERS_DIFFER, code, actor=SYSTEM, at=at, data={"purpose": purpose})
        return draw
    draw.issue = own.issue
    taken = {"purpose": purpose, "lottery": lottery.lottery, "issue": own.issue}
    record(events.NUMBERS_TAKEN, code, actor=SYSTEM, at=at, data=taken | {"closed_at": format_time(own.closed_at)})
    compute(draw, value, tuple(sorted(each.value for each in TYPISTS)), source_time=own.closed_at, at=at)
    return draw


def entries_of(draw_id: int) -> Mapping[str, BulletinEntry]:
    """The last entry of each role: role → entry."""
    rows = db.session.scalars(
        sa.select(BulletinEntry).where(BulletinEntry.draw_id == draw_id).order_by(BulletinEntry.id)
    )
    return {row.role: row for row in rows}


@dataclass(frozen=True)
class Typing:
    """What a page asks of who types: the draw, its lottery, from when on an issue counts, who has typed already."""

    draw: Draw
    lottery: str
    closes_from: datetime
    entries: Mapping[str, BulletinEntry]


def typing_of(draw: Draw) -> Typing:
    """For a draw that takes numbers. Raises LookupError for any other."""
    lottery = lottery_of_draw(draw)
    if lottery is None:
        raise LookupError(f"draw {draw.id} takes no numbers")
    return Typing(draw, lottery.lottery, sales_close_from(draw), entries_of(draw.id))


def waits_for_entry_of(role: str) -> sa.ColumnElement[bool]:
    """Draws that wait for what this side types: it has typed nothing yet, or both have and the two differ."""
    takes = sa.or_(
        Draw.state == DrawState.FALLEN_BACK,
        sa.and_(Draw.state == DrawState.RECEIPTED, Draw.source.startswith("published:")),
    )
    own = sa.exists().where(BulletinEntry.draw_id == Draw.id, BulletinEntry.role == role)
    others = sa.exists().where(BulletinEntry.draw_id == Draw.id, BulletinEntry.role != role)
    return sa.and_(takes, sa.or_(~own, others))


def typed(row: BulletinEntry) -> tuple[str, datetime, str]:
    """What two entries are compared by."""
    return row.issue, row.closed_at, row.value


def checked(bulletin: Bulletin, lottery: PublishedSource, *, not_before: datetime, at: datetime) -> str:
    """The value that the bulletin gives. Raises InvalidInput with every wrong field."""
    wrong: list[FieldError] = []

    def say(field: str, code: str, message: str) -> None:
        wrong.append(FieldError(field, code, message))

    value = " ".join(bulletin.numbers.split())
    try:
        check_value(lottery, value)
    except DrawError:
        say(
            "numbers",
            "format",
            _("Type the numbers as in the bulletin: two digits each, ascending, single spaces."),
        )
    try:
        named = PublishedSource(lottery.lottery, bulletin.issue)
    except DrawError:
        say("issue", "format", _("The number of an issue has digits only."))
    else:
        if lottery.issue is not None and named != lottery:
            say("issue", "other_issue", _("This draw takes issue %(issue)s and no other.", issue=lottery.issue))
    if bulletin.closed_at < not_before:
        since = local_text(not_before)
        say("closed_at", "too_early", _("The first issue whose sales close at %(since)s or later counts.", since=since))
    elif bulletin.closed_at > at:
        say("closed_at", "future", _("Its sales are still open then."))
    elif bulletin.closed_at - not_before > timedelta(days=31):
        say("closed_at", "too_late", _("No lottery pauses for a month: an earlier issue counts."))
    if wrong:
        raise InvalidInput(_("The bulletin is not taken as it was typed."), errors=wrong)
    return value


def typing_role(project: Project, actor: Actor) -> Role | None:
    """For which side the person would type, None for neither."""
    if may(actor, P.SELECTION_ENTER_NUMBERS, organisation_id=project.owner_id) and not actor.system:
        return Role.OWNER
    return Role.REGULATOR if _regulates(project, actor) else None


def _regulates(project: Project, actor: Actor) -> bool:
    industry = project.matter_version.industry
    grants = [grant for grant in actor.grants if grant.role is Role.REGULATOR]
    office = Actor(user_id=actor.user_id, grants=tuple(grants))
    return may(office, P.SELECTION_ENTER_NUMBERS, region=project.region_code, industry=industry)


def _typing_role(project: Project, actor: Actor) -> str:
    role = typing_role(project, actor)
    if role is None:
        raise Forbidden(_("The owner and the authority in charge type the numbers, nobody else."))
    return role.value
