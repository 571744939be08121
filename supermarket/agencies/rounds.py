"""Rounds of checks of many agencies at once: asked outside of any transaction, written in one short one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from supermarket.agencies.checks import AgencyFile, Answers, ask, questions, run_all
from supermarket.agencies.models import Agency, Onboarding, Reverification
from supermarket.agencies.operations.files import files_of
from supermarket.agencies.operations.findings import Change, keep
from supermarket.agencies.operations.onboarding import REPEAT, Concluded, conclude, is_silent
from supermarket.agencies.verification import IN_THE_MARKET
from supermarket.core.permissions import SYSTEM
from supermarket.core.unit import unit
from supermarket.extensions import db

# How many agencies one transaction holds.
BATCH = 200


@dataclass(frozen=True)
class Asked:
    """Files as they were when the registries were asked about them, by agency, and what those said."""

    files: Mapping[int, AgencyFile]
    answers: Answers


@dataclass
class Rounds:
    """What was written: agencies by id."""

    checked: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    silent: list[int] = field(default_factory=list)
    # Changed between asking and writing, or checked by another process.
    passed_over: list[int] = field(default_factory=list)


def ask_about(ids: Sequence[int], at: datetime) -> Asked:
    """Ask the registries about several agencies; the same question goes together. Never within a transaction."""
    with unit():
        files = files_of(ids, at)
    return Asked(files, ask([question for file in files.values() for question in questions(file)], at))


def write_rounds(asked: Asked, at: datetime, *, only_due: bool = False) -> Rounds:
    """Run the checks on what was asked, keep the findings, and draw the conclusions where something is new.

    Locks the agencies in the order of their ids. Whose file has changed since asking is passed over and due at once:
    nothing is decided on answers to other questions. `only_due`: leaves alone what another process has checked.
    """
    ids = sorted(asked.files)
    rows = db.session.scalars(
        sa.select(Agency)
        .where(Agency.id.in_(ids))
        .order_by(Agency.id)
        .with_for_update(of=Agency, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    files, done = files_of(ids, at), Rounds()
    stale, rounds = list[int](), {}
    for row in rows:
        if row.onboarding is Onboarding.DRAFT or (only_due and (row.checks_due_at is None or row.checks_due_at > at)):
            done.passed_over.append(row.id)
        elif files[row.id] != asked.files[row.id]:
            done.passed_over.append(row.id)
            stale.append(row.id)
        else:
            rounds[row.id] = run_all(files[row.id], asked.answers)
    changes, cases = keep(rounds, asked.answers, at), _with_cases(sorted(rounds))
    quiet, silent, new = list[int](), list[int](), list[Concluded]()
    for row in rows:
        if row.id not in rounds:
            continue
        done.checked.append(row.id)
        if is_silent(rounds[row.id]):
            done.silent.append(row.id)
        change = changes.get(row.id)
        if change is not None:
            done.changed.append(row.id)
        is_new = row.standing not in IN_THE_MARKET or row.checked_at is None
        if is_new or (change is not None and (row.id in cases or _matters(change, row, files[row.id]))):
            new.append(Concluded(row, rounds[row.id], [] if change is None else change.begun))
        else:
            (silent if is_silent(rounds[row.id]) else quiet).append(row.id)
    conclude(new, actor=SYSTEM, at=at)
    # Nothing is new about these: no event, and no page of theirs becomes stale.
    _note(quiet, {"checked_at": at, "checks_due_at": None})
    _note(silent, {"checked_at": at, "checks_due_at": at + REPEAT})
    _note(stale, {"checks_due_at": at})
    return done


def _matters(change: Change, row: Agency, file: AgencyFile) -> bool:
    """Whether something follows from a change. From silence, and from its end, nothing does where all is verified."""
    waiting = {item.subject for item in file.qualifications if not item.verified}
    waiting |= {item.subject for item in file.practitioners if not item.verified}
    return (
        not change.is_silence
        or any(service.hidden_reason is not None for service in row.services)
        or any(item.subject in waiting for item in change.begun)
    )


def _with_cases(ids: Sequence[int]) -> frozenset[int]:
    query = sa.select(Reverification.agency_id).where(
        Reverification.agency_id.in_(ids), Reverification.ended_at.is_(None)
    )
    return frozenset(db.session.scalars(query))


def _note(ids: Sequence[int], values: Mapping[str, object]) -> None:
    if ids:
        db.session.execute(sa.update(Agency).where(Agency.id.in_(ids)).values(**values))


def due_together(agency_id: int, at: datetime) -> list[int]:
    """The agency and those whose checks are due with it; empty if it is not due any more."""
    due = sa.select(Agency.id).where(Agency.checks_due_at <= at, Agency.onboarding != Onboarding.DRAFT)
    if db.session.scalar(due.where(Agency.id == agency_id)) is None:
        return []
    others = db.session.scalars(due.order_by(Agency.checks_due_at, Agency.id).limit(BATCH)).all()
    return [agency_id, *(number for number in others if number != agency_id)]
