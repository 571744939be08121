"""Two who come at once to a draw: real threads, real commits; one takes effect, and what it gives is the same."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from supermarket.core.draw import verify_record
from supermarket.core.permissions import Actor, Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.projects.commands import Attachment
from supermarket.selection import operations as selection
from supermarket.selection.bulletins import sales_close_from
from supermarket.selection.models import Award, BulletinEntry, Draw, DrawCorrection, Reveal
from supermarket.selection.notice import standstill_due
from supermarket.selection.queries import draw_record
from supermarket.selection.revealing import name_refusers_due, prepare_reveals, reveal_due
from supermarket.selection.states import AwardState, CorrectionState, DrawState
from tests.factories.accounts import make_actor
from tests.factories.api_world import SICHUAN
from tests.factories.policies import make_policy
from tests.factories.projects import make_enrolled, make_open_project
from tests.migrations.life import settle
from tests.rooms.mistyped import PDF, numbers_for
from tests.threads import at_once, committing_app

NOBODY = Actor(user_id=None, grants=())
NUMBERS = " ".join(f"{number:02d}" for number in range(1, 21))


@pytest.fixture
def market(worker_id: str, redis_address: str, tmp_path: Path) -> Iterator[Flask]:
    """The application where commits are real, on a database of its own."""
    with committing_app(f"{worker_id}_draw_races", redis_address, tmp_path) as made:
        yield made


def witness_of(market: Flask) -> MemoryWitness:
    found = market.extensions["gateways"].witness
    assert isinstance(found, MemoryWitness)
    return found


def waiting(market: Flask, at: datetime, source: str) -> tuple[str, Actor, int]:
    """A draw that waits for its value: the project's code, its owner, the draw's id."""
    with market.app_context():
        with unit():
            make_policy("draw_source_social", source)
            project, owner = make_open_project(at)
            make_enrolled(project, 3, at + timedelta(hours=1))
            code, until, select_at = project.code, project.enrol_until, project.select_at
        assert until is not None and select_at is not None
        settle(until)
        witness_of(market).down = source == "parties"
        settle(select_at)
        witness_of(market).down = False
        return code, owner, db.session.scalars(sa.select(Draw.id)).one()


def state_of(code: str) -> DrawState:
    """Where the draw stands; a drawn one holds."""
    draw = db.session.scalars(sa.select(Draw)).one()
    if draw.state is DrawState.DRAWN:
        assert verify_record(draw_record(code, "main").to_json()).differences == ()
    return draw.state


def test_of_four_who_hand_the_same_reveal_in_one_takes_effect(market: Flask, at: datetime) -> None:
    code, _owner, draw_id = waiting(market, at, "parties")
    r = witness_of(market).reveal(code, "main")
    with market.app_context():
        moment = db.session.get_one(Draw, draw_id).draw_at + timedelta(minutes=1)

    def hand_in() -> object:
        return selection.hand_in_reveal(code, purpose="main", reveal=r, actor=NOBODY, at=moment)

    assert sorted(at_once(market, [hand_in] * 4)) == ["409 wrong_state"] * 3 + ["done"]
    with market.app_context():
        assert state_of(code) is DrawState.DRAWN
        assert len(db.session.scalars(sa.select(Reveal)).all()) == 2


def test_a_reveal_at_the_very_end_counts_or_is_too_late_and_never_both(market: Flask, at: datetime) -> None:
    code, _owner, draw_id = waiting(market, at, "parties")
    r = witness_of(market).reveal(code, "main")
    with market.app_context():
        until = db.session.get_one(Draw, draw_id).reveal_until
    assert until is not None
    results = at_once(
        market,
        [
            lambda: selection.hand_in_reveal(code, purpose="main", reveal=r, actor=NOBODY, at=until),
            lambda: name_refusers_due(draw_id, until, None),
        ],
    )
    with market.app_context():
        counted = results[0] == "done"
        assert results[0] in {"done", "409 wrong_state"}
        assert state_of(code) is (DrawState.DRAWN if counted else DrawState.FALLEN_BACK)
        refused = db.session.scalars(sa.select(Draw.refused)).one()
        assert refused == ([] if counted else ["witness-test"])
        assert len(db.session.scalars(sa.select(Reveal)).all()) == 1 + counted


def test_two_workers_who_have_asked_the_parties_compute_once(market: Flask, at: datetime) -> None:
    code, _owner, draw_id = waiting(market, at, "parties")
    with market.app_context():
        moment = db.session.get_one(Draw, draw_id).draw_at + timedelta(minutes=1)
        prepared = prepare_reveals(draw_id, moment)
    assert at_once(market, [lambda: reveal_due(draw_id, moment, prepared)] * 3) == ["done"] * 3
    with market.app_context():
        assert state_of(code) is DrawState.DRAWN
        assert len(db.session.scalars(sa.select(Reveal)).all()) == 2


def test_owner_and_regulator_who_type_at_the_same_moment_draw_once(market: Flask, at: datetime) -> None:
    code, owner, draw_id = waiting(market, at, "published:kl8")
    with market.app_context(), unit():
        regulator = make_actor(Role.REGULATOR, region_code=SICHUAN)
        draw = db.session.get_one(Draw, draw_id)
        bulletin, moment = selection.Bulletin("2026058", sales_close_from(draw), NUMBERS), draw.draw_at

    def typing(actor: Actor) -> Callable[[], object]:
        return lambda: selection.enter_numbers(code, bulletin, purpose="main", actor=actor, at=moment)

    results = at_once(market, [typing(owner), typing(regulator), typing(owner), typing(regulator)])
    assert set(results) <= {"done", "409 wrong_state"}
    with market.app_context():
        assert state_of(code) is DrawState.DRAWN
        entries = db.session.scalars(sa.select(BulletinEntry.role)).all()
        assert len(entries) == results.count("done")
        assert set(entries) == {"owner", "regulator"}


@dataclass(frozen=True)
class BothMistyped:
    """A draw that both sides have mistyped: who they are, and what the bulletin really says."""

    code: str
    owner: Actor
    regulator: Actor
    true: selection.Bulletin
    at: datetime

    def correcting(self, actor: Actor, at: datetime | None = None) -> Callable[[], object]:
        """One side types it anew."""
        return lambda: selection.correct_numbers(
            self.code,
            self.true,
            reason="看错了一个号码",
            file=Attachment(io.BytesIO(PDF), "公告.pdf"),
            purpose="main",
            actor=actor,
            at=at or self.at,
        )


def both_mistyped(market: Flask, at: datetime) -> BothMistyped:
    code, owner, draw_id = waiting(market, at, "published:kl8")
    with market.app_context():
        with unit():
            regulator = make_actor(Role.REGULATOR, region_code=SICHUAN)
        with unit():
            draw = db.session.get_one(Draw, draw_id)
            typed, moment = selection.Bulletin("2026058", sales_close_from(draw), NUMBERS), draw.draw_at
            for actor in (owner, regulator):
                selection.enter_numbers(code, typed, purpose="main", actor=actor, at=moment)
        true = replace(typed, numbers=numbers_for(db.session.get_one(Draw, draw_id), lambda order: True))
    return BothMistyped(code, owner, regulator, true, moment)


def test_claim_and_answer_of_a_typing_error_at_the_same_moment_compute_once(market: Flask, at: datetime) -> None:
    found = both_mistyped(market, at)
    # Whoever comes after the correction was taken says what is drawn already: 422, and nothing changes.
    results = at_once(market, [found.correcting(actor) for actor in (found.owner, found.regulator) * 2])
    assert set(results) <= {"done", "422 invalid_input"}
    with market.app_context():
        claims = db.session.scalars(sa.select(DrawCorrection)).all()
        assert [(row.number, row.state, row.series) for row in claims] == [(1, CorrectionState.TAKEN, 2)]
        assert {row.role for row in claims[0].entries} == {"owner", "regulator"}
        assert len(claims[0].entries) == results.count("done")
        assert db.session.scalar(sa.select(sa.func.count()).where(Award.state == AwardState.ANNOUNCED)) == 1


def test_the_notice_and_a_claim_at_the_same_moment_do_not_both_win(market: Flask, at: datetime) -> None:
    found = both_mistyped(market, at)
    with market.app_context():
        award = db.session.scalars(sa.select(Award)).one()
        award_id, due = award.id, award.due_at
        assert due is not None

    results = at_once(market, [found.correcting(found.owner, due), lambda: standstill_due(award_id, due, None)])
    with market.app_context():
        claims = db.session.scalar(sa.select(sa.func.count()).select_from(DrawCorrection))
        state = db.session.scalars(sa.select(Award.state)).one()
        assert (results[0], claims, state) in {
            ("done", 1, AwardState.ANNOUNCED),
            ("409 wrong_state", 0, AwardState.AWARDED),
        }
