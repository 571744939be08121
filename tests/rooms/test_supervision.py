"""The tick, the moving demo clock, findings; with real threads where two could come at once."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.core import clock
from supermarket.core.deadlines import DueKind, Found
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, RuleBroken
from supermarket.core.events import Event, verify_chain
from supermarket.core.permissions import Role
from supermarket.core.unit import unit
from supermarket.core.working_days import load_official, local_moment
from supermarket.extensions import db
from supermarket.gateways.errors import GatewayError
from supermarket.policies.models import JobSlot
from supermarket.policies.slots import alone
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.supervision.demo_clock import WITNESS_CLOCK, set_clock
from supermarket.supervision.kinds import KINDS
from supermarket.supervision.levels import level_of
from supermarket.supervision.models import Finding, Level
from supermarket.supervision.operations import About, card, give_feedback, withdraw
from supermarket.supervision.queries import board, counts
from supermarket.supervision.supervise import market_now, supervise, supervise_now
from supermarket.supervision.tick import next_due, tick
from supermarket.supervision.timed import BY_NAME, hours, missing, nights, run_slot, slot_name
from supermarket.supervision.watch import watch
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.policies import make_region
from tests.factories.projects import make_enrolled, make_open_project, make_operator
from tests.threads import at_once, committing_app

HOUR = timedelta(hours=1)


class Chores:
    """A due kind of plain chores; `log` is what was done, in order."""

    def __init__(self, name: str, due: dict[int, datetime], *, broken: Sequence[int] = ()) -> None:
        self.name, self.due, self.broken = name, dict(due), broken
        self.log: list[tuple[int, datetime]] = []
        self.follow_up: dict[int, tuple[int, datetime]] = {}

    def find(self, at: datetime, limit: int) -> Found:
        """The oldest first."""
        return sorted((due, number) for number, due in self.due.items() if due <= at)[:limit]

    def act(self, number: int, at: datetime, prepared: object) -> bool:
        """Do it; a chore may bring another one."""
        if number in self.broken:
            raise ValueError("a broken chore")
        if number not in self.due:
            return False
        del self.due[number]
        self.log.append((number, at))
        if number in self.follow_up:
            other, due = self.follow_up[number]
            self.due[other] = due
        return True

    @property
    def kind(self) -> DueKind:
        """The row of the table."""
        return DueKind(self.name, self.find, self.act)


# --- the tick ---


def test_kinds_have_names_of_their_own() -> None:
    names = [kind.name for kind in KINDS]
    assert len(names) == len(set(names))
    assert len(names) >= 20


def test_after_two_days_off_it_catches_up_in_due_order(session: Session, at: datetime) -> None:
    first = Chores("first", {1: at + 30 * HOUR, 2: at + HOUR})
    second = Chores("second", {7: at + 20 * HOUR})
    # What 2 brings was due before everything that is left.
    first.follow_up[2] = (3, at + 2 * HOUR)
    order: list[int] = []
    for chores in (first, second):
        act = chores.act
        chores.act = lambda number, at, prepared, act=act: (order.append(number), act(number, at, prepared))[1]  # type: ignore[method-assign]
    ticked = tick(at + 48 * HOUR, kinds=[first.kind, second.kind])
    assert order == [2, 3, 7, 1]
    assert ticked.done == {"first": 3, "second": 1}
    assert tick(at + 48 * HOUR, kinds=[first.kind, second.kind]).total == 0


def test_a_broken_thing_is_carded_once_and_does_not_hold_up_the_others(session: Session, at: datetime) -> None:
    chores = Chores("chores", {1: at, 2: at + HOUR, 3: at + 2 * HOUR}, broken=[2])
    ticked = tick(at + 3 * HOUR, kinds=[chores.kind])
    assert [number for number, _ in chores.log] == [1, 3]
    assert [(each.kind, each.thing_id, each.code) for each in ticked.failures] == [("chores", 2, "internal")]
    tick(at + 4 * HOUR, kinds=[chores.kind])
    cards = session.scalars(sa.select(Finding)).all()
    assert [(row.subject_code, row.code, row.level) for row in cards] == [("chores:2", "due_failed", Level.RED)]


def test_what_the_outside_world_does_not_answer_waits_without_a_card(session: Session, at: datetime) -> None:
    def ask(number: int, at: datetime) -> object:
        raise GatewayError("witness_down", "The witness cannot be reached.")

    chores = Chores("chores", {1: at})
    waits = DueKind("waits", chores.find, chores.act, ask)
    ticked = tick(at, kinds=[waits])
    assert (ticked.total, ticked.waiting, ticked.failures) == (0, {"waits": 1}, [])
    assert session.scalars(sa.select(Finding)).all() == []


def test_a_thing_that_never_ends_does_not_hold_the_tick_for_ever(session: Session, at: datetime) -> None:
    always = DueKind("always", lambda now, limit: [(at, 1)], lambda number, now, prepared: True)
    assert tick(at, kinds=[always]).total == 10


def test_next_due_leaves_out_what_is_stuck(at: datetime) -> None:
    many = dict.fromkeys(range(60), at - HOUR) | {99: at + HOUR}
    chores = Chores("chores", many)
    assert next_due(at, at + 2 * HOUR, [chores.kind]) == at + HOUR
    assert next_due(at + HOUR, at + 2 * HOUR, [chores.kind]) is None


# --- findings ---


def test_levels_by_working_days_and_share() -> None:
    days = load_official()
    started = local_moment(datetime(2026, 3, 2, tzinfo=UTC).date())  # Monday 2 March, 00:00 local
    limit = days.due_after(started, 10)  # 24:00 of Monday 16 March
    levels = {
        day: level_of(started, limit, local_moment(datetime(2026, 3, day, tzinfo=UTC).date()) + 10 * HOUR, days)
        for day in (9, 13, 14, 16, 17, 18, 19, 20)
    }
    # 20 % of 15 days are three days.
    assert levels == {
        9: None,
        13: Level.REMINDER,  # Friday: one working day left
        14: Level.REMINDER,
        16: Level.REMINDER,
        17: Level.YELLOW,
        18: Level.YELLOW,
        19: Level.YELLOW,
        20: Level.RED,
    }


def test_a_card_only_rises_and_is_issued_once(session: Session, at: datetime) -> None:
    about = About("project", "P-2026-000001")
    issued = [card(about, "review_overdue", level, at=at) for level in (Level.REMINDER, Level.YELLOW, Level.YELLOW)]
    assert [row.level if row else None for row in issued] == [Level.REMINDER, Level.YELLOW, None]
    assert card(about, "review_overdue", Level.REMINDER, at=at) is None
    red = card(about, "review_overdue", Level.RED, at=at)
    assert red is not None
    assert red.feedback_due_at == load_official().due_after(at, 3)
    assert session.scalar(sa.select(sa.func.count()).select_from(Finding)) == 3


def test_a_second_yellow_in_one_project_is_red(session: Session, at: datetime) -> None:
    first = card(About("project", "P-2026-000001", "P-2026-000001"), "review_overdue", Level.YELLOW, at=at)
    second = card(About("contract", "C-2026-000001", "P-2026-000001"), "payment_overdue", Level.YELLOW, at=at)
    other = card(About("contract", "C-2026-000002", "P-2026-000002"), "payment_overdue", Level.YELLOW, at=at)
    assert [row.level for row in (first, second, other) if row] == [Level.YELLOW, Level.RED, Level.YELLOW]


def test_an_office_answers_and_a_supervisor_withdraws(session: Session, at: datetime) -> None:
    make_region("510000")
    office = make_organisation()
    row = card(About("project", "P-2026-000001", None, "510000", office.id), "review_overdue", Level.YELLOW, at=at)
    assert row is not None
    supervisor = make_actor(Role.SUPERVISOR, region_code="510000")
    with pytest.raises(Forbidden):
        give_feedback(row.id, text="节假日人手不足", actor=supervisor, at=at)
    give_feedback(row.id, text="节假日人手不足", actor=make_actor(Role.OWNER, office), at=at)
    with pytest.raises(Forbidden):
        withdraw(row.id, reason="理由成立", actor=make_operator(), at=at)
    with pytest.raises(InvalidInput):
        withdraw(row.id, reason=" ", actor=supervisor, at=at)
    assert counts(supervisor)[Level.YELLOW] == 1
    withdraw(row.id, reason="理由成立", actor=supervisor, at=at)
    with pytest.raises(Conflict):
        withdraw(row.id, reason="理由成立", actor=supervisor, at=at)
    assert board(supervisor) == []
    assert [found.id for found in board(supervisor, open_only=False)] == [row.id]


def test_supervisors_see_their_region_only(session: Session, at: datetime) -> None:
    make_region("510000")
    make_region("330000")
    card(About("project", "P-2026-000001", None, "510000"), "review_overdue", Level.YELLOW, at=at)
    assert len(board(make_actor(Role.SUPERVISOR, region_code="510000"))) == 1
    assert board(make_actor(Role.SUPERVISOR, region_code="330000")) == []


def test_a_review_that_takes_too_long_is_carded_as_it_gets_later(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    project.state, project.submitted_at = ProjectState.IN_REVIEW, at
    project.due_what, project.due_at = "review", load_official().due_after(at, 1)
    session.commit()
    operator = make_operator()
    days = load_official()
    found = []
    for wait in (0, 1, 2, 3, 3):
        watch(local_moment(days.working_day_after(at.date(), wait)) + 10 * HOUR)
        found.append([row.level for row in session.scalars(sa.select(Finding).order_by(Finding.id))])
    assert found[0] == [Level.REMINDER]
    assert found[1] == [Level.REMINDER]
    assert found[2] == [Level.REMINDER, Level.YELLOW]
    assert found[3] == found[4] == [Level.REMINDER, Level.YELLOW, Level.RED]
    assert operator.user_id is not None


def test_a_selection_not_at_its_minute_is_red(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    project.state, project.frozen_at = ProjectState.FROZEN, at
    project.due_what, project.due_at, project.select_at = "select", at, at
    session.commit()
    late = next(kind for kind in KINDS if kind.name == "supervision.selection_late")
    assert tick(at + timedelta(seconds=59), kinds=[late]).total == 0
    assert tick(at + timedelta(seconds=60), kinds=[late]).total == 1
    assert tick(at + HOUR, kinds=[late]).total == 0
    row = session.scalars(sa.select(Finding)).one()
    assert (row.subject_code, row.level, row.limit_at) == (project.code, Level.RED, at)


# --- timed jobs ---


def test_slots() -> None:
    since = datetime(2026, 2, 27, 18, 0, tzinfo=UTC)  # Saturday 02:00 local
    assert list(nights(since, since + timedelta(days=2))) == [
        datetime(2026, 2, 28, 17, 30, tzinfo=UTC),
        datetime(2026, 3, 1, 17, 30, tzinfo=UTC),
    ]
    assert list(hours(since, since + 2 * HOUR)) == [since + HOUR, since + 2 * HOUR]
    review = BY_NAME["review"]
    assert review.last_slot(datetime(2026, 3, 15, tzinfo=UTC)) == datetime(2026, 2, 28, 18, 30, tzinfo=UTC)


def test_a_slot_is_run_once_and_again_if_it_was_broken_off(session: Session, at: datetime) -> None:
    job = BY_NAME["review"]
    slot = job.last_slot(at)
    session.add(JobSlot(job=job.name, slot=slot_name(slot), started_at=at))  # killed half-way
    session.commit()
    assert (job, slot) in missing(at)
    assert run_slot(job, slot, at) == {"reviews": 0}
    assert (job, slot) not in missing(at)
    assert run_slot(job, slot, at) is None


def test_only_the_latest_missed_slot_of_a_night_is_asked_for(session: Session, at: datetime) -> None:
    asked = {job.name: slot for job, slot in missing(at)}
    assert set(asked) == {"nightly", "reverify", "reminders", "review", "head", "witnesses"}
    assert asked["nightly"] == max(nights(at - timedelta(days=2), at))


# --- the moving clock: real commits, a database of its own ---


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application where commits are real."""
    with committing_app(f"{worker_id}_ticks", redis_address, tmp_path_factory.mktemp("ticks")) as made:
        yield made


def test_the_clock_moves_with_everything_due_on_the_way(market: Flask, at: datetime) -> None:
    with market.app_context():
        set_clock(at)
        with unit():
            project, _owner = make_open_project(at)
            make_enrolled(project, 3, at)
            code, select_at = project.code, project.select_at
        assert select_at is not None
        done = supervise(select_at + timedelta(days=28))
        assert done.ticked.failures == []
        with unit():
            row = db.session.scalars(sa.select(Project).where(Project.code == code)).one()
            assert row.announced_at is not None
            # Nobody signed: the first one's turn is over, the next in order was announced.
            assert row.state in {ProjectState.ANNOUNCED, ProjectState.AWARDED}
            query = sa.select(Event.tag, sa.func.min(Event.at)).where(Event.project_code == code).group_by(Event.tag)
            tags = dict(db.session.execute(query).all())
            chain = verify_chain()
        # Each thing happened at its own moment, not when the command ran.
        assert tags["project.frozen"] == row.enrol_until
        assert tags["project.selection_started"] == row.select_at
        assert tags["contract.lapsed"] == tags["award.dropped"]
        assert (chain.unsealed, chain.broken_at) == (0, None)
        assert done.jobs["nightly"] == (select_at + timedelta(days=28) - at).days
        assert done.jobs["review"] == 1
        stands = market_now()
        assert timedelta(0) <= stands - (select_at + timedelta(days=28)) < timedelta(minutes=2)
        offset = float((Path(market.config["DATA"]) / WITNESS_CLOCK).read_text())
        with unit():
            assert abs(clock.offset() / timedelta(seconds=1) - offset) < 1
        with pytest.raises(RuleBroken) as backwards:
            supervise(at)
        assert backwards.value.code == "clock_backwards"
        again = supervise_now()
        assert again.ticked.total == 0


def test_two_ticks_at_once_do_each_thing_once(market: Flask) -> None:
    with market.app_context():
        at = market_now()
        with unit():
            codes = []
            for _number in range(3):
                project, _owner = make_open_project(at)
                make_enrolled(project, 3, at)
                codes.append(project.code)
            due = max(row.select_at for row in db.session.scalars(sa.select(Project).where(Project.code.in_(codes))))
    totals: list[int] = []

    def act() -> None:
        db.session.rollback()  # the tick has units of its own
        ticked = tick(due + timedelta(hours=1))
        assert ticked.failures == []
        totals.append(ticked.total)

    assert at_once(market, [act, act, act]) == ["done"] * 3
    with market.app_context(), unit():
        rows = db.session.execute(
            sa.select(Event.project_code, Event.tag, sa.func.count())
            .where(Event.project_code.in_(codes), Event.tag.in_(["project.frozen", "project.selection_started"]))
            .group_by(Event.project_code, Event.tag)
        ).all()
        assert sorted(map(tuple, rows)) == [
            (code, tag, 1) for code in sorted(codes) for tag in ("project.frozen", "project.selection_started")
        ]
        chain = verify_chain()
        assert (chain.unsealed, chain.broken_at) == (0, None)


def test_a_job_is_alone_until_its_process_is_gone(market: Flask) -> None:
    with market.app_context():
        with alone("nightly") as first, alone("nightly") as second, alone("review") as other:
            assert (first, second, other) == (True, False, True)
        with alone("nightly") as again:
            assert again is True
