"""The file of an agency as the checks see it, one or many at once; for the checks' side of this room."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from supermarket.accounts.models import Organisation
from supermarket.agencies import rules
from supermarket.agencies.checks import AgencyFile
from supermarket.agencies.checks.base import FiledQualification, Licensed, OfferedService, StatedIdentity
from supermarket.agencies.checks.identity import stated
from supermarket.agencies.come_back import with_noted_come_backs
from supermarket.agencies.models import Agency, Practitioner, Standing
from supermarket.agencies.queries import agency, same_body
from supermarket.core.working_days import local_date
from supermarket.extensions import db
from supermarket.matters.models import MatterVersion
from supermarket.matters.queries import published_versions


def file_of(uscc: str, at: datetime) -> AgencyFile:
    """The agency's file as the checks see it, on the local day of a moment. Raises NotFound."""
    number = agency(uscc).id
    return files_of([number], at)[number]


def files_of(ids: Sequence[int], at: datetime) -> Mapping[int, AgencyFile]:
    """The files of several agencies by id, read anew, in a fixed number of statements; unknown ids are absent."""
    rows = db.session.scalars(
        sa.select(Agency)
        .where(Agency.id.in_(ids))
        .options(
            selectinload(Agency.services),
            selectinload(Agency.qualifications),
            selectinload(Agency.practitioners).selectinload(Practitioner.licences),
        )
        .order_by(Agency.id)
        .execution_options(populate_existing=True)
    ).all()
    versions = published_versions(sorted({service.matter_code for row in rows for service in row.services}))
    bodies = same_body([row.uscc for row in rows])
    owners = {row.organisation_id for row in rows if row.organisation_id is not None}
    asked = sa.select(Organisation.id, Organisation.uscc).where(Organisation.id.in_(owners))
    accounts: dict[int, str | None] = {each.id: each.uscc for each in db.session.execute(asked)}
    identities = stated(owners)
    applicants = [row.uscc for row in rows if row.standing is Standing.APPLIED]
    back = with_noted_come_backs(applicants, at) if applicants else frozenset()
    return {
        row.id: _file(
            row,
            local_date(at),
            versions,
            accounts,
            bodies.get(row.uscc, ()),
            identities.get(row.organisation_id),
            comes_back=row.uscc in back,
        )
        for row in rows
    }


def _file(
    row: Agency,
    on: date,
    versions: Mapping[str, MatterVersion],
    accounts: Mapping[int, str | None],
    bodies: tuple[str, ...],
    identity: StatedIdentity | None,
    *,
    comes_back: bool,
) -> AgencyFile:
    return AgencyFile(
        on=on,
        uscc=row.uscc,
        name=row.name,
        legal_representative=row.legal_representative,
        business_scope=row.business_scope,
        is_branch=row.is_branch,
        has_branch_authority=row.branch_authority_id is not None and row.authority_revoked_at is None,
        pledge_signed=row.pledge_signed_at is not None,
        services=tuple(
            OfferedService(
                service.matter_code,
                version.requirement_tree,  # type: ignore[arg-type]  # a stored tree is plain JSON
                version.personal_licences,
                version.name,
                version.agency_type,
            )
            for service in row.services
            if (version := versions.get(service.matter_code)) is not None
        ),
        qualifications=tuple(
            FiledQualification(filed.id, held, filed.verified_at is not None)
            for filed, held in zip(row.qualifications, rules.held(row.qualifications), strict=True)
        ),
        practitioners=tuple(
            Licensed(
                kind=licence.kind_code,
                number=licence.number,
                registered_until=licence.registered_until,
                id=licence.id,
                verified=licence.verified_at is not None,
                person=person.id,
            )
            for person in row.practitioners
            if person.released_at is None
            for licence in person.live_licences
        ),
        head_office_uscc=row.head_office_uscc,
        account_uscc=None if row.organisation_id is None else accounts.get(row.organisation_id),
        same_body=bodies,
        identity=identity,
        comes_back=comes_back,
    )
