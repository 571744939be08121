"""The stand-alone check of a whole selection: what the market announced follows; one thing changed does not."""

import json
import random
from datetime import datetime, timedelta
from types import ModuleType

import pytest
from sqlalchemy.orm import Session

from supermarket.modes.combining import StageWanted
from supermarket.modes.stages.price import PriceRule
from supermarket.modes.table import StageName
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.queries import live_award
from supermarket.selection.record.contents import selection_record
from supermarket.selection.record.verifying import stand_alone
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.modes import make_released_mode
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.quotes import make_quote
from tests.rooms.test_selection import present, settle, until_selected

DISCOUNT = (StageWanted(StageName.PRICE, rule=PriceRule.HIGHEST_DISCOUNT),)
MODES = {
    "random": {},
    "bidding": {},
    "mean_price": {},
    "merit": {"criteria": (("price", 60), ("credit", 40))},
    "merit_random": {"keep": 3},
    "merit_bidding": {"keep": 3},
    "random_bidding": {"draw_keep": 3},
}


@pytest.fixture
def program() -> ModuleType:
    return stand_alone()


def announced(mode: str, at: datetime, *, tied: bool = False) -> Project:
    project, _owner = make_open_project(at, mode=mode, **MODES[mode])
    for step, (_agency, actor) in enumerate(make_enrolled(project, 5, at)):
        if project.quote_keys is not None and step < 4:
            make_quote(project.code, 8_000_000 + (0 if tied else step * 70_001), actor=actor, at=at)
    until_selected(project)
    settle((present(project).select_at or at) + timedelta(hours=2))
    row = present(project)
    assert row.state is ProjectState.ANNOUNCED
    return row


@pytest.mark.parametrize("mode", MODES)
def test_what_was_announced_follows_in_every_mode(
    session: Session, at: datetime, program: ModuleType, mode: str
) -> None:
    project = announced(mode, at)
    differs, not_checked = program.verify(selection_record(project).decode())
    assert differs == []
    assert any("registers" in each for each in not_checked)


def test_ties_and_succession_follow(session: Session, at: datetime, program: ModuleType) -> None:
    project = announced("bidding", at, tied=True)
    for _round in range(3):
        award = live_award(project.id)
        assert award is not None
        actor = make_agency_actor(award.agency)
        selection.decline_award(project.code, reason="人手不足，无法承接", actor=actor, at=project.select_at or at)
        assert program.verify(selection_record(present(project)).decode())[0] == []
    award = live_award(project.id)
    assert award is not None
    settle(award.due_at or at)
    assert program.verify(selection_record(present(project)).decode())[0] == []


def test_the_highest_discount_follows_from_sealed_amounts(session: Session, at: datetime, program: ModuleType) -> None:
    mode = make_released_mode(at, stages=DISCOUNT).mode.name
    project, _owner = make_open_project(at, mode=mode)
    enrolled = make_enrolled(project, 5, at)
    for (_agency, actor), amount in zip(enrolled, (8_750_000, 8_070_000, 8_750_000, 9_999_000, 8_000_001), strict=True):
        make_quote(project.code, amount, actor=actor, at=at)
    until_selected(project)
    settle((present(project).select_at or at) + timedelta(hours=2))
    data = selection_record(present(project))
    assert program.verify(data.decode())[0] == []
    record = json.loads(data)
    rates = [(each["price"], each["figures"]["price"]["rate"]) for each in record["order"]]
    assert rates == [(8_070_000, "19.30"), (8_750_000, "12.50"), (8_750_000, "12.50"), (9_999_000, "0.01")]
    assert [(each["uscc"], each["invalid"]) for each in record["quotes"] if each["invalid"]] == [
        (enrolled[4][0].uscc, "rate_not_two_decimals")
    ]
    assert record["awards"][0]["price"] == 8_070_000


def test_a_direct_selection_follows(session: Session, at: datetime, program: ModuleType) -> None:
    agency = make_agency()
    project, _owner = make_open_project(at, mode="direct", named_agency_uscc=agency.uscc)
    selection.accept_award(project.code, actor=make_agency_actor(agency), at=at + timedelta(hours=2))
    assert program.verify(selection_record(present(project)).decode())[0] == []


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every leaf that a check looks at."""
    if isinstance(value, dict):
        return [each for name in value for each in places(value[name], (*path, name))]
    if isinstance(value, list):
        return [each for number, item in enumerate(value) for each in places(item, (*path, number))]
    return [path]


@pytest.mark.parametrize("mode", ["random", "bidding", "merit"])
def test_a_record_in_which_one_thing_is_changed_does_not_hold(
    session: Session, at: datetime, program: ModuleType, mode: str
) -> None:
    text = selection_record(announced(mode, at)).decode()
    bound = [
        path
        for path in places(json.loads(text))
        if (path[0] in ("order", "runs") and path[-1] not in ("started_at", "finished_at", "head", "project") and "facts" not in path)
        or (path[0] == "awards" and path[-1] in ("uscc", "position", "price"))
        or (path[0] == "quotes" and path[-1] in ("uscc", "seq", "commitment", "amount", "body"))
        or (path[0] == "draws" and path[-1] in ("pool_file", "pool_hash", "value", "key"))
        or (path[0] == "quote_list" and path[-1] in ("body", "hash"))
    ]  # fmt: skip
    assert len(bound) > 30
    missed = []
    for path in random.Random(7).sample(bound, min(len(bound), 120)):
        changed = json.loads(text)
        at_it = changed
        for name in path[:-1]:
            at_it = at_it[name]
        old = at_it[path[-1]]
        at_it[path[-1]] = old + 1 if isinstance(old, int) and not isinstance(old, bool) else f"{old}x"
        if not program.verify(json.dumps(changed))[0]:
            missed.append(path)
    assert missed == []
    for broken in ("", "{}", "[]", "null", text[:-5], text.replace('"version"', '"more": 1, "version"', 1)):
        assert program.verify(broken)[0]
