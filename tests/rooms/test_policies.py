"""Facts and numbers of the policies room."""

from datetime import date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.errors import Forbidden, InvalidInput
from supermarket.core.events import Event
from supermarket.core.permissions import Role
from supermarket.policies.models import CalendarDay, Industry, Policy, Region
from supermarket.policies.operations import load_facts, set_policy
from supermarket.policies.queries import ancestors, calendar, number, policies_for, region_name, successors
from tests.factories.accounts import make_actor
from tests.factories.policies import count, make_region


def test_load_facts_brings_every_region_industry_and_day_and_may_be_repeated(session: Session, at: datetime) -> None:
    load_facts(at)
    assert (count(Region), count(Industry)) == (3214, 28)
    assert region_name("510107") == "四川省成都市武侯区"
    assert ancestors("510107") == ("510107", "510100", "510000")
    assert not calendar().is_working(date(2026, 10, 1))
    assert successors("510112") == [] or successors("510112")
    days = count(CalendarDay)
    events = count(Event)
    load_facts(at)
    assert (count(Region), count(CalendarDay), count(Event)) == (3214, days, events)


def test_load_facts_mends_a_name_that_differs(session: Session, at: datetime) -> None:
    make_region("510107").name = "武候区"
    session.flush()
    load_facts(at)
    session.expire_all()
    assert session.get_one(Region, "510107").name == "武侯区"


def test_an_operator_sets_a_number_for_its_region_from_a_day_on(session: Session, at: datetime) -> None:
    make_region("510107")
    operator = make_actor(Role.OPERATOR, region_code="510000")
    row = set_policy(
        "enrolment_days",
        5,
        region_code="510100",
        effective_from=date(2026, 3, 1),
        basis="成发〔2026〕1号",
        actor=operator,
        at=at,
    )
    assert (row.key, row.value, row.region_code) == ("enrolment_days", 5, "510100")
    assert number(policies_for("510107", at), "enrolment_days") == 5
    assert number(policies_for("510300", at), "enrolment_days") == 3
    event = session.scalars(sa.select(Event).where(Event.tag == "policy.set")).one()
    assert event.data == {"region_code": "510100", "effective_from": "2026-03-01", "value": 5}


@pytest.mark.parametrize("role", [Role.OWNER, Role.AGENCY, Role.REGULATOR, Role.EDITOR, Role.SUPERVISOR])
def test_nobody_else_sets_numbers(session: Session, at: datetime, role: Role) -> None:
    actor = make_actor(role)
    with pytest.raises(Forbidden):
        set_policy("enrolment_days", 5, region_code=None, effective_from=at.date(), basis="", actor=actor, at=at)
    assert count(Policy) == 0


def test_an_operator_of_a_city_sets_nothing_for_the_province(session: Session, at: datetime) -> None:
    actor = make_actor(Role.OPERATOR, region_code="510100")
    with pytest.raises(Forbidden):
        set_policy("enrolment_days", 5, region_code="510000", effective_from=at.date(), basis="", actor=actor, at=at)
    assert count(Policy) == 0


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [("no_such_days", 5, "key"), ("enrolment_days", "five", "value"), ("enrolment_days", -1, "value")],
)
def test_a_wrong_number_is_refused_at_its_field(
    session: Session, at: datetime, key: str, value: int | str, field: str
) -> None:
    actor = make_actor(Role.OPERATOR)
    with pytest.raises(InvalidInput) as refused:
        set_policy(key, value, region_code=None, effective_from=at.date(), basis="", actor=actor, at=at)
    assert [error.field for error in refused.value.errors] == [field]
    assert count(Policy) == 0
