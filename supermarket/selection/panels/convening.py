"""A panel is convened when the score stage waits for it: its pool fixed, then drawn, then the first of the order asked."""

import secrets
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.core.draw import Member
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.experts.models import Expert
from supermarket.extensions import db
from supermarket.modes.stages import Exclusion
from supermarket.policies.queries import calendar, number
from supermarket.projects.models import Project
from supermarket.projects.operations import fail
from supermarket.projects.ways import terms_of
from supermarket.selection import events
from supermarket.selection.computed import computed
from supermarket.selection.models import Draw
from supermarket.selection.panels.commitment import hash_of, person_body
from supermarket.selection.panels.models import Panel, PanelPlan, PanelSeat, Proposal
from supermarket.selection.panels.pool import PoolFound, pool_for
from supermarket.selection.panels.states import PANEL, SEAT, SEATED, PanelAction, PanelState, SeatAction, SeatState
from supermarket.selection.pools import fix_pool
from supermarket.selection.states import DrawState

PURPOSE = "panel"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def convene(project: Project, members: tuple[str, ...], at: datetime) -> None:
    """Begin the panel, or seat it once it is drawn; called again while it works, nothing changes."""
    panel = db.session.get(Panel, project.id, with_for_update={"of": Panel})
    if panel is None:
        _begin(project, members, at)
    elif panel.state is PanelState.DRAWING:
        draw = db.session.scalar(sa.select(Draw).where(Draw.project_id == project.id, Draw.purpose == PURPOSE))
        if draw is not None and draw.state is DrawState.DRAWN:
            _seat(project, panel, draw, at)


def _begin(project: Project, members: tuple[str, ...], at: datetime) -> None:
    size = terms_of(project).panel_size
    found = pool_for(project, size, at)
    if len(found.members) < size:
        no_panel(project, at)
        return
    panel = Panel(project=project, state=PanelState.DRAWING, size=size, scope=found.scope, convened_at=at)
    db.session.add(panel)
    db.session.flush()
    _lay_out(project, members)
    ids, out = _pool_ids(project, found)
    fix_pool(project, PURPOSE, [Member(pool_id) for pool_id in ids], out, at=at)


def no_panel(project: Project, at: datetime) -> None:
    """There are too few who may judge: nobody is picked by hand, the purchase fails and can be reissued."""
    reason = _("There are too few experts who may judge this purchase; nobody is chosen by hand.")
    fail(project.id, failure="no_panel", reason=reason, at=at)


def _lay_out(project: Project, members: tuple[str, ...]) -> None:
    """The plans under letters, in an order that nobody can foresee."""
    agencies = db.session.scalars(sa.select(Agency).where(Agency.uscc.in_(members)).order_by(Agency.uscc)).all()
    shuffled = list(agencies)
    secrets.SystemRandom().shuffle(shuffled)
    last = latest_proposals(project.id)
    for place, agency in enumerate(shuffled):
        db.session.add(
            PanelPlan(project_id=project.id, agency=agency, alias=alias_at(place), proposal_id=last[agency.id].id)
        )
    db.session.flush()


def alias_at(place: int) -> str:
    """The letter of a place from 0: A … Z, AA, AB …"""
    name = ""
    number_ = place + 1
    while number_:
        number_, rest = divmod(number_ - 1, len(_LETTERS))
        name = _LETTERS[rest] + name
    return name


def latest_proposals(project_id: int) -> dict[int, Proposal]:
    """The proposal that counts of each agency, by the agency's number."""
    rows = db.session.scalars(
        sa.select(Proposal).where(Proposal.project_id == project_id).order_by(Proposal.agency_id, Proposal.seq)
    )
    return {row.agency_id: row for row in rows}


def _pool_ids(project: Project, found: PoolFound) -> tuple[list[str], list[Exclusion]]:
    """Ids that stand for persons and tell nobody who they are; the rows keep what they stand for."""
    ids, out = [], []
    for expert, code in [*((row, None) for row in found.members), *found.out]:
        pool_id = _add_seat(project, expert, code)
        if code is None:
            ids.append(pool_id)
        else:
            out.append(Exclusion(pool_id, code))
    db.session.flush()
    return ids, out


def _add_seat(project: Project, expert: Expert, code: str | None) -> str:
    salt = secrets.token_hex(32)
    body = person_body(project.code, expert.code, expert.name, expert.employer, expert.employer_uscc, salt)
    seat = PanelSeat(
        project_id=project.id,
        expert=expert,
        pool_id=hash_of(body),
        body=body,
        exclusion_code=code,
        state=SeatState.POOLED if code is None else SeatState.EXCLUDED,
    )
    db.session.add(seat)
    return seat.pool_id


def _seat(project: Project, panel: Panel, draw: Draw, at: datetime) -> None:
    """The order is drawn: each gets the place, the first are asked."""
    places = {pool_id: place for place, pool_id in enumerate(draw.order or (), 1)}
    for seat in db.session.scalars(sa.select(PanelSeat).where(PanelSeat.project_id == project.id)):
        seat.position = places.get(seat.pool_id)
    panel.state = PANEL.next(panel.state, PanelAction.SEAT)
    panel.seated_at = at
    db.session.flush()
    call_next(project, panel, at)


def follow_order(project: Project, draw: Draw) -> bool:
    """The draw has another order now: further calls follow it. False where others would have been called already."""
    order = computed(draw)
    seats = db.session.scalars(sa.select(PanelSeat).where(PanelSeat.project_id == project.id)).all()
    places = {pool_id: place for place, pool_id in enumerate(order.order if order is not None else (), 1)}
    called = [seat for seat in seats if seat.invited_at is not None]
    if any(places[seat.pool_id] > len(called) for seat in called):
        return False
    for seat in seats:
        seat.position = places.get(seat.pool_id)
    db.session.flush()
    return True


def call_next(project: Project, panel: Panel, at: datetime) -> None:
    """Ask down the drawn order until every seat is filled or asked for; when it is used up, the purchase fails."""
    seats = db.session.scalars(
        sa.select(PanelSeat)
        .where(PanelSeat.project_id == project.id, PanelSeat.position.is_not(None))
        .order_by(PanelSeat.position)
    ).all()
    missing = panel.size - sum(seat.state in SEATED for seat in seats)
    for seat in [seat for seat in seats if seat.state is SeatState.POOLED][:missing]:
        _invite(project, seat, at)
        missing -= 1
    db.session.flush()
    if missing > 0:
        no_panel(project, at)


def _invite(project: Project, seat: PanelSeat, at: datetime) -> None:
    days = calendar()
    seat.state = SEAT.next(seat.state, SeatAction.INVITE)
    seat.invited_at = at
    seat.due_at = days.due_after(at, number(project.policy, "panel_answer_days"))
    # 09:00 of the last day, unless it is past already.
    remind_at = days.moment_before(seat.due_at, 0)
    seat.remind_at = remind_at if remind_at > at else None
    db.session.flush()
    record(events.PANEL_INVITED, project.code, actor=SYSTEM, at=at, data={"seat": seat.id})
