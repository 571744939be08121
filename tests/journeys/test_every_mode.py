"""Every way of selection from its publication to the award: stored so that anybody can repeat it, stage by stage."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core import clock
from supermarket.core.draw import parse_pool_file, verify_record
from supermarket.core.unit import unit
from supermarket.modes.stored import repeat
from supermarket.modes.table import MODES
from supermarket.projects.models import Project
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.lists import lists_of
from supermarket.selection.models import StageRun
from supermarket.selection.queries import draw_record, live_award, ranks_of
from supermarket.selection.states import StageState
from supermarket.supervision.demo_clock import set_clock
from tests.journeys.modes_played import QUOTES, STAGES, passes, published, selected


@pytest.fixture
def market(session: Session, at: datetime) -> Iterator[datetime]:
    """The market's clock on a Monday morning."""
    set_clock(at)
    yield at


@pytest.mark.parametrize("mode", list(MODES))
def test_a_mode_runs_from_the_notice_to_the_award(mode: str, market: datetime) -> None:
    played = published(mode, market)
    assert [stage["stage"] for stage in played.project.stages] == STAGES[mode]
    if mode == "direct":
        with unit():
            selection.accept_award(played.code, actor=played.agencies[0][1], at=clock.now())
    else:
        passes(played.project.enrol_until)
        passes(played.project.select_at)
    if mode == "credit_merit":
        small = lists_of(played.project)[-1].staying
        with unit():
            selection.choose(
                played.code, agency_uscc=small[-1].uscc, reason="同类业绩最多", actor=played.owner, at=clock.now()
            )
    assert played.project.state is ProjectState.ANNOUNCED
    ranks = ranks_of(played.project)
    award = live_award(played.project.id)
    assert award is not None
    assert award.agency.uscc == ranks[0].agency.uscc
    runs = stored_runs(played.project)
    assert [run.stage for run in runs] == STAGES[mode]
    for run in runs if mode != "direct" else []:
        assert run.state is StageState.DONE
        assert repeat(run.parameters, run.inputs) == run.outputs
    if MODES[mode].draws:
        assert verify_record(draw_record(played.code, "main").to_json(), None).ok
    passes(award.due_at)
    assert played.project.state is ProjectState.AWARDED


def stored_runs(project: Project) -> list[StageRun]:
    with unit() as session:
        return list(
            session.scalars(sa.select(StageRun).where(StageRun.project_id == project.id).order_by(StageRun.position))
        )


def test_the_shortlist_keeps_everyone_tied_with_the_last(market: datetime) -> None:
    played = selected("merit_bidding", market)
    kept = set(played.usccs[:4])  # three are kept, and the fourth has as many points as the third
    assert {rank.agency.uscc for rank in ranks_of(played.project)} == kept
    assert ranks_of(played.project)[0].agency.uscc == played.usccs[1]  # 8 000 000, the lowest of the four
    out = {row.agency.uscc: row.exclusion_code for row in played.project.enrolments if row.exclusion_code}
    assert out == dict.fromkeys(played.usccs[4:], "not_shortlisted")


def test_the_pool_of_a_draw_after_a_shortlist_is_the_shortlist_with_its_tickets(market: datetime) -> None:
    played = published("credit_merit", market)
    passes(played.project.enrol_until)
    pool = parse_pool_file(draw_record(played.code, "main").pool_file.encode("ascii"))
    tickets = {member.id: member.tickets for member in pool.members}
    assert tickets == dict(zip(played.usccs[:4], (2, 2, 1, 1), strict=True))
    excluded = {item.id: item.code for item in draw_record(played.code, "main").excluded}
    assert excluded == dict.fromkeys(played.usccs[4:], "not_shortlisted")


def test_a_draw_before_quotes_leaves_four_of_whom_the_lowest_is_selected(market: datetime) -> None:
    played = selected("random_bidding", market)
    order = draw_record(played.code, "main").order
    assert order is not None and len(order) == 6
    drawn = set(order[:4])
    quotes = dict(zip(played.usccs, QUOTES, strict=True))
    ranks = ranks_of(played.project)
    assert {rank.agency.uscc for rank in ranks} == drawn
    assert ranks[0].price == min(quotes[uscc] for uscc in drawn)
    assert [row.state for row in played.project.enrolments] == [EnrolmentState.LIVE] * 6


def test_the_quote_nearest_to_the_mean_is_selected(market: datetime) -> None:
    played = selected("mean_price", market)
    # Six quotes: the highest and the lowest are left out of the mean of 8 575 000.
    assert ranks_of(played.project)[0].price == 8_500_000
