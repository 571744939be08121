"""Two officers at once: one word takes effect, the other hears that it came second; real threads, real commits."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from supermarket.agencies import operations
from supermarket.agencies.commands import ChangeOfStanding
from supermarket.agencies.models import (
    Agency,
    CheckRun,
    Onboarding,
    RunKind,
    ServiceWithdrawal,
    Standing,
    StandingAction,
    StandingChange,
)
from supermarket.core.events import Event
from supermarket.core.permissions import Actor, Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from tests.factories.accounts import make_actor
from tests.factories.agencies import make_agency
from tests.threads import at_once, committing_app
from workers.jobs import check_run

SURVEY = "ZJ001"
CHANGE = ChangeOfStanding(basis="川信〔2026〕1号", proposer="主管部门", executor="运营单位")


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application where commits are real."""
    with committing_app(f"{worker_id}_office", redis_address, tmp_path_factory.mktemp("office")) as made:
        yield made


def officers() -> tuple[Actor, Actor]:
    return make_actor(Role.OPERATOR), make_actor(Role.OPERATOR)


def raced(market: Flask, *acts: Callable[[], object]) -> list[str]:
    """What became of each, in a fixed order."""
    return sorted(result.split()[0] for result in at_once(market, acts))


def count(model: type, *conditions: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*conditions)) or 0


def test_of_two_decisions_on_one_form_one_takes_effect(market: Flask, at: datetime) -> None:
    with market.app_context(), unit():
        row = make_agency(standing=Standing.APPLIED, matters=())
        row.onboarding, row.decision_due_at = Onboarding.WAITING, at
        one, other = officers()
        uscc = row.uscc
    results = raced(
        market,
        lambda: operations.decide(uscc, admit=True, reason="查过原件。", actor=one, at=at),
        lambda: operations.decide(uscc, admit=False, reason="原件不符。", actor=other, at=at),
    )
    assert results == ["409", "done"]
    with market.app_context():
        decided = Event.tag.in_(["agency.admitted", "agency.refused"])
        assert count(Event, decided, Event.agency_uscc == uscc) == 1
        db.session.remove()


def test_of_two_freezes_and_two_withdrawals_one_takes_effect(market: Flask, at: datetime) -> None:
    with market.app_context(), unit():
        row = make_agency(matters=(SURVEY,))
        one, other = officers()
        uscc, number = row.uscc, row.id
    withdraw = [
        lambda actor=actor: operations.withdraw_service(uscc, SURVEY, CHANGE, actor=actor, at=at)
        for actor in (one, other)
    ]
    assert raced(market, *withdraw) == ["409", "done"]
    freeze = [
        lambda actor=actor: operations.change_standing(uscc, StandingAction.FREEZE, CHANGE, actor=actor, at=at)
        for actor in (one, other)
    ]
    assert raced(market, *freeze) == ["409", "done"]
    with market.app_context():
        assert count(ServiceWithdrawal, ServiceWithdrawal.agency_id == number) == 1
        assert count(StandingChange, StandingChange.agency_id == number) == 2
        db.session.remove()


def test_of_two_runs_over_the_same_agencies_one_starts_and_two_workers_check_each_once(
    market: Flask, at: datetime
) -> None:
    with market.app_context(), unit():
        codes = [make_agency(standing=Standing.APPLIED, matters=()).uscc for _ in range(4)]
        one, other = officers()
    starts = [
        lambda actor=actor: operations.start_run(RunKind.START, codes, actor=actor, at=at) for actor in (one, other)
    ]
    assert raced(market, *starts) == ["409", "done"]
    with market.app_context():
        number = db.session.scalars(sa.select(CheckRun.id)).one()
        db.session.remove()
    assert at_once(market, [lambda: check_run.run(number)] * 2) == ["done", "done"]
    with market.app_context():
        checked = sa.select(Event.agency_uscc).where(Event.tag == "agency.checked", Event.agency_uscc.in_(codes))
        assert sorted(map(str, db.session.scalars(checked))) == sorted(codes)
        assert count(Agency, Agency.uscc.in_(codes), Agency.onboarding == Onboarding.DRAFT) == 0
        db.session.remove()
