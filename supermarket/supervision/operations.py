"""All writes of the supervision room: it changes nothing but its own findings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from supermarket.core.errors import Conflict, FieldError, Forbidden, InvalidInput, NotFound
from supermarket.core.events import Tag, record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.extensions import db
from supermarket.policies.queries import calendar
from supermarket.supervision import events
from supermarket.supervision.models import Finding, Level

FEEDBACK_DAYS = 3  # working days, supervision spec


@dataclass(frozen=True)
class About:
    """What a finding is about: the thing, its project, where it belongs and whose step it is."""

    kind: str
    code: str
    project_code: str | None = None
    region_code: str | None = None
    organisation_id: int | None = None
    limit_at: datetime | None = None
    evidence: Mapping[str, object] = field(default_factory=dict)


def card(about: About, code: str, level: Level, *, at: datetime) -> Finding | None:
    """Issue a finding; None where this thing has it already, or a graver one, for the same code.

    A second yellow card in one project is red (supervision spec). Findings ask for feedback in 3 working days;
    reminders do not.
    """
    grave = _gravest(about, code)
    if grave is not None and grave.weight >= level.weight:
        return None
    if level is Level.YELLOW and _has_yellow(about, code):
        level = Level.RED
    written = db.session.execute(
        insert(Finding)
        .values(
            subject_kind=about.kind,
            subject_code=about.code,
            code=code,
            level=level,
            project_code=about.project_code,
            region_code=about.region_code,
            organisation_id=about.organisation_id,
            limit_at=about.limit_at,
            evidence=dict(about.evidence),
            issued_at=at,
            feedback="",
            withdrawn_reason="",
            feedback_due_at=None if level is Level.REMINDER else calendar().due_after(at, FEEDBACK_DAYS),
        )
        # Another process may have seen the same: one of the two issues it.
        .on_conflict_do_nothing(index_elements=["subject_kind", "subject_code", "code", "level"])
        .returning(Finding.id)
    ).scalar_one_or_none()
    if written is None:
        return None
    row = db.session.get_one(Finding, written)
    _tell(events.ISSUED, row, actor=SYSTEM, at=at)
    return row


def give_feedback(finding_id: int, *, text: str, actor: Actor, at: datetime) -> Finding:
    """The office's answer. Raises NotFound, Forbidden unless of that office, Conflict if given, InvalidInput."""
    row = _locked(finding_id)
    offices = {grant.organisation_id for grant in actor.grants}
    if not actor.system and row.organisation_id not in offices:
        raise Forbidden(_("Only the office that the finding is about answers it."))
    if row.withdrawn_at is not None or row.feedback_at is not None:
        raise Conflict(_("This finding was answered or withdrawn already."))
    row.feedback, row.feedback_at, row.feedback_by = _reasoned(text, "text"), at, actor.user_id
    _tell(events.ANSWERED, row, actor=actor, at=at)
    return row


def withdraw(finding_id: int, *, reason: str, actor: Actor, at: datetime) -> Finding:
    """A supervisor takes a finding back after a defence. Raises NotFound, Forbidden, Conflict, InvalidInput."""
    row = _locked(finding_id)
    authorise(actor, P.SUPERVISION_ACT, region=row.region_code)
    if row.withdrawn_at is not None:
        raise Conflict(_("This finding was withdrawn already."))
    row.withdrawn_reason, row.withdrawn_at, row.withdrawn_by = _reasoned(reason, "reason"), at, actor.user_id
    _tell(events.WITHDRAWN, row, actor=actor, at=at)
    return row


def _gravest(about: About, code: str) -> Level | None:
    levels = db.session.scalars(
        sa.select(Finding.level).where(
            Finding.subject_kind == about.kind, Finding.subject_code == about.code, Finding.code == code
        )
    ).all()
    return max(levels, key=lambda level: level.weight, default=None)


def _has_yellow(about: About, code: str) -> bool:
    """Whether the project has a yellow card that stands, for another step."""
    if about.project_code is None:
        return False
    found = db.session.scalar(
        sa.select(Finding.id)
        .where(
            Finding.project_code == about.project_code,
            Finding.level == Level.YELLOW,
            Finding.withdrawn_at.is_(None),
            sa.or_(Finding.code != code, Finding.subject_code != about.code),
        )
        .limit(1)
    )
    return found is not None


def _locked(finding_id: int) -> Finding:
    row = db.session.scalar(
        sa.select(Finding).where(Finding.id == finding_id).with_for_update().execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("There is no such finding."))
    return row


def _reasoned(text: str, field_name: str) -> str:
    reason = text.strip()
    if len(reason) < 4:
        message = _("Say it in a sentence.")
        raise InvalidInput(message, errors=[FieldError(field_name, "needed", message)])
    return reason


def _tell(tag: Tag, row: Finding, *, actor: Actor, at: datetime) -> None:
    db.session.flush()
    record(
        tag,
        str(row.id),
        actor=actor,
        at=at,
        data={
            "finding_id": row.id,
            "about_kind": row.subject_kind,
            "about_code": row.subject_code,
            "code": row.code,
            "level": row.level.value,
        },
        project_code=row.project_code,
        organisation_id=row.organisation_id,
    )
