"""The onboarding form: sent in, checked, decided by the system or, where a registry is silent, by an operator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies import events
from supermarket.agencies.checks import AgencyFile, Answers, Found, ask, questions, run_all
from supermarket.agencies.commands import ChangeOfStanding
from supermarket.agencies.models import Agency, Check, Onboarding, Outcome, Standing
from supermarket.agencies.operations.common import locked, refuse
from supermarket.agencies.operations.files import file_of, files_of
from supermarket.agencies.operations.findings import Change, keep, seen_by_hand
from supermarket.agencies.operations.services import next_expiry, refresh_services, show_and_hide
from supermarket.agencies.operations.standing import apply
from supermarket.agencies.operations.verifying import decision_due, follow_up
from supermarket.agencies.queries import last_checks
from supermarket.agencies.states import ONBOARDING, STANDING, OnboardingAction, StandingAction
from supermarket.agencies.verification import IN_THE_MARKET
from supermarket.core.bulk import update_many
from supermarket.core.errors import FieldError, WrongState
from supermarket.core.events import Entry, Value, record, record_many
from supermarket.core.permissions import SYSTEM, Actor, P, authorise, may
from supermarket.extensions import db
from supermarket.policies.queries import office_region

REPEAT = timedelta(hours=1)
_NOT_THERE = ("not_loaded", "not_configured")
__all__ = [
    "admit_checked",
    "ask_registries",
    "checks_due",
    "conclude",
    "decide",
    "file_of",
    "hide_expired",
    "preview",
    "refresh_services",
    "run_checks",
    "submit_for_checks",
]


def submit_for_checks(uscc: str, *, actor: Actor, at: datetime) -> Agency:
    """Send the form in, first or mended; an operator starts the checks of an imported one.

    Raises NotFound, Forbidden, WrongState.
    """
    row = locked(uscc)
    if not may(actor, P.AGENCY_CHECK, region=office_region(row.region_code)):
        authorise(actor, P.AGENCY_EDIT, organisation_id=row.organisation_id or 0)
    if row.standing is not Standing.APPLIED:
        raise WrongState(_("Only an applicant sends in a form."), state=row.standing.value, allowed=())
    row.onboarding = ONBOARDING.next(row.onboarding, OnboardingAction.SUBMIT)
    row.refusal, row.checks_due_at = "", at
    db.session.flush()
    record(events.SUBMITTED, uscc, actor=actor, at=at)
    return row


@dataclass(frozen=True)
class Preview:
    """What the checks find of a file that nobody has filed; nothing of it is kept."""

    found: tuple[Found, ...]
    # For `run_checks`, if the file is filed after all.
    answers: Answers

    def of(self, outcome: Outcome) -> tuple[Found, ...]:
        """The findings with an outcome, in the order of the checks."""
        return tuple(item for item in self.found if item.outcome is outcome)


def preview(file: AgencyFile, at: datetime) -> Preview:
    """Run every check on a proposed file; asks the registries, so outside of a transaction. Keeps nothing."""
    answers = ask(questions(file), at)
    return Preview(run_all(file, answers), answers)


def ask_registries(uscc: str, at: datetime) -> Answers:
    """Ask every registry that the checks of an agency need; changes nothing, may take its time."""
    return ask(questions(file_of(uscc, at)), at)


def run_checks(uscc: str, *, actor: Actor, at: datetime, answers: Answers | None = None) -> Sequence[Check]:
    """Run every check, keep the findings, decide a form that waits for them, hide services that lack a certificate.

    `answers` of `ask_registries`, asked before the transaction where registries are far away; what they do not hold
    counts as unanswered. Gives the present findings. Raises NotFound, Forbidden.
    """
    row = locked(uscc)
    if not may(actor, P.AGENCY_CHECK, region=office_region(row.region_code)):
        authorise(actor, P.AGENCY_EDIT, organisation_id=row.organisation_id or 0)
    file = file_of(uscc, at)
    asked = ask(questions(file), at) if answers is None else answers
    found = run_all(file, asked)
    begun = keep({row.id: found}, asked, at).get(row.id, Change()).begun
    asked_all = all(each in asked for each in questions(file))
    conclude([Concluded(row, found, begun, asked_all)], actor=actor, at=at)
    return last_checks(row.id)


@dataclass(frozen=True)
class Concluded:
    """A round of findings that was kept, of a locked agency."""

    row: Agency
    found: Sequence[Found]
    # Those of them that were not there before; an agency in the market is told of these together.
    begun: Sequence[Found]
    # Whether every question was asked that its file now raises.
    asked_all: bool = True

    def of(self, outcome: Outcome) -> list[Found]:
        """The findings with an outcome."""
        return [item for item in self.found if item.outcome is outcome]


def conclude(rounds: Sequence[Concluded], *, actor: Actor, at: datetime) -> None:
    """What follows from findings that were kept: decisions, cases, services, the next runs.

    For agencies in the market the number of statements does not grow with them. Each agency's events come in one order:
    checked, decided or case, told, services.
    """
    if not rounds:
        return
    record_many([Entry(events.CHECKED, each.row.uscc, _counts(each)) for each in rounds], actor=actor, at=at)
    _decide([each for each in rounds if _waits_for_checks(each.row)], at)
    in_market = [each for each in rounds if each.row.standing in IN_THE_MARKET]
    follow_up([each.row for each in in_market], at)
    told = [(each.row, [item.code for item in each.begun if _is_news(item)]) for each in in_market]
    entries = [Entry(events.CHECK_FAILED, row.uscc, {"codes": codes}) for row, codes in told if codes]
    record_many(entries, actor=SYSTEM, at=at)
    files = files_of([each.row.id for each in rounds], at)
    show_and_hide([each.row for each in rounds], files, at)
    _note_checked(rounds, files, at)


def _note_checked(rounds: Sequence[Concluded], files: Mapping[int, AgencyFile], at: datetime) -> None:
    """When each was checked, is checked again, and loses a certificate next. Pages made before are stale."""
    db.session.flush()
    values: list[dict[str, object]] = [
        {
            "id": each.row.id,
            "checked_at": at,
            # What was filed between asking and now was asked of nobody: at once again.
            "checks_due_at": next_run(each.row, each.found, at) if each.asked_all else at,
            "expiry_due_at": next_expiry(files[each.row.id]),
        }
        for each in rounds
    ]
    # The session would send a versioned row at a time; these are locked, so nobody else has counted on.
    update_many(Agency, values, version=Agency.version + 1)
    for each, new in zip(rounds, values, strict=True):
        for name, value in (new | {"version": each.row.version + 1}).items():
            sa.orm.attributes.set_committed_value(each.row, name, value)


def _counts(each: Concluded) -> dict[str, Value]:
    failed = each.of(Outcome.FAIL)
    return {
        "passed": len(each.of(Outcome.PASS)),
        "failed": len(failed),
        "unknown": len(each.of(Outcome.UNKNOWN)),
        "failed_codes": [item.code for item in failed],
    }


def _waits_for_checks(row: Agency) -> bool:
    return row.standing is Standing.APPLIED and row.onboarding in (Onboarding.CHECKING, Onboarding.WAITING)


def _is_news(item: Found) -> bool:
    """Of a certificate, licence or service; what is found against the body itself is told with its case."""
    return item.outcome is Outcome.FAIL and item.subject != ""


def next_run(row: Agency, found: Sequence[Found], at: datetime) -> datetime | None:
    """An hour later where a registry was silent; the night sees to the rest.

    A list that nobody has loaded yet is no silence: for agencies in the market the next night is early enough.
    """
    if row.onboarding is Onboarding.WAITING:
        return at + REPEAT
    return at + REPEAT if row.standing in IN_THE_MARKET and is_silent(found) else None


def is_silent(found: Sequence[Found]) -> bool:
    """Whether a registry that there is did not answer, so that asking again may help."""
    return any(
        item.outcome is Outcome.UNKNOWN
        and item.again
        and item.registry
        and item.parameters.get("reason") not in _NOT_THERE
        for item in found
    )


def _decide(rounds: Sequence[Concluded], at: datetime) -> None:
    entries, waiting = list[Entry](), [each for each in rounds if not each.of(Outcome.FAIL)]
    due = decision_due({each.row.region_code for each in waiting if each.of(Outcome.UNKNOWN)}, at)
    for each in rounds:
        row, failed, unknown = each.row, each.of(Outcome.FAIL), each.of(Outcome.UNKNOWN)
        if failed:
            row.onboarding = ONBOARDING.next(row.onboarding, OnboardingAction.FAIL)
            row.decision_due_at = None
            entries.append(Entry(events.REFUSED, row.uscc, {"codes": [item.code for item in failed]}))
        elif unknown:
            after = ONBOARDING.next(row.onboarding, OnboardingAction.WAIT)
            if row.onboarding is not after:
                row.onboarding, row.decision_due_at = after, due[row.region_code]
                codes = [item.code for item in unknown]
                entries.append(Entry(events.WAITING, row.uscc, {"unknown_codes": codes}))
        else:
            row.onboarding = ONBOARDING.next(row.onboarding, OnboardingAction.PASS)
            _admit(row, _("All automatic checks are passed."), actor=SYSTEM, at=at)
    db.session.flush()
    record_many(entries, actor=SYSTEM, at=at)


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

    Who is admitted so has its filed certificates count, as the operator saw them, until a registry says otherwise.
    Raises NotFound, Forbidden, WrongState, InvalidInput without a reason.
    """
    row = locked(uscc)
    authorise(actor, P.AGENCY_DECIDE, region=office_region(row.region_code))
    after = ONBOARDING.next(row.onboarding, OnboardingAction.ADMIT if admit else OnboardingAction.REFUSE)
    if not reason.strip():
        refuse([FieldError("reason", "missing", _("Give the reason."))])
    row.onboarding, row.checks_due_at = after, None
    if admit:
        _admit(row, reason, actor=actor, at=at)
        unknown = [item.subject for item in last_checks(row.id) if item.outcome is Outcome.UNKNOWN and item.subject]
        # What no registry could say of a service, its own row or the register's, the operator has read.
        seen_by_hand(row, [*unknown, *(f"service:{service.matter_code}" for service in row.services)], reason, at)
        refresh_services(row, file_of(uscc, at), at)
        # The registries are asked on, until they answer.
        row.checks_due_at = at + REPEAT
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


def hide_expired(agency_id: int, at: datetime) -> bool:
    """Hide the services of a certificate that ended at 00:00; False if nothing ended. For the supervisor's tick."""
    found = db.session.get(Agency, agency_id)
    if found is None:
        return False
    row = locked(found.uscc)
    if row.expiry_due_at is None or row.expiry_due_at > at:
        return False
    refresh_services(row, file_of(row.uscc, at), at)
    return True


def checks_due(at: datetime, limit: int) -> list[tuple[datetime, int]]:
    """(due moment, id) of agencies whose checks are due, oldest first."""
    rows = db.session.execute(
        sa.select(Agency.checks_due_at, Agency.id)
        .where(Agency.checks_due_at <= at, Agency.onboarding != Onboarding.DRAFT)
        .order_by(Agency.checks_due_at, Agency.id)
        .limit(limit)
    ).all()
    return [(due, agency_id) for due, agency_id in rows if due is not None]
