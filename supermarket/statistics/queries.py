"""Reads of the statistics room; amounts in fen, every set of figures is one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

import sqlalchemy as sa

from supermarket.agencies.models import Agency, Standing
from supermarket.contracts.models import Contract
from supermarket.core.permissions import region_stem
from supermarket.core.working_days import local_moment
from supermarket.extensions import db
from supermarket.matters.models import Matter, MatterVersion
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import PUBLIC_STATES, EnrolmentState, ProjectState

ONE_PLACE = Decimal("0.1")
ENDED_WELL = (ProjectState.COMPLETED, ProjectState.ARCHIVED)


class By(StrEnum):
    """What figures can be broken down by."""

    MODE = "mode"
    REGION = "region"
    MONTH = "month"
    FUNDING = "funding"
    INDUSTRY = "industry"
    MATTER = "matter"


@dataclass(frozen=True)
class Market:
    """The market at a glance; amounts in fen over purchases with an award."""

    agencies: int
    matters: int
    published: int
    open: int
    awarded: int
    completed: int
    contracts: int
    budget: int
    awards: int

    @property
    def saving(self) -> Decimal | None:
        """The saving rate (节资率) in percent with one decimal; None without an award."""
        return saving_rate(self.budget, self.awards)


@dataclass(frozen=True)
class Line:
    """The figures of one value of a dimension; amounts in fen over purchases with an award."""

    key: str
    published: int
    awarded: int
    failed: int
    completed: int
    budget: int
    awards: int
    enrolments: Decimal | None

    @property
    def saving(self) -> Decimal | None:
        """The saving rate (节资率) in percent with one decimal; None without an award."""
        return saving_rate(self.budget, self.awards)

    @property
    def failed_share(self) -> Decimal | None:
        """Failed purchases among those that came to a result, in percent with one decimal."""
        ended = self.awarded + self.failed
        return (Decimal(100 * self.failed) / ended).quantize(ONE_PLACE, ROUND_HALF_UP) if ended else None


def saving_rate(budget: int, awards: int) -> Decimal | None:
    """How much less than their budgets the awards cost, in percent with one decimal, half up."""
    return (Decimal(100 * (budget - awards)) / budget).quantize(ONE_PLACE, ROUND_HALF_UP) if budget else None


_PUBLIC = sa.and_(Project.published_at.is_not(None), Project.state.in_(PUBLIC_STATES))
_AWARDED = Project.award_price.is_not(None)


def market() -> Market:
    """The market at a glance: one statement."""
    projects = sa.select(
        sa.func.count().label("published"),
        sa.func.count().filter(Project.state == ProjectState.OPEN).label("open"),
        sa.func.count().filter(_AWARDED).label("awarded"),
        sa.func.count().filter(Project.state.in_(ENDED_WELL)).label("completed"),
        sa.func.coalesce(sa.func.sum(Project.budget).filter(_AWARDED), 0).label("budget"),
        sa.func.coalesce(sa.func.sum(Project.award_price), 0).label("awards"),
    ).where(_PUBLIC)
    of_projects = projects.subquery()
    agencies = sa.select(sa.func.count()).select_from(Agency).where(Agency.standing == Standing.ACTIVE)
    matters = sa.select(sa.func.count()).select_from(Matter).where(Matter.published_version_id.is_not(None))
    contracts = sa.select(sa.func.count()).select_from(Contract).where(Contract.public_at.is_not(None))
    row = db.session.execute(
        sa.select(
            of_projects,
            agencies.scalar_subquery().label("agencies"),
            matters.scalar_subquery().label("matters"),
            contracts.scalar_subquery().label("contracts"),
        )
    ).one()
    return Market(
        row.agencies,
        row.matters,
        row.published,
        row.open,
        row.awarded,
        row.completed,
        row.contracts,
        int(row.budget),
        int(row.awards),
    )


def _column(by: By) -> sa.ColumnElement[str]:
    match by:
        case By.MODE:
            return Project.mode.expression
        case By.REGION:
            return sa.func.left(Project.region_code, 4) + "00"
        case By.MONTH:
            return sa.func.to_char(sa.func.timezone("Asia/Shanghai", Project.published_at), "YYYY-MM")
        case By.FUNDING:
            return sa.cast(Project.funding, sa.String())
        case By.INDUSTRY:
            return MatterVersion.industry.expression
        case By.MATTER:
            return Project.matter_code.expression


def lines(
    by: By, *, since: date | None = None, until: date | None = None, region: str = "", mode: str = ""
) -> Sequence[Line]:
    """Purchases published on local days since ≤ d ≤ until, by one dimension: one statement; months come in order."""
    counted = (
        sa.select(Enrolment.project_id, sa.func.count().label("number"))
        .where(Enrolment.state != EnrolmentState.CANCELLED)
        .group_by(Enrolment.project_id)
        .subquery()
    )
    key = _column(by).label("key")
    frozen = Project.frozen_at.is_not(None)
    query = (
        sa.select(
            key,
            sa.func.count().label("published"),
            sa.func.count().filter(_AWARDED).label("awarded"),
            sa.func.count().filter(Project.state == ProjectState.FAILED).label("failed"),
            sa.func.count().filter(Project.state.in_(ENDED_WELL)).label("completed"),
            sa.func.coalesce(sa.func.sum(Project.budget).filter(_AWARDED), 0).label("budget"),
            sa.func.coalesce(sa.func.sum(Project.award_price), 0).label("awards"),
            sa.func.sum(sa.func.coalesce(counted.c.number, 0)).filter(frozen).label("enrolments"),
            sa.func.count().filter(frozen).label("frozen"),
        )
        .select_from(Project)
        .join(MatterVersion, MatterVersion.id == Project.matter_version_id)
        .outerjoin(counted, counted.c.project_id == Project.id)
        .where(_PUBLIC)
        .group_by(key)
        .order_by(key if by is By.MONTH else sa.desc("published"), key)
    )
    if since is not None:
        query = query.where(Project.published_at >= local_moment(since))
    if until is not None:
        query = query.where(Project.published_at < _day_after(until))
    if region:
        query = query.where(Project.region_code.startswith(region_stem(region)))
    if mode:
        query = query.where(Project.mode == mode)
    return [
        Line(
            row.key,
            row.published,
            row.awarded,
            row.failed,
            row.completed,
            int(row.budget),
            int(row.awards),
            (Decimal(row.enrolments or 0) / row.frozen).quantize(ONE_PLACE, ROUND_HALF_UP) if row.frozen else None,
        )
        for row in db.session.execute(query).all()
    ]


def _day_after(day: date) -> datetime:
    return local_moment(date.fromordinal(min(day.toordinal() + 1, date.max.toordinal())))
