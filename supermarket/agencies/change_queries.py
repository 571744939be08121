"""Reads of what an agency changed, what it filed before, and of forms that it began."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import (
    Agency,
    ChangeState,
    Check,
    FormDraft,
    Outcome,
    ProfileChange,
    Qualification,
    RelatedParty,
    Service,
)
from supermarket.agencies.profile_fields import PUBLIC, Kept
from supermarket.core.errors import NotFound
from supermarket.core.paging import Page, Slice, SortKey, fetch
from supermarket.extensions import db


def changes_waiting(limit: int = 200) -> Sequence[ProfileChange]:
    """The operator's queue of changes that some registry did not answer for, with the agency, the first due first."""
    query = sa.select(ProfileChange).where(ProfileChange.state == ChangeState.WAITING)
    return db.session.scalars(query.order_by(ProfileChange.decision_due_at, ProfileChange.id).limit(limit)).all()


def changes_of(agency_id: int, part: Slice) -> Page[ProfileChange]:
    """Every change of an agency's profile, newest first."""
    query = sa.select(ProfileChange).where(ProfileChange.agency_id == agency_id)
    total = db.session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    return fetch(query, [SortKey(ProfileChange.number.expression, descending=True)], part, total)


def open_changes(agency_id: int) -> Sequence[ProfileChange]:
    """Changes that are not decided yet, oldest first."""
    query = sa.select(ProfileChange).where(
        ProfileChange.agency_id == agency_id, ProfileChange.state.in_((ChangeState.CHECKING, ChangeState.WAITING))
    )
    return db.session.scalars(query.order_by(ProfileChange.number)).all()


def change_of(agency_id: int, number: int) -> ProfileChange:
    """One change of an agency's profile. Raises NotFound."""
    query = sa.select(ProfileChange).where(ProfileChange.agency_id == agency_id, ProfileChange.number == number)
    row = db.session.scalar(query)
    if row is None:
        raise NotFound(_("There is no such change."))
    return row


def findings_of(change: ProfileChange) -> Sequence[Check]:
    """What the checks found of a change, as `shown_checks` draws it; these rows are in no table."""
    return [
        Check(
            agency_id=change.agency_id,
            code=item["code"],
            subject="",
            outcome=Outcome(str(item["outcome"])),
            registry_name=item["registry"],
            reference=item["reference"],
            sentence=item["sentence"],
            parameters=item["parameters"],
            answered_at=None if item["answered_at"] is None else datetime.fromisoformat(str(item["answered_at"])),
            first_at=change.checked_at,
            last_at=change.checked_at,
            present=True,
            place=place,
        )
        for place, item in enumerate(change.findings)
    ]


@dataclass(frozen=True)
class EarlierValue:
    """What a public field said before, until a moment; by which numbered change."""

    field: str
    value: Kept
    until: datetime
    number: int


def earlier_values(agency_id: int) -> Sequence[EarlierValue]:
    """What public fields of the profile said before, newest first; empty values are left out."""
    rows = db.session.scalars(
        sa.select(ProfileChange)
        .where(ProfileChange.agency_id == agency_id, ProfileChange.state == ChangeState.APPLIED)
        .order_by(ProfileChange.decided_at.desc(), ProfileChange.number.desc())
    ).all()
    return [
        EarlierValue(name, value, row.decided_at, row.number)
        for row in rows
        for name, value in row.before.items()
        if name in PUBLIC and value not in ("", None) and row.decided_at is not None
    ]


@dataclass(frozen=True)
class Ended:
    """What an agency once filed and what has ended, newest first."""

    services: Sequence[Service]
    qualifications: Sequence[Qualification]
    parties: Sequence[RelatedParty]


def ended_of(agency_id: int) -> Ended:
    """Services, certificates and related parties that have ended: three statements. Parties are not for the public."""

    def of(kind: type[Service] | type[Qualification] | type[RelatedParty]) -> Sequence[object]:
        query = sa.select(kind).where(kind.agency_id == agency_id, kind.ended_at.is_not(None))
        return db.session.scalars(query.order_by(kind.ended_at.desc(), kind.id.desc())).all()

    return Ended(of(Service), of(Qualification), of(RelatedParty))  # type: ignore[arg-type]  # each of its own kind


def draft_of(organisation_id: int, form: str) -> FormDraft | None:
    """The form that an organisation began, or None."""
    return db.session.scalar(
        sa.select(FormDraft).where(FormDraft.organisation_id == organisation_id, FormDraft.form == form)
    )


def drafts_of(organisation_id: int) -> Mapping[str, FormDraft]:
    """Every form that an organisation began, by its name."""
    query = sa.select(FormDraft).where(FormDraft.organisation_id == organisation_id).order_by(FormDraft.form)
    return {row.form: row for row in db.session.scalars(query)}


def agency_of_change(change_id: int) -> Agency:
    """Whose change it is. Raises NotFound."""
    row = db.session.get(ProfileChange, change_id)
    if row is None:
        raise NotFound(_("There is no such change."))
    return row.agency
