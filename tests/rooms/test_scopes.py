"""Scopes of business that no check can read: what waits, the operator's word, and when it waits again."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.agencies import operations
from supermarket.agencies.commands import NewService
from supermarket.agencies.models import Agency, Service
from supermarket.agencies.scope_queries import services_unclear, unclear_matters
from supermarket.core.errors import Forbidden, InvalidInput, NotFound, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Role
from supermarket.extensions import db
from supermarket.notices.models import Notice
from tests.factories.accounts import make_actor
from tests.factories.agencies import make_agency, make_agency_actor, make_needed_qualifications
from tests.factories.matters import make_matter
from tests.factories.policies import count
from tests.factories.registries import World, make_world

SURVEY = "ZJ051"
NIGHT = timedelta(days=1)


@pytest.fixture
def world(app: Flask, session: Session) -> Iterator[World]:
    """Registries that a test has in hand."""
    with make_world(app) as made:
        yield made


def make_unclear(world: World, at: datetime) -> Agency:
    """An agency in the market with a new service that the register states no scope for."""
    row = make_agency(matters=())
    make_needed_qualifications(row, SURVEY)
    make_matter(SURVEY)
    row.business_scope = ""
    world.confirm(row, business_scope="")
    operations.add_service(row.uscc, NewService(SURVEY, "按合同约定", 20), actor=make_agency_actor(row), at=at)
    operations.run_checks(row.uscc, actor=SYSTEM, at=at)
    return row


def hidden() -> str | None:
    return db.session.scalars(sa.select(Service)).one().hidden_reason


def tags(row: Agency) -> list[str]:
    return list(db.session.scalars(sa.select(Event.tag).where(Event.agency_uscc == row.uscc).order_by(Event.id)))


def test_an_operator_says_that_the_scope_covers_it_and_the_service_is_shown(
    session: Session, world: World, at: datetime
) -> None:
    row, operator = make_unclear(world, at), make_actor(Role.OPERATOR)
    assert hidden() == "unchecked"
    assert [(item.agency.uscc, item.matter_code) for item in services_unclear()] == [(row.uscc, SURVEY)]
    assert services_unclear()[0].due_at > at
    with pytest.raises(Forbidden):
        operations.decide_scope(row.uscc, SURVEY, covers=True, reason="我能做", actor=make_agency_actor(row), at=at)
    with pytest.raises(NotFound):
        operations.decide_scope(row.uscc, "ZJ001", covers=True, reason="有", actor=operator, at=at)
    with pytest.raises(InvalidInput):
        operations.decide_scope(row.uscc, SURVEY, covers=True, reason=" ", actor=operator, at=at)
    told = count(Notice)
    operations.decide_scope(row.uscc, SURVEY, covers=True, reason="营业执照载明测绘服务", actor=operator, at=at)
    assert hidden() is None
    assert count(Notice) > told
    assert list(services_unclear()) == [] and unclear_matters(row.id) == frozenset()
    with pytest.raises(WrongState):
        operations.decide_scope(row.uscc, SURVEY, covers=False, reason="我看不行", actor=operator, at=at)
    assert hidden() is None
    operations.run_checks(row.uscc, actor=SYSTEM, at=at + NIGHT)
    assert hidden() is None and list(services_unclear()) == []


def test_not_covered_it_stays_hidden_and_is_read_again_only_when_the_register_changes(
    session: Session, world: World, at: datetime
) -> None:
    row, operator = make_unclear(world, at), make_actor(Role.OPERATOR)
    operations.decide_scope(row.uscc, SURVEY, covers=False, reason="执照上没有测绘", actor=operator, at=at)
    assert hidden() == f"check:registration:{SURVEY}"
    assert "agency.service_not_covered" in tags(row)
    operations.run_checks(row.uscc, actor=SYSTEM, at=at + NIGHT)
    assert hidden() == f"check:registration:{SURVEY}" and list(services_unclear()) == []
    world.confirm(row, business_scope="餐饮服务")
    operations.run_checks(row.uscc, actor=SYSTEM, at=at + 2 * NIGHT)
    assert list(services_unclear()) == [], "now the register itself denies it"
    world.confirm(row, business_scope="其他业务范围")
    operations.run_checks(row.uscc, actor=SYSTEM, at=at + 3 * NIGHT)
    assert [item.matter_code for item in services_unclear()] == [SURVEY], "what denied it no longer does"
    operations.decide_scope(row.uscc, SURVEY, covers=True, reason="已变更登记", actor=operator, at=at + 3 * NIGHT)
    assert hidden() is None


def test_an_operator_of_another_region_reads_nothing(session: Session, world: World, at: datetime) -> None:
    row = make_unclear(world, at)
    row.region_code = "510100"
    stranger = make_actor(Role.OPERATOR, region_code="510700")
    with pytest.raises(Forbidden):
        operations.decide_scope(row.uscc, SURVEY, covers=True, reason="看过", actor=stranger, at=at)
