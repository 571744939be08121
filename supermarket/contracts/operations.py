"""All writes of the contracts room."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from supermarket.accounts.models import User
from supermarket.contracts import events
from supermarket.contracts.commands import Sign, Urging
from supermarket.contracts.models import CONTRACT_SERIAL, Contract, Party, Signature, Urge, UrgeAbout
from supermarket.contracts.permissions import party_of
from supermarket.contracts.queries import locked
from supermarket.contracts.rules import missing, must_be_in_service, must_be_signable, paused, unsigned
from supermarket.contracts.states import CONTRACT, ContractAction, ContractState
from supermarket.contracts.terms import Terms, agreed
from supermarket.contracts.wording import contract_data, signature_rows
from supermarket.core.errors import Conflict, FieldError, Forbidden, InvalidInput, NotFound, RuleBroken
from supermarket.core.events import Tag, Value, record
from supermarket.core.identifiers import contract_code
from supermarket.core.msgids import N_
from supermarket.core.permissions import SYSTEM, Actor
from supermarket.core.working_days import is_late, local_date
from supermarket.credit.operations import enter
from supermarket.credit.points import CreditEvent, OwnerEvent
from supermarket.documents.models import Document
from supermarket.documents.operations import store
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.filetypes import PDF
from supermarket.policies.queries import calendar, number
from supermarket.projects import operations as projects
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import EnrolmentState
from supermarket.selection import operations as selection
from supermarket.selection.models import Award
from supermarket.selection.states import AWARD, AwardAction

CONSENT = N_("The account agreed to the contract text with this SHA-256 as binding for its organisation.")
# Which side can owe what (lifecycle.md, Urging).
OWED_BY = {
    Party.OWNER: frozenset({UrgeAbout.SIGNATURE, UrgeAbout.ACCEPTANCE, UrgeAbout.PAYMENT}),
    Party.AGENCY: frozenset({UrgeAbout.SIGNATURE, UrgeAbout.DELIVERABLE, UrgeAbout.CONFIRMATION}),
}


def draft_from_award(award_id: int, *, at: datetime) -> Contract:
    """The contract that follows from an award notice, as a PDF whose hash both sides will sign.

    Due for signing `signing_days` working days after the notice (lifecycle.md). Raises NotFound, WrongState if the
    award has no notice, Conflict if it has its contract already, ValueError for terms that do not fit together.
    """
    project_id = db.session.scalar(sa.select(Award.project_id).where(Award.id == award_id))
    if project_id is None:
        raise NotFound(_("There is no such award."))
    db.session.execute(sa.select(Project.id).where(Project.id == project_id).with_for_update())
    award = db.session.scalars(
        sa.select(Award).where(Award.id == award_id).with_for_update(of=Award).execution_options(populate_existing=True)
    ).one()
    AWARD.next(award.state, AwardAction.CONTRACT)
    if db.session.scalar(sa.select(Contract.id).where(Contract.award_id == award.id)) is not None:
        raise Conflict(_("This award has its contract already."))
    project, issued = award.project, award.notice_at or at
    days, due = calendar(), calendar().due_after(issued, number(project.policy, "signing_days"))
    offered = _offered_days(award)
    terms = agreed(
        deliverables_wanted=[
            {"name": item["name"], "due_days": min(int(item["due_days"]), offered or int(item["due_days"]))}
            for item in project.deliverables_wanted
        ],
        payments_wanted=project.payment_terms,
        price=award.price,
        acceptance_days=number(project.policy, "acceptance_days"),
        payment_days=number(project.policy, "payment_calendar_days"),
        notice_number=award.notice_number or "",
    )
    contract = Contract(
        code=contract_code(
            local_date(at).year, db.session.execute(sa.select(CONTRACT_SERIAL.next_value())).scalar_one()
        ),
        project=project,
        award_id=award.id,
        owner=project.owner,
        agency=award.agency,
        state=ContractState.DRAFTED,
        price=award.price,
        duration_days=offered or project.duration_days,
        terms=terms.stored(),
        drafted_at=at,
        sign_due_at=due,
        sign_urge_at=days.moment_before(due, number(project.policy, "urge_before_days")),
    )
    contract.document = _typeset(contract, public=False, at=at)
    db.session.add(contract)
    db.session.flush()
    _tell(
        contract,
        events.DRAFTED,
        actor=SYSTEM,
        at=at,
        data={
            "award_id": award.id,
            "document_sha256": contract.document.sha256,
            "sign_until": due.isoformat(),
        },
    )
    return contract


def sign(code: str, command: Sign, *, actor: Actor, at: datetime) -> Contract:
    """Record a side's consent to the present document; the second one brings the contract into force.

    Raises NotFound, Forbidden, WrongState, Conflict (signed already, too late, or another document than the present),
    InvalidInput without consent.
    """
    contract = locked(code)
    party = party_of(contract, actor)
    if actor.user_id is None:
        raise Forbidden(_("Only a person of one of the two sides can do this."))
    action = must_be_signable(contract, party, at)
    if not command.consent:
        message = _("Tick the consent: without it nothing is signed.")
        raise InvalidInput(message, errors=[FieldError("consent", "needed", message)])
    if command.document_sha256 != contract.document.sha256:
        raise Conflict(
            _("This is not the present text of the contract. Open it again, read it, and sign that."),
            code="stale_document",
        )
    contract.signatures.append(
        Signature(
            party=party,
            user_id=actor.user_id,
            organisation_id=contract.owner_id if party is Party.OWNER else contract.agency.organisation_id,
            document_sha256=command.document_sha256,
            consent=CONSENT,
            signed_at=at,
        )
    )
    contract.state = CONTRACT.next(contract.state, action)
    if contract.state is ContractState.IN_FORCE:
        contract.in_force_at = contract.public_at = at
        days = number(contract.project.policy, "contract_public_days")
        contract.public_due_at = calendar().due_after(at, days)
    db.session.flush()
    _tell(
        contract,
        events.SIGNED,
        actor=actor,
        at=at,
        data={"party": party.value, "document_sha256": command.document_sha256},
    )
    if contract.state is ContractState.IN_FORCE:
        _begin(contract, actor=actor, at=at)
    return contract


def remind(code: str, *, at: datetime) -> bool:
    """T−3: remind the sides that have not signed, once. Whether there was anything to do."""
    contract = locked(code)
    if not _waits_for_signatures(contract) or contract.urged_at is not None or not is_late(contract.sign_urge_at, at):
        return False
    contract.urged_at = at
    _tell(contract, events.SIGN_REMINDED, actor=SYSTEM, at=at, data={"missing": missing(contract)})
    return True


def lapse(code: str, *, at: datetime) -> bool:
    """The time for signing is over: who had not signed is at fault (credit entry), the next in order comes.

    Where only the owner had not signed, the agency is not passed over: the project fails (adr 35).

    Whether there was anything to do.
    """
    contract = locked(code)
    if not _waits_for_signatures(contract) or not is_late(contract.sign_due_at, at):
        return False
    contract.state = CONTRACT.next(contract.state, ContractAction.LAPSE)
    contract.end_reason = f"unsigned_{missing(contract)}"
    db.session.flush()
    _tell(
        contract, events.LAPSED, actor=SYSTEM, at=at, data={"award_id": contract.award_id, "missing": missing(contract)}
    )
    at_fault = unsigned(contract)
    for party in at_fault:
        _record_fault(contract, party, at=at)
    selection.drop_award(
        contract.award_id,
        action=AwardAction.LAPSE,
        reason=_("The contract was not signed in time."),
        actor=SYSTEM,
        at=at,
        gave_up=Party.AGENCY in at_fault,
        owners_fault=Party.AGENCY not in at_fault,
    )
    return True


def urge(code: str, command: Urging, *, actor: Actor, at: datetime) -> Urge:
    """Remind the other side of what it owes; once a working day, days off count with the next working day.

    Raises NotFound, Forbidden, WrongState, RuleBroken if the other side cannot owe this, Conflict for a second time.
    """
    contract = locked(code)
    party = party_of(contract, actor)
    if command.about is UrgeAbout.SIGNATURE:
        CONTRACT.next(contract.state, ContractAction.LAPSE)
    else:
        must_be_in_service(contract)
    if command.about not in OWED_BY[party.other]:
        raise RuleBroken(_("The other side does not owe this."), code="not_owed")
    if command.about is UrgeAbout.SIGNATURE and party.other not in unsigned(contract):
        raise RuleBroken(_("The other side has signed already."), code="not_owed")
    today = local_date(at)
    day = today if calendar().is_working(today) else calendar().working_day_after(today, 1)
    known = sa.select(Urge.id).where(Urge.contract_id == contract.id, Urge.by_party == party, Urge.day == day)
    if db.session.scalar(known) is not None:
        raise Conflict(_("Your side has urged already today; once a working day is the limit."), code="urged_already")
    row = Urge(contract_id=contract.id, by_party=party, day=day, about=command.about.value, at=at)
    db.session.add(row)
    db.session.flush()
    data: dict[str, Value] = {"by_party": party.value, "about": command.about.value}
    _tell(contract, events.URGED, actor=actor, at=at, data=data)
    return row


def complete(code: str, *, at: datetime) -> Contract:
    """Everything is accepted and paid, as the rooms that know it have found. Raises NotFound, WrongState."""
    contract = locked(code)
    contract.state = CONTRACT.next(contract.state, ContractAction.COMPLETE)
    contract.completed_at = at
    db.session.flush()
    projects.complete(contract.project_id, actor=SYSTEM, at=at)
    _tell(contract, events.COMPLETED, actor=SYSTEM, at=at)
    return contract


def close(code: str, *, reason: str, at: datetime) -> bool:
    """Let a draft fall whose project or award ended otherwise; nobody is at fault. Whether there was anything to do."""
    contract = locked(code)
    if not CONTRACT.can(contract.state, ContractAction.LAPSE):
        return False
    contract.state = CONTRACT.next(contract.state, ContractAction.LAPSE)
    contract.end_reason = reason
    db.session.flush()
    _tell(contract, events.CLOSED, actor=SYSTEM, at=at, data={"award_id": contract.award_id})
    return True


def terminate(code: str, *, reason: str, at: datetime) -> bool:
    """End a contract in force whose project was terminated. Whether there was anything to do."""
    contract = locked(code)
    if not CONTRACT.can(contract.state, ContractAction.TERMINATE):
        return False
    contract.state = CONTRACT.next(contract.state, ContractAction.TERMINATE)
    contract.end_reason = reason
    db.session.flush()
    _tell(contract, events.TERMINATED, actor=SYSTEM, at=at)
    return True


def move_limits(code: str, working_days: int) -> bool:
    """Put the limit for signing off by the working days for which the project stood still (lifecycle.md, on resume).

    Whether there was anything to do.
    """
    contract = locked(code)
    if working_days < 1 or not CONTRACT.can(contract.state, ContractAction.LAPSE):
        return False
    contract.sign_due_at = calendar().shift(contract.sign_due_at, working_days)
    contract.sign_urge_at = calendar().shift(contract.sign_urge_at, working_days)
    return True


def _waits_for_signatures(contract: Contract) -> bool:
    return CONTRACT.can(contract.state, ContractAction.LAPSE) and not paused(contract)


def _tell(contract: Contract, tag: Tag, *, actor: Actor, at: datetime, data: Mapping[str, Value] | None = None) -> None:
    record(
        tag,
        contract.code,
        actor=actor,
        at=at,
        data=data,
        project_code=contract.project.code,
        agency_uscc=contract.agency.uscc,
    )


def _offered_days(award: Award) -> int | None:
    return db.session.scalar(
        sa.select(Enrolment.offered_days).where(
            Enrolment.project_id == award.project_id,
            Enrolment.agency_id == award.agency_id,
            Enrolment.state == EnrolmentState.LIVE,
        )
    )


def _typeset(contract: Contract, *, public: bool, at: datetime) -> Document:
    """The contract as a stored PDF with the signatures that there are."""
    names = {
        user.id: user.name
        for user in db.session.scalars(
            sa.select(User).where(User.id.in_([signature.user_id for signature in contract.signatures]))
        )
    }
    data = contract_data(
        code=contract.code,
        project=contract.project,
        agency=contract.agency,
        price=contract.price,
        duration_days=contract.duration_days,
        terms=Terms.read(contract.terms),
        dated=contract.drafted_at,
        demo=bool(current_app.config["DEMO"]),
        signatures=signature_rows(contract, names),
    )
    suffix = "-signed" if contract.signatures else ""
    return store(
        current().pdf.render("contract", data),
        f"{contract.code}{suffix}.pdf",
        subject_kind="contract",
        subject_code=contract.code,
        owner_organisation_id=contract.owner.id,
        public=public,
        actor=SYSTEM,
        at=at,
        allow=frozenset({PDF}),
    )


def _begin(contract: Contract, *, actor: Actor, at: datetime) -> None:
    # A natural person's contract names that person: its data are public, its text is not.
    contract.signed_document = _typeset(contract, public=not contract.owner.is_natural_person, at=at)
    db.session.flush()
    selection.mark_contracted(contract.award_id, actor=SYSTEM, at=at)
    projects.start_service(contract.project_id, actor=SYSTEM, at=at)
    data: dict[str, Value] = {
        "price": contract.price,
        "signed_document_sha256": contract.signed_document.sha256,
    }
    _tell(contract, events.IN_FORCE, actor=actor, at=at, data=data)


def _record_fault(contract: Contract, party: Party, *, at: datetime) -> None:
    uscc = contract.owner.uscc if party is Party.OWNER else contract.agency.uscc
    if uscc is None:  # a natural person has no ledger
        return
    enter(
        OwnerEvent.REFUSED_TO_SIGN if party is Party.OWNER else CreditEvent.DID_NOT_SIGN,
        uscc=uscc,
        source=_("Supermarket"),
        basis=_("Credit rules: contract not signed in time"),
        document_number=contract.code,
        evidence=contract.code,
        project_code=contract.project.code,
        actor=SYSTEM,
        at=at,
    )
