"""Receipts of several witnesses: asked for in the same tick, as many as the policy wants, each kept once and for ever."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.draw import parse_source, receipt_holds, verify_record
from supermarket.core.errors import RuleBroken
from supermarket.core.events import Event
from supermarket.gateways import current
from supermarket.gateways.witness import WitnessError
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection.models import Draw, DrawReceipt
from supermarket.selection.parties import parties_of, witness_of
from supermarket.selection.queries import draw_record, draws_of
from supermarket.selection.receipts import Receipts, prepare_receipts, receipts_of, receive_receipts
from supermarket.selection.states import DrawState
from tests.factories.policies import make_policy
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.witnesses import make_witnesses, witnessed_by
from tests.rooms.test_selection import present, settle, until_selected


@pytest.fixture
def three(session: Session) -> Iterator[tuple[MemoryWitness, ...]]:
    made = make_witnesses("regulator", "discipline", "neighbour-city")
    with witnessed_by(*made):
        yield made


def frozen(at: datetime, **policies: int | str) -> tuple[Project, Draw]:
    """A project after its freeze, with everything done that could be."""
    for key, value in policies.items():
        make_policy(key, value)
    project, _owner = make_open_project(at)
    make_enrolled(project, 3, at + timedelta(hours=1))
    until = present(project).enrol_until
    assert until is not None
    settle(until)
    (draw,) = draws_of(project.id)
    return present(project), draw


def signers(draw: Draw) -> list[str]:
    return [receipt.by for receipt in receipts_of(draw)]


def test_every_witness_signs_in_the_same_tick_and_is_a_party(three, session: Session, at: datetime) -> None:
    project, draw = frozen(at)
    assert project.draw_parties == ["operator", "regulator", "discipline", "neighbour-city"]
    assert draw.state is DrawState.RECEIPTED and project.draw_locked
    assert signers(draw) == ["regulator", "discipline", "neighbour-city"]
    for witness, receipt in zip(three, receipts_of(draw), strict=True):
        assert receipt_holds(
            bytes.fromhex(witness.verify_key()),
            receipt.signature,
            project=project.code,
            purpose="main",
            pool_hash=draw.pool_hash,
            at=receipt.at,
        )
    told = session.scalars(sa.select(Event).where(Event.tag == "draw.receipted").order_by(Event.id)).all()
    assert [row.data["by"] for row in told] == ["regulator", "discipline", "neighbour-city"]
    until_selected(project)
    assert present(project).state is ProjectState.ANNOUNCED
    record = draw_record(project.code, "main")
    assert record.entered_by == ("operator", "regulator", "discipline", "neighbour-city")
    assert record.receipt is not None and record.receipt.by == "regulator"
    assert verify_record(record.to_json(), {"regulator": bytes.fromhex(three[0].verify_key())}).ok
    assert record.value is not None and len(record.value.split(":")) == 4


def test_a_further_witness_that_is_silent_holds_nothing_up_and_signs_later(
    three, session: Session, at: datetime
) -> None:
    make_policy("draw_source_social", "published:kl8")
    three[1].down = True
    project, draw = frozen(at)
    assert draw.state is DrawState.RECEIPTED
    assert signers(draw) == ["regulator", "neighbour-city"]
    three[1].down = False
    settle(at + timedelta(days=9))
    session.expire_all()
    assert signers(draws_of(project.id)[0]) == ["regulator", "neighbour-city", "discipline"]


def test_without_as_many_receipts_as_the_policy_wants_there_is_no_draw(three, session: Session, at: datetime) -> None:
    three[1].down = three[2].down = True
    make_policy("draw_source_social", "published:kl8")
    project, draw = frozen(at, receipts_needed=3)
    assert (draw.state, signers(draw)) == (DrawState.RECEIPT_PENDING, ["regulator"])
    assert project.draw_locked, "from the first receipt on nothing may change the project"
    three[1].down = False
    select_at = project.select_at
    assert select_at is not None
    settle(select_at)
    session.expire_all()
    assert present(project).state is ProjectState.FROZEN
    assert draws_of(project.id)[0].state is DrawState.RECEIPT_PENDING
    three[2].down = False
    settle(select_at)
    session.expire_all()
    draw = draws_of(project.id)[0]
    assert (draw.state, len(signers(draw))) == (DrawState.RECEIPTED, 3)


def test_without_the_lead_there_is_no_draw_however_many_others_sign(three, session: Session, at: datetime) -> None:
    make_policy("draw_source_social", "published:kl8")
    project, _owner = make_open_project(at)
    make_enrolled(project, 3, at)
    three[0].down = True
    until = present(project).enrol_until
    assert until is not None
    settle(until)
    (draw,) = draws_of(project.id)
    assert (draw.state, signers(draw)) == (DrawState.RECEIPT_PENDING, ["discipline", "neighbour-city"])
    three[0].down = False
    settle(until)
    session.expire_all()
    draw = draws_of(project.id)[0]
    assert (draw.state, signers(draw)[0]) == (DrawState.RECEIPTED, "regulator")


def test_receipts_that_come_twice_are_kept_once(three, session: Session, at: datetime) -> None:
    make_policy("draw_source_social", "published:kl8")
    three[1].down = three[2].down = True
    _project, draw = frozen(at)
    three[1].down = three[2].down = False
    prepared = [prepare_receipts(draw.id, at) for _ in range(2)]
    assert isinstance(prepared[0], Receipts) and prepared[0] == prepared[1]
    assert [receive_receipts(draw.id, at, each) for each in prepared] == [True, False]
    rows = session.scalars(sa.select(DrawReceipt).where(DrawReceipt.draw_id == draw.id)).all()
    assert sorted(row.by for row in rows) == ["discipline", "neighbour-city"]
    assert prepare_receipts(draw.id, at) is None


def test_only_those_that_answer_at_the_publication_are_parties(three, session: Session, at: datetime) -> None:
    three[1].down = True
    project, _owner = make_open_project(at)
    assert project.draw_parties == ["operator", "regulator", "neighbour-city"]
    assert project.draw_source is not None
    source = parse_source(project.draw_source)
    assert [name for name, _c in parties_of(project, source)] == project.draw_parties  # type: ignore[arg-type]
    for each in three:
        each.down = True
    with pytest.raises(RuleBroken) as refused:
        make_open_project(at)
    assert refused.value.code == "witness_down"


def test_a_policy_that_wants_more_witnesses_than_there_are_stops_the_publication(
    three, session: Session, at: datetime
) -> None:
    make_policy("receipts_needed", 4)
    with pytest.raises(RuleBroken) as refused:
        make_open_project(at)
    assert refused.value.code == "too_few_witnesses"


def test_a_party_is_found_by_its_name_and_the_old_name_means_the_lead(three, session: Session) -> None:
    assert witness_of("discipline") is three[1]
    assert witness_of("witness") is current().witness is three[0]
    with pytest.raises(WitnessError) as unknown:
        witness_of("gone")
    assert unknown.value.code == "witness_unknown"
