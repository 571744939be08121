"""The whole selection in one file: it holds in every mode, each damage is named, and nothing of it is seen too early."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.core import clock
from supermarket.core.unit import unit
from supermarket.modes.table import MODES
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.lists import lists_of
from supermarket.selection.queries import live_award
from supermarket.selection.record.contents import selection_record
from supermarket.selection.record.verifying import verify_selection
from supermarket.supervision.demo_clock import set_clock
from tests.journeys.modes_played import Played, passes, published

Content = dict[str, object]


@pytest.fixture
def market(session: Session, at: datetime) -> Iterator[datetime]:
    """The market's clock on a Monday morning."""
    set_clock(at)
    yield at


def announced(mode: str, at: datetime) -> Played:
    """Played up to the announcement."""
    played = published(mode, at)
    if mode == "direct":
        with unit():
            selection.accept_award(played.code, actor=played.agencies[0][1], at=clock.now())
        return played
    passes(played.project.enrol_until)
    sealed = json.loads(file_of(played))
    assert sealed["public_from"] is None
    assert [sealed[name] for name in ("enrolments", "quotes", "runs", "order", "awards")] == [None] * 5
    passes(played.project.select_at)
    if mode == "credit_merit":
        small = lists_of(played.project)[-1].staying
        with unit():
            selection.choose(
                played.code, agency_uscc=small[-1].uscc, reason="同类业绩最多", actor=played.owner, at=clock.now()
            )
    return played


def file_of(played: Played) -> bytes:
    with unit():
        return selection_record(played.project)


@pytest.mark.parametrize("mode", list(MODES))
def test_the_file_of_every_mode_holds_and_comes_out_the_same_again(
    mode: str, market: datetime, client: FlaskClient
) -> None:
    played = announced(mode, market)
    assert played.project.state is ProjectState.ANNOUNCED
    data = file_of(played)
    differs, not_checked = verify_selection(data)
    assert differs == []
    assert any("registers" in each for each in not_checked)
    assert file_of(played) == data
    assert client.get(f"/projects/{played.code}/selection.json").data == data
    page = client.get(f"/projects/{played.code}/selection")
    assert page.status_code == 200
    award = live_award(played.project.id)
    assert award is not None
    assert award.agency.name in page.text


def test_before_the_announcement_nobody_is_named(market: datetime, client: FlaskClient) -> None:
    played = published("bidding", market)
    told = (
        client.get(f"/projects/{played.code}/selection.json").text
        + client.get(f"/projects/{played.code}/selection").text
    )
    assert played.code in told
    assert not any(agency.name in told or agency.uscc in told for agency, _actor in played.agencies)


def test_who_gave_up_is_followed_by_the_next_and_the_file_says_why(market: datetime) -> None:
    played = announced("bidding", market)
    award = live_award(played.project.id)
    assert award is not None
    winner = next(actor for agency, actor in played.agencies if agency.uscc == award.agency.uscc)
    with unit():
        selection.decline_award(played.code, reason="人员已被其他项目占用", actor=winner, at=clock.now())
    content = json.loads(file_of(played))
    assert verify_selection(file_of(played))[0] == []
    assert [(row["position"], row["state"]) for row in content["awards"]] == [(1, "declined")]
    assert content["awards"][0]["reason"] == "人员已被其他项目占用"
    assert content["passed_over"] == [row["uscc"] for row in content["order"][1:]]  # each asks over 5 % more
    assert content["failure"]["code"] == "order_used_up"


def _swap_order(content: Content) -> None:
    order = content["order"]
    order[0]["uscc"], order[1]["uscc"] = order[1]["uscc"], order[0]["uscc"]  # type: ignore[index]


def _other_winner(content: Content) -> None:
    content["awards"][0]["uscc"] = content["order"][1]["uscc"]  # type: ignore[index]


def _other_price(content: Content) -> None:
    content["awards"][0]["price"] -= 1  # type: ignore[index]


def _lower_quote(content: Content) -> None:
    quote = max(content["quotes"], key=lambda row: row["amount"])  # type: ignore[call-overload]
    quote["amount"] = 1


def _quote_left_out(content: Content) -> None:
    content["quotes"].pop()  # type: ignore[attr-defined]


def _enrolment_left_out(content: Content) -> None:
    content["enrolments"].pop()  # type: ignore[attr-defined]


def _other_figures(content: Content) -> None:
    content["enrolments"][0]["figures"]["credit_points"] = 7  # type: ignore[index]


def _other_rule(content: Content) -> None:
    content["runs"][-1]["parameters"]["rule"] = "second_lowest"  # type: ignore[index]


def _other_outputs(content: Content) -> None:
    content["runs"][-1]["outputs"]["order"].reverse()  # type: ignore[index]


def _unknown_field(content: Content) -> None:
    content["winner"] = "somebody"


@pytest.mark.parametrize(
    ("damage", "where"),
    [
        (_swap_order, {"order"}),
        (_other_winner, {"awards"}),
        (_other_price, {"awards"}),
        (_lower_quote, {"quotes", "enrolments"}),
        (_quote_left_out, {"quotes", "enrolments"}),
        (_enrolment_left_out, {"enrolments"}),
        (_other_figures, {"enrolments"}),
        (_other_rule, {"runs"}),
        (_other_outputs, {"runs"}),
        (_unknown_field, {"form"}),
    ],
)
def test_whatever_is_changed_in_the_file_is_named(
    damage: Callable[[Content], None], where: set[str], market: datetime
) -> None:
    content = json.loads(file_of(announced("bidding", market)))
    damage(content)
    differs, _not_checked = verify_selection(json.dumps(content).encode())
    # What rests on the damaged part may differ, too.
    assert {place for place, _what in differs} >= where


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"\xff", b'{"version": "selection-v1"}', b"[" * 100_000, b'{"a": 1, "a": 2}', b"1" * 9999],
)
def test_what_is_no_such_file_is_refused_in_a_sentence(data: bytes) -> None:
    differs, _not_checked = verify_selection(data)
    assert {place for place, _what in differs} == {"form"}
