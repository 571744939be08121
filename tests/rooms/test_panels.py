"""Panels of experts: drawn from the pool with avoidance, seated, scoring blind, confirming, passed over."""

from datetime import datetime, timedelta
from hashlib import sha256

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.draw import parse_pool_file, verify_record
from supermarket.core.errors import NotFound, RuleBroken, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import Role
from supermarket.core.unit import unit
from supermarket.gateways import current
from supermarket.modes.stored import repeat
from supermarket.projects import operations as projects
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.selection.models import Draw, Rank, StageRun
from supermarket.selection.panels import operations as panels
from supermarket.selection.panels.models import Panel, PanelDraft, PanelScore, PanelSeat
from supermarket.selection.panels.queries import progress_of, public_scores
from supermarket.selection.panels.states import PanelState, SeatState
from supermarket.selection.queries import draw_record
from tests.factories.accounts import make_actor
from tests.factories.experts import (
    PLAN,
    PRICE,
    PanelWorld,
    called,
    make_expert,
    make_experts,
    make_panel,
    make_panel_project,
    settle,
)
from tests.factories.projects import make_enrolled
from tests.factories.quotes import make_quote


def panel_of(world: PanelWorld) -> Panel:
    """The panel as it stands."""
    with unit() as session:
        return session.get_one(Panel, world.project.id)


def states(world: PanelWorld) -> list[str]:
    """The states of the seats in the drawn order."""
    return [seat.state.value for seat in world.seats()]


def test_a_panel_is_drawn_scores_confirms_and_the_best_total_is_announced(session: Session, at: datetime) -> None:
    world = make_panel(at, experts=6, size=3)
    keys = {current().witness.name(): bytes.fromhex(current().witness.verify_key())}
    record = draw_record(world.code, "panel")
    assert verify_record(record.to_json(), keys).ok
    assert [seat.pool_id for seat in world.seats()] == list(record.order or ())
    assert states(world) == ["invited"] * 3 + ["pooled"] * 3
    world.finished([90, 80, 60])
    project = world.present()
    assert project.state is ProjectState.ANNOUNCED
    found = public_scores(project)
    assert found is not None
    assert [expert.id for expert in found.experts] == list(record.order or ())[:3]
    # Plan A got 90, 80 and 60: their mean is 230/3.
    first = next(line for line in found.scores if line["plan"] == "A" and line["criterion"] == PLAN.name)
    assert (first["exact"], first["mean"]) == ("230/3", "76.6667")
    runs = session.scalars(sa.select(StageRun).where(StageRun.project_id == project.id)).all()
    assert [repeat(run.parameters, run.inputs) for run in runs] == [run.outputs for run in runs]
    ranks = session.scalars(sa.select(Rank).where(Rank.project_id == project.id).order_by(Rank.position)).all()
    totals = [rank.figures["score"]["total"] for rank in ranks]  # type: ignore[index]  # JSON of ours
    assert totals == sorted(totals, reverse=True)
    assert project.winner_id == ranks[0].agency_id


def test_of_five_experts_one_highest_and_one_lowest_are_dropped(session: Session, at: datetime) -> None:
    world = make_panel(at, experts=7, size=5)
    world.finished([100, 70, 80, 60, 0])
    found = public_scores(world.present())
    assert found is not None
    line = next(line for line in found.scores if line["plan"] == "A")
    given = line["given"]
    assert isinstance(given, list)
    assert [(item["points"], item["dropped"]) for item in given] == [
        (100, True),
        (70, False),
        (80, False),
        (60, False),
        (0, True),
    ]
    assert line["exact"] == "70"


def test_an_id_of_the_pool_file_proves_who_it_was_and_tells_nobody_before(session: Session, at: datetime) -> None:
    world = make_panel(at)
    pool = parse_pool_file(draw_record(world.code, "panel").pool_file.encode())
    assert {member.tickets for member in pool.members} == {1}
    seats = world.seats()
    assert {member.id for member in pool.members} == {seat.pool_id for seat in seats}
    for seat in seats:
        assert sha256(seat.body.encode()).hexdigest() == seat.pool_id
        assert seat.expert.code not in pool.__repr__()
    world.finished([70, 70, 70])
    found = public_scores(world.present())
    assert found is not None
    for expert in found.experts:
        assert sha256(expert.body.encode()).hexdigest() == expert.id
        assert expert.body.split("\n")[3:5] == [expert.name, expert.employer]


def test_the_same_expert_has_another_id_in_every_project(session: Session, at: datetime) -> None:
    first = make_panel(at, experts=3, size=3)
    second = called(make_panel_project(first.at))
    ids = [{seat.expert_id: seat.pool_id for seat in world.seats()} for world in (first, second)]
    assert ids[0].keys() == ids[1].keys()
    assert not set(ids[0].values()) & set(ids[1].values())


def test_who_must_not_judge_is_not_in_the_pool_and_the_record_names_the_reason(session: Session, at: datetime) -> None:
    make_experts(3)
    world = make_panel_project(at)
    bidder = world.bidders[0][0].uscc
    owner = world.project.owner.uscc
    assert owner is not None
    out = {
        make_expert(employer_uscc=bidder).id: "employer_is_bidder",
        make_expert(employer_uscc=owner).id: "employer_is_owner",
        make_expert(interests=(bidder,)).id: "declared_interest",
        make_expert(interests=(owner,)).id: "declared_interest",
    }
    session.commit()
    called(world)
    seats = world.seats(SeatState.EXCLUDED)
    assert {seat.expert_id: seat.exclusion_code for seat in seats} == out
    record = draw_record(world.code, "panel")
    assert {item.id: item.code for item in record.excluded} == {seat.pool_id: seat.exclusion_code for seat in seats}
    assert len(record.order or ()) == 3


def test_who_declines_or_is_silent_or_late_is_passed_over_down_the_drawn_order(session: Session, at: datetime) -> None:
    world = make_panel(at, experts=7, size=3)
    first, second, third = world.seats(SeatState.INVITED)
    with unit():
        panels.decline(world.code, reason="出差在外", actor=world.actor(first), at=world.at)
    assert states(world) == ["declined", "invited", "invited", "invited", "pooled", "pooled", "pooled"]
    world.accept(third)
    silent = second.due_at
    assert silent is not None
    settle(silent)
    # The second and the fourth were silent; the third serves.
    assert states(world) == ["declined", "no_answer", "serving", "no_answer", "invited", "invited", "pooled"]
    late = next(seat for seat in world.seats(SeatState.SERVING)).due_at
    assert late is not None
    for seat in world.seats(SeatState.INVITED):
        world.accept(seat, silent)
    settle(late)
    assert states(world)[2] == "late"
    assert states(world)[6] == "invited"
    with pytest.raises(WrongState) as refused:
        panels.submit(world.code, world.sheet(), actor=world.actor(third), at=late)
    assert refused.value.state == "late"
    assert session.scalar(sa.select(sa.func.count()).select_from(PanelScore)) == 0


def test_an_expert_who_finds_a_conflict_steps_back_and_what_was_typed_is_gone(session: Session, at: datetime) -> None:
    world = make_panel(at, experts=4, size=3)
    seat = world.seats(SeatState.INVITED)[0]
    world.accept(seat)
    with unit():
        panels.keep_draft(world.code, world.sheet()[:2], actor=world.actor(seat), at=world.at)
    assert session.scalar(sa.select(sa.func.count()).select_from(PanelDraft)) == 2
    with unit():
        panels.recuse(world.code, reason="方案系我院参与编制", actor=world.actor(seat), at=world.at)
    assert states(world) == ["recused", "invited", "invited", "invited"]
    assert session.scalar(sa.select(sa.func.count()).select_from(PanelDraft)) == 0


def test_when_the_order_is_used_up_the_purchase_fails_and_nothing_is_drawn_again(
    session: Session, at: datetime
) -> None:
    world = make_panel(at, experts=3, size=3)
    seats = world.seats(SeatState.INVITED)
    for seat in seats[:2]:
        world.accept(seat)
    with unit():
        panels.decline(world.code, reason="生病住院", actor=world.actor(seats[2]), at=world.at)
    row = world.present()
    assert row.state is ProjectState.FAILED
    failed = session.scalars(sa.select(Event).where(Event.tag == "project.failed")).one()
    assert failed.data["code"] == "no_panel"
    assert states(world) == ["released", "released", "declined"]
    assert panel_of(world).state is PanelState.ENDED
    assert session.scalar(sa.select(sa.func.count()).where(Draw.purpose == "panel")) == 1
    settle(world.at + timedelta(days=30))
    assert world.present().state is ProjectState.FAILED


def test_too_few_who_may_judge_fail_the_purchase_before_anything_is_drawn(session: Session, at: datetime) -> None:
    make_experts(2)
    world = make_panel_project_with_tied(at)
    called(world)
    assert world.present().state is ProjectState.FAILED
    assert session.scalar(sa.select(sa.func.count()).where(Draw.purpose == "panel")) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(PanelSeat)) == 0


def make_panel_project_with_tied(at: datetime) -> PanelWorld:
    """A project of which the third expert is tied to a bidder."""
    third = make_expert()
    world = make_panel_project(at)
    third.employer_uscc = world.bidders[0][0].uscc
    return world


def test_a_panel_that_cannot_be_drawn_is_not_promised(session: Session, at: datetime) -> None:
    make_experts(2)
    make_expert(account=False)
    with pytest.raises(RuleBroken) as refused:
        make_panel_project(at)
    assert [item.code for item in refused.value.findings] == ["too_few_experts"]


def test_silence_confirms_and_a_dissent_is_public_and_changes_no_number(session: Session, at: datetime) -> None:
    world = make_panel(at)
    world.all_scored([90, 80, 60])
    before = panel_of(world).record
    seats = world.seats(SeatState.SUBMITTED)
    world.confirm(seats[0])
    with unit():
        panels.dissent(world.code, reason="方案B的进度安排不可信。", actor=world.actor(seats[1]), at=world.at)
    settle(world.at)
    assert world.present().state is ProjectState.SELECTING
    due = panel_of(world).confirm_due_at
    assert due is not None
    settle(due)
    assert world.present().state is ProjectState.ANNOUNCED
    assert panel_of(world).record == before
    found = public_scores(world.present())
    assert found is not None
    assert [(expert.answer, expert.dissent) for expert in found.experts] == [
        ("confirmed", ""),
        ("dissented", "方案B的进度安排不可信。"),
        ("deemed", ""),
    ]


def test_nothing_is_confirmed_before_all_sheets_are_in(session: Session, at: datetime) -> None:
    world = make_panel(at)
    seats = world.seats(SeatState.INVITED)
    for seat in seats:
        world.accept(seat)
    world.score(seats[0])
    with pytest.raises(WrongState):
        panels.confirm(world.code, actor=world.actor(seats[0]), at=world.at)
    assert panel_of(world).record is None
    assert public_scores(world.present()) is None


def test_an_enrolment_without_a_plan_is_invalid_at_the_freeze(session: Session, at: datetime) -> None:
    make_experts(3)
    world = make_panel_project(at, bidders=2)
    third = make_panel_project_bidder_without_plan(world, at)
    called(world)
    row = world.present()
    out = {item.agency.uscc: item.exclusion_code for item in row.enrolments if item.state is EnrolmentState.EXCLUDED}
    assert out == {third: "no_proposal"}


def make_panel_project_bidder_without_plan(world: PanelWorld, at: datetime) -> str:
    """One more bidder, with a quote and no plan."""
    ((agency, actor),) = make_enrolled(world.project, 1, at)
    make_quote(world.code, 9_500_000, actor=actor, at=at)
    return agency.uscc


def test_one_enrolment_that_the_owner_accepts_is_scored_too(session: Session, at: datetime) -> None:
    make_experts(3)
    world = make_panel_project(at, bidders=1)
    session.commit()
    until = world.present().enrol_until
    assert until is not None
    settle(until)
    until = world.present().enrol_until
    assert until is not None
    settle(until)
    with unit():
        projects.accept_reduced(world.code, reason="仅一家具备条件，同意继续", actor=world.owner, at=until)
    settle(until)
    world.at = world.present().select_at or until
    settle(world.at)
    world.finished([80, 80, 80])
    assert world.present().state is ProjectState.ANNOUNCED


def test_only_who_was_asked_learns_that_there_is_a_panel(session: Session, at: datetime) -> None:
    world = make_panel(at)
    outsider = make_expert()
    pooled = world.seats(SeatState.POOLED)[0]
    session.commit()
    assert outsider.user is not None
    for actor in (outsider.user.actor(), world.actor(pooled)):
        with pytest.raises(NotFound):
            panels.accept(world.code, actor=actor, at=world.at)


def test_progress_is_counts(session: Session, at: datetime) -> None:
    world = make_panel(at)
    seat = world.seats(SeatState.INVITED)[0]
    world.accept(seat)
    world.score(seat)
    with unit():
        found = progress_of(world.project.id)
    assert found is not None
    assert (found.size, found.accepted, found.signed) == (3, 1, 1)


def test_a_suspension_moves_the_limits_by_the_working_days_it_stood(session: Session, at: datetime) -> None:
    world = make_panel(at)
    supervisor = make_actor(Role.SUPERVISOR, region_code="510000")
    before = [seat.due_at for seat in world.seats(SeatState.INVITED)]
    with unit():
        projects.suspend(world.code, reason="核实情况", actor=supervisor, at=world.at)
    with pytest.raises(WrongState):
        panels.accept(world.code, actor=world.actor(world.seats(SeatState.INVITED)[0]), at=world.at)
    later = world.at + timedelta(days=7)
    settle(later)
    assert states(world).count("invited") == 3
    with unit():
        projects.resume(world.code, reason="继续进行", actor=supervisor, at=later)
    moved = [seat.due_at for seat in world.seats(SeatState.INVITED)]
    assert all(now - then == timedelta(days=7) for now, then in zip(moved, before, strict=True) if now and then)


def test_with_equal_totals_and_quotes_a_tie_is_drawn_after_the_panel(session: Session, at: datetime) -> None:
    make_experts(3)
    world = make_panel_project(at, criteria=(PLAN._replace(weight=100),), bidders=2)
    for _agency, actor in world.bidders:
        make_quote(world.code, 9_000_000, actor=actor, at=at)
    session.commit()
    called(world)
    for seat in world.seats(SeatState.INVITED):
        world.accept(seat)
    rows = tuple(item.__class__(item.plan, item.criterion, 80, item.sentence) for item in world.sheet())
    for seat in world.seats(SeatState.SERVING):
        with unit():
            panels.submit(world.code, rows, actor=world.actor(seat), at=world.at)
    for seat in world.seats(SeatState.SUBMITTED):
        world.confirm(seat)
    settle(world.at)
    row = world.present()
    assert row.state is ProjectState.ANNOUNCED
    purposes = session.scalars(sa.select(Draw.purpose).where(Draw.project_id == row.id).order_by(Draw.id)).all()
    assert purposes == ["panel", "tie1"]
    assert verify_record(draw_record(world.code, "tie1").to_json(), None).ok


def test_price_alone_needs_no_panel(session: Session, at: datetime) -> None:
    world = make_panel_project(at, criteria=(PRICE._replace(weight=100),), size=0)
    assert world.present().terms == {"criteria": [{"kind": "price", "weight": "100", "name": ""}]}
