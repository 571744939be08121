"""Reads about people: who works where, since when, with which licences; requests to move."""

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from supermarket.agencies.models import Agency, MoveState, Practitioner, PractitionerLicence, PractitionerMove, Service
from supermarket.agencies.move_states import OPEN
from supermarket.core.errors import NotFound
from supermarket.core.permissions import SYSTEM, Actor, Grant, P
from supermarket.extensions import db
from supermarket.matters.models import Matter, MatterVersion
from supermarket.policies.queries import in_offices_charge

# Who reads people's files in office: the authorities and supervisors, and the operator, each in its region.
OFFICES = (P.SUPERVISE, P.AGENCY_CHECK)


def licence_there(kind_code: str, number: str) -> PractitionerLicence | None:
    """The licence of a kind and number that is on file now, at whatever agency, or None."""
    return db.session.scalar(
        sa.select(PractitionerLicence).where(
            PractitionerLicence.kind_code == kind_code,
            PractitionerLicence.number == number,
            PractitionerLicence.ended_at.is_(None),
        )
    )


def practice_of(identity_hash: str, actor: Actor = SYSTEM) -> Sequence[Practitioner]:
    """Where a person has worked, newest first, with agency and licences; only where the actor is in charge."""
    return db.session.scalars(
        sa.select(Practitioner)
        .join(Practitioner.agency)
        .where(Practitioner.identity_hash == identity_hash, in_charge(actor))
        .options(joinedload(Practitioner.agency), selectinload(Practitioner.licences))
        .order_by(Practitioner.since.desc(), Practitioner.id.desc())
    ).all()


def in_charge(actor: Actor) -> sa.ColumnElement[bool]:
    """Whether an agency is in the region of one of the actor's offices, and offers a matter of its industries."""
    if actor.system:
        return sa.true()
    grants = [grant for permission in OFFICES for grant in actor.grants_with(permission)]
    return sa.or_(sa.false(), *map(_covers, grants))


def _covers(grant: Grant) -> sa.ColumnElement[bool]:
    place = in_offices_charge(Agency.region_code, grant.region_code)
    if not grant.industries:
        return place
    offered = (
        sa.select(Service.id)
        .join(Matter, Matter.code == Service.matter_code)
        .join(MatterVersion, MatterVersion.id == Matter.published_version_id)
        .where(Service.agency_id == Agency.id, MatterVersion.industry.in_(grant.industries))
    )
    return sa.and_(place, offered.exists())


def practitioner_for(practitioner_id: int, actor: Actor) -> Practitioner:
    """A person's time at an agency, for an office in charge. Raises NotFound."""
    row = db.session.scalar(
        sa.select(Practitioner)
        .join(Practitioner.agency)
        .where(Practitioner.id == practitioner_id, in_charge(actor))
        .options(joinedload(Practitioner.agency), selectinload(Practitioner.licences))
    )
    if row is None:
        raise NotFound(_("There is no such practitioner."))
    return row


def open_moves_of(practitioner_id: int) -> Sequence[PractitionerMove]:
    """Open requests for a person, the first first."""
    query = sa.select(PractitionerMove).where(
        PractitionerMove.practitioner_id == practitioner_id, PractitionerMove.state.in_(OPEN)
    )
    return db.session.scalars(query.order_by(PractitionerMove.id)).all()


def move_for(move_id: int, actor: Actor) -> PractitionerMove:
    """The request with the person and both agencies, for an office in charge of where the person is. Raises NotFound."""
    row = db.session.scalar(
        sa.select(PractitionerMove)
        .join(Practitioner, Practitioner.id == PractitionerMove.practitioner_id)
        .join(Agency, Agency.id == Practitioner.agency_id)
        .where(PractitionerMove.id == move_id, in_charge(actor))
        .options(
            joinedload(PractitionerMove.to_agency),
            joinedload(PractitionerMove.practitioner).joinedload(Practitioner.agency),
        )
    )
    if row is None:
        raise NotFound(_("There is no such request."))
    return row


def moves_asked_of(agency_id: int) -> Sequence[PractitionerMove]:
    """Open requests for people of an agency, first due first: what it has to answer, and what the operator decides."""
    return db.session.scalars(
        sa.select(PractitionerMove)
        .join(Practitioner, Practitioner.id == PractitionerMove.practitioner_id)
        .where(Practitioner.agency_id == agency_id, PractitionerMove.state.in_(OPEN))
        .options(
            joinedload(PractitionerMove.to_agency),
            joinedload(PractitionerMove.practitioner).selectinload(Practitioner.licences),
        )
        .order_by(PractitionerMove.answer_due_at.nulls_last(), PractitionerMove.id)
    ).all()


def moves_asked_by(agency_id: int, limit: int = 20) -> Sequence[PractitionerMove]:
    """The requests of an agency, newest first; its pages show nothing of where the person is."""
    query = sa.select(PractitionerMove).where(PractitionerMove.to_agency_id == agency_id)
    return db.session.scalars(query.order_by(PractitionerMove.id.desc()).limit(limit)).all()


def moves_of(identity_hash: str) -> Sequence[PractitionerMove]:
    """Every request about a person, newest first, with both agencies; for offices."""
    return db.session.scalars(
        sa.select(PractitionerMove)
        .join(Practitioner, Practitioner.id == PractitionerMove.practitioner_id)
        .where(Practitioner.identity_hash == identity_hash)
        .options(
            joinedload(PractitionerMove.to_agency),
            joinedload(PractitionerMove.practitioner).joinedload(Practitioner.agency),
        )
        .order_by(PractitionerMove.id.desc())
    ).all()


def moves_disputed(region_code: str | None = None, limit: int = 200) -> Sequence[PractitionerMove]:
    """Requests that wait for the operator, within a region's subtree (None: everywhere), first due first.

    Each with the person, both agencies, why it was refused and `decision_due_at`.
    """
    query = (
        sa.select(PractitionerMove)
        .join(Practitioner, Practitioner.id == PractitionerMove.practitioner_id)
        .join(Agency, Agency.id == Practitioner.agency_id)
        .where(PractitionerMove.state == MoveState.DISPUTED)
        .options(
            joinedload(PractitionerMove.to_agency),
            joinedload(PractitionerMove.practitioner).joinedload(Practitioner.agency),
        )
    )
    if region_code is not None:
        query = query.where(in_offices_charge(Agency.region_code, region_code))
    return db.session.scalars(query.order_by(PractitionerMove.decision_due_at, PractitionerMove.id).limit(limit)).all()


def ciphers(after_id: int = 0, limit: int = 500) -> Sequence[tuple[int, bytes]]:
    """(id, protected identity number) of the next rows, for whoever looks under which key they are."""
    query = sa.select(Practitioner.id, Practitioner.identity_cipher).where(Practitioner.id > after_id)
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(Practitioner.id).limit(limit))]
