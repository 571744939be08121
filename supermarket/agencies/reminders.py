"""Reminders 90, 30 and 7 days before a certificate or licence ends: each once, the nearest only, none in arrears."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from supermarket.agencies import events
from supermarket.agencies.models import Agency, ExpiryReminder, Practitioner, PractitionerLicence, Qualification
from supermarket.agencies.verification import IN_THE_MARKET
from supermarket.core.events import Value, record
from supermarket.core.permissions import SYSTEM
from supermarket.core.unit import unit
from supermarket.core.working_days import local_date, local_moment
from supermarket.extensions import db
from supermarket.policies.slots import Outcome

DAYS: Final = (7, 30, 90)
SENT_AT: Final = time(9, 0)


@dataclass(frozen=True)
class Ending:
    """A verified certificate or licence that ends within the longest of DAYS."""

    agency_id: int
    uscc: str
    subject: str
    until: date
    verified_at: datetime

    def days_at(self, at: datetime) -> int | None:
        """Which reminder is the present one; None before the first, and for one whose time came before the row counted."""
        left = (self.until - local_date(at)).days
        days = next((days for days in DAYS if left <= days), None)
        if days is None or left < 0:
            return None
        due = local_moment(self.until - timedelta(days=days), SENT_AT)
        return days if self.verified_at < due <= at else None


def remind(at: datetime) -> Outcome:
    """Send what is due: one event per agency, reminder and last day. A second run sends nothing again."""
    with unit():
        due: dict[int, dict[tuple[int, date], list[Ending]]] = defaultdict(lambda: defaultdict(list))
        for ending in endings(local_date(at)):
            days = ending.days_at(at)
            if days is not None:
                due[ending.agency_id][(days, ending.until)].append(ending)
    sent = 0
    for groups in due.values():
        with unit():
            for (days, until), items in sorted(groups.items()):
                sent += _send(days, until, items, at)
    return {"reminders": sent}


def _send(days: int, until: date, items: Iterable[Ending], at: datetime) -> int:
    by_subject = {item.subject: item for item in items}
    values = [
        {"agency_id": item.agency_id, "subject": item.subject, "until": until, "days": days, "at": at}
        for item in by_subject.values()
    ]
    new = db.session.scalars(
        insert(ExpiryReminder)
        .values(values)
        .on_conflict_do_nothing(index_elements=["subject", "until", "days"])
        .returning(ExpiryReminder.subject)
    ).all()
    if new:
        uscc = by_subject[new[0]].uscc
        data: dict[str, Value] = {"days": days, "until": until.isoformat(), "subjects": sorted(new)}
        record(events.EXPIRY_REMINDED, uscc, actor=SYSTEM, at=at, data=data)
    return len(new)


def endings(today: date) -> list[Ending]:
    """What ends within 90 days, of agencies in the market: on file, verified, and not renewed by another row."""
    last = today + timedelta(days=max(DAYS))
    newer = sa.orm.aliased(Qualification)
    renewed = sa.exists().where(newer.replaces_id == Qualification.id, newer.ended_at.is_(None))
    certificates = (
        sa.select(Agency.id, Agency.uscc, Qualification.id, Qualification.valid_until, Qualification.verified_at)
        .join(Agency, Agency.id == Qualification.agency_id)
        .where(
            Agency.standing.in_(IN_THE_MARKET),
            Qualification.valid_until.between(today, last),
            Qualification.verified_at.is_not(None),
            Qualification.ended_at.is_(None),
            ~renewed,
        )
    )
    licences = (
        sa.select(
            Agency.id,
            Agency.uscc,
            PractitionerLicence.id,
            PractitionerLicence.registered_until,
            PractitionerLicence.verified_at,
        )
        .join(Practitioner, Practitioner.id == PractitionerLicence.practitioner_id)
        .join(Agency, Agency.id == Practitioner.agency_id)
        .where(
            Agency.standing.in_(IN_THE_MARKET),
            Practitioner.released_at.is_(None),
            PractitionerLicence.registered_until.between(today, last),
            PractitionerLicence.verified_at.is_not(None),
            PractitionerLicence.ended_at.is_(None),
        )
    )
    return [
        Ending(agency_id, uscc, f"{prefix}:{number}", until, verified_at)
        for prefix, query in (("qualification", certificates), ("licence", licences))
        for agency_id, uscc, number, until, verified_at in db.session.execute(query)
        if until is not None and verified_at is not None
    ]
