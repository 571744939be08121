"""Runs, order and awards of one computation of a selection; what a typing error made wrong stays beside it (§3)."""

from collections.abc import Sequence

import sqlalchemy as sa

from supermarket.extensions import db
from supermarket.modes.succession import passed_over
from supermarket.policies.queries import number
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.projects.ways import mode_of
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


def passed_over_in(project: Project) -> tuple[str, ...]:
    """Whom succession passed over because the quote is too far above the first winner's, down the order that counts (§1)."""
    out = out_before(project)
    ranks = [row for row in order_in(project) if row.agency.uscc not in out]
    awards = awards_in(project)
    if not mode_of(project).priced or not awards:
        return ()
    return passed_over(
        [row.agency.uscc for row in ranks],
        [row.agency.uscc for row in awards],
        {row.agency.uscc: row.price for row in ranks if row.price is not None},
        awards[0].price,
        number(project.policy, "succession_price_percent"),
        used_up=project.state is ProjectState.FAILED,
    )
