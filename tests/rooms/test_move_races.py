"""Two who come at once about one person: one takes effect, the other is refused, nobody works for two; real threads."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from supermarket.agencies import operations
from supermarket.agencies.commands import NewPractitioner
from supermarket.agencies.models import MoveState, Practitioner, PractitionerMove
from supermarket.core.unit import unit
from supermarket.data.invent import invented_identity_number
from supermarket.extensions import db
from supermarket.projects import operations as projects
from supermarket.projects.commands import Enrol
from tests.factories.agencies import LONG, make_agency, make_agency_actor, make_move, make_practitioner
from tests.factories.matters import make_kinds
from tests.factories.projects import make_open_project, make_operator, needed_people
from tests.threads import at_once, committing_app

REFUSED = ("409 ", "422 ")


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a database of its own, where commits are real."""
    with committing_app(f"{worker_id}_moves", redis_address, tmp_path_factory.mktemp("moves")) as made:
        yield made


def live(identity_hash: str) -> int:
    query = sa.select(sa.func.count()).where(
        Practitioner.identity_hash == identity_hash, Practitioner.released_at.is_(None)
    )
    return db.session.scalar(query) or 0


@pytest.mark.parametrize("serial", range(300_601, 300_606))
def test_two_agencies_file_the_same_person_at_once(market: Flask, at: datetime, serial: int) -> None:
    identity = invented_identity_number(serial)
    with market.app_context(), unit():
        make_kinds()
        sides = [
            (agency.uscc, make_agency_actor(agency)) for agency in (make_agency(matters=()), make_agency(matters=()))
        ]

    def file(place: int) -> object:
        uscc, actor = sides[place]
        command = NewPractitioner("同人", "Q064", f"川{serial}{place}", LONG, identity)
        return operations.add_practitioner(uscc, command, actor=actor, at=at)

    results = at_once(market, [lambda: file(0), lambda: file(1)])
    with market.app_context(), unit() as session:
        people = session.scalars(
            sa.select(Practitioner).where(Practitioner.name == "同人", Practitioner.released_at.is_(None))
        ).all()
        ours = [row for row in people if row.agency.uscc in {uscc for uscc, _actor in sides}]
        assert len(ours) == 1
        assert live(ours[0].identity_hash) == 1
        asked = session.scalars(sa.select(PractitionerMove).where(PractitionerMove.practitioner_id == ours[0].id)).all()
    # Who comes a moment later is refused, or asks for the person by the request that any later filing becomes.
    assert "done" in results
    assert all(result == "done" or result.startswith(REFUSED) for result in results), results
    assert results.count("done") == 1 + len(asked)


@pytest.mark.parametrize("_round", range(3))
def test_a_move_is_granted_once(market: Flask, at: datetime, _round: int) -> None:
    with market.app_context(), unit():
        home, other = make_agency(matters=()), make_agency(matters=())
        person = make_practitioner(home)
        asked = make_move(person, other, at=at)
        asked.state, asked.answer_due_at, asked.disputed_at, asked.decision_due_at = MoveState.DISPUTED, None, at, at
        move, identity_hash = asked.id, person.identity_hash
        operator, holder, asker = make_operator(), make_agency_actor(home), make_agency_actor(other)
    results = at_once(
        market,
        [
            lambda: operations.decide_move(move, grant=True, reason="因", actor=operator, at=at),
            lambda: operations.decide_move(move, grant=True, reason="因", actor=operator, at=at),
            lambda: operations.release_move(move, actor=holder, at=at),
            lambda: operations.withdraw_move(move, actor=asker, at=at),
        ],
    )
    assert sorted(result[:4] for result in results) == ["409 ", "409 ", "409 ", "done"], results
    with market.app_context(), unit():
        assert live(identity_hash) == 1


def test_two_moves_that_cross_do_not_block_each_other(market: Flask, at: datetime) -> None:
    with market.app_context(), unit():
        left, right = make_agency(matters=()), make_agency(matters=())
        there = make_move(make_practitioner(left), right, at=at).id
        back = make_move(make_practitioner(right), left, at=at).id
        holders = (make_agency_actor(left), make_agency_actor(right))
    results = at_once(
        market,
        [
            lambda: operations.release_move(there, actor=holders[0], at=at),
            lambda: operations.release_move(back, actor=holders[1], at=at),
        ],
    )
    assert results == ["done", "done"]


@pytest.mark.parametrize("_round", range(3))
def test_who_is_named_and_released_at_once_is_one_of_both(market: Flask, at: datetime, _round: int) -> None:
    with market.app_context(), unit():
        project, _owner = make_open_project(at)
        agency = make_agency(matters=(project.matter_code,), practitioners=max(1, needed_people(project.matter_code)))
        actor, uscc, code = make_agency_actor(agency), agency.uscc, project.code
        people = tuple(row.id for row in agency.practitioners)
    results = at_once(
        market,
        [
            lambda: projects.enrol(code, Enrol(practitioner_ids=people), actor=actor, at=at),
            lambda: operations.release_practitioner(uscc, people[0], actor=actor, at=at),
        ],
    )
    assert sorted(result[:4] for result in results) == ["422 ", "done"], results
