"""Which services are shown: decided from what stands on file and was verified, never from what a registry kept silent."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from supermarket.agencies import events, rules
from supermarket.agencies.checks import AgencyFile
from supermarket.agencies.checks.base import OfferedService
from supermarket.agencies.held_back import held_back
from supermarket.agencies.models import Agency, Check, Outcome, Reverification, ReverificationState
from supermarket.agencies.operations.findings import BY_HAND
from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.core.working_days import local_moment
from supermarket.extensions import db

# Not verified yet: neither confirmed nor denied.
UNCHECKED = "unchecked"
_CHECK, _REGISTRATION = "check:", "registration"


def refresh_services(row: Agency, file: AgencyFile, at: datetime) -> None:
    """Show the services that verified certificates and licences carry, hide the others, each with its reason.

    The reason is that of an office (held_back), "not_published", "check:<code>" where a check fails, "unchecked" where
    nothing is confirmed yet, else what the file lacks. Sets when the next certificate ends. `row` is locked.
    """
    offered = {service.matter_code: service for service in file.services}
    by_office, case, denied, scopes = held_back(row), _case_code(row), _denied(row), _scopes(row)
    for service in row.services:
        known = offered.get(service.matter_code)
        if service.matter_code in by_office:
            reason: str | None = by_office[service.matter_code]
        elif known is None:
            reason = "not_published"
        elif case is not None:
            reason = f"{_CHECK}{case}"
        else:
            reason = _reason(known, file, denied, scopes.get(known.subject), service.hidden_reason)
        if reason == service.hidden_reason:
            continue
        service.hidden_reason = reason
        db.session.flush()
        data = {"matter_code": service.matter_code}
        if reason is None:
            record(events.SERVICE_SHOWN, row.uscc, actor=SYSTEM, at=at, data=data)
        else:
            record(events.SERVICE_HIDDEN, row.uscc, actor=SYSTEM, at=at, data=data | {"reason": reason})
    row.expiry_due_at = next_expiry(file)
    db.session.flush()


def next_expiry(file: AgencyFile) -> datetime | None:
    """00:00 local of the day after the last day of what ends next, of all that counts today."""
    ends = [
        filed.held.valid_until
        for filed in file.qualifications
        if filed.verified and filed.held.valid_until is not None and filed.held.valid_until >= file.on
    ]
    ends += [each.registered_until for each in file.practitioners if each.verified and each.registered_until >= file.on]
    return local_moment(min(ends) + timedelta(days=1)) if ends else None


def _case_code(row: Agency) -> str | None:
    """The check for which all services are hidden at present."""
    found = db.session.scalars(
        sa.select(Reverification).where(
            Reverification.agency_id == row.id,
            Reverification.ended_at.is_(None),
            Reverification.state != ReverificationState.DISMISSED,
        )
    ).first()
    return None if found is None or not found.codes else found.codes[0]


def _denied(row: Agency) -> frozenset[str]:
    """The filed rows that fail a check at present."""
    return frozenset(
        db.session.scalars(
            sa.select(Check.subject).where(
                Check.agency_id == row.id, Check.present, Check.subject != "", Check.outcome == Outcome.FAIL
            )
        )
    )


def _scopes(row: Agency) -> Mapping[str, Outcome]:
    """Whether the registered scope of business covers each service: the last word of the register or an operator."""
    found = db.session.execute(
        sa.select(Check.subject, Check.outcome)
        .where(Check.agency_id == row.id, Check.subject.startswith("service:"))
        .where(Check.code.in_([_REGISTRATION, BY_HAND]), Check.outcome.in_([Outcome.PASS, Outcome.FAIL]))
        .order_by(Check.last_at, Check.id)
    )
    return {each.subject: each.outcome for each in found}


def _reason(
    service: OfferedService, file: AgencyFile, denied: frozenset[str], scope: Outcome | None, before: str | None
) -> str | None:
    if scope is Outcome.FAIL:
        return f"{_CHECK}{_REGISTRATION}"
    if scope is None and before is not None:
        return UNCHECKED
    if not rules.service_result(service.tree, file.counting, file.on).met:
        lacks = list(rules.service_result(service.tree, file.held, file.on).leaves())
        if lacks:
            return f"qualification_{lacks[0].code.value}"
        return f"{_CHECK}qualification" if denied & {each.subject for each in file.qualifications} else UNCHECKED
    if rules.licences_missing(service.licences, file.counting_people):
        if rules.licences_missing(service.licences, file.people):
            return "licence_missing"
        return f"{_CHECK}practitioners" if denied & {each.subject for each in file.practitioners} else UNCHECKED
    return None
