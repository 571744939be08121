"""Two who come at once: exactly one takes effect, the other gets a conflict or does nothing; real threads, real commits."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from supermarket.app import create_app
from supermarket.core.draw import verify_record
from supermarket.core.errors import Conflict, MarketError
from supermarket.core.events import Event
from supermarket.core.permissions import Actor
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.projects import operations
from supermarket.projects.commands import Enrol
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.deadlines import DUE
from supermarket.selection.models import Award, Draw, Rank
from supermarket.selection.queries import draw_record
from tests.conftest import migrate_to_head, settings
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.projects import make_enrolled, make_open_project
from tests.servers import database_url

Act = Callable[[], object]


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a database of its own, where commits are real."""
    with database_url(f"{worker_id}_races", migrate_to_head) as database:
        made = create_app(settings(database.url, redis_address, tmp_path_factory.mktemp("races")))
        yield made
        with made.app_context():
            db.engine.dispose()


def at_once(app: Flask, *acts: Act) -> list[object]:
    """Run the acts in threads that start together; each gives its result or the refusal. Anything else is raised."""
    barrier = Barrier(len(acts))

    def run(act: Act) -> object:
        with app.app_context():
            barrier.wait(timeout=10)
            try:
                with unit():
                    act()
            except MarketError as error:
                return error
            else:
                return None
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def settle(at: datetime) -> None:
    """Everything of the selection that is due at `at`."""
    again = True
    while again:
        again = False
        for kind in DUE:
            for _due, number in kind.find(at, 100):
                prepared = kind.prepare(number, at) if kind.prepare else None
                with unit():
                    again = kind.act(number, at, prepared) or again


def enrolled_project(app: Flask, at: datetime, count: int) -> tuple[str, list[tuple[str, Actor]]]:
    """A published random-draw project with so many enrolments, committed."""
    with app.app_context(), unit():
        project, _owner = make_open_project(at)
        enrolled = make_enrolled(project, count, at)
        return project.code, [(agency.uscc, actor) for agency, actor in enrolled]


def test_of_two_simultaneous_enrolments_of_one_agency_one_takes_effect(market: Flask, at: datetime) -> None:
    with market.app_context(), unit():
        project, _owner = make_open_project(at)
        agency = make_agency()
        actor = make_agency_actor(agency)
        code, agency_id = project.code, agency.id
    for _round in range(5):
        results = at_once(market, *(lambda: operations.enrol(code, Enrol(), actor=actor, at=at),) * 4)
        refused = [item for item in results if item is not None]
        assert results.count(None) == 1
        assert all(isinstance(item, Conflict) for item in refused)
        with market.app_context():
            live = sa.select(sa.func.count()).where(
                Enrolment.agency_id == agency_id, Enrolment.state == EnrolmentState.LIVE
            )
            assert db.session.scalar(live) == 1
            with unit():
                operations.cancel_enrolment(code, actor=actor, at=at)


def test_of_two_simultaneous_declines_one_takes_effect(market: Flask, at: datetime) -> None:
    code, enrolled = enrolled_project(market, at, 3)
    actors = dict(enrolled)
    with market.app_context():
        project = db.session.scalars(sa.select(Project).where(Project.code == code)).one()
        assert project.enrol_until is not None and project.select_at is not None
        until, select_at = project.enrol_until, project.select_at
        settle(until)
        settle(select_at)
        order = draw_record(code, "main").order
    assert order is not None
    decline = lambda: selection.decline_award(  # noqa: E731  # the same act for both threads
        code, reason="无法承接本项目", actor=actors[order[0]], at=select_at
    )
    results = at_once(market, decline, decline)
    assert results.count(None) == 1
    with market.app_context():
        awards = db.session.scalars(
            sa.select(Award).join(Project).where(Project.code == code).order_by(Award.position)
        ).all()
        assert [award.agency.uscc for award in awards] == list(order[:2])


def test_two_workers_on_one_due_selection_and_draw_give_one_award(market: Flask, at: datetime) -> None:
    code, _enrolled = enrolled_project(market, at, 4)
    with market.app_context():
        project = db.session.scalars(sa.select(Project).where(Project.code == code)).one()
        assert project.enrol_until is not None and project.select_at is not None
        until, select_at = project.enrol_until, project.select_at

    def tick(moment: datetime) -> Act:
        def run() -> None:
            for kind in DUE:
                for _due, number in kind.find(moment, 100):
                    prepared = kind.prepare(number, moment) if kind.prepare else None
                    with unit():
                        kind.act(number, moment, prepared)

        return run

    for moment in (until, until, until, select_at, select_at, select_at):
        assert at_once(market, tick(moment), tick(moment), tick(moment)) == [None, None, None]
    with market.app_context():
        project = db.session.scalars(sa.select(Project).where(Project.code == code)).one()
        assert project.state is ProjectState.ANNOUNCED
        assert db.session.scalar(sa.select(sa.func.count()).where(Award.project_id == project.id)) == 1
        assert db.session.scalar(sa.select(sa.func.count()).where(Draw.project_id == project.id)) == 1
        assert db.session.scalar(sa.select(sa.func.count()).where(Rank.project_id == project.id)) == 4
        tags = db.session.scalars(sa.select(Event.tag).where(Event.project_code == code)).all()
        for once in (
            "project.frozen",
            "draw.receipted",
            "project.selection_started",
            "draw.drawn",
            "project.announced",
        ):
            assert tags.count(once) == 1, once
        assert verify_record(draw_record(code, "main").to_json(), None).ok


def test_the_database_refuses_a_second_live_award_and_a_winner_outside_the_order(market: Flask, at: datetime) -> None:
    code, _enrolled = enrolled_project(market, at, 3)
    with market.app_context():
        project = db.session.scalars(sa.select(Project).where(Project.code == code)).one()
        assert project.enrol_until is not None and project.select_at is not None
        settle(project.enrol_until)
        settle(project.select_at)
        order = draw_record(code, "main").order
        assert order is not None
        second = db.session.scalars(sa.select(Rank).where(Rank.project_id == project.id, Rank.position == 2)).one()
        with pytest.raises(sa.exc.IntegrityError, match="down the stored order"), unit() as session:
            session.add(
                Award(
                    project_id=project.id,
                    agency_id=second.agency_id,
                    position=2,
                    state="announced",
                    price=project.ceiling,
                )
            )
        with market.app_context(), unit():
            outsider = make_agency()
            outsider_id = outsider.id
        with pytest.raises(sa.exc.IntegrityError), unit() as session:
            session.add(
                Award(project_id=project.id, agency_id=outsider_id, position=1, state="closed", price=project.ceiling)
            )
        for statement in (
            "UPDATE trade.draws SET \"order\" = ARRAY['x']",
            "UPDATE trade.draws SET pool_file = 'x'",
            "DELETE FROM trade.draws",
            "UPDATE trade.ranks SET position = 9",
            "DELETE FROM platform.events",
            "TRUNCATE platform.events CASCADE",
        ):
            with pytest.raises(sa.exc.DBAPIError), unit() as session:
                session.execute(sa.text(statement))
