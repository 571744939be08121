"""Awards: announced in the stored order, accepted, declined, made final after the standstill; nobody sets a winner."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.core.errors import NotFound, WrongState
from supermarket.core.events import Event, record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.credit.operations import enter
from supermarket.credit.points import CreditEvent
from supermarket.extensions import db
from supermarket.modes.succession import next_in_order
from supermarket.policies.queries import calendar, number
from supermarket.projects.eligibility_facts import Moment
from supermarket.projects.models import Enrolment, Funding, Project
from supermarket.projects.operations import announce, drop_winner, fail, note_decliner
from supermarket.projects.operations.common import locked, locked_by_id, reasoned
from supermarket.projects.operations.enrolling import (
    acting_agency,
    keep_findings,
    must_be_eligible,
    own_practitioners,
    run_rules,
)
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.projects.ways import mode_of
from supermarket.selection import events
from supermarket.selection.models import Award
from supermarket.selection.series import awards_in, order_in, out_before
from supermarket.selection.states import AWARD, LIVE_AWARDS, AwardAction, AwardState


def live_award(project_id: int) -> Award | None:
    """The project's live award."""
    return db.session.scalar(sa.select(Award).where(Award.project_id == project_id, Award.state.in_(LIVE_AWARDS)))


def announce_next(project: Project, *, at: datetime) -> None:
    """Announce the first of the stored order who has had no award yet, or fail the project (递补)."""
    ranks, awards = order_in(project), awards_in(project)
    priced = mode_of(project).priced
    by_uscc = {row.agency.uscc: row for row in ranks}
    skipped = {row.agency.uscc for row in awards} | out_before(project)
    found = next_in_order(
        [row.agency.uscc for row in ranks],
        skipped,
        {uscc: row.price for uscc, row in by_uscc.items() if row.price is not None} if priced and awards else None,
        awards[0].price if priced and awards else None,
        number(project.policy, "succession_price_percent"),
    )
    for uscc in found.too_high:
        record(events.PASSED_OVER, project.code, actor=SYSTEM, at=at, data={"agency_uscc": uscc})
    if found.next is None:
        fail(project.id, failure="order_used_up", reason=_("Nobody is left in the order."), at=at)
        return
    rank = by_uscc[found.next]
    row = Award(
        project_id=project.id,
        series=project.series,
        agency=rank.agency,
        position=rank.position,
        state=AwardState.ANNOUNCED,
        price=project.ceiling if rank.price is None else rank.price,
        announced_at=at,
    )
    row.due_at = row.standstill_until = standstill_until(project, at)
    db.session.add(row)
    db.session.flush()
    announce(project, rank.agency, position=rank.position, price=row.price, standstill_until=row.due_at, at=at)


def standstill_until(project: Project, at: datetime) -> datetime:
    """The end of the standstill (公示): 3 working days fiscal, 1 social, 0 social direct, by the published policy."""
    if project.funding is Funding.FISCAL:
        key = "standstill_fiscal_days"
    elif project.mode == "direct":
        key = "standstill_social_direct_days"
    else:
        key = "standstill_social_days"
    return calendar().due_after(at, number(project.policy, key))


def accept_award(code: str, *, practitioner_ids: tuple[int, ...] = (), actor: Actor, at: datetime) -> Award:
    """`direct`: the named agency accepts in time and names who will do the work; it is announced.

    Raises Forbidden, NotFound, WrongState, InvalidInput, RuleBroken with every reason.
    """
    agency = acting_agency(actor, P.AWARD_ANSWER)
    project = locked(code)
    row = _own_award(project, agency)
    after = AWARD.next(row.state, AwardAction.ACCEPT)
    if row.due_at is not None and at >= row.due_at:
        raise WrongState(_("The time to answer is over."), state=row.state.value, allowed=[])
    enrolment = enrolment_of(row)
    people = own_practitioners(agency, practitioner_ids)
    findings = run_rules(project, agency, people, moment=Moment.FREEZE, at=at, pool_of=())
    must_be_eligible(findings)
    enrolment.practitioners = people
    keep_findings(enrolment, findings, moment=Moment.FREEZE, at=at)
    row.state, row.announced_at = after, at
    row.due_at = row.standstill_until = standstill_until(project, at)
    record(
        events.ACCEPTED,
        project.code,
        actor=actor,
        at=at,
        data={"agency_uscc": agency.uscc},
        agency_uscc=agency.uscc,
        organisation_id=agency.organisation_id,
    )
    announce(project, agency, position=row.position, price=row.price, standstill_until=row.due_at, at=at)
    return row


def decline_award(code: str, *, reason: str, actor: Actor, at: datetime) -> Award:
    """The winner gives up before the contract; publicly, at the cost of its credit unless it was only named.

    Raises Forbidden, WrongState, NotFound, InvalidInput.
    """
    agency = acting_agency(actor, P.AWARD_ANSWER)
    project = locked(code)
    row = _own_award(project, agency)
    AWARD.next(row.state, AwardAction.DECLINE)
    why = reasoned(reason)
    offered = row.state is AwardState.OFFERED
    drop_award(row.id, action=AwardAction.DECLINE, reason=why, actor=actor, at=at, gave_up=not offered)
    if not offered:
        enter(
            CreditEvent.GAVE_UP_AWARD,
            uscc=agency.uscc,
            source=_("Supermarket"),
            basis=_("Credit rules: gave up an award"),
            document_number=project.code,
            evidence=project.code,
            project_code=project.code,
            actor=SYSTEM,
            at=at,
        )
    return row


def disqualify_award(code: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """An upheld objection or a decision puts the winner out; the next in order follows by itself.

    Raises Forbidden, WrongState, NotFound, InvalidInput.
    """
    project = locked(code)
    authorise(actor, P.PROJECT_VOID, region=project.region_code)
    row = live_award(project.id)
    if row is None:
        raise NotFound(_("There is no live award."))
    AWARD.next(row.state, AwardAction.DISQUALIFY)
    drop_award(row.id, action=AwardAction.DISQUALIFY, reason=reasoned(reason), actor=actor, at=at)


def drop_award(
    award_id: int,
    *,
    action: AwardAction,
    reason: str,
    actor: Actor,
    at: datetime,
    gave_up: bool = False,
    owners_fault: bool = False,
) -> None:
    """The winner is out: the next in the stored order is announced, or the project fails. Raises WrongState.

    `gave_up`: by the agency's own doing, which bars it and those linked with it from a reissue (selection.md §1).
    `owners_fault`: only the owner did not sign. Then nobody follows: an owner's silence chooses no other winner.
    """
    row = db.session.get(Award, award_id)
    if row is None:
        raise NotFound(_("There is no such award."))
    project = locked_by_id(row.project_id)
    db.session.refresh(row, with_for_update={"of": Award})
    offered = row.state is AwardState.OFFERED
    row.state = AWARD.next(row.state, action)
    row.reason, row.ended_at, row.due_at = reason, at, None
    db.session.flush()
    drop_winner(project)
    if gave_up:
        note_decliner(project, row.agency)
    record(
        events.DROPPED,
        project.code,
        actor=actor,
        at=at,
        data={"agency_uscc": row.agency.uscc, "how": row.state.value, "reason": reason},
        agency_uscc=row.agency.uscc,
    )
    if offered:
        fail(project.id, failure="not_accepted", reason=_("The named agency did not accept."), at=at)
    elif owners_fault:
        fail(project.id, failure="owner_did_not_sign", reason=_("The owner did not sign the contract in time."), at=at)
    else:
        announce_next(project, at=at)


def offer_lapsed_due(award_id: int, at: datetime, prepared: object) -> bool:
    """The named agency did not answer in time: the project fails (direct)."""
    row = due_award(award_id, AwardState.OFFERED, at)
    if row is None:
        return False
    drop_award(row.id, action=AwardAction.LAPSE, reason=_("No answer in time."), actor=SYSTEM, at=at)
    return True


def mark_contracted(award_id: int, *, actor: Actor, at: datetime) -> Award:
    """The contract is in force. Raises WrongState."""
    row = db.session.get(Award, award_id, with_for_update={"of": Award})
    if row is None:
        raise NotFound(_("There is no such award."))
    row.state = AWARD.next(row.state, AwardAction.CONTRACT)
    db.session.flush()
    return row


def close_live_award(event: Event) -> None:
    """Wired to the ends of a project: a live award ends with it."""
    project = locked(event.subject_code)
    row = live_award(project.id)
    if row is not None and row.state is not AwardState.CONTRACTED:
        row.state = AWARD.next(row.state, AwardAction.CLOSE)
        row.reason, row.ended_at, row.due_at = project.end_reason, event.at, None


def shift_award(event: Event) -> None:
    """Wired to `project.resumed`: the standstill goes on where it stood."""
    project = locked(event.subject_code)
    row = live_award(project.id)
    stood = event.data["working_days"]
    if row is not None and row.due_at is not None and isinstance(stood, int) and stood:
        row.due_at = calendar().shift(row.due_at, stood)
        if row.standstill_until is not None:
            row.standstill_until = row.due_at


def enrolment_of(row: Award) -> Enrolment:
    return db.session.scalars(
        sa.select(Enrolment).where(
            Enrolment.project_id == row.project_id,
            Enrolment.agency_id == row.agency_id,
            Enrolment.state == EnrolmentState.LIVE,
        )
    ).one()


def _own_award(project: Project, agency: Agency) -> Award:
    row = live_award(project.id)
    if row is None or row.agency_id != agency.id:
        raise NotFound(_("Your agency has no award in this project."))
    return row


def due_award(award_id: int, state: AwardState, at: datetime) -> Award | None:
    project_id = db.session.scalar(sa.select(Award.project_id).where(Award.id == award_id))
    if project_id is None:
        return None
    project = locked_by_id(project_id)
    row = db.session.scalars(
        sa.select(Award).where(Award.id == award_id).with_for_update(of=Award).execution_options(populate_existing=True)
    ).one()
    if row.state is not state or row.due_at is None or row.due_at > at or project.state is ProjectState.SUSPENDED:
        return None
    return row
