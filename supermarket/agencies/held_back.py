"""Why services are kept from view by decision of an office: the head office's standing, a withdrawal (onboarding.md)."""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from supermarket.agencies.models import Agency, ServiceWithdrawal, Standing
from supermarket.extensions import db

HEAD_OFFICE, WITHDRAWN = "head_office", "withdrawn"
# What a head office's standing takes from its branches: they are one body before the law.
REACHES_BRANCHES = (Standing.BLACKLISTED, Standing.EXPELLED, Standing.FROZEN)


def held_back(rows: Sequence[Agency]) -> Mapping[int, Mapping[str, str]]:
    """By agency the reason for each of its services that an office keeps from view; two statements at most.

    These go before every reason that the checks find.
    """
    heads = {row.head_office_uscc for row in rows if row.is_branch and row.head_office_uscc is not None}
    barring = frozenset[str]()
    if heads:
        query = sa.select(Agency.uscc).where(Agency.uscc.in_(heads), Agency.standing.in_(REACHES_BRANCHES))
        barring = frozenset(db.session.scalars(query))
    found: dict[int, dict[str, str]] = {row.id: {} for row in rows}
    for item in _withdrawn(found):
        found[item.agency_id][item.matter_code] = WITHDRAWN
    for row in rows:
        if row.is_branch and row.head_office_uscc in barring:
            found[row.id] = {service.matter_code: HEAD_OFFICE for service in row.services}
    return found


def head_office_bars(row: Agency) -> bool:
    """Whether a branch's head office is frozen, on the black list or removed."""
    if not row.is_branch or row.head_office_uscc is None:
        return False
    standing = db.session.scalar(sa.select(Agency.standing).where(Agency.uscc == row.head_office_uscc))
    return standing in REACHES_BRANCHES


def withdrawals(agency_id: int) -> Sequence[ServiceWithdrawal]:
    """The withdrawals of services that have not ended, oldest first."""
    return _withdrawn([agency_id])


def _withdrawn(agency_ids: Collection[int]) -> Sequence[ServiceWithdrawal]:
    query = sa.select(ServiceWithdrawal).where(
        ServiceWithdrawal.agency_id.in_(agency_ids), ServiceWithdrawal.ended_at.is_(None)
    )
    return db.session.scalars(query.order_by(ServiceWithdrawal.id)).all()
