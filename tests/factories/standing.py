"""Agencies with scores, review moments and the offices that decide on removals."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from supermarket.accounts.models import OrganisationKind
from supermarket.agencies.models import Agency
from supermarket.core.permissions import Actor, Role
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.agencies import make_agency
from tests.factories.credit import make_performance

INDUSTRY = "natural-resources"


def t(month: int, year: int = 2026) -> datetime:
    """The review moment of a month: the first, 02:30 local."""
    return datetime(year, month, 1, 2, 30, tzinfo=UTC) - timedelta(hours=8)


RATED_AT = t(1) - timedelta(days=20)


def make_rated_agency(*scores: str, at: datetime = RATED_AT, amount: int = 40_000_000) -> Agency:
    """An agency with so many scores, each of another owner."""
    agency = make_agency()
    for number, score in enumerate(scores):
        make_performance(agency.uscc, published_at=at + timedelta(hours=number), score=Decimal(score), amount=amount)
    return agency


def make_authority() -> Actor:
    """The industry authority of the province."""
    body = make_organisation(OrganisationKind.AUTHORITY, region_code="510000", industry=INDUSTRY)
    return make_actor(Role.REGULATOR, body, region_code="510000", industries=[INDUSTRY])


def make_operator() -> Actor:
    """The operator of the province."""
    body = make_organisation(OrganisationKind.OPERATOR, region_code="510000")
    return make_actor(Role.OPERATOR, body, region_code="510000")
