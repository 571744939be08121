"""Changes of an admitted agency's profile: proposed field by field, judged by the registries, applied or not, kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events
from supermarket.agencies.change_states import CHANGE, ChangeAction
from supermarket.agencies.checks import Answers, Found, ask
from supermarket.agencies.commands import AgencyProfile
from supermarket.agencies.models import Agency, ChangeState, Outcome, ProfileChange
from supermarket.agencies.operations.common import GONE, changed, editable, locked, refuse
from supermarket.agencies.operations.files import file_of
from supermarket.agencies.profile_fields import (
    JUDGES,
    differing,
    fill,
    judged,
    kept,
    profile_of,
    questions_about,
    verdict,
    with_values,
)
from supermarket.core.errors import Conflict, FieldError, NotFound
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise, may
from supermarket.extensions import db
from supermarket.policies.queries import calendar, number, office_region, policies_for

REPEAT = timedelta(hours=1)
OPEN = (ChangeState.CHECKING, ChangeState.WAITING)


def propose(row: Agency, profile: AgencyProfile, *, actor: Actor, at: datetime) -> Sequence[ProfileChange]:
    """Note the fields that differ, on a locked row: what no registry knows applies at once, the rest waits for its check.

    For the operations of this room only. Raises Conflict while a change of the same field is open.
    """
    before = profile_of(row)
    names = differing(before, profile)
    busy = {name for change in _open(row) for name in change.after}
    if busy & set(names):
        raise Conflict(_("A change of this field is being checked already. Withdraw that one first, or wait."))
    made = []
    free = tuple(name for name in names if name not in JUDGES)
    asked = tuple(name for name in names if name in JUDGES)
    for group, state in ((free, ChangeState.APPLIED), (asked, ChangeState.CHECKING)):
        if not group:
            continue
        change = ProfileChange(
            agency_id=row.id,
            number=_next_number(row),
            state=state,
            before={name: kept(getattr(before, name)) for name in group},
            after={name: kept(getattr(profile, name)) for name in group},
            proposed_at=at,
            proposed_by_id=actor.user_id,
            checks_due_at=at if state is ChangeState.CHECKING else None,
            decided_at=at if state is ChangeState.APPLIED else None,
            findings=[],
            reason="",
        )
        db.session.add(change)
        db.session.flush()
        record(
            events.CHANGE_PROPOSED, row.uscc, actor=actor, at=at, data={"number": change.number, "fields": list(group)}
        )
        if state is ChangeState.APPLIED:
            _apply(row, change, actor=actor, at=at)
        made.append(change)
    if asked:
        # Another page's version is stale, and nothing else is asked meanwhile.
        sa.orm.attributes.flag_modified(row, "checks_due_at")
        db.session.flush()
    return made


def _open(row: Agency) -> Sequence[ProfileChange]:
    query = sa.select(ProfileChange).where(ProfileChange.agency_id == row.id, ProfileChange.state.in_(OPEN))
    return db.session.scalars(query).all()


def _next_number(row: Agency) -> int:
    newest = db.session.scalar(sa.select(sa.func.max(ProfileChange.number)).where(ProfileChange.agency_id == row.id))
    return (newest or 0) + 1


def _locked_change(change_id: int) -> tuple[ProfileChange, Agency]:
    uscc = db.session.scalar(
        sa.select(Agency.uscc)
        .join(ProfileChange, ProfileChange.agency_id == Agency.id)
        .where(ProfileChange.id == change_id)
    )
    if uscc is None:
        raise NotFound(_("There is no such change."))
    row = locked(uscc)
    change = db.session.get_one(ProfileChange, change_id, with_for_update={"of": ProfileChange}, populate_existing=True)
    return change, row


def ask_about_change(change_id: int, at: datetime) -> Answers:
    """Ask the registries that judge a change; changes nothing, may take its time: outside of any transaction."""
    change = db.session.get(ProfileChange, change_id)
    if change is None:
        raise NotFound(_("There is no such change."))
    return ask(questions_about(file_of(change.agency.uscc, at), change.after), at)


def ask_about_profile(uscc: str, at: datetime) -> Answers:
    """Ask what any change of an agency's profile could want to know, before the change is there."""
    return ask(questions_about(file_of(uscc, at), dict.fromkeys(JUDGES)), at)


def check_change(change_id: int, *, answers: Answers, actor: Actor, at: datetime) -> ProfileChange:
    """Judge an open change: applied where all is confirmed, refused with every reason, else it waits for the operator.

    What `answers` does not hold counts as unanswered. Raises NotFound, Forbidden, WrongState.
    """
    change, row = _locked_change(change_id)
    if not may(actor, P.AGENCY_CHECK, region=office_region(row.region_code)):
        authorise(actor, P.AGENCY_EDIT, organisation_id=row.organisation_id or 0)
    if change.state in OPEN and row.standing in GONE:
        return _close(change, ChangeAction.WITHDRAW, actor=SYSTEM, at=at)
    found = judged(file_of(row.uscc, at), change.after, answers)
    outcome = verdict(found, change.after)
    action = {Outcome.PASS: ChangeAction.PASS, Outcome.FAIL: ChangeAction.FAIL}.get(outcome, ChangeAction.WAIT)
    after = CHANGE.next(change.state, action)
    change.findings, change.checked_at = [_json(item) for item in found], at
    if action is ChangeAction.WAIT:
        _wait(change, row, found, at)
        return change
    _close(change, action, actor=SYSTEM, at=at)
    if after is ChangeState.APPLIED:
        _apply(row, change, actor=SYSTEM, at=at)
    else:
        codes = [item.code for item in found if item.outcome is Outcome.FAIL]
        record(events.CHANGE_REFUSED, row.uscc, actor=SYSTEM, at=at, data={"number": change.number, "codes": codes})
    return change


def _wait(change: ProfileChange, row: Agency, found: Sequence[Found], at: datetime) -> None:
    change.checks_due_at = at + REPEAT
    if change.state is ChangeState.WAITING:
        db.session.flush()
        return
    days = number(policies_for(row.region_code, at), "review_onboarding_days")
    change.state, change.decision_due_at = ChangeState.WAITING, calendar().due_after(at, days)
    db.session.flush()
    record(
        events.CHANGE_WAITING,
        row.uscc,
        actor=SYSTEM,
        at=at,
        data={"number": change.number, "unknown_codes": [item.code for item in found]},
    )


def _close(change: ProfileChange, action: ChangeAction, *, actor: Actor, at: datetime) -> ProfileChange:
    change.state = CHANGE.next(change.state, action)
    change.checks_due_at, change.decision_due_at = None, None
    change.decided_at, change.decided_by_id = at, actor.user_id
    db.session.flush()
    return change


def close_open(row: Agency, action: ChangeAction, *, actor: Actor, at: datetime) -> None:
    """Close every open change of a locked agency, which leaves the market; for the operations of this room only."""
    for change in _open(row):
        _close(change, action, actor=actor, at=at)


def _apply(row: Agency, change: ProfileChange, *, actor: Actor, at: datetime) -> None:
    fill(row, with_values(profile_of(row), change.after))
    changed(row, at)
    record(
        events.CHANGE_APPLIED,
        row.uscc,
        actor=actor,
        at=at,
        data={"number": change.number, "fields": list(change.after), "by_system": actor.system},
    )


def decide_change(change_id: int, *, admit: bool, reason: str, actor: Actor, at: datetime) -> ProfileChange:
    """The operator's word on a change whose registries do not answer: what was looked at instead, or why not.

    Raises NotFound, Forbidden, WrongState, InvalidInput without a reason.
    """
    change, row = _locked_change(change_id)
    authorise(actor, P.AGENCY_DECIDE, region=office_region(row.region_code))
    action = ChangeAction.ADMIT if admit else ChangeAction.REFUSE
    CHANGE.next(change.state, action)
    if not reason.strip():
        refuse([FieldError("reason", "missing", _("Give the reason."))])
    change.reason = reason.strip()
    _close(change, action, actor=actor, at=at)
    if admit:
        _apply(row, change, actor=actor, at=at)
    else:
        record(
            events.CHANGE_REFUSED, row.uscc, actor=actor, at=at, data={"number": change.number, "codes": ["operator"]}
        )
    return change


def withdraw_change(uscc: str, change_number: int, *, actor: Actor, at: datetime) -> ProfileChange:
    """The agency takes an open change back. Raises NotFound, Forbidden, WrongState."""
    row = editable(uscc, actor)
    change_id = db.session.scalar(
        sa.select(ProfileChange.id).where(ProfileChange.agency_id == row.id, ProfileChange.number == change_number)
    )
    if change_id is None:
        raise NotFound(_("There is no such change."))
    change, _agency = _locked_change(change_id)
    _close(change, ChangeAction.WITHDRAW, actor=actor, at=at)
    record(events.CHANGE_WITHDRAWN, uscc, actor=actor, at=at, data={"number": change.number})
    return change


def _json(item: Found) -> dict[str, object]:
    return {
        "code": item.code,
        "outcome": item.outcome.value,
        "sentence": item.sentence,
        "parameters": dict(item.parameters),
        "registry": item.registry,
        "reference": item.reference,
        "evidence": item.evidence,
        "answered_at": None if item.answered_at is None else item.answered_at.isoformat(),
    }


def changes_due(at: datetime, limit: int) -> list[tuple[datetime, int]]:
    """(due moment, id) of changes whose check is due, oldest first."""
    rows = db.session.execute(
        sa.select(ProfileChange.checks_due_at, ProfileChange.id)
        .where(ProfileChange.checks_due_at <= at)
        .order_by(ProfileChange.checks_due_at, ProfileChange.id)
        .limit(limit)
    ).all()
    return [(due, change_id) for due, change_id in rows if due is not None]


def check_change_when_due(change_id: int, at: datetime, answers: Answers) -> bool:
    """Check an open change whose moment has come; False if there is nothing to do. For the supervisor's tick."""
    if db.session.get(ProfileChange, change_id) is None:
        return False
    change, _agency = _locked_change(change_id)
    if change.checks_due_at is None or change.checks_due_at > at:
        return False
    check_change(change_id, answers=answers, actor=SYSTEM, at=at)
    return True
