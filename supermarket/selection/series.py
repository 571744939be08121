"""Runs, order and awards of one computation of a selection; what a typing error made wrong stays beside it (§3)."""

from collections.abc import Sequence

import sqlalchemy as sa

from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.selection.models import Award, Choice, Rank, StageRun
from supermarket.selection.states import AwardState

# Who dropped out for a reason of its own does not come back when the selection is computed again.
OUT_FOR_GOOD = (AwardState.DECLINED, AwardState.DISQUALIFIED, AwardState.LAPSED)


def runs_in(project: Project, series: int | None = None) -> Sequence[StageRun]:
    """The stage runs of a series, by default of the one that counts, in their order."""
    of_series = StageRun.series == (series or project.series)
    query = sa.select(StageRun).where(StageRun.project_id == project.id, of_series).order_by(StageRun.position)
    return db.session.scalars(query).all()


def order_in(project: Project, series: int | None = None) -> Sequence[Rank]:
    """The stored order of a series, by default of the one that counts."""
    of_series = Rank.series == (series or project.series)
    query = sa.select(Rank).where(Rank.project_id == project.id, of_series).order_by(Rank.position)
    return db.session.scalars(query).all()


def awards_in(project: Project, series: int | None = None) -> Sequence[Award]:
    """The awards of a series, by default of the one that counts, down its order."""
    of_series = Award.series == (series or project.series)
    query = sa.select(Award).where(Award.project_id == project.id, of_series).order_by(Award.position)
    return db.session.scalars(query).all()


def out_before(project: Project) -> frozenset[str]:
    """Who dropped out of an award of an earlier series for a reason of its own."""
    earlier = sa.select(Award).where(
        Award.project_id == project.id, Award.series < project.series, Award.state.in_(OUT_FOR_GOOD)
    )
    return frozenset(row.agency.uscc for row in db.session.scalars(earlier))


def choice_in(project: Project, series: int | None = None) -> Choice | None:
    """The small list that was put before the owner in a series, and its choice; None where no stage has asked."""
    return db.session.get(Choice, (project.id, series or project.series))
