"""Draws by a lottery's published numbers: two people of two bodies type issue, close of sales and numbers."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.draw import verify_record
from supermarket.core.errors import Forbidden, InvalidInput, RuleBroken, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import Actor, Role
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.bulletins import Bulletin
from supermarket.selection.models import BulletinEntry
from supermarket.selection.queries import draw_record
from supermarket.selection.states import DrawState
from tests.factories.accounts import make_actor
from tests.factories.api_world import SICHUAN
from tests.rooms.drawing import Waiting, receipted
from tests.rooms.test_selection import present, settle

NUMBERS = " ".join(f"{number:02d}" for number in range(1, 21))
OTHERS = " ".join(f"{number:02d}" for number in range(2, 22))
SECOND = timedelta(seconds=1)


def waiting(at: datetime, source: str = "published:kl8") -> tuple[Waiting, Bulletin, Actor]:
    """A draw that takes numbers now, the true bulletin, a regulator."""
    found = receipted(at, source)
    assert found.project.select_at is not None
    settle(found.project.select_at)
    closed = found.receipted + timedelta(minutes=60)
    return found, Bulletin("2026058", closed, NUMBERS), make_actor(Role.REGULATOR, region_code=SICHUAN)


def enter(found: Waiting, bulletin: Bulletin, actor: Actor, at: datetime | None = None) -> None:
    selection.enter_numbers(found.project.code, bulletin, purpose="main", actor=actor, at=at or found.draw.draw_at)


def test_two_who_type_the_same_draw(session: Session, at: datetime) -> None:
    found, bulletin, regulator = waiting(at)
    assert found.draw.draw_at >= found.receipted + timedelta(minutes=60)
    with pytest.raises(WrongState):
        enter(found, bulletin, found.owner, found.draw.draw_at - SECOND)
    enter(found, bulletin, found.owner)
    assert found.draw.state is DrawState.RECEIPTED
    enter(found, replace(bulletin, numbers=f"  {NUMBERS} "), regulator)
    assert present(found.project).state is ProjectState.ANNOUNCED
    record = draw_record(found.project.code, "main")
    assert (record.value, record.entered_by, record.source_time) == (
        NUMBERS, ("owner", "regulator"), bulletin.closed_at,
    )  # fmt: skip
    assert found.draw.issue == "2026058"
    assert verify_record(record.to_json()).differences == ()
    (taken,) = session.scalars(sa.select(Event).where(Event.tag == "draw.numbers_taken")).all()
    assert (taken.data["issue"], taken.data["lottery"]) == ("2026058", "kl8")
    with pytest.raises(WrongState):
        enter(found, bulletin, regulator)


@pytest.mark.parametrize(
    "mistyped",
    [{"numbers": OTHERS}, {"issue": "2026059"}, {"closed_at": timedelta(minutes=1)}],
    ids=["numbers", "issue", "closed_at"],
)
def test_unequal_entries_stop_it_until_one_corrects_its_own(
    session: Session, at: datetime, mistyped: dict[str, object]
) -> None:
    found, bulletin, regulator = waiting(at)
    moment = found.draw.draw_at + timedelta(hours=1)
    shift = mistyped.get("closed_at")
    changed = {"closed_at": bulletin.closed_at + shift} if isinstance(shift, timedelta) else mistyped
    enter(found, replace(bulletin, **changed), found.owner, moment)  # type: ignore[arg-type]  # real fields
    enter(found, bulletin, regulator, moment)
    assert found.draw.state is DrawState.RECEIPTED
    assert session.scalar(sa.select(sa.func.count()).where(Event.tag == "draw.numbers_differ")) == 1
    enter(found, bulletin, regulator, moment)  # the same again changes nothing
    assert found.draw.state is DrawState.RECEIPTED
    enter(found, bulletin, found.owner, moment)
    assert found.draw.state is DrawState.DRAWN
    kept = session.scalars(sa.select(BulletinEntry).order_by(BulletinEntry.id)).all()
    assert [row.role for row in kept] == ["owner", "regulator", "regulator", "owner"]


WRONG: list[tuple[dict[str, object], str]] = [
    ({"numbers": "3 7 12"}, "numbers"),
    ({"numbers": ""}, "numbers"),
    ({"numbers": NUMBERS[3:]}, "numbers"),
    ({"numbers": NUMBERS.replace("20", "81")}, "numbers"),
    ({"issue": ""}, "issue"),
    ({"issue": "２０２６"}, "issue"),
    ({"issue": "1" * 17}, "issue"),
    ({"closed_at": -SECOND}, "closed_at"),
    ({"closed_at": timedelta(days=2)}, "closed_at"),
    ({"closed_at": timedelta(days=32)}, "closed_at"),
]


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_what_no_bulletin_says_is_refused_at_its_field(
    session: Session, at: datetime, change: dict[str, object], field: str
) -> None:
    found, bulletin, _regulator = waiting(at)
    moment = max(found.draw.draw_at, bulletin.closed_at) + (timedelta(days=40) if "days=32" in repr(change) else SECOND)
    shift = change.get("closed_at")
    changed = {"closed_at": bulletin.closed_at + shift} if isinstance(shift, timedelta) else change
    with pytest.raises(InvalidInput) as refused:
        enter(found, replace(bulletin, **changed), found.owner, moment)  # type: ignore[arg-type]  # real fields
    assert [error.field for error in refused.value.errors] == [field]
    assert session.scalars(sa.select(BulletinEntry)).all() == []


def test_one_person_in_both_roles_types_once(session: Session, at: datetime) -> None:
    found, bulletin, regulator = waiting(at)
    both = Actor(user_id=found.owner.user_id, grants=(*found.owner.grants, *regulator.grants))
    enter(found, bulletin, both)  # as the owner
    same = Actor(user_id=found.owner.user_id, grants=regulator.grants)
    with pytest.raises(Forbidden):
        enter(found, bulletin, same)
    assert found.draw.state is DrawState.RECEIPTED


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR, Role.AGENCY, Role.EXPERT, Role.EDITOR])
def test_nobody_else_types(session: Session, at: datetime, role: Role) -> None:
    found, bulletin, _regulator = waiting(at)
    with pytest.raises(Forbidden):
        enter(found, bulletin, make_actor(role, region_code=SICHUAN))
    with pytest.raises(Forbidden):
        enter(found, bulletin, make_actor(Role.OWNER))
    with pytest.raises(Forbidden):
        enter(found, bulletin, make_actor(Role.REGULATOR, region_code="310000"))


def test_a_draw_by_parties_takes_no_numbers_while_they_may_reveal(session: Session, at: datetime) -> None:
    found = receipted(at, "parties")
    with pytest.raises(RuleBroken):
        enter(found, Bulletin("1", at, NUMBERS), found.owner)
