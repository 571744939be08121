"""Two at once about exceptions and drafts: exactly one takes effect; real threads, real commits."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.projects import operations
from supermarket.projects.exception_models import RequirementException
from supermarket.projects.models import Project
from supermarket.projects.states import ExceptionState, ProjectState
from supermarket.selection.publication import sources_for
from tests.factories.exceptions import ask_command, make_asked, make_granted, make_refused_draft
from tests.factories.projects import draft_command, make_operator, make_owner_actor
from tests.threads import at_once, committing_app


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a database where commits are real."""
    with committing_app(f"{worker_id}_exceptions", redis_address, tmp_path_factory.mktemp("exceptions")) as made:
        yield made


def state_of(number: int) -> ExceptionState:
    return db.session.execute(
        sa.select(RequirementException.state).where(RequirementException.id == number)
    ).scalar_one()


def test_a_double_click_makes_one_draft(market: Flask, at: datetime) -> None:
    with market.app_context():
        with unit():
            owner, actor = make_owner_actor()
            command, owner_id = draft_command(owner, draft_key="double-click"), owner.id
        done = at_once(market, [lambda: operations.draft(command, actor=actor, at=at)] * 3)
        assert done == ["done"] * 3
        assert db.session.scalar(sa.select(sa.func.count()).where(Project.owner_id == owner_id)) == 1


def test_the_same_exception_is_asked_once(market: Flask, at: datetime) -> None:
    with market.app_context():
        with unit():
            project, actor = make_refused_draft(at)
            code = project.code
        done = at_once(market, [lambda: operations.ask(code, ask_command(), actor=actor, at=at)] * 2)
        assert sorted(done) == ["409 asked_already", "done"]


def test_granting_and_withdrawing_at_once(market: Flask, at: datetime) -> None:
    with market.app_context():
        with unit():
            row, actor = make_asked(at)
            number, operator = row.id, make_operator()
        done = at_once(
            market,
            [
                lambda: operations.deny(number, reason="法律没有规定", actor=operator, at=at),
                lambda: operations.withdraw_exception(number, actor=actor, at=at),
            ],
        )
        assert sorted(done) == ["409 wrong_state", "done"]
        assert state_of(number) in (ExceptionState.DENIED, ExceptionState.WITHDRAWN)


def test_publishing_and_revoking_at_once_never_leaves_a_notice_without_its_exception(
    market: Flask, at: datetime
) -> None:
    with market.app_context():
        with unit():
            row, actor = make_granted(at)
            number, code, operator = row.id, row.project.code, make_operator()
            sources = sources_for(row.project, at=at)
        done = at_once(
            market,
            [
                lambda: operations.submit(code, sources=sources, actor=actor, at=at),
                lambda: operations.revoke(number, reason="依据已经废止", actor=operator, at=at),
            ],
        )
        state = db.session.execute(sa.select(Project.state).where(Project.code == code)).scalar_one()
        outcome = (state, state_of(number), sorted(done))
        assert outcome in (
            (ProjectState.OPEN, ExceptionState.IN_FORCE, ["409 wrong_state", "done"]),
            (ProjectState.DRAFT, ExceptionState.REVOKED, ["422 rule_broken", "done"]),
        )
