"""Reads of the agencies room. The public list with stars and credit is credit.directory's, which sees both registers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from supermarket.agencies.models import (
    Agency,
    Check,
    Onboarding,
    Practitioner,
    Qualification,
    RelatedParty,
    Service,
    Standing,
    StandingChange,
)
from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor, P
from supermarket.extensions import db


def agency_by_uscc(uscc: str) -> Agency | None:
    """The agency with this code, or None."""
    return db.session.scalar(sa.select(Agency).where(Agency.uscc == uscc))


def agency(uscc: str) -> Agency:
    """The agency. Raises NotFound."""
    row = agency_by_uscc(uscc)
    if row is None:
        raise NotFound(_("There is no such agency."))
    return row


def agency_of_organisations(organisation_ids: Collection[int]) -> Agency | None:
    """The agency that belongs to one of these organisations, or None."""
    if not organisation_ids:
        return None
    query = sa.select(Agency).where(Agency.organisation_id.in_(organisation_ids)).order_by(Agency.id).limit(1)
    return db.session.scalar(query)


def agency_of_actor(actor: Actor) -> Agency | None:
    """The agency for which an actor may edit, or None."""
    return agency_of_organisations(actor.organisations_with(P.AGENCY_EDIT))


def agencies_by_uscc(codes: Collection[str]) -> Mapping[str, Agency]:
    """Several agencies by code, in one statement; unknown codes are absent."""
    rows = db.session.scalars(sa.select(Agency).where(Agency.uscc.in_(codes))).all()
    return {row.uscc: row for row in rows}


def same_body(codes: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """For each code the codes of other agencies that name the same body, where there are any; in one statement.

    Characters 9 to 17 are the body's own code, which no second body has (GB 32100).
    """
    mine, other = sa.orm.aliased(Agency), sa.orm.aliased(Agency)
    rows = db.session.execute(
        sa.select(mine.uscc, other.uscc)
        .join(other, sa.func.substr(other.uscc, 9, 9) == sa.func.substr(mine.uscc, 9, 9))
        .where(mine.uscc.in_(codes), other.uscc != mine.uscc)
        .order_by(mine.uscc, other.uscc)
    ).all()
    found: dict[str, tuple[str, ...]] = {}
    for code, shared in rows:
        found[code] = (*found.get(code, ()), shared)
    return found


def agency_file(uscc: str) -> Agency:
    """The agency with its services, qualifications, practitioners and related parties: five statements.

    Related parties and identity numbers are not for public pages. Raises NotFound.
    """
    row = db.session.scalar(
        sa.select(Agency)
        .where(Agency.uscc == uscc)
        .options(
            selectinload(Agency.services),
            selectinload(Agency.qualifications),
            selectinload(Agency.practitioners).selectinload(Practitioner.licences),
            selectinload(Agency.related_parties),
        )
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("There is no such agency."))
    return row


def practitioners(agency_id: int) -> Sequence[Practitioner]:
    """Who works for an agency now, by id."""
    query = sa.select(Practitioner).where(Practitioner.agency_id == agency_id, Practitioner.released_at.is_(None))
    return db.session.scalars(query.options(selectinload(Practitioner.licences)).order_by(Practitioner.id)).all()


def qualifications(agency_id: int) -> Sequence[Qualification]:
    """An agency's certificates, by id."""
    query = sa.select(Qualification).where(Qualification.agency_id == agency_id, Qualification.ended_at.is_(None))
    return db.session.scalars(query.order_by(Qualification.id)).all()


def related_parties(agency_id: int) -> Sequence[RelatedParty]:
    """An agency's head, controllers and managers; for its own people and officers only."""
    query = sa.select(RelatedParty).where(RelatedParty.agency_id == agency_id, RelatedParty.ended_at.is_(None))
    return db.session.scalars(query.order_by(RelatedParty.id)).all()


def offering(matter_code: str) -> Sequence[Service]:
    """Shown services of a matter by active agencies, with the agency, by its name."""
    return db.session.scalars(
        sa.select(Service)
        .join(Service.agency)
        .options(sa.orm.contains_eager(Service.agency))
        .where(Service.matter_code == matter_code, Service.hidden_reason.is_(None), Agency.standing == Standing.ACTIVE)
        .order_by(Agency.name, Agency.id)
    ).all()


def offering_counts(matter_codes: Collection[str]) -> Mapping[str, int]:
    """How many active agencies offer each matter, in one statement."""
    rows = db.session.execute(
        sa.select(Service.matter_code, sa.func.count())
        .join(Agency, Agency.id == Service.agency_id)
        .where(
            Service.matter_code.in_(matter_codes), Service.hidden_reason.is_(None), Agency.standing == Standing.ACTIVE
        )
        .group_by(Service.matter_code)
    ).all()
    return {row[0]: row[1] for row in rows}


def last_checks(agency_id: int) -> Sequence[Check]:
    """The present findings, in the order of the checks."""
    query = sa.select(Check).where(Check.agency_id == agency_id, Check.present).order_by(Check.place, Check.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def branches_of(head_uscc: str) -> Sequence[Agency]:
    """The agencies that name this one as their head office, by name."""
    query = sa.select(Agency).where(Agency.head_office_uscc == head_uscc, Agency.is_branch, Agency.uscc != head_uscc)
    return db.session.scalars(query.order_by(Agency.name, Agency.id)).all()


def standing_changes(agency_id: int) -> Sequence[StandingChange]:
    """Every change of an agency's standing, newest first."""
    query = sa.select(StandingChange).where(StandingChange.agency_id == agency_id)
    return db.session.scalars(query.order_by(StandingChange.id.desc())).all()


def waiting_for_decision(limit: int = 200) -> Sequence[Agency]:
    """The operator's queue: forms that some registry did not answer for, the first due first."""
    query = sa.select(Agency).where(Agency.onboarding == Onboarding.WAITING)
    return db.session.scalars(query.order_by(Agency.decision_due_at, Agency.id).limit(limit)).all()


def expiring_qualifications(first: date, last: date) -> Sequence[Qualification]:
    """Certificates of active agencies whose last day is within [first, last], with the agency."""
    return db.session.scalars(
        sa.select(Qualification)
        .join(Qualification.agency)
        .options(sa.orm.contains_eager(Qualification.agency))
        .where(
            Agency.standing == Standing.ACTIVE,
            Qualification.ended_at.is_(None),
            Qualification.valid_until.between(first, last),
        )
        .order_by(Qualification.valid_until, Qualification.id)
    ).all()
