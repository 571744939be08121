"""Which services are shown: decided from what stands on file and was verified, never from what a registry kept silent."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from supermarket.agencies import events, rules
from supermarket.agencies.checks import AgencyFile
from supermarket.agencies.checks.base import OfferedService
from supermarket.agencies.held_back import held_back
from supermarket.agencies.models import Agency, Check, Outcome, Reverification, ReverificationState, Service
from supermarket.agencies.operations.findings import BY_HAND
from supermarket.core.bulk import update_many
from supermarket.core.events import Entry, record_many
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
    show_and_hide([row], {row.id: file}, at)
    row.expiry_due_at = next_expiry(file)
    db.session.flush()


def show_and_hide(rows: Sequence[Agency], files: Mapping[int, AgencyFile], at: datetime) -> None:
    """The same for the services of several locked agencies, in a fixed number of statements."""
    ids = [row.id for row in rows]
    by_office, cases, denied, scopes = held_back(rows), _case_codes(ids), _denied(ids), _scopes(ids)
    entries, changed = list[Entry](), list[dict[str, object]]()
    for row in rows:
        file = files[row.id]
        offered = {service.matter_code: service for service in file.services}
        for service in row.services:
            known = offered.get(service.matter_code)
            if service.matter_code in by_office[row.id]:
                reason: str | None = by_office[row.id][service.matter_code]
            elif known is None:
                reason = "not_published"
            elif row.id in cases:
                reason = f"{_CHECK}{cases[row.id]}"
            else:
                scope = scopes.get((row.id, known.subject))
                reason = _reason(known, file, denied[row.id], scope, service.hidden_reason)
            if reason == service.hidden_reason:
                continue
            changed.append({"id": service.id, "hidden_reason": reason})
            sa.orm.attributes.set_committed_value(service, "hidden_reason", reason)
            data = {"matter_code": service.matter_code}
            if reason is None:
                entries.append(Entry(events.SERVICE_SHOWN, row.uscc, data))
            else:
                entries.append(Entry(events.SERVICE_HIDDEN, row.uscc, data | {"reason": reason}))
    update_many(Service, changed)
    record_many(entries, actor=SYSTEM, at=at)


def next_expiry(file: AgencyFile) -> datetime | None:
    """00:00 local of the day after the last day of what ends next, of all that counts today."""
    ends = [
        filed.held.valid_until
        for filed in file.qualifications
        if filed.verified and filed.held.valid_until is not None and filed.held.valid_until >= file.on
    ]
    ends += [each.registered_until for each in file.practitioners if each.verified and each.registered_until >= file.on]
    return local_moment(min(ends) + timedelta(days=1)) if ends else None


def _case_codes(ids: Collection[int]) -> Mapping[int, str]:
    """By agency the check for which all its services are hidden at present."""
    found = db.session.execute(
        sa.select(Reverification.agency_id, Reverification.codes).where(
            Reverification.agency_id.in_(ids),
            Reverification.ended_at.is_(None),
            Reverification.state != ReverificationState.DISMISSED,
        )
    )
    return {agency_id: codes[0] for agency_id, codes in found if codes}


def _denied(ids: Collection[int]) -> Mapping[int, Collection[str]]:
    """By agency the filed rows that fail a check at present."""
    found: dict[int, set[str]] = defaultdict(set)
    for agency_id, subject in db.session.execute(
        sa.select(Check.agency_id, Check.subject).where(
            Check.agency_id.in_(ids), Check.present, Check.subject != "", Check.outcome == Outcome.FAIL
        )
    ):
        found[agency_id].add(subject)
    return found


def _scopes(ids: Collection[int]) -> Mapping[tuple[int, str], Outcome]:
    """Whether the registered scope of business covers each service: the last word of the register or an operator."""
    found = db.session.execute(
        sa.select(Check.agency_id, Check.subject, Check.outcome)
        .where(Check.agency_id.in_(ids), Check.subject.startswith("service:"))
        .where(Check.code.in_([_REGISTRATION, BY_HAND]), Check.outcome.in_([Outcome.PASS, Outcome.FAIL]))
        .ext(distinct_on(Check.agency_id, Check.subject))
        .order_by(Check.agency_id, Check.subject, Check.last_at.desc(), Check.id.desc())
    )
    return {(each.agency_id, each.subject): each.outcome for each in found}


def _reason(
    service: OfferedService, file: AgencyFile, denied: Collection[str], scope: Outcome | None, before: str | None
) -> str | None:
    if scope is Outcome.FAIL:
        # Of this service alone: "check:registration" is said where the body itself is not registered.
        return f"{_CHECK}{_REGISTRATION}:{service.matter_code}"
    if scope is None and before is not None:
        return UNCHECKED
    if not rules.service_result(service.tree, file.counting, file.on).met:
        lacks = list(rules.service_result(service.tree, file.held, file.on).leaves())
        if lacks:
            return f"qualification_{lacks[0].code.value}"
        return (
            UNCHECKED if {each.subject for each in file.qualifications}.isdisjoint(denied) else f"{_CHECK}qualification"
        )
    if rules.licences_missing(service.licences, file.counting_people):
        if rules.licences_missing(service.licences, file.people):
            return "licence_missing"
        return (
            UNCHECKED if {each.subject for each in file.practitioners}.isdisjoint(denied) else f"{_CHECK}practitioners"
        )
    return None
