"""A key or a party is missing, or a box does not open: the bidders hand their bodies in, or are out (selection.md §4)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.errors import InvalidInput, NotFound, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import Role
from supermarket.core.unit import unit
from supermarket.credit.models import CreditEntry
from supermarket.gateways import Gateways, current
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.projects import operations as projects
from supermarket.projects.models import Enrolment
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.models import QuoteHandIn
from supermarket.selection.states import HAND_IN, HandInAction, HandInState
from supermarket.supervision.models import Finding, Level
from supermarket.supervision.tick import tick
from tests.factories.accounts import make_actor
from tests.factories.bidding import Bidding, make_bidding
from tests.factories.quotes import altered, sealed_by

AMOUNTS = (8_000_000, 8_100_000, 8_200_000, 8_300_000)


@pytest.fixture
def witness() -> MemoryWitness:
    """The fake at work; it answers again afterwards."""
    found = current().witness
    assert isinstance(found, MemoryWitness)
    return found


def silent(made: Bidding, witness: MemoryWitness) -> datetime:
    """The witness falls silent after the countersignature; gives the moment at which its key is given up."""
    due = made.listed_at_deadline().key_due_at
    witness.down = True
    for moment in (made.listed.opens_at, due - timedelta(seconds=1)):
        made.pass_to(moment)
    return due


def asked(session: Session) -> list[QuoteHandIn]:
    """Everything that bidders are or were asked for."""
    session.expire_all()
    return list(session.scalars(sa.select(QuoteHandIn).order_by(QuoteHandIn.quote_id)))


def give(made: Bidding, place: int, at: datetime) -> None:
    """A bidder hands its kept body in."""
    with unit():
        selection.hand_in_body(made.code, made.bodies[place], actor=made.bidders[place][1], at=at)


def test_a_silent_witness_is_waited_for_one_working_day_and_no_more(
    session: Session, at: datetime, witness: MemoryWitness
) -> None:
    made = make_bidding(at, *AMOUNTS)
    try:
        due = silent(made, witness)
        assert asked(session) == []
        made.pass_to(due)
        made.pass_to(due)
        rows = asked(session)
        assert [(row.cause, row.state, row.due_at) for row in rows] == [
            ("key_missing_witness", HandInState.ASKED, due + timedelta(hours=24))
        ] * 4
        card = session.scalars(sa.select(Finding).where(Finding.code == "quote_key_missing_witness")).one()
        assert card.level is Level.RED
        for place in range(3):
            give(made, place, due + timedelta(hours=place))
        assert made.listed.opened_at is None
        last = rows[3].due_at
        made.pass_to(last - timedelta(seconds=1))
        assert len(made.opened()) == 3
        made.pass_to(last)
        made.pass_to(last)
    finally:
        witness.down = False
    missed = made.bidders[3][0]
    assert made.opened()[missed.uscc] == (None, "not_handed_in")
    assert [row.state for row in asked(session)] == [HandInState.GIVEN] * 3 + [HandInState.MISSED]
    entry = session.scalars(sa.select(CreditEntry).where(CreditEntry.uscc == missed.uscc)).one()
    assert (entry.event, entry.points, entry.project_code) == ("quote_not_handed_in", -10, made.code)
    row = session.scalars(sa.select(Enrolment).where(Enrolment.agency_id == missed.id)).one()
    assert (row.state, row.exclusion_code) == (EnrolmentState.EXCLUDED, "not_handed_in")
    assert made.listed.opened_at == last
    assert made.project.state is ProjectState.ANNOUNCED
    assert made.project.winner_id == made.bidders[0][0].id


def test_where_the_witness_comes_back_nobody_is_late(session: Session, at: datetime, witness: MemoryWitness) -> None:
    made = make_bidding(at, *AMOUNTS)
    try:
        due = silent(made, witness)
        made.pass_to(due)
        give(made, 0, due + timedelta(hours=1))
    finally:
        witness.down = False
    made.pass_to(due + timedelta(hours=2))
    assert [row.state for row in asked(session)] == [HandInState.GIVEN] + [HandInState.OPENED] * 3
    assert sorted(amount or 0 for amount, _code in made.opened().values()) == sorted(AMOUNTS)
    made.pass_to(due + timedelta(days=2))
    assert session.scalars(sa.select(CreditEntry)).all() == []


def test_a_witness_that_never_answered_leaves_the_list_without_its_signature(
    session: Session, at: datetime, witness: MemoryWitness
) -> None:
    made = make_bidding(at, *AMOUNTS)
    witness.down = True
    try:
        due = made.listed_at_deadline().key_due_at
        assert made.listed.countersignature is None
        made.pass_to(due)
        for place in range(4):
            give(made, place, due + timedelta(hours=1))
    finally:
        witness.down = False
    assert made.listed.opened_at == due + timedelta(hours=1)
    assert len(made.opened()) == 4


def test_the_operators_lost_key_is_named_and_the_bodies_do(session: Session, at: datetime, tmp_path: Path) -> None:
    made = make_bidding(at, *AMOUNTS)
    listed = made.listed_at_deadline()
    gateways: Gateways = current()
    kept = gateways.keys
    del kept._kept_secrets[f"projects/{made.code}/quotes"]  # type: ignore[attr-defined]  # MemoryKeys, as after a lost disk
    made.pass_to(listed.opens_at)
    assert (made.opened(), asked(session)) == ({}, [])
    made.pass_to(listed.key_due_at)
    assert {row.cause for row in asked(session)} == {"key_missing_operator"}
    assert (
        session.scalars(sa.select(Finding).where(Finding.code == "quote_key_missing_operator")).one().level is Level.RED
    )
    for place in range(4):
        give(made, place, listed.key_due_at + timedelta(minutes=place))
    assert sorted(amount or 0 for amount, _code in made.opened().values()) == sorted(AMOUNTS)


def test_only_the_bidder_whose_box_does_not_open_is_asked_and_at_once(session: Session, at: datetime) -> None:
    made = make_bidding(at, *AMOUNTS[:3], bidders=4)
    agency, actor = made.bidders[3]
    kept = sealed_by(actor, made.code, 7_900_000)
    with unit():
        selection.submit_quote(made.code, altered(kept.sealed), actor=actor, at=made.at)
    opens_at = made.listed_at_deadline().opens_at
    made.pass_to(opens_at)
    (row,) = asked(session)
    assert (row.cause, row.due_at, row.quote.agency_id) == ("does_not_open", opens_at + timedelta(hours=24), agency.id)
    assert made.project.select_at is not None
    made.pass_to(made.project.select_at)
    assert made.project.state is ProjectState.FROZEN, "the selection waits for the body"
    made.pass_to(row.due_at)
    assert made.opened()[agency.uscc] == (None, "not_handed_in")
    made.pass_to(row.due_at + timedelta(seconds=10))
    assert made.project.state is ProjectState.ANNOUNCED


def test_every_wrong_body_gets_one_sentence_and_may_be_mended_in_time(
    session: Session, at: datetime, witness: MemoryWitness
) -> None:
    made = make_bidding(at, *AMOUNTS)
    actor = made.bidders[0][1]
    with pytest.raises(NotFound):
        selection.hand_in_body(made.code, made.bodies[0], actor=actor, at=made.at)
    try:
        due = silent(made, witness)
        made.pass_to(due)
        good = made.bodies[0]
        before = session.scalar(sa.select(sa.func.count()).select_from(Event))
        for body, code in (
            (b"", "other_commitment"),
            (b"quote-v1", "other_commitment"),
            (good[:-1], "other_commitment"),
            (good.replace(b"8000000", b"7000000"), "other_commitment"),
            (made.bodies[1], "other_commitment"),
            (b"\xff" * 40, "other_commitment"),
        ):
            with pytest.raises(InvalidInput) as refused, unit():
                selection.hand_in_body(made.code, body, actor=actor, at=due + timedelta(hours=1))
            assert [(error.field, error.code) for error in refused.value.errors] == [("body", code)]
        assert session.scalar(sa.select(sa.func.count()).select_from(Event)) == before
        assert made.opened() == {}
        give(made, 0, due + timedelta(hours=2))
        late = due + timedelta(hours=24)
        for place, moment in ((0, due + timedelta(hours=3)), (1, late)):
            with pytest.raises(WrongState):
                give(made, place, moment)
        assert len(made.opened()) == 1
    finally:
        witness.down = False


def test_a_suspension_moves_the_time_for_the_body(session: Session, at: datetime, witness: MemoryWitness) -> None:
    made = make_bidding(at, *AMOUNTS)
    supervisor = make_actor(Role.SUPERVISOR, region_code="510000")
    try:
        due = silent(made, witness)
        made.pass_to(due)
        before = asked(session)[0].due_at
        with unit():
            projects.suspend(made.code, reason="投诉处理中", actor=supervisor, at=due + timedelta(hours=1))
        made.pass_to(before + timedelta(hours=1))
        assert {row.state for row in asked(session)} == {HandInState.ASKED}
        with unit():
            projects.resume(made.code, reason="投诉不成立", actor=supervisor, at=due + timedelta(days=3))
        assert asked(session)[0].due_at > before
        give(made, 0, before + timedelta(hours=1))
    finally:
        witness.down = False


def test_the_table_of_states_and_the_database_keep_what_was_asked(session: Session, at: datetime) -> None:
    for state in HandInState:
        for action in HandInAction:
            assert HAND_IN.can(state, action) == (state is HandInState.ASKED)
    made = make_bidding(at, *AMOUNTS[:3], bidders=4)
    kept = sealed_by(made.bidders[3][1], made.code, 7_900_000)
    with unit():
        selection.submit_quote(made.code, altered(kept.sealed), actor=made.bidders[3][1], at=made.at)
    opens_at = made.listed_at_deadline().opens_at
    made.pass_to(opens_at)
    statements: list[str] = [
        "UPDATE trade.quote_hand_ins SET due_at = due_at - interval '1 hour'",
        "UPDATE trade.quote_hand_ins SET cause = 'none'",
        "DELETE FROM trade.quote_hand_ins",
        "TRUNCATE trade.quote_hand_ins",
    ]
    for statement in statements:
        with pytest.raises(sa.exc.DBAPIError), session.begin_nested():
            session.execute(sa.text(statement))
    with unit():
        selection.hand_in_body(made.code, kept.body, actor=made.bidders[3][1], at=opens_at)
    with pytest.raises(sa.exc.DBAPIError), session.begin_nested():
        session.execute(sa.text("UPDATE trade.quote_hand_ins SET state = 'missed'"))


def test_jobs_run_twice_do_each_thing_once(session: Session, at: datetime, witness: MemoryWitness) -> None:
    made = make_bidding(at, *AMOUNTS)
    count: Callable[[], int] = lambda: session.scalar(sa.select(sa.func.count()).select_from(Event)) or 0  # noqa: E731
    try:
        due = silent(made, witness)
        made.pass_to(due)
        before = count()
        assert tick(due).total == 0
        late = due + timedelta(hours=24)
        made.pass_to(late)
        assert made.project.state is ProjectState.FAILED
        assert session.scalar(sa.select(sa.func.count()).select_from(CreditEntry)) == 4
        after = count()
        assert tick(late).total == 0
        assert (after > before, count()) == (True, after)
    finally:
        witness.down = False
