"""The onboarding form: sent in, checked, decided by the system or, where a registry is silent, by an operator."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.accounts.queries import organisation
from supermarket.agencies import events, rules
from supermarket.agencies.checks import AgencyFile, Answers, Found, ask, questions, run_all
from supermarket.agencies.checks.base import FiledQualification, Licensed, OfferedService
from supermarket.agencies.checks.identity import stated
from supermarket.agencies.commands import ChangeOfStanding
from supermarket.agencies.held_back import held_back
from supermarket.agencies.models import Agency, Check, Onboarding, Outcome, Standing
from supermarket.agencies.operations.common import locked, refuse
from supermarket.agencies.operations.standing import apply
from supermarket.agencies.queries import agency_file, same_body
from supermarket.agencies.states import ONBOARDING, STANDING, OnboardingAction, StandingAction
from supermarket.core.errors import FieldError, WrongState
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise, may
from supermarket.core.working_days import local_date, local_moment
from supermarket.extensions import db
from supermarket.matters.queries import published_versions
from supermarket.policies.queries import calendar, number, policies_for

REPEAT = timedelta(hours=1)
EVERY_NIGHT = timedelta(hours=2)


def submit_for_checks(uscc: str, *, actor: Actor, at: datetime) -> Agency:
    """Send the form in, first or mended; an operator starts the checks of an imported one.

    Raises NotFound, Forbidden, WrongState.
    """
    row = locked(uscc)
    if not may(actor, P.AGENCY_CHECK, region=row.region_code):
        authorise(actor, P.AGENCY_EDIT, organisation_id=row.organisation_id or 0)
    if row.standing is not Standing.APPLIED:
        raise WrongState(_("Only an applicant sends in a form."), state=row.standing.value, allowed=())
    row.onboarding = ONBOARDING.next(row.onboarding, OnboardingAction.SUBMIT)
    row.refusal, row.checks_due_at = "", at
    db.session.flush()
    record(events.SUBMITTED, uscc, actor=actor, at=at)
    return row


def file_of(uscc: str, at: datetime) -> AgencyFile:
    """The agency's file as the checks see it, on the local day of a moment. Raises NotFound."""
    row = agency_file(uscc)
    versions = published_versions([service.matter_code for service in row.services])
    return AgencyFile(
        on=local_date(at),
        uscc=row.uscc,
        name=row.name,
        legal_representative=row.legal_representative,
        business_scope=row.business_scope,
        is_branch=row.is_branch,
        has_branch_authority=row.branch_authority_id is not None and row.authority_revoked_at is None,
        pledge_signed=row.pledge_signed_at is not None,
        services=tuple(
            OfferedService(
                service.matter_code,
                version.requirement_tree,  # type: ignore[arg-type]  # a stored tree is plain JSON
                version.personal_licences,
                version.name,
                version.agency_type,
            )
            for service in row.services
            if (version := versions.get(service.matter_code)) is not None
        ),
        qualifications=tuple(
            FiledQualification(filed.id, held)
            for filed, held in zip(row.qualifications, rules.held(row.qualifications), strict=True)
        ),
        practitioners=tuple(
            Licensed(
                kind=licence.kind_code,
                number=licence.number,
                registered_until=licence.registered_until,
                id=licence.id,
                verified=licence.verified_at is not None,
                person=person.id,
            )
            for person in row.practitioners
            if person.released_at is None
            for licence in person.live_licences
        ),
        head_office_uscc=row.head_office_uscc,
        account_uscc=None if row.organisation_id is None else organisation(row.organisation_id).uscc,
        same_body=same_body([row.uscc]).get(row.uscc, ()),
        identity=stated([row.organisation_id]).get(row.organisation_id),
    )


def ask_registries(uscc: str, at: datetime) -> Answers:
    """Ask every registry that the checks of an agency need; changes nothing, may take its time."""
    return ask(questions(file_of(uscc, at)), at)


def run_checks(uscc: str, *, actor: Actor, at: datetime, answers: Answers | None = None) -> Sequence[Check]:
    """Run every check, keep the findings, decide a form that waits for them, hide services that lack a certificate.

    `answers` of `ask_registries`, asked before the transaction where registries are far away; what they do not hold
    counts as unanswered. Raises NotFound, Forbidden.
    """
    row = locked(uscc)
    if not may(actor, P.AGENCY_CHECK, region=row.region_code):
        authorise(actor, P.AGENCY_EDIT, organisation_id=row.organisation_id or 0)
    file = file_of(uscc, at)
    found = run_all(file, ask(questions(file), at) if answers is None else answers)
    checks = [_kept(row, item, at) for item in found]
    db.session.add_all(checks)
    failed = [item for item in found if item.outcome is Outcome.FAIL]
    unknown = [item for item in found if item.outcome is Outcome.UNKNOWN]
    record(
        events.CHECKED,
        uscc,
        actor=actor,
        at=at,
        data={
            "passed": sum(item.outcome is Outcome.PASS for item in found),
            "failed": len(failed),
            "unknown": len(unknown),
            "failed_codes": [item.code for item in failed],
        },
    )
    if row.standing is Standing.APPLIED and row.onboarding in (Onboarding.CHECKING, Onboarding.WAITING):
        _decide(row, failed, unknown, at)
    refresh_services(row, file, at)
    row.checks_due_at = _next_run(row, at)
    db.session.flush()
    return checks


def _kept(row: Agency, item: Found, at: datetime) -> Check:
    return Check(
        agency_id=row.id,
        round_at=at,
        code=item.code,
        outcome=item.outcome,
        registry_name=item.registry,
        reference=item.reference,
        sentence=item.sentence,
        parameters=dict(item.parameters),
        answered_at=item.answered_at,
    )


def _next_run(row: Agency, at: datetime) -> datetime | None:
    if row.onboarding is Onboarding.WAITING:
        return at + REPEAT
    if row.standing in (Standing.APPLIED, Standing.BLACKLISTED, Standing.EXPELLED, Standing.LEFT):
        return None
    return local_moment(local_date(at) + timedelta(days=1)) + EVERY_NIGHT


def _decide(row: Agency, failed: Sequence[Found], unknown: Sequence[Found], at: datetime) -> None:
    if failed:
        row.onboarding = ONBOARDING.next(row.onboarding, OnboardingAction.FAIL)
        row.decision_due_at = None
        db.session.flush()
        record(events.REFUSED, row.uscc, actor=SYSTEM, at=at, data={"codes": [item.code for item in failed]})
    elif unknown:
        after = ONBOARDING.next(row.onboarding, OnboardingAction.WAIT)
        if row.onboarding is not after:
            days = number(policies_for(row.region_code, at), "review_onboarding_days")
            due = calendar().due_after(at, days)
            row.onboarding, row.decision_due_at = after, due
            db.session.flush()
            codes = [item.code for item in unknown]
            record(events.WAITING, row.uscc, actor=SYSTEM, at=at, data={"unknown_codes": codes})
    else:
        row.onboarding = ONBOARDING.next(row.onboarding, OnboardingAction.PASS)
        _admit(row, _("All automatic checks are passed."), actor=SYSTEM, at=at)


def _admit(row: Agency, basis: str, *, actor: Actor, at: datetime) -> None:
    row.decision_due_at = None
    command = ChangeOfStanding(
        basis=basis,
        proposer=row.name,
        executor=_("Supermarket") if actor.system else _("Operator"),
    )
    after = STANDING.next(row.standing, StandingAction.ADMIT)
    apply(row, StandingAction.ADMIT, after, command, actor=actor, at=at)
    record(events.ADMITTED, row.uscc, actor=actor, at=at, data={"by_system": actor.system, "basis": basis})


def decide(uscc: str, *, admit: bool, reason: str, actor: Actor, at: datetime) -> Agency:
    """The operator's word on a form whose registries do not answer: what was looked at instead, or why not.

    Raises NotFound, Forbidden, WrongState, InvalidInput without a reason.
    """
    row = locked(uscc)
    authorise(actor, P.AGENCY_DECIDE, region=row.region_code)
    after = ONBOARDING.next(row.onboarding, OnboardingAction.ADMIT if admit else OnboardingAction.REFUSE)
    if not reason.strip():
        refuse([FieldError("reason", "missing", _("Give the reason."))])
    row.onboarding, row.checks_due_at = after, None
    if admit:
        _admit(row, reason, actor=actor, at=at)
        row.checks_due_at = _next_run(row, at)
        db.session.flush()
        return row
    row.decision_due_at, row.refusal = None, reason
    db.session.flush()
    record(events.REFUSED, uscc, actor=actor, at=at, data={"codes": ["operator"]})
    return row


def admit_checked(uscc: str, *, at: datetime) -> Agency:
    """Send a form in and run its checks at once, by the system; whether it is active then is up to the checks."""
    submit_for_checks(uscc, actor=SYSTEM, at=at)
    run_checks(uscc, actor=SYSTEM, at=at)
    return locked(uscc)


def refresh_services(row: Agency, file: AgencyFile, at: datetime) -> None:
    """Hide services whose certificates are missing or have run out by the local day, show those that are covered."""
    offered = {service.matter_code: service for service in file.services}
    by_office = held_back(row)
    for service in row.services:
        known = offered.get(service.matter_code)
        reason: str | None = "not_published"
        if known is not None:
            lacks = list(rules.service_result(known.tree, file.held, file.on).leaves())
            reason = f"qualification_{lacks[0].code.value}" if lacks else None
        reason = by_office.get(service.matter_code, reason)
        if reason == service.hidden_reason:
            continue
        service.hidden_reason = reason
        db.session.flush()
        if reason is None:
            record(events.SERVICE_SHOWN, row.uscc, actor=SYSTEM, at=at, data={"matter_code": service.matter_code})
        else:
            data = {"matter_code": service.matter_code, "reason": reason}
            record(events.SERVICE_HIDDEN, row.uscc, actor=SYSTEM, at=at, data=data)


def checks_due(at: datetime, limit: int) -> list[tuple[datetime, int]]:
    """(due moment, id) of agencies whose checks are due, oldest first."""
    rows = db.session.execute(
        sa.select(Agency.checks_due_at, Agency.id)
        .where(Agency.checks_due_at <= at, Agency.onboarding != Onboarding.DRAFT)
        .order_by(Agency.checks_due_at, Agency.id)
        .limit(limit)
    ).all()
    return [(due, agency_id) for due, agency_id in rows if due is not None]
