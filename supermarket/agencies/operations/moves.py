"""A person moves from one agency to another: asked, released or refused, disputed, decided. Nobody works for two.

The agency that asks is never told where the person is; whatever it may read of a request holds no trace of it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events
from supermarket.agencies.locks import must_be_free
from supermarket.agencies.models import Agency, MoveState, Practitioner, PractitionerLicence, PractitionerMove
from supermarket.agencies.move_states import MOVE, OPEN, MoveAction
from supermarket.agencies.operations.common import GONE, changed, refuse
from supermarket.agencies.practitioner_commands import NewLicence
from supermarket.agencies.practitioner_queries import licence_there, open_moves_of
from supermarket.core.errors import Conflict, FieldError, NotFound, RuleBroken
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.core.working_days import local_date, local_moment
from supermarket.extensions import db
from supermarket.policies.queries import calendar, number, office_region, policies_for


def ask_for(
    there: Practitioner, agency: Agency, name: str, licence: NewLicence, *, actor: Actor, at: datetime
) -> PractitionerMove:
    """Ask the agency where a person is to release them; called with both rows locked by `add_practitioner`.

    Where nobody could answer, the operator decides. Raises Conflict if this agency has asked already.
    """
    if any(move.to_agency_id == agency.id for move in open_moves_of(there.id)):
        raise Conflict(_("You have asked for this person already."))
    home = there.agency
    row = PractitionerMove(
        practitioner_id=there.id,
        to_agency_id=agency.id,
        name=name,
        kind_code=licence.kind_code,
        number=licence.number,
        registered_until=licence.registered_until,
        state=MoveState.ASKED,
        asked_at=at,
        answer_due_at=_due(home, "practitioner_release_days", at),
    )
    db.session.add(row)
    db.session.flush()
    record(events.MOVE_ASKED, str(row.id), actor=actor, at=at, agency_uscc=home.uscc)
    if home.standing in GONE or home.organisation_id is None:
        _dispute(row, MoveAction.PASS_ON, actor=SYSTEM, at=at)
    return row


def release_move(move_id: int, *, actor: Actor, at: datetime) -> PractitionerMove:
    """The agency lets the person go; from now on they are with the one that asked, unconfirmed until its checks pass.

    Raises NotFound, Forbidden, WrongState, RuleBroken (`locked`, `gone`, `run_out`).
    """
    row = _locked(move_id)
    authorise(actor, P.AGENCY_EDIT, organisation_id=row.practitioner.agency.organisation_id or 0)
    after = MOVE.next(row.state, MoveAction.RELEASE)
    _move(row, after, actor=actor, at=at)
    return row


def refuse_move(move_id: int, *, reason: str, actor: Actor, at: datetime) -> PractitionerMove:
    """The agency keeps the person and says why; the operator decides.

    Raises NotFound, Forbidden, WrongState, InvalidInput without a reason.
    """
    row = _locked(move_id)
    authorise(actor, P.AGENCY_EDIT, organisation_id=row.practitioner.agency.organisation_id or 0)
    MOVE.next(row.state, MoveAction.REFUSE)
    if not reason.strip():
        refuse([FieldError("reason", "missing", _("Give the reason."))])
    row.refusal = reason
    _dispute(row, MoveAction.REFUSE, actor=actor, at=at)
    return row


def withdraw_move(move_id: int, *, actor: Actor, at: datetime) -> PractitionerMove:
    """The agency that asked takes its request back. Raises NotFound, Forbidden, WrongState."""
    row = _locked(move_id)
    authorise(actor, P.AGENCY_EDIT, organisation_id=row.to_agency.organisation_id or 0)
    _end(row, MOVE.next(row.state, MoveAction.WITHDRAW), actor=actor, at=at)
    return row


def decide_move(move_id: int, *, grant: bool, reason: str, actor: Actor, at: datetime) -> PractitionerMove:
    """The operator's word on a request that was refused or not answered.

    Raises NotFound, Forbidden, WrongState, InvalidInput without a reason, RuleBroken (`locked`, `gone`, `run_out`).
    """
    row = _locked(move_id)
    authorise(actor, P.AGENCY_DECIDE, region=office_region(row.practitioner.agency.region_code))
    after = MOVE.next(row.state, MoveAction.GRANT if grant else MoveAction.DENY)
    if not reason.strip():
        refuse([FieldError("reason", "missing", _("Give the reason."))])
    row.decision = reason
    if grant:
        _move(row, after, actor=actor, at=at)
    else:
        _end(row, after, actor=actor, at=at)
    return row


def pass_on_unanswered(move_id: int, at: datetime) -> bool:
    """Hand a request that nobody answered in time to the operator. False if there is nothing to hand over."""
    row = _locked(move_id)
    if row.answer_due_at is None or row.answer_due_at > at:
        return False
    _dispute(row, MoveAction.PASS_ON, actor=SYSTEM, at=at)
    return True


def lapse_move(move_id: int, at: datetime) -> bool:
    """End a request whose licence has run out or whose agency left the market. False if it goes on."""
    row = _locked(move_id)
    if row.state not in OPEN or not (_run_out(row, at) or row.to_agency.standing in GONE):
        return False
    _end(row, MOVE.next(row.state, MoveAction.LAPSE), actor=SYSTEM, at=at)
    return True


def moves_unanswered(at: datetime, limit: int) -> Sequence[tuple[datetime, int]]:
    """(due moment, id) of requests that were not answered in time, oldest first."""
    rows = db.session.execute(
        sa.select(PractitionerMove.answer_due_at, PractitionerMove.id)
        .where(PractitionerMove.answer_due_at <= at)
        .order_by(PractitionerMove.answer_due_at, PractitionerMove.id)
        .limit(limit)
    ).all()
    return [(due, move_id) for due, move_id in rows if due is not None]


def moves_lapsing(at: datetime, limit: int) -> Sequence[tuple[datetime, int]]:
    """Requests that come to nothing: since the day after their licence's last, or since the agency left the market."""
    rows = db.session.execute(
        sa.select(PractitionerMove.id, PractitionerMove.registered_until, Agency.standing, Agency.standing_since)
        .join(Agency, Agency.id == PractitionerMove.to_agency_id)
        .where(
            PractitionerMove.state.in_(OPEN),
            sa.or_(PractitionerMove.registered_until < local_date(at), Agency.standing.in_(GONE)),
        )
        .order_by(PractitionerMove.registered_until, PractitionerMove.id)
        .limit(limit)
    ).all()
    found = [
        (row.standing_since if row.standing in GONE else local_moment(row.registered_until + timedelta(days=1)), row.id)
        for row in rows
    ]
    return sorted(found)


def end_practice(row: Practitioner, at: datetime) -> None:
    """The person's time at the agency is over, and so are the licences that were filed there."""
    row.released_at = at
    for licence in row.live_licences:
        licence.ended_at = at
    db.session.flush()


def _locked(move_id: int) -> PractitionerMove:
    """The request with both agencies and the person locked, agencies by id: two moves that cross do not block each other."""
    found = db.session.execute(
        sa.select(Practitioner.agency_id, PractitionerMove.to_agency_id, Practitioner.id)
        .join(PractitionerMove, PractitionerMove.practitioner_id == Practitioner.id)
        .where(PractitionerMove.id == move_id)
    ).first()
    if found is None:
        raise NotFound(_("There is no such request."))
    home, to, person = found
    fresh = {"populate_existing": True}
    agencies = (
        sa.select(Agency)
        .where(Agency.id.in_((home, to)))
        .order_by(Agency.id)
        .with_for_update(of=Agency, key_share=True)
    )
    db.session.scalars(agencies.execution_options(**fresh)).all()
    people_too = sa.select(Practitioner).where(Practitioner.id == person).with_for_update(of=Practitioner)
    db.session.scalars(people_too.execution_options(**fresh)).all()
    query = sa.select(PractitionerMove).where(PractitionerMove.id == move_id)
    return db.session.scalars(query.with_for_update(of=PractitionerMove).execution_options(**fresh)).one()


def _due(home: Agency, key: str, at: datetime) -> datetime:
    return calendar().due_after(at, number(policies_for(home.region_code, at), key))


def _run_out(row: PractitionerMove, at: datetime) -> bool:
    return row.registered_until < local_date(at)


def _dispute(row: PractitionerMove, action: MoveAction, *, actor: Actor, at: datetime) -> None:
    row.state = MOVE.next(row.state, action)
    row.answer_due_at, row.disputed_at = None, at
    row.decision_due_at = _due(row.practitioner.agency, "practitioner_decision_days", at)
    db.session.flush()
    home = row.practitioner.agency.uscc
    data = {"refused": action is MoveAction.REFUSE}
    record(events.MOVE_DISPUTED, str(row.id), actor=actor, at=at, data=data, agency_uscc=home)
    _answer(row, actor=actor, at=at)


def _answer(row: PractitionerMove, *, actor: Actor, at: datetime) -> None:
    """Tell the agency that asked. Not by whom: the event must not name the other's organisation."""
    teller = SYSTEM if actor.system or row.state is not MoveState.WITHDRAWN else actor
    data = {"state": row.state.value}
    record(events.MOVE_ANSWERED, str(row.id), actor=teller, at=at, data=data, agency_uscc=row.to_agency.uscc)


def _end(row: PractitionerMove, state: MoveState, *, actor: Actor, at: datetime) -> None:
    row.state, row.answer_due_at, row.decision_due_at, row.ended_at = state, None, None, at
    db.session.flush()
    home = row.practitioner.agency.uscc
    record(events.MOVE_CLOSED, str(row.id), actor=actor, at=at, data={"state": row.state.value}, agency_uscc=home)
    _answer(row, actor=actor, at=at)


def _move(row: PractitionerMove, state: MoveState, *, actor: Actor, at: datetime) -> None:
    """End the person's time here and begin it there."""
    there, home, to = row.practitioner, row.practitioner.agency, row.to_agency
    if to.standing in GONE:
        raise RuleBroken(_("The agency that asked is out of the market."), code="gone")
    if _run_out(row, at):
        raise RuleBroken(_("The licence that was filed with the request has run out."), code="run_out")
    must_be_free(there, own=state is MoveState.RELEASED)
    taken = licence_there(row.kind_code, row.number)
    if taken is not None and taken.practitioner_id != there.id:
        raise RuleBroken(_("The licence of the request is filed for another person by now."), code="licence_taken")
    end_practice(there, at)
    moved = Practitioner(
        agency_id=to.id,
        name=row.name,
        since=at,
        identity_cipher=there.identity_cipher,
        identity_hash=there.identity_hash,
        licences=[
            PractitionerLicence(kind_code=row.kind_code, number=row.number, registered_until=row.registered_until)
        ],
    )
    db.session.add(moved)
    db.session.flush()
    changed(home, at)
    changed(to, at)
    row.moved_id = moved.id
    _end(row, state, actor=actor, at=at)
    record(events.REMOVED, home.uscc, actor=actor, at=at, data={"what": "practitioner", "reference": there.id})
    record(events.FILED, to.uscc, actor=SYSTEM, at=at, data={"what": "practitioner", "reference": moved.id})
    _close(open_moves_of(there.id), at=at)


def _close(others: Sequence[PractitionerMove], *, at: datetime) -> None:
    """Requests of third agencies come to nothing: the person is elsewhere now, and they ask again there."""
    for other in others:
        _end(other, MOVE.next(other.state, MoveAction.LAPSE), actor=SYSTEM, at=at)
