"""Draws by parties: kept as they come in; who does not reveal in ten minutes is named, and the lottery decides alone."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.accounts.models import OrganisationKind
from supermarket.core.draw import PublishedSource, parse_source, verify_record
from supermarket.core.errors import Conflict, InvalidInput, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import Actor, Role
from supermarket.credit.models import CreditEntry
from supermarket.gateways import current
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.candidates import source_of_next_draw
from supermarket.selection.deadlines import DUE
from supermarket.selection.models import Draw, Reveal
from supermarket.selection.queries import draw_record
from supermarket.selection.states import DrawState
from supermarket.supervision.models import Finding, Level
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.api_world import SICHUAN
from tests.factories.witnesses import make_witnesses, witnessed_by
from tests.rooms.drawing import Waiting, receipted, silent, witness
from tests.rooms.test_selection import present, settle

NUMBERS = " ".join(f"{number:02d}" for number in range(1, 21))
NOBODY = Actor(user_id=None, grants=())
WITNESS = "witness-test"
SECOND, TEN = timedelta(seconds=1), timedelta(minutes=10)


def commitments(draw: Draw) -> list[str]:
    return draw.source.split(":")[1:]


def operators_reveal(found: Waiting) -> str:
    return current().keys.chain_reveal(found.project.code, commitments(found.draw)[0])


def test_what_one_party_revealed_is_kept_while_the_other_is_silent(session: Session, at: datetime) -> None:
    found = silent(at)
    (kept,) = session.scalars(sa.select(Reveal)).all()
    assert (kept.party, kept.commitment, kept.reveal) == (
        "operator",
        commitments(found.draw)[0],
        operators_reveal(found),
    )
    assert (found.draw.state, found.draw.value) == (DrawState.RECEIPTED, None)
    assert found.draw.reveal_until == found.draw.draw_at + TEN
    witness().down = False
    settle(found.draw.draw_at + TEN - SECOND)
    assert present(found.project).state is ProjectState.ANNOUNCED
    record = draw_record(found.project.code, "main")
    assert (record.entered_by, record.refused) == (("operator", WITNESS), ())
    assert record.source_time == found.draw.draw_at + TEN - SECOND
    assert record.value is not None and record.value.startswith(operators_reveal(found) + ":")
    assert verify_record(record.to_json()).differences == ()


def test_who_is_silent_for_ten_minutes_is_named_and_gets_a_red_card(session: Session, at: datetime) -> None:
    office = make_organisation(OrganisationKind.AUTHORITY, region_code=SICHUAN)
    found = silent(at)
    until = found.draw.draw_at + TEN
    settle(until - SECOND)
    assert found.draw.state is DrawState.RECEIPTED
    settle(until)
    draw = found.draw
    assert (draw.state, draw.refused, draw.refused_at) == (DrawState.FALLEN_BACK, [WITNESS], until)
    assert draw.draw_at == until + timedelta(minutes=60)
    assert present(found.project).draw_locked
    (told,) = session.scalars(sa.select(Event).where(Event.tag == "draw.refused")).all()
    assert told.data["refused"] == [WITNESS] and told.data["lottery"] == "kl8"
    (finding,) = session.scalars(sa.select(Finding)).all()
    assert (finding.code, finding.level, finding.project_code) == ("did_not_reveal", Level.RED, found.project.code)
    assert (finding.evidence, finding.organisation_id) == ({"party": WITNESS, "purpose": "main"}, office.id)
    settle(until)
    assert len(session.scalars(sa.select(Finding)).all()) == 1


def test_the_lottery_then_decides_alone_and_the_record_says_why(session: Session, at: datetime) -> None:
    found = silent(at)
    settle(found.draw.draw_at + TEN)
    closes = found.draw.draw_at
    bulletin = selection.Bulletin("2026058", closes, NUMBERS)
    regulator = make_actor(Role.REGULATOR, region_code=SICHUAN)
    witness().down = False
    settle(closes)  # whoever answers now answers too late
    assert found.draw.state is DrawState.FALLEN_BACK
    with pytest.raises(WrongState):
        selection.enter_numbers(found.project.code, bulletin, purpose="main", actor=found.owner, at=closes - SECOND)
    for actor in (found.owner, regulator):
        selection.enter_numbers(found.project.code, bulletin, purpose="main", actor=actor, at=closes + SECOND)
    assert present(found.project).state is ProjectState.ANNOUNCED
    record = draw_record(found.project.code, "main")
    assert (record.value, record.entered_by, record.refused) == (NUMBERS, ("owner", "regulator"), (WITNESS,))
    assert record.source_time == closes
    checked = verify_record(record.to_json())
    assert (checked.differences, checked.not_checked) == ((), ("receipt signature", "bulletin"))
    assert found.draw.issue == "2026058"


def test_after_the_naming_no_reveal_is_taken(session: Session, at: datetime) -> None:
    found = silent(at)
    settle(found.draw.draw_at + TEN)
    witness().down = False
    late = witness().reveal(found.project.code, "main")
    with pytest.raises(WrongState) as refused:
        selection.hand_in_reveal(found.project.code, purpose="main", reveal=late, actor=NOBODY, at=found.draw.draw_at)
    assert refused.value.state == "fallen_back"
    assert [row.party for row in session.scalars(sa.select(Reveal))] == ["operator"]


def test_anybody_hands_in_what_a_party_revealed_so_nobody_is_called_silent_who_was_not(
    session: Session, at: datetime
) -> None:
    found = silent(at)
    witness().down = False
    r, moment = witness().reveal(found.project.code, "main"), found.draw.draw_at + timedelta(minutes=9)
    for wrong in ("ab" * 32, "", r.upper(), r[:-1]):
        with pytest.raises(InvalidInput) as refused:
            selection.hand_in_reveal(found.project.code, purpose="main", reveal=wrong, actor=NOBODY, at=moment)
        assert [(error.field, error.code) for error in refused.value.errors] == [("reveal", "not_revealed")]
    with pytest.raises(Conflict) as doubled:
        selection.hand_in_reveal(
            found.project.code, purpose="main", reveal=operators_reveal(found), actor=NOBODY, at=moment
        )
    assert doubled.value.code == "revealed_before"
    selection.hand_in_reveal(found.project.code, purpose="main", reveal=f" {r}\n", actor=NOBODY, at=moment)
    assert present(found.project).state is ProjectState.ANNOUNCED
    with pytest.raises(WrongState):
        selection.hand_in_reveal(found.project.code, purpose="main", reveal=r, actor=NOBODY, at=moment)


def test_no_reveal_is_taken_before_the_draws_time(session: Session, at: datetime) -> None:
    found = receipted(at, "parties")
    r, select_at = witness().reveal(found.project.code, "main"), found.project.select_at
    assert select_at is not None
    with pytest.raises(WrongState):
        selection.hand_in_reveal(found.project.code, purpose="main", reveal=r, actor=NOBODY, at=select_at - SECOND)


def test_a_market_that_stood_still_gives_the_parties_their_minutes_when_it_is_back(
    session: Session, at: datetime
) -> None:
    """What comes of the draw must not hang on how long the worker was away."""
    found = receipted(at, "parties")
    assert found.project.select_at is not None
    back = found.project.select_at + timedelta(hours=2)
    witness().down = True
    settle(back)
    assert (found.draw.state, found.draw.reveal_until) == (DrawState.RECEIPTED, back + TEN)
    witness().down = False
    settle(back + timedelta(minutes=1))
    assert present(found.project).state is ProjectState.ANNOUNCED
    assert draw_record(found.project.code, "main").refused == ()


def test_where_all_are_silent_all_are_named(session: Session, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    found = receipted(at, "parties")
    witness().down = True
    broken = {name: b'{"seed": "%s"}' % (b"00" * 32) for name in current().keys._kept_secrets if "chain" in name}  # type: ignore[attr-defined]  # a lost key file
    current().keys._kept_secrets.update(broken)  # type: ignore[attr-defined]  # as above
    assert found.project.select_at is not None
    settle(found.project.select_at)
    settle(found.project.select_at + TEN)
    assert (found.draw.refused, found.draw.state) == (["operator", WITNESS], DrawState.FALLEN_BACK)
    assert len(session.scalars(sa.select(Finding)).all()) == 2


def test_after_a_refusal_the_lottery_decides_the_projects_further_draws(session: Session, at: datetime) -> None:
    found = silent(at)
    assert source_of_next_draw(present(found.project)).startswith("parties:")
    settle(found.draw.draw_at + TEN)
    assert parse_source(source_of_next_draw(present(found.project))) == PublishedSource("kl8")


def test_an_owner_that_is_a_party_and_does_not_reveal_pays_with_its_credit(session: Session, at: datetime) -> None:
    found = receipted(at, "parties")
    found.project.draw_parties = ["operator", "owner"]
    session.commit()
    assert found.project.select_at is not None
    settle(found.project.select_at)
    settle(found.project.select_at + TEN)
    assert found.draw.refused == ["owner"]
    (entry,) = session.scalars(sa.select(CreditEntry)).all()
    assert (entry.uscc, entry.points) == (found.project.owner.uscc, -10)
    (finding,) = session.scalars(sa.select(Finding)).all()
    assert finding.organisation_id == found.project.owner_id


def test_three_parties_and_one_that_is_silent(session: Session, at: datetime) -> None:
    """Whoever revealed has done so for good, whoever did not is named, however many they are."""
    made = make_witnesses("regulator", "discipline")
    with witnessed_by(*made):
        found = receipted(at, "parties")
        made[1].down = True
        assert found.project.select_at is not None
        settle(found.project.select_at)
        assert [row.party for row in session.scalars(sa.select(Reveal))] == ["operator", "regulator"]
        settle(found.project.select_at + TEN)
    assert found.draw.refused == ["discipline"]


def test_two_ticks_over_a_refusal_name_once(session: Session, at: datetime) -> None:
    found = silent(at)
    until = found.draw.draw_at + TEN
    kinds = {kind.name: kind for kind in DUE}
    ((due, number),) = kinds["draw.refusal"].find(until, 10)
    assert due == until
    assert kinds["draw.refusal"].act(number, until, None) is True
    assert kinds["draw.refusal"].act(number, until, None) is False
    assert kinds["draw.refusal"].find(until, 10) == []
    assert kinds["draw.reveal"].act(number, until, None) is False
