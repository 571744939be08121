"""Why services are kept from view by decision of an office: the head office's standing, a withdrawal (onboarding.md)."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from supermarket.agencies.models import Agency, ServiceWithdrawal, Standing
from supermarket.extensions import db

HEAD_OFFICE, WITHDRAWN = "head_office", "withdrawn"
# What a head office's standing takes from its branches: they are one body before the law.
REACHES_BRANCHES = (Standing.BLACKLISTED, Standing.EXPELLED, Standing.FROZEN)


def held_back(row: Agency) -> Mapping[str, str]:
    """The reason for each of an agency's services that an office keeps from view; two statements at most.

    These go before every reason that the checks find.
    """
    if head_office_bars(row):
        return {service.matter_code: HEAD_OFFICE for service in row.services}
    return dict.fromkeys((item.matter_code for item in withdrawals(row.id)), WITHDRAWN)


def head_office_bars(row: Agency) -> bool:
    """Whether a branch's head office is frozen, on the black list or removed."""
    if not row.is_branch or row.head_office_uscc is None:
        return False
    standing = db.session.scalar(sa.select(Agency.standing).where(Agency.uscc == row.head_office_uscc))
    return standing in REACHES_BRANCHES


def withdrawals(agency_id: int) -> Sequence[ServiceWithdrawal]:
    """The withdrawals of services that have not ended, oldest first."""
    query = sa.select(ServiceWithdrawal).where(
        ServiceWithdrawal.agency_id == agency_id, ServiceWithdrawal.ended_at.is_(None)
    )
    return db.session.scalars(query.order_by(ServiceWithdrawal.id)).all()
