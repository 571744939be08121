"""Abnormally low quotes: the limits to the fen, the statement with its file, the decision, silence, and who comes too late."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.core.errors import Forbidden, InvalidInput, NotFound, WrongState
from supermarket.core.permissions import ANONYMOUS, Actor, Role
from supermarket.core.unit import unit
from supermarket.documents.queries import document
from supermarket.projects import operations
from supermarket.projects.commands import Attachment
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.low_quotes import statement_due
from supermarket.selection.models import CostStatement, Quote
from supermarket.selection.record.contents import selection_record
from supermarket.selection.record.verifying import verify_selection
from supermarket.web.files import may_read
from tests.factories.accounts import make_actor
from tests.factories.contracts import PDF
from tests.factories.projects import SICHUAN, make_enrolled, make_open_project
from tests.factories.quotes import make_quote
from tests.rooms.test_selection import present, settle, until_selected
from tests.threads import at_once, committing_app


@dataclass(frozen=True)
class Low:
    """A selection that waits for the statement of its first bidder."""

    code: str
    uscc: str
    owner: Actor
    actor: Actor
    other: Actor
    at: datetime

    @property
    def project(self) -> Project:
        """The project as it stands."""
        with unit() as session:
            return session.scalars(sa.select(Project).where(Project.code == self.code)).one()

    def row(self) -> CostStatement:
        """The statement as it stands."""
        query = sa.select(CostStatement).join(Quote).join(Project).where(Project.code == self.code)
        with unit() as session:
            return session.scalars(query).one()


def make_low(at: datetime, amounts: tuple[int, ...] = (4_000_000, 8_000_000, 8_500_000)) -> Low:
    """Three quotes under a ceiling of ten million fen, opened; the first is below the limits."""
    project, owner = make_open_project(at, mode="bidding")
    bidders = make_enrolled(project, len(amounts), at)
    for (_agency, actor), amount in zip(bidders, amounts, strict=True):
        make_quote(project.code, amount, actor=actor, at=at)
    selected_at = until_selected(project)
    return Low(project.code, bidders[0][0].uscc, owner, bidders[0][1], bidders[1][1], selected_at)


@pytest.mark.parametrize(
    ("amounts", "low"),
    [
        # 60 % of the ceiling of 10 000 000 is 6 000 000; at the limit it is not low, one fen below it is.
        ((6_000_000, 8_000_000, 8_500_000), False),
        ((5_999_999, 8_000_000, 8_500_000), True),
        # 70 % of the mean: (6 020 000 + 9 880 000 + 9 900 000) / 3 = 8 600 000, of which 70 % are 6 020 000.
        ((6_020_000, 9_880_000, 9_900_000), False),
        ((6_019_999, 9_880_000, 9_900_000), True),
        ((6_020_000, 9_880_000, 9_900_001), True),
    ],
)
def test_the_limits_to_the_fen(session: Session, at: datetime, amounts: tuple[int, ...], low: bool) -> None:
    project, _owner = make_open_project(at, mode="bidding")
    for (_agency, actor), amount in zip(make_enrolled(project, 3, at), amounts, strict=True):
        make_quote(project.code, amount, actor=actor, at=at)
    until_selected(project)
    asked = session.scalars(sa.select(CostStatement)).all()
    assert [row.quote.opened.amount for row in asked if row.quote.opened] == ([amounts[0]] if low else [])
    assert present(project).state is (ProjectState.SELECTING if low else ProjectState.ANNOUNCED)


def test_a_statement_with_a_file_is_the_owners_to_read_and_after_the_announcement_everybodys(
    session: Session, at: datetime
) -> None:
    low = make_low(at)
    row = selection.give_cost_statement(
        low.code,
        text="自有设备，人工成本低",
        file=Attachment(io.BytesIO(PDF), "成本测算.pdf"),
        actor=low.actor,
        at=low.at,
    )
    assert row.document_id is not None
    file = document(row.document_id)
    supervisor = make_actor(Role.SUPERVISOR, region_code=SICHUAN)
    assert [may_read(file, who) for who in (low.actor, low.owner, low.other, supervisor, ANONYMOUS)] == [
        True, True, False, False, False,
    ]  # fmt: skip
    selection.decide_cost_statement(
        low.code, agency_uscc=low.uscc, accept=True, reason="说明合理", actor=low.owner, at=low.at
    )
    assert low.project.state is ProjectState.ANNOUNCED
    assert low.project.award_price == 4_000_000
    assert may_read(document(row.document_id), ANONYMOUS)


def test_a_file_that_is_none_changes_nothing(session: Session, at: datetime) -> None:
    low = make_low(at)
    with pytest.raises(InvalidInput) as refused, unit():
        selection.give_cost_statement(
            low.code,
            text="自有设备",
            file=Attachment(io.BytesIO(b"MZ\x90 no pdf"), "成本测算.pdf"),
            actor=low.actor,
            at=low.at,
        )
    assert [item.field for item in refused.value.errors] == ["file"]
    assert low.row().statement is None


def test_silence_of_the_agency_rejects_and_silence_of_the_owner_accepts(session: Session, at: datetime) -> None:
    low = make_low(at)
    due = low.row().statement_due_at
    settle(due - timedelta(microseconds=1))
    assert low.row().decided_at is None
    settle(due)
    assert (low.row().accepted, low.project.award_price) == (False, 8_000_000)
    assert verify_selection(selection_record(low.project))[0] == []
    second = make_low(at + timedelta(days=1))
    selection.give_cost_statement(second.code, text="自有设备", actor=second.actor, at=second.at)
    until = second.row().decision_due_at
    assert until is not None
    settle(until)
    assert (second.row().accepted, second.project.award_price) == (True, 4_000_000)


def test_what_is_refused_has_its_sentence_and_changes_nothing(session: Session, at: datetime) -> None:
    low = make_low(at)
    code, uscc = low.code, low.uscc
    give, decide = selection.give_cost_statement, selection.decide_cost_statement
    with pytest.raises(WrongState):  # nothing to decide on yet
        decide(code, agency_uscc=uscc, accept=True, reason="说明合理", actor=low.owner, at=low.at)
    with pytest.raises(NotFound):  # nobody asked this one
        give(code, text="我们也想说明", actor=low.other, at=low.at)
    with pytest.raises(Forbidden):
        give(code, text="自有设备", actor=low.owner, at=low.at)
    with pytest.raises(InvalidInput):
        give(code, text="  . ", actor=low.actor, at=low.at)
    with pytest.raises(WrongState):  # at the due instant it is late
        give(code, text="自有设备", actor=low.actor, at=low.row().statement_due_at)
    assert (low.row().statement, low.row().given_at) == (None, None)
    give(code, text="自有设备", actor=low.actor, at=low.at)
    with pytest.raises(WrongState):
        give(code, text="再说一次", actor=low.actor, at=low.at)
    with pytest.raises(Forbidden):
        decide(code, agency_uscc=uscc, accept=True, reason="说明合理", actor=low.other, at=low.at)
    with pytest.raises(Forbidden):  # another owner
        stranger = make_open_project(at)[1]
        decide(code, agency_uscc=uscc, accept=True, reason="说明合理", actor=stranger, at=low.at)
    with pytest.raises(NotFound):
        decide(code, agency_uscc="9" * 18, accept=True, reason="说明合理", actor=low.owner, at=low.at)
    with pytest.raises(InvalidInput):
        decide(code, agency_uscc=uscc, accept=True, reason=" ", actor=low.owner, at=low.at)
    until = low.row().decision_due_at
    assert until is not None
    with pytest.raises(WrongState):  # silence has accepted by then, whatever the owner would say now
        decide(code, agency_uscc=uscc, accept=False, reason="说明不能成立", actor=low.owner, at=until)
    assert (low.row().statement, low.row().decided_at) == ("自有设备", None)
    assert low.project.state is ProjectState.SELECTING


def test_a_suspension_stops_both_clocks(session: Session, at: datetime) -> None:
    low = make_low(at)
    due = low.row().statement_due_at
    supervisor = make_actor(Role.SUPERVISOR, region_code=SICHUAN)
    operations.suspend(low.code, reason="有人投诉本项目", actor=supervisor, at=low.at)
    with pytest.raises(WrongState):
        selection.give_cost_statement(low.code, text="自有设备", actor=low.actor, at=low.at)
    settle(due + timedelta(days=4))
    assert low.row().decided_at is None
    operations.resume(low.code, reason="投诉不成立", actor=supervisor, at=low.at + timedelta(days=4))
    moved = low.row().statement_due_at
    assert moved - due == timedelta(days=2)  # of the four days two were a weekend
    selection.give_cost_statement(low.code, text="自有设备", actor=low.actor, at=moved - timedelta(seconds=1))
    assert low.row().statement == "自有设备"


def test_the_ranking_waits_for_every_low_quote(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at, mode="bidding")
    bidders = make_enrolled(project, 4, at)
    for (_agency, actor), amount in zip(bidders, (3_000_000, 3_100_000, 8_000_000, 8_500_000), strict=True):
        make_quote(project.code, amount, actor=actor, at=at)
    when = until_selected(project)
    for _agency, actor in bidders[:2]:
        selection.give_cost_statement(project.code, text="自有设备", actor=actor, at=when)
        assert present(project).state is ProjectState.SELECTING
    selection.decide_cost_statement(
        project.code, agency_uscc=bidders[0][0].uscc, accept=False, reason="说明不成立", actor=owner, at=when
    )
    assert present(project).state is ProjectState.SELECTING
    selection.decide_cost_statement(
        project.code, agency_uscc=bidders[1][0].uscc, accept=True, reason="说明合理", actor=owner, at=when
    )
    assert (present(project).state, present(project).award_price) == (ProjectState.ANNOUNCED, 3_100_000)


# -- who comes at the same time


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a database of its own, where commits are real."""
    with committing_app(f"{worker_id}_low", redis_address, tmp_path_factory.mktemp("low")) as made:
        yield made


def committed_low(market: Flask, at: datetime) -> tuple[Low, int]:
    with market.app_context():
        with unit():
            project, owner = make_open_project(at, mode="bidding")
            bidders = make_enrolled(project, 3, at)
            for (_agency, actor), amount in zip(bidders, (4_000_000, 8_000_000, 8_500_000), strict=True):
                make_quote(project.code, amount, actor=actor, at=at)
            code, uscc = project.code, bidders[0][0].uscc
        low = Low(code, uscc, owner, bidders[0][1], bidders[1][1], until_selected(project))
        return low, low.row().quote_id


@pytest.mark.parametrize("_round", range(3))
def test_two_statements_at_once_and_then_two_decisions(market: Flask, at: datetime, _round: int) -> None:
    low, number = committed_low(market, at)
    code, uscc = low.code, low.uscc
    given = at_once(
        market,
        [
            lambda: selection.give_cost_statement(code, text="说明其一", actor=low.actor, at=low.at),
            lambda: selection.give_cost_statement(code, text="说明其二", actor=low.actor, at=low.at),
        ],
    )
    assert sorted(given) == ["409 wrong_state", "done"]
    decided = at_once(
        market,
        [
            lambda accept=accept: selection.decide_cost_statement(
                code, agency_uscc=uscc, accept=accept, reason="理由在此", actor=low.owner, at=low.at
            )
            for accept in (True, False)
        ],
    )
    assert sorted(decided) == ["409 wrong_state", "done"]
    with market.app_context(), unit() as session:
        row = session.get_one(CostStatement, number)
        project = session.scalars(sa.select(Project).where(Project.code == code)).one()
        assert row.accepted is (decided[0] == "done")
        assert project.state is ProjectState.ANNOUNCED
        assert project.award_price == (4_000_000 if row.accepted else 8_000_000)


def test_the_job_that_rejects_and_the_last_moments_statement(market: Flask, at: datetime) -> None:
    low, number = committed_low(market, at)
    with market.app_context(), unit() as session:
        due = session.get_one(CostStatement, number).statement_due_at
    results = at_once(
        market,
        [
            lambda: statement_due(number, due, None),
            lambda: statement_due(number, due, None),
            lambda: selection.give_cost_statement(
                low.code, text="赶上了时间", actor=low.actor, at=due - timedelta(seconds=1)
            ),
        ],
    )
    assert results[:2] == ["done", "done"]
    with market.app_context(), unit() as session:
        row = session.get_one(CostStatement, number)
        if results[2] == "done":
            assert (row.statement, row.decided_at) == ("赶上了时间", None)
        else:
            assert results[2] == "409 wrong_state"
            assert (row.statement, row.accepted) == (None, False)
