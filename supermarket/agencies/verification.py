"""Reads of verification: what waits for a person and why, evidence, history of findings, reminders, nightly runs."""

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager

from supermarket.agencies.models import (
    Agency,
    Check,
    ExpiryReminder,
    NightlyRun,
    Onboarding,
    Outcome,
    Practitioner,
    PractitionerLicence,
    Qualification,
    RegistryAnswer,
    Reverification,
    ReverificationState,
    Standing,
)
from supermarket.core.errors import NotFound
from supermarket.core.working_days import local_date
from supermarket.extensions import db

# Whose checks go on every night.
IN_THE_MARKET = (Standing.ACTIVE, Standing.RECTIFYING, Standing.FROZEN, Standing.SERVICE_WITHDRAWN)


@dataclass(frozen=True)
class Silence:
    """A registry that does not answer: since when, for which checks."""

    registry: str
    since: datetime
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Waiting:
    """An onboarding form that waits for the operator, with the registries that are silent, the longest first."""

    agency: Agency
    due_at: datetime
    silent: tuple[Silence, ...]
    # What no registry can tell and a person has to look at: codes of findings.
    to_look_at: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """A registry's answer as it came."""

    registry: str
    question: str
    body: bytes
    sha256: str
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Reminder:
    """A certificate or licence that ends soon, by the latest reminder sent."""

    subject: str
    kind_code: str
    number: str
    until: date
    days: int
    at: datetime


def onboarding_waiting(limit: int = 500) -> Sequence[Waiting]:
    """Forms that wait for the operator, the first due first; which registry is silent, and since when."""
    rows = db.session.scalars(
        sa.select(Agency)
        .where(Agency.onboarding == Onboarding.WAITING)
        .order_by(Agency.decision_due_at, Agency.id)
        .limit(limit)
    ).all()
    ids = [row.id for row in rows]
    silent, unclear = silences(ids), _to_look_at(ids)
    return [
        Waiting(row, row.decision_due_at, silent.get(row.id, ()), tuple(unclear[row.id]))
        for row in rows
        if row.decision_due_at is not None
    ]


def _to_look_at(agency_ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    rows = db.session.execute(
        sa.select(Check.agency_id, Check.code)
        .where(Check.agency_id.in_(agency_ids), Check.present, Check.outcome == Outcome.UNKNOWN)
        .where(Check.registry_name == "", Check.subject == "")
        .order_by(Check.place, Check.id)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for agency_id, code in rows:
        found[agency_id].append(code)
    return found


def silences(agency_ids: Sequence[int]) -> Mapping[int, tuple[Silence, ...]]:
    """Which registries do not answer about which agencies, and since when; one statement."""
    rows = db.session.execute(
        sa.select(Check.agency_id, Check.registry_name, Check.code, Check.first_at)
        .where(Check.agency_id.in_(agency_ids), Check.present, Check.outcome == Outcome.UNKNOWN)
        .where(Check.registry_name != "")
        .order_by(Check.first_at, Check.place, Check.id)
    )
    found: dict[int, dict[str, list[tuple[datetime, str]]]] = defaultdict(dict)
    for agency_id, registry, code, since in rows:
        found[agency_id].setdefault(registry, []).append((since, code))
    return {
        agency_id: tuple(
            Silence(registry, items[0][0], tuple(dict.fromkeys(code for _since, code in items)))
            for registry, items in by_registry.items()
        )
        for agency_id, by_registry in found.items()
    }


def reverification_cases(*, is_open: bool = True, limit: int = 500) -> Sequence[Reverification]:
    """Cases of agencies in the market with the agency: the open ones, the first due first; or the settled, newest first."""
    query = sa.select(Reverification).join(Reverification.agency).options(contains_eager(Reverification.agency))
    if is_open:
        query = query.where(
            Reverification.state == ReverificationState.OPEN, Agency.standing.in_(IN_THE_MARKET)
        ).order_by(Reverification.due_at, Reverification.id)
    else:
        query = query.where(Reverification.state != ReverificationState.OPEN).order_by(Reverification.id.desc())
    return db.session.scalars(query.limit(limit)).all()


def reverification(case_id: int) -> Reverification:
    """One case. Raises NotFound."""
    row = db.session.get(Reverification, case_id)
    if row is None:
        raise NotFound(_("There is no such case."))
    return row


def findings_of_case(case: Reverification) -> Sequence[Check]:
    """The findings for which a case was opened; they stay as they were found."""
    return db.session.scalars(
        sa.select(Check).where(Check.id.in_(case.check_ids)).order_by(Check.place, Check.id)
    ).all()


def findings_history(agency_id: int, limit: int = 200) -> Sequence[Check]:
    """Every finding about an agency with the time through which it stood, newest first."""
    query = sa.select(Check).where(Check.agency_id == agency_id)
    return db.session.scalars(query.order_by(Check.first_at.desc(), Check.place, Check.id).limit(limit)).all()


def evidence(check_id: int) -> Evidence | None:
    """The answer that a finding rests on, None where it rests on no registry; for officers only. Raises NotFound."""
    row = db.session.execute(
        sa.select(Check.id, RegistryAnswer)
        .outerjoin(RegistryAnswer, RegistryAnswer.id == Check.answer_id)
        .where(Check.id == check_id)
    ).first()
    if row is None:
        raise NotFound(_("There is no such finding."))
    kept: RegistryAnswer | None = row[1]
    if kept is None:
        return None
    return Evidence(
        registry=kept.registry_name,
        question=kept.question,
        body=zlib.decompress(kept.body),
        sha256=kept.sha256,
        first_at=kept.first_at,
        last_at=kept.last_at,
    )


def reminders_of(agency_id: int, at: datetime) -> Sequence[Reminder]:
    """What the agency was reminded of and has not mended: on file with that end still, from the nearest end on."""
    sent = db.session.scalars(
        sa.select(ExpiryReminder)
        .where(ExpiryReminder.agency_id == agency_id, ExpiryReminder.until >= local_date(at))
        .order_by(ExpiryReminder.until, ExpiryReminder.days.desc(), ExpiryReminder.id)
    ).all()
    latest = {row.subject: row for row in sent}
    there = {
        f"qualification:{number}": (kind, text, until)
        for number, kind, text, until in db.session.execute(
            sa.select(Qualification.id, Qualification.kind_code, Qualification.number, Qualification.valid_until).where(
                Qualification.agency_id == agency_id, Qualification.ended_at.is_(None)
            )
        )
    } | {
        f"licence:{number}": (kind, text, until)
        for number, kind, text, until in db.session.execute(
            sa.select(
                PractitionerLicence.id,
                PractitionerLicence.kind_code,
                PractitionerLicence.number,
                PractitionerLicence.registered_until,
            )
            .join(Practitioner, Practitioner.id == PractitionerLicence.practitioner_id)
            .where(
                Practitioner.agency_id == agency_id,
                Practitioner.released_at.is_(None),
                PractitionerLicence.ended_at.is_(None),
            )
        )
    }
    return [
        Reminder(subject, there[subject][0], there[subject][1], row.until, row.days, row.at)
        for subject, row in latest.items()
        if subject in there and there[subject][2] == row.until
    ]


def nightly_runs(limit: int = 30) -> Sequence[NightlyRun]:
    """The last nights, newest first."""
    return db.session.scalars(sa.select(NightlyRun).order_by(NightlyRun.slot.desc()).limit(limit)).all()
