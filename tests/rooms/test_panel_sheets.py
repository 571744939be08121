"""Score sheets: whatever is late, doubled, out of range or not whole gets one sentence and changes nothing."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.errors import Forbidden, InvalidInput, NotFound, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.projects import operations as projects
from supermarket.selection.panels import operations as panels
from supermarket.selection.panels.commitment import SheetRow, hash_of, salt_of, sheet_body
from supermarket.selection.panels.models import PanelDraft, PanelScore, PanelSeat
from supermarket.selection.panels.sheets import Scored, plans_for
from supermarket.selection.panels.states import SeatState
from tests.factories.accounts import make_actor
from tests.factories.experts import PLAN, TEAM, PanelWorld, make_experts, make_panel, make_panel_project, propose


@pytest.fixture
def serving(session: Session, at: datetime) -> tuple[PanelWorld, PanelSeat]:
    """A panel of which the first expert serves."""
    world = make_panel(at, experts=4)
    seat = world.seats(SeatState.INVITED)[0]
    world.accept(seat)
    return world, seat


def nothing_entered() -> bool:
    """No score, no hash, no event of a sheet."""
    scores = db.session.scalar(sa.select(sa.func.count()).select_from(PanelScore))
    hashes = db.session.scalar(sa.select(sa.func.count()).where(PanelSeat.sheet_hash.is_not(None)))
    told = db.session.scalar(sa.select(sa.func.count()).where(Event.tag == "scores.sealed"))
    return (scores, hashes, told) == (0, 0, 0)


@pytest.mark.parametrize(
    ("spoil", "fields"),
    [
        (lambda rows: rows[1:], ["scores"]),
        (lambda rows: (), ["scores"] * 6),
        (lambda rows: (rows[0]._replace_points(101), *rows[1:]), ["scores.0.points"]),
        (lambda rows: (rows[0]._replace_points(-1), *rows[1:]), ["scores.0.points"]),
        (lambda rows: (rows[0]._replace_points(None), *rows[1:]), ["scores.0.points"]),
        (lambda rows: (*rows, rows[0]), ["scores.6"]),
        (lambda rows: (Scored("Z", PLAN.name, 50, "没有这个方案"), *rows), ["scores.0.plan"]),
        (lambda rows: (Scored("A", "价格", 50, "不归专家评"), *rows), ["scores.0.criterion"]),
        (lambda rows: (Scored("A", PLAN.name, 50, "  "), *rows[1:]), ["scores.0.sentence"]),
        (lambda rows: (Scored("A", PLAN.name, 50, "好"), *rows[1:]), ["scores.0.sentence"]),
        (lambda rows: (Scored("A", PLAN.name, 50, "长" * 501), *rows[1:]), ["scores.0.sentence"]),
    ],
)
def test_a_sheet_that_is_not_whole_or_not_in_range_is_refused(
    serving: tuple[PanelWorld, PanelSeat], spoil: object, fields: list[str]
) -> None:
    world, seat = serving
    rows = tuple(_Row(row.plan, row.criterion, row.points, row.sentence) for row in world.sheet())
    with pytest.raises(InvalidInput) as refused:
        panels.submit(world.code, spoil(rows), actor=world.actor(seat), at=world.at)  # type: ignore[operator]
    assert [error.field for error in refused.value.errors] == fields
    assert nothing_entered()


class _Row(Scored):
    def _replace_points(self, points: int | None) -> Scored:
        return Scored(self.plan, self.criterion, points, self.sentence)


def test_a_late_sheet_is_refused(serving: tuple[PanelWorld, PanelSeat]) -> None:
    world, seat = serving
    assert seat.due_at is not None
    with pytest.raises(WrongState):
        panels.submit(world.code, world.sheet(), actor=world.actor(seat), at=seat.due_at)
    with pytest.raises(WrongState):
        panels.keep_draft(world.code, world.sheet(), actor=world.actor(seat), at=seat.due_at)
    assert nothing_entered()


def test_a_signed_sheet_is_not_signed_again_nor_changed(serving: tuple[PanelWorld, PanelSeat]) -> None:
    world, seat = serving
    world.score(seat, base=90)
    for again in (panels.submit, panels.keep_draft):
        with pytest.raises(WrongState) as refused:
            again(world.code, world.sheet(base=10), actor=world.actor(seat), at=world.at)
        assert refused.value.state == "submitted"
    with pytest.raises(WrongState):
        panels.recuse(world.code, reason="太晚了", actor=world.actor(seat), at=world.at)
    with unit() as session:
        assert session.scalar(sa.select(sa.func.min(PanelScore.points))) == 84
    for statement in ("UPDATE trade.panel_scores SET points = 100", "DELETE FROM trade.panel_scores"):
        with pytest.raises(sa.exc.DBAPIError), unit() as session:
            session.execute(sa.text(statement))


def test_only_who_serves_signs(session: Session, at: datetime) -> None:
    world = make_panel(at, experts=4)
    invited, pooled = world.seats(SeatState.INVITED)[0], world.seats(SeatState.POOLED)[0]
    with pytest.raises(WrongState) as refused:
        panels.submit(world.code, world.sheet(), actor=world.actor(invited), at=world.at)
    assert (refused.value.state, refused.value.allowed) == ("invited", ("accept", "decline", "lapse", "release"))
    with pytest.raises(NotFound):
        panels.submit(world.code, world.sheet(), actor=world.actor(pooled), at=world.at)
    for role in (Role.OPERATOR, Role.OWNER, Role.AGENCY, Role.SUPERVISOR):
        with pytest.raises(Forbidden):
            panels.submit(world.code, world.sheet(), actor=make_actor(role), at=world.at)
    assert nothing_entered()


def test_nobody_signs_for_a_purchase_that_has_ended(serving: tuple[PanelWorld, PanelSeat]) -> None:
    world, seat = serving
    operator = make_actor(Role.OPERATOR, region_code="510000")
    db.session.commit()
    with unit():
        projects.void(world.code, reason="公告有误，宣布无效", actor=operator, at=world.at)
    with pytest.raises(WrongState):
        panels.submit(world.code, world.sheet(), actor=world.actor(seat), at=world.at)
    assert {item.state for item in world.seats()} == {SeatState.RELEASED}
    assert nothing_entered()


def test_the_hash_of_a_signed_sheet_is_that_of_its_scores(serving: tuple[PanelWorld, PanelSeat]) -> None:
    world, seat = serving
    world.score(seat)
    with unit() as session:
        row = session.get_one(PanelSeat, seat.id)
        scores = session.scalars(sa.select(PanelScore).where(PanelScore.seat_id == seat.id)).all()
        sheet = [SheetRow(item.agency.uscc, item.criterion, item.points, item.sentence) for item in scores]
        assert row.sheet_hash == hash_of(sheet_body(world.code, row.pool_id, sheet, salt_of(row.body)))
        told = session.scalars(sa.select(Event).where(Event.tag == "scores.sealed")).one()
    assert told.data == {"expert": row.pool_id, "sheet_hash": row.sheet_hash, "number": 1, "size": 3}
    assert told.public


def test_a_draft_keeps_every_change_and_is_gone_once_signed(serving: tuple[PanelWorld, PanelSeat]) -> None:
    world, seat = serving
    actor = world.actor(seat)
    for points in (10, 20, None):
        with unit():
            panels.keep_draft(world.code, [Scored("A", TEAM.name, points, "先写着")], actor=actor, at=world.at)
    with unit() as session:
        kept = session.scalars(sa.select(PanelDraft)).one()
        assert (kept.points, kept.sentence) == (None, "先写着")
    with pytest.raises(InvalidInput):
        panels.keep_draft(world.code, [Scored("A", TEAM.name, 200, "")], actor=actor, at=world.at)
    world.score(seat)
    with unit() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(PanelDraft)) == 0


def test_each_expert_has_the_plans_in_an_order_of_their_own(session: Session, at: datetime) -> None:
    world = make_panel(at, experts=9, size=9, bidders=4)
    with unit():
        orders = {tuple(plan.alias for plan in plans_for(seat)) for seat in world.seats(SeatState.INVITED)}
    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {frozenset("ABCD")}


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "needed"), ("   ", "needed"), ("长" * 20_001, "too_long")],
)
def test_a_plan_that_says_nothing_or_too_much_is_refused(session: Session, at: datetime, text: str, code: str) -> None:
    make_experts(3)
    world = make_panel_project(at, bidders=1)
    with pytest.raises(InvalidInput) as refused:
        propose(world.project, world.bidders[0][1], at, text)
    assert [error.code for error in refused.value.errors] == [code]


def test_a_plan_names_nobody_and_comes_in_time(session: Session, at: datetime) -> None:
    make_experts(3)
    world = make_panel_project(at, bidders=1)
    agency, actor = world.bidders[0]
    agency.name = "成都涪衡远测绘技术有限公司"
    db.session.flush()
    wide = agency.uscc.translate({code: code + 0xFEE0 for code in range(0x30, 0x5B)})
    for named in (
        agency.name,
        agency.uscc,
        agency.legal_representative,
        agency.uscc.lower(),
        wide,
        " ".join(agency.name),
        agency.name.removesuffix("有限公司"),
        agency.name.removeprefix("成都"),
    ):
        with pytest.raises(InvalidInput) as refused:
            propose(world.project, actor, at, f"我公司{named}承诺按期完成。")
        assert [error.code for error in refused.value.errors] == ["names_itself"]
    propose(world.project, actor, at, "测绘技术有限公司一般采用的方法，在成都适用。")
    until = world.present().enrol_until
    assert until is not None
    with pytest.raises(WrongState):
        propose(world.project, actor, until)
    propose(world.project, actor, until - timedelta(seconds=1))
