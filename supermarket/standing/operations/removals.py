"""Removal cases (清退): opened on grounds, heard, answered by two offices."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency, Standing
from supermarket.agencies.operations import freeze, unfreeze
from supermarket.agencies.states import STANDING, StandingAction
from supermarket.core.errors import Conflict, FieldError, InvalidInput, NotFound, RuleBroken
from supermarket.core.events import Value, record
from supermarket.core.msgids import N_, Sentence
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.core.working_days import is_late, local_moment
from supermarket.credit.points import EntryState
from supermarket.credit.queries import credit_of
from supermarket.extensions import db
from supermarket.policies.queries import office_region
from supermarket.standing import decisions, events
from supermarket.standing.decisions import GraveCause, GraveDecision, Office, Reason, RemovalFacts, Verdict
from supermarket.standing.models import Rectification, RemovalApproval, RemovalCase
from supermarket.standing.operations.common import (
    as_authority,
    due,
    locked_agency,
    of_a_person,
    reasoned,
    stored_reasons,
)
from supermarket.standing.queries import state_before
from supermarket.standing.states import OPEN_CASES, REMOVAL, RectificationState, RemovalAction, RemovalState

OUT = frozenset({Standing.APPLIED, Standing.EXPELLED})


def removal_facts(uscc: str, at: datetime) -> RemovalFacts:
    """What is known at `at`: the level held, credit, rectifications, grave decisions, and what led to a case before."""
    credit = credit_of(uscc, at)
    grave = {cause.value: cause for cause in GraveCause}
    tasks = db.session.scalars(
        sa.select(Rectification).where(Rectification.agency_uscc == uscc).order_by(Rectification.id)
    )
    cases = db.session.scalars(sa.select(RemovalCase).where(RemovalCase.agency_uscc == uscc))
    return RemovalFacts(
        at=at,
        held=state_before(uscc),
        credit=credit.level,
        rectifications=tuple(_rectification(task) for task in tasks if not _waits_for_authority(task)),
        decisions=tuple(
            GraveDecision(
                f"entry:{row.entry.reference}", grave[row.entry.event.value], local_moment(row.entry.from_date)
            )
            for row in credit.rows
            if row.state is EntryState.IN_FORCE and row.entry.event.value in grave
        ),
        used=frozenset(_evidence(cases)),
    )


def open_case_if_grounds(uscc: str, *, at: datetime) -> RemovalCase | None:
    """Open a removal case if the rules demand one and none is open; None otherwise. Raises NotFound."""
    agency = locked_agency(uscc)
    if agency.standing in OUT or _open_case(uscc) is not None:
        return None
    grounds = decisions.removal_grounds(removal_facts(uscc, at))
    return _open(agency, grounds, actor=SYSTEM, at=at) if grounds else None


def propose_removal(uscc: str, *, document_number: str, reason: str, actor: Actor, at: datetime) -> RemovalCase:
    """The industry authority reports that the licence which the work needs was lost; the other causes open by themselves.

    Raises NotFound, Forbidden, Conflict if a case is open, RuleBroken if the agency is out, InvalidInput.
    """
    agency = locked_agency(uscc)
    as_authority(agency, actor, at)
    if agency.standing in OUT:
        raise RuleBroken(_("This agency is not in the market."), code="not_in_market")
    if _open_case(uscc) is not None:
        raise Conflict(_("A removal case of this agency is open already."))
    number = document_number.strip()
    if not 1 <= len(number) <= 100:
        message = _("Name the document number in at most 100 characters.")
        raise InvalidInput(message, errors=[FieldError("document_number", "needed", message)])
    text = N_("The licence that the work needs was lost: %(reason)s")
    sentence = Sentence(text, {"reason": reasoned(reason)})
    ground = Reason(GraveCause.LICENCE_LOST.value, sentence, (f"document:{number}",))
    return _open(agency, (ground,), actor=actor, at=at)


def state_in_removal(case_id: int, *, statement: str, actor: Actor, at: datetime) -> RemovalCase:
    """The agency's statement, within its 5 working days. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    row, agency = locked_case(case_id)
    authorise(actor, P.STANDING_ANSWER, organisation_id=agency.organisation_id or 0)
    after = REMOVAL.next(row.state, RemovalAction.STATE)
    if is_late(row.statement_due_at, at):
        raise RuleBroken(_("The time for the statement is over."), code="too_late")
    row.statement, row.statement_at, row.state = reasoned(statement, "statement"), at, after
    db.session.flush()
    record(events.REMOVAL_STATED, row.agency_uscc, actor=actor, at=at, data={"case_id": row.id})
    _settle(row, actor=actor, at=at)
    return row


def answer_removal(
    case_id: int, office: Office, *, approve: bool, reason: str, actor: Actor, at: datetime
) -> RemovalCase:
    """One office's answer. Two different people of two bodies must approve; one refusal closes the case.

    Raises NotFound, Forbidden, WrongState, Conflict if the office has answered, RuleBroken for the same person or body,
    InvalidInput.
    """
    row, agency = locked_case(case_id)
    if office is Office.AUTHORITY:
        grant = as_authority(agency, actor, at)
    else:
        grant = authorise(actor, P.STANDING_APPROVE_AS_OPERATOR, region=office_region(agency.region_code))
    user_id, organisation_id = of_a_person(actor, grant)
    REMOVAL.next(row.state, RemovalAction.DECIDE if approve else RemovalAction.REFUSE)
    if any(each.office is office for each in row.approvals):
        raise Conflict(_("This office has answered already."))
    if any(each.user_id == user_id or each.organisation_id == organisation_id for each in row.approvals):
        raise RuleBroken(_("A removal takes two different people of two bodies."), code="same_person_or_body")
    row.approvals.append(
        RemovalApproval(
            office=office,
            user_id=user_id,
            organisation_id=organisation_id,
            approved=approve,
            reason=reasoned(reason),
            at=at,
        )
    )
    db.session.flush()
    data: dict[str, Value] = {"case_id": row.id, "office": office.value, "approved": approve}
    record(events.REMOVAL_ANSWERED, row.agency_uscc, actor=actor, at=at, data=data, organisation_id=organisation_id)
    _settle(row, actor=actor, at=at)
    return row


def close_hearing(case_id: int, *, at: datetime) -> bool:
    """The agency's time for its statement is over. Whether there was anything to do."""
    row, _agency = locked_case(case_id)
    if row.state is not RemovalState.HEARING or not is_late(row.statement_due_at, at):
        return False
    row.state = REMOVAL.next(row.state, RemovalAction.CLOSE_HEARING)
    db.session.flush()
    _settle(row, actor=SYSTEM, at=at)
    return True


def note_removal_overdue(case_id: int, *, at: datetime) -> bool:
    """Undecided in time: enrolment is frozen, and supervision hears of the offices that have not answered."""
    row, agency = locked_case(case_id)
    if row.state not in (RemovalState.HEARING, RemovalState.DECIDING) or row.overdue_at is not None:
        return False
    if not is_late(row.decision_due_at, at):
        return False
    row.overdue_at = at
    db.session.flush()
    if STANDING.can(agency.standing, StandingAction.FREEZE):
        freeze(agency.uscc, basis=frozen_because(row), until=None, actor=SYSTEM, at=at)
    _, missing = _verdict(row)
    data: dict[str, Value] = {"case_id": row.id, "missing": [office.value for office in missing]}
    record(events.REMOVAL_OVERDUE, row.agency_uscc, actor=SYSTEM, at=at, data=data)
    return True


def frozen_because(row: RemovalCase) -> str:
    """The basis of the freeze while a case is overdue."""
    return str(_("Removal case %(case)s was not decided in time.", case=row.id))


def locked_case(case_id: int) -> tuple[RemovalCase, Agency]:
    """The case and its agency, both locked, the agency first. Raises NotFound."""
    uscc = db.session.scalar(sa.select(RemovalCase.agency_uscc).where(RemovalCase.id == case_id))
    if uscc is None:
        raise NotFound(_("There is no such removal case."))
    agency = locked_agency(uscc)
    row = db.session.scalars(
        sa.select(RemovalCase)
        .where(RemovalCase.id == case_id)
        .with_for_update(of=RemovalCase)
        .execution_options(populate_existing=True)
    ).one()
    return row, agency


def _open(agency: Agency, grounds: tuple[Reason, ...], *, actor: Actor, at: datetime) -> RemovalCase:
    row = RemovalCase(
        agency_uscc=agency.uscc,
        state=RemovalState.HEARING,
        grounds=stored_reasons(grounds),
        opened_at=at,
        statement_due_at=due(agency, "removal_statement_days", at),
        decision_due_at=due(agency, "removal_decision_days", at),
    )
    db.session.add(row)
    db.session.flush()
    data: dict[str, Value] = {
        "case_id": row.id,
        "grounds": [each.code for each in grounds],
        "statement_due_at": row.statement_due_at.isoformat(),
        "decision_due_at": row.decision_due_at.isoformat(),
    }
    record(events.REMOVAL_OPENED, agency.uscc, actor=actor, at=at, data=data)
    return row


def _settle(row: RemovalCase, *, actor: Actor, at: datetime) -> None:
    """Approve or close the case where the answers say so."""
    verdict, _missing = _verdict(row)
    if verdict is Verdict.APPROVED:
        row.state, row.decided_at = REMOVAL.next(row.state, RemovalAction.APPROVE), at
        db.session.flush()
    elif verdict is Verdict.REFUSED:
        row.state, row.decided_at = REMOVAL.next(row.state, RemovalAction.REFUSE), at
        db.session.flush()
        agency = locked_agency(row.agency_uscc)
        if row.overdue_at is not None and agency.standing is Standing.FROZEN and agency.standing_until is None:
            unfreeze(agency.uscc, basis=_("Removal case %(case)s was refused.", case=row.id), actor=SYSTEM, at=at)
        office = next(each.office.value for each in row.approvals if not each.approved)
        data: dict[str, Value] = {"case_id": row.id, "office": office}
        record(events.REMOVAL_REFUSED, row.agency_uscc, actor=actor, at=at, data=data)


def _verdict(row: RemovalCase) -> tuple[Verdict, tuple[Office, ...]]:
    answers = [
        decisions.Approval(each.office, str(each.user_id), str(each.organisation_id), each.approved)
        for each in row.approvals
    ]
    return decisions.removal_verdict(answers, heard=row.state is not RemovalState.HEARING)


def _open_case(uscc: str) -> int | None:
    return db.session.scalar(
        sa.select(RemovalCase.id).where(RemovalCase.agency_uscc == uscc, RemovalCase.state.in_(OPEN_CASES))
    )


def _evidence(cases: Iterable[RemovalCase]) -> Iterable[str]:
    for case in cases:
        for ground in case.grounds:
            evidence = ground["evidence"]
            if isinstance(evidence, list):
                yield from map(str, evidence)


def _rectification(task: Rectification) -> decisions.Rectification:
    decided = {RectificationState.ACCEPTED: True, RectificationState.REFUSED: False}
    return decisions.Rectification(f"rectification:{task.id}", task.due_at, decided.get(task.state))


def _waits_for_authority(task: Rectification) -> bool:
    """Handed in in time and not decided on: not the agency's delay."""
    return (
        task.state is RectificationState.SUBMITTED
        and task.submitted_at is not None
        and not is_late(task.due_at, task.submitted_at)
    )
