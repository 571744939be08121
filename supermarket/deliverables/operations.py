"""All writes of the deliverables room: handing in, accepting, returning, silence, what the authority said."""

from collections.abc import Mapping
from datetime import datetime

from flask_babel import gettext as _

from supermarket.contracts import operations as contracts
from supermarket.contracts.models import Contract
from supermarket.contracts.permissions import authorise_agency, authorise_owner
from supermarket.contracts.queries import locked, terms_of
from supermarket.contracts.rules import must_be_in_service, paused
from supermarket.contracts.states import ContractState
from supermarket.core.errors import Conflict, FieldError, InvalidInput, WrongState
from supermarket.core.events import Tag, Value, record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.core.working_days import due_after_calendar_days, is_late, shift_calendar_days
from supermarket.credit.operations import enter
from supermarket.credit.points import CreditEvent, lateness_points
from supermarket.deliverables import events
from supermarket.deliverables.commands import RecordOutcome, Submit
from supermarket.deliverables.models import Deliverable, Submission
from supermarket.deliverables.queries import TO_SUBMIT, deliverables_of, open_count
from supermarket.deliverables.queries import deliverable as deliverable_of
from supermarket.deliverables.rules import lateness, must_be_decidable, silence_accepts
from supermarket.deliverables.states import (
    DELIVERABLE,
    ApprovalOutcome,
    Decision,
    DeliverableAction,
    DeliverableState,
)
from supermarket.documents.operations import store
from supermarket.extensions import db
from supermarket.payments.queries import balance
from supermarket.policies.queries import calendar, number


def plan(contract_code: str, *, at: datetime) -> list[Deliverable]:
    """The deliverables of a contract that came into force at `at`, each due at the end of its n-th calendar day."""
    contract = locked(contract_code)
    days = number(contract.project.policy, "urge_before_days")
    rows = []
    for term in terms_of(contract).deliverables:
        due = due_after_calendar_days(at, term.due_days)
        rows.append(
            Deliverable(
                contract=contract,
                number=term.number,
                name=term.name,
                state=DeliverableState.DUE,
                due_days=term.due_days,
                due_at=due,
                urge_at=calendar().moment_before(due, days),
            )
        )
    db.session.add_all(rows)
    db.session.flush()
    return rows


def submit(contract_code: str, item: int, command: Submit, *, actor: Actor, at: datetime) -> Submission:
    """The agency hands in a result; the owner has 10 working days.

    Raises NotFound, Forbidden, WrongState, InvalidInput for the file.
    """
    contract = locked(contract_code)
    authorise_agency(contract, actor, P.DELIVERABLE_SUBMIT)
    row = deliverable_of(contract_code, item)
    must_be_in_service(contract)
    after = DELIVERABLE.next(row.state, DeliverableAction.SUBMIT)
    document = store(
        command.file.data,
        command.file.name,
        subject_kind="deliverable",
        subject_code=contract.code,
        owner_organisation_id=contract.agency.organisation_id,
        public=False,
        actor=actor,
        at=at,
    )
    _note_overdue(row, contract, at=at)
    row.state = after
    submission = Submission(
        number=len(row.submissions) + 1, document=document, remark=command.remark.strip(), submitted_at=at, reasons=""
    )
    row.submissions.append(submission)
    row.decide_due_at = calendar().due_after(at, terms_of(contract).acceptance_days)
    row.silence_recorded_at = None
    db.session.flush()
    _tell(
        contract,
        events.SUBMITTED,
        actor=actor,
        at=at,
        data={"number": item, "submission": submission.number, "document_sha256": document.sha256},
    )
    return submission


def return_(contract_code: str, item: int, *, reasons: str, actor: Actor, at: datetime) -> Deliverable:
    """The owner sends a result back with reasons; it is counted.

    Raises NotFound, Forbidden, WrongState, Conflict once silence has accepted it, InvalidInput without reasons.
    """
    contract = locked(contract_code)
    authorise_owner(contract, actor, P.DELIVERABLE_DECIDE)
    row = deliverable_of(contract_code, item)
    must_be_in_service(contract)
    after = DELIVERABLE.next(row.state, DeliverableAction.RETURN)
    must_be_decidable(row, at)
    why = reasons.strip()
    if not why:
        message = _("Say what has to be corrected, so that the agency can do it.")
        raise InvalidInput(message, errors=[FieldError("reasons", "needed", message)])
    row.state, row.decide_due_at = after, None
    row.returned_count += 1
    submission = row.submissions[-1]
    submission.decision, submission.reasons, submission.decided_at = Decision.RETURNED, why, at
    db.session.flush()
    data: dict[str, Value] = {
        "number": item,
        "submission": submission.number,
        "returned_count": row.returned_count,
    }
    _tell(contract, events.RETURNED, actor=actor, at=at, data=data)
    return row


def accept(contract_code: str, item: int, *, actor: Actor, at: datetime) -> Deliverable:
    """The owner accepts a result. Raises NotFound, Forbidden, WrongState, Conflict once silence has accepted it."""
    contract = locked(contract_code)
    authorise_owner(contract, actor, P.DELIVERABLE_DECIDE)
    row = deliverable_of(contract_code, item)
    must_be_in_service(contract)
    DELIVERABLE.next(row.state, DeliverableAction.ACCEPT)
    must_be_decidable(row, at)
    _accept(row, contract, Decision.ACCEPTED, since=at, actor=actor, at=at)
    return row


def note_silence(contract_code: str, item: int, *, at: datetime) -> bool:
    """The owner did not decide in time: accepted as of the due moment, or with fiscal money a card, and the payment clock
    runs as if accepted then (lifecycle.md). Whether there was anything to do.
    """
    contract = locked(contract_code)
    row = deliverable_of(contract_code, item)
    due = row.decide_due_at
    if not _running(contract) or row.state is not DeliverableState.SUBMITTED or due is None or not is_late(due, at):
        return False
    if silence_accepts(row):
        _accept(row, contract, Decision.DEEMED, since=due, actor=SYSTEM, at=at)
        return True
    if row.silence_recorded_at is not None:
        return False
    row.silence_recorded_at = at
    db.session.flush()
    data: dict[str, Value] = {
        "number": item,
        "submission": row.submissions[-1].number,
        "since": due.isoformat(),
    }
    _tell(contract, events.ACCEPTANCE_OVERDUE, actor=SYSTEM, at=at, data=data)
    return True


def remind(contract_code: str, item: int, *, at: datetime) -> bool:
    """T−3: remind the agency, once. Whether there was anything to do."""
    contract = locked(contract_code)
    row = deliverable_of(contract_code, item)
    if not _running(contract) or row.state not in TO_SUBMIT or row.urged_at is not None or not is_late(row.urge_at, at):
        return False
    row.urged_at = at
    data: dict[str, Value] = {"number": item, "due_at": row.due_at.isoformat()}
    _tell(contract, events.REMINDED, actor=SYSTEM, at=at, data=data)
    return True


def note_overdue(contract_code: str, item: int, *, at: datetime) -> bool:
    """The due moment has passed: one event per deliverable. Whether it was new."""
    contract = locked(contract_code)
    row = deliverable_of(contract_code, item)
    return _running(contract) and _note_overdue(row, contract, at=at)


def record_outcome(contract_code: str, item: int, command: RecordOutcome, *, actor: Actor, at: datetime) -> Deliverable:
    """The authority records what became of an accepted result; returned by the agency's fault costs it credit.

    Raises NotFound, Forbidden, WrongState before the acceptance, Conflict for the same outcome again.
    """
    contract = locked(contract_code)
    project = contract.project
    authorise(
        actor,
        P.DELIVERABLE_RECORD_OUTCOME,
        region=project.region_code,
        industry=project.matter_version.industry,
    )
    row = deliverable_of(contract_code, item)
    if row.state is not DeliverableState.ACCEPTED:
        raise WrongState(
            _("The outcome is recorded once the owner has accepted the deliverable."),
            state=row.state.value,
            allowed=[action.value for action in DELIVERABLE.allowed(row.state)],
        )
    if row.approval_outcome is command.outcome:
        raise Conflict(_("This outcome is recorded already."))
    row.approval_outcome, row.approval_outcome_at = command.outcome, at
    db.session.flush()
    fault = command.agency_at_fault and command.outcome is ApprovalOutcome.RETURNED
    data: dict[str, Value] = {"number": item, "outcome": command.outcome.value, "agency_at_fault": fault}
    _tell(contract, events.OUTCOME_RECORDED, actor=actor, at=at, data=data)
    if fault:
        _enter(row, contract, CreditEvent.RETURNED_BY_AUTHORITY, _("Credit rules: returned by the authority"), at=at)
    return row


def complete_if_done(contract_code: str, *, at: datetime) -> bool:
    """Complete a contract whose deliverables are all accepted and whose instalments are all paid."""
    contract = locked(contract_code)
    if contract.state is not ContractState.IN_FORCE or open_count(contract) or balance(contract).open_items:
        return False
    contracts.complete(contract_code, at=at)
    return True


def move_limits(contract_code: str, *, working_days: int, calendar_days: int) -> int:
    """Put limits off by the time for which the project stood still: handing in counts days, deciding working days.

    Gives how many deliverables moved.
    """
    contract = locked(contract_code)
    days = number(contract.project.policy, "urge_before_days")
    moved = 0
    for row in deliverables_of(contract):
        if row.state in TO_SUBMIT and row.overdue_recorded_at is None and calendar_days:
            row.due_at = shift_calendar_days(row.due_at, calendar_days)
            row.urge_at = calendar().moment_before(row.due_at, days)
            moved += 1
        elif row.decide_due_at is not None and row.silence_recorded_at is None and working_days:
            row.decide_due_at = calendar().shift(row.decide_due_at, working_days)
            moved += 1
    return moved


def _running(contract: Contract) -> bool:
    return contract.state is ContractState.IN_FORCE and not paused(contract)


def _accept(
    row: Deliverable, contract: Contract, decision: Decision, *, since: datetime, actor: Actor, at: datetime
) -> None:
    row.state = DELIVERABLE.next(row.state, DeliverableAction.ACCEPT)
    row.accepted_at, row.deemed, row.decide_due_at = since, decision is Decision.DEEMED, None
    submission = row.submissions[-1]
    submission.decision, submission.decided_at = decision, since
    late = lateness(row)
    db.session.flush()
    points = lateness_points(late, row.due_days)
    if points:
        basis = _("Credit rules: deliverable late by %(days)s of %(term)s days", days=late, term=row.due_days)
        _enter(row, contract, CreditEvent.LATE_DELIVERABLE, basis, at=at, points=points)
    data: dict[str, Value] = {
        "number": row.number,
        "submission": submission.number,
        "deemed": row.deemed,
        "since": since.isoformat(),
        "days_late": late,
    }
    _tell(contract, events.ACCEPTED, actor=actor, at=at, data=data)


def _note_overdue(row: Deliverable, contract: Contract, *, at: datetime) -> bool:
    if row.state not in TO_SUBMIT or row.overdue_recorded_at is not None or not is_late(row.due_at, at):
        return False
    row.overdue_recorded_at = at
    data: dict[str, Value] = {"number": row.number, "due_at": row.due_at.isoformat()}
    _tell(contract, events.OVERDUE, actor=SYSTEM, at=at, data=data)
    return True


def _enter(
    row: Deliverable, contract: Contract, event: CreditEvent, basis: str, *, at: datetime, points: int | None = None
) -> None:
    enter(
        event,
        uscc=contract.agency.uscc,
        points=points,
        source=_("Supermarket"),
        basis=basis,
        document_number=contract.code,
        evidence=f"{contract.code} deliverable {row.number}",
        project_code=contract.project.code,
        actor=SYSTEM,
        at=at,
    )


def _tell(contract: Contract, tag: Tag, *, actor: Actor, at: datetime, data: Mapping[str, Value]) -> None:
    record(
        tag,
        contract.code,
        actor=actor,
        at=at,
        data=data,
        project_code=contract.project.code,
        agency_uscc=contract.agency.uscc,
    )
