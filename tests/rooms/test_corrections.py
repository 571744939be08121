"""Both sides mistyped a bulletin alike: computed again, never drawn again, only before the notice, the wrong one kept."""

import io
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.draw import verify_record
from supermarket.core.errors import Forbidden, InvalidInput, MarketError, NotFound, RuleBroken, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Actor, Role
from supermarket.documents.models import Document
from supermarket.projects.commands import Attachment
from supermarket.projects.models import Enrolment
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.computed import computations, computed
from supermarket.selection.corrections import BULLETIN_LIMIT
from supermarket.selection.models import Award, CorrectionEntry, DrawCorrection, Rank, StageRun
from supermarket.selection.queries import draw_record, draws_of, live_award, ranks_of
from supermarket.selection.record.contents import contents
from supermarket.selection.series import choice_in
from supermarket.selection.states import AwardState, CorrectionState
from tests.factories.accounts import make_actor
from tests.factories.projects import SICHUAN, make_enrolled, make_open_project
from tests.rooms.mistyped import NUMBERS, PDF, Mistyped, mistyped, order_of
from tests.rooms.test_selection import present, settle

NOBODY = Actor(user_id=None, grants=())


def another_winner(found: Mistyped) -> selection.Bulletin:
    """A bulletin by which somebody else is first."""
    first = found.draw.order[0] if found.draw.order else ""
    return found.true(lambda order: order[0] != first)


def tags(session: Session, code: str) -> list[str]:
    """The events of a project that speak of a correction, in their order."""
    rows = session.scalars(sa.select(Event).where(Event.project_code == code).order_by(Event.id))
    return [row.tag for row in rows if "correct" in row.tag or row.tag == "project.computed_again"]


def test_a_proven_error_is_computed_again_from_the_same_pool_and_receipt(session: Session, at: datetime) -> None:
    found = mistyped(at)
    before = draw_record(found.code, "main")
    wrong = live_award(found.project.id)
    assert wrong is not None and wrong.announced_at is not None
    true = another_winner(found)

    claim = found.enter(true, found.regulator)
    assert (claim.state, claim.opened_by, claim.number) == (CorrectionState.OPEN, "regulator", 1)
    assert draw_record(found.code, "main") == before
    assert found.enter(true, found.owner).state is CorrectionState.TAKEN

    after = draw_record(found.code, "main")
    assert (after.pool_file, after.receipt, after.excluded) == (before.pool_file, before.receipt, before.excluded)
    assert (after.value, after.order) == (true.numbers, order_of(found.draw, true.numbers))
    assert verify_record(after.to_json()).differences == ()
    assert found.draw.value == NUMBERS  # what was drawn first is never changed
    assert [item.value for item in computations(found.draw)] == [NUMBERS, true.numbers]
    assert found.project.state is ProjectState.ANNOUNCED
    assert found.project.series == 2
    assert [row.agency.uscc for row in ranks_of(found.project)] == list(after.order or ())
    awards = session.scalars(sa.select(Award).order_by(Award.id)).all()
    assert [(row.series, row.state, row.agency.uscc) for row in awards] == [
        (1, AwardState.CLOSED, (before.order or ("",))[0]),
        (2, AwardState.ANNOUNCED, (after.order or ("",))[0]),
    ]
    assert awards[0].reason != ""
    assert found.project.winner_id == awards[1].agency_id
    # A new standstill, counted from the correction.
    assert awards[1].announced_at == found.at
    assert awards[1].due_at is not None and awards[1].due_at > found.at
    assert tags(session, found.code) == [
        "draw.correction_claimed",
        "draw.correction_entered",
        "draw.correction_entered",
        "draw.corrected",
        "project.computed_again",
    ]
    settle(awards[1].due_at)
    assert found.project.state is ProjectState.AWARDED


def test_what_was_drawn_is_no_error(session: Session, at: datetime) -> None:
    found = mistyped(at)
    with pytest.raises(InvalidInput) as refused:
        found.enter(found.typed, found.owner)
    assert [(error.field, error.code) for error in refused.value.errors] == [("numbers", "as_drawn")]
    assert session.scalars(sa.select(DrawCorrection)).all() == []


def test_an_open_claim_holds_the_notice_until_both_have_typed(session: Session, at: datetime) -> None:
    found = mistyped(at)
    award = live_award(found.project.id)
    assert award is not None and award.due_at is not None
    found.enter(another_winner(found), found.owner)
    settle(award.due_at + timedelta(days=1))
    assert found.project.state is ProjectState.ANNOUNCED
    # The other side types what was drawn: they differ, and each may type its own anew.
    late = award.due_at + timedelta(days=1)
    assert found.enter(found.typed, found.regulator, late).state is CorrectionState.OPEN
    assert found.enter(found.typed, found.owner, late).state is CorrectionState.REFUTED
    assert found.project.series == 1
    assert tags(session, found.code)[-3:] == [
        "draw.correction_differs",
        "draw.correction_entered",
        "draw.correction_refuted",
    ]
    settle(late)
    assert found.project.state is ProjectState.AWARDED


def test_after_the_notice_nothing_is_computed_again(session: Session, at: datetime) -> None:
    found = mistyped(at)
    true = another_winner(found)
    award = live_award(found.project.id)
    assert award is not None and award.due_at is not None
    late = award.due_at + timedelta(hours=1)
    settle(award.due_at)
    assert found.project.state is ProjectState.AWARDED
    for actor in (found.owner, found.regulator):
        with pytest.raises(WrongState):
            found.enter(true, actor, late)
    assert session.scalars(sa.select(CorrectionEntry)).all() == []


def test_before_the_draw_there_is_nothing_to_correct(session: Session, at: datetime) -> None:
    found = mistyped(at)
    project, owner = make_open_project(at)
    make_enrolled(project, 3, at)
    for name in ("enrol_until", "select_at"):
        settle(getattr(present(project), name))
    with pytest.raises(WrongState):
        replace(found, code=project.code, owner=owner).enter(found.typed, owner)
    with pytest.raises(NotFound):
        found.enter(found.typed, found.owner, purpose="tie1")


def test_a_draw_by_parties_has_no_bulletin(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at)
    make_enrolled(project, 3, at)
    for name in ("enrol_until", "select_at"):
        settle(getattr(present(project), name))
    found = mistyped(at)
    with pytest.raises(RuleBroken) as refused:
        replace(found, code=project.code, owner=owner).enter(found.typed, owner)
    assert refused.value.code == "other_source"


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR, Role.AGENCY, Role.EXPERT, Role.EDITOR, Role.OWNER])
def test_nobody_else_claims(session: Session, at: datetime, role: Role) -> None:
    found = mistyped(at)
    region = {} if role in (Role.OWNER, Role.AGENCY, Role.EXPERT) else {"region_code": SICHUAN}
    for actor in (make_actor(role, **region), make_actor(Role.REGULATOR, region_code="310000"), SYSTEM, NOBODY):  # type: ignore[arg-type]  # a region
        with pytest.raises(Forbidden):
            found.enter(another_winner(found), actor)
    assert session.scalars(sa.select(DrawCorrection)).all() == []


def test_one_person_does_not_answer_itself(session: Session, at: datetime) -> None:
    found = mistyped(at)
    true = another_winner(found)
    found.enter(true, found.owner)
    with pytest.raises(Forbidden):
        found.enter(true, Actor(user_id=found.owner.user_id, grants=found.regulator.grants))
    assert found.project.series == 1


WRONG: list[tuple[dict[str, object], str]] = [
    ({"numbers": "3 7 12"}, "numbers"),
    ({"numbers": NUMBERS.replace("20", "81")}, "numbers"),
    ({"issue": "２０２６"}, "issue"),
    ({"closed_at": timedelta(seconds=-1)}, "closed_at"),
    ({"closed_at": timedelta(days=2)}, "closed_at"),
    ({"reason": "  "}, "reason"),
    ({"file": None}, "file"),
    ({"file": Attachment(io.BytesIO(b"<html>"), "公告.pdf")}, "file"),
    ({"file": Attachment(io.BytesIO(b""), "公告.pdf")}, "file"),
    ({"file": Attachment(io.BytesIO(PDF), "公告.xlsx")}, "file"),
    ({"file": Attachment(io.BytesIO(PDF[:-6] + b" " * BULLETIN_LIMIT + PDF[-6:]), "公告.pdf")}, "file"),
]


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_bad_input_is_refused_at_its_field_and_changes_nothing(
    session: Session, at: datetime, change: dict[str, object], field: str
) -> None:
    found = mistyped(at)
    true = another_winner(found)
    shift = change.get("closed_at")
    words = {name: value for name, value in change.items() if name in ("numbers", "issue")}
    if isinstance(shift, timedelta):
        words["closed_at"] = true.closed_at + shift
    rest = {name: value for name, value in change.items() if name in ("reason", "file")}
    files = len(session.scalars(sa.select(Document)).all())
    with pytest.raises(InvalidInput) as refused:
        found.enter(replace(true, **words), found.owner, **rest)  # type: ignore[arg-type]  # real fields
    assert [error.field for error in refused.value.errors] == [field]
    assert session.scalars(sa.select(DrawCorrection)).all() == []
    assert len(session.scalars(sa.select(Document)).all()) == files


def test_only_the_issue_was_mistyped_the_order_stays(session: Session, at: datetime) -> None:
    found = mistyped(at)
    award = live_award(found.project.id)
    row = found.correct(replace(found.typed, issue="2026059"))
    assert (row.state, row.series) == (CorrectionState.TAKEN, None)
    known = computed(found.draw)
    assert known is not None and (known.issue, known.value) == ("2026059", NUMBERS)
    assert found.project.series == 1
    assert live_award(found.project.id) is award


def test_a_second_error_is_corrected_too(session: Session, at: datetime) -> None:
    found = mistyped(at)
    first = another_winner(found)
    found.correct(first)
    again = found.true(lambda order: order[0] != order_of(found.draw, first.numbers)[0])
    row = found.correct(again, found.at + timedelta(minutes=5))
    assert (row.number, row.series, found.project.series) == (2, 3, 3)
    assert [row["series"] for row in contents(found.project)["superseded"]] == [1, 2]  # type: ignore[attr-defined]  # a list
    assert [item.value for item in computations(found.draw)] == [NUMBERS, first.numbers, again.numbers]


def test_who_gave_up_before_the_correction_stays_out(session: Session, at: datetime) -> None:
    found = mistyped(at)
    gone = found.draw.order[0] if found.draw.order else ""
    selection.decline_award(found.code, reason="人手不足，不能承接", actor=dict(found.agencies)[gone], at=found.at)
    true = found.true(lambda order: order[0] == gone and order[1] != (found.draw.order or [""])[1])
    found.correct(true, found.at + timedelta(minutes=1))
    award = live_award(found.project.id)
    assert award is not None
    assert (award.position, award.agency.uscc) == (2, order_of(found.draw, true.numbers)[1])


def chosen(at: datetime) -> tuple[Mistyped, list[str]]:
    """A purchase in which the owner chose from a small list of two of four."""
    found = mistyped(at, mode="credit_merit", keep=4, draw_keep=2)
    choice = choice_in(found.project)
    assert choice is not None
    selection.choose(found.code, agency_uscc=choice.members[0], reason="业绩最多", actor=found.owner, at=found.at)
    return found, list(choice.members)


def test_another_small_list_is_put_before_the_owner_anew(session: Session, at: datetime) -> None:
    found, members = chosen(at)
    true = found.true(lambda order: set(order[:2]) != set(members))
    found.correct(true)
    project = found.project
    assert (project.state, project.due_what, project.winner_id) == (ProjectState.SELECTING, "choice", None)
    choice = choice_in(project)
    assert choice is not None and choice.chosen_at is None
    assert set(choice.members) == set(order_of(found.draw, true.numbers)[:2])
    late = found.at + timedelta(hours=2)
    selection.choose(found.code, agency_uscc=choice.members[1], reason="方案更细", actor=found.owner, at=late)
    assert found.project.state is ProjectState.ANNOUNCED
    first = choice_in(project, 1)
    assert first is not None and first.reason == "业绩最多"


def test_the_same_small_list_keeps_the_owners_choice(session: Session, at: datetime) -> None:
    found, members = chosen(at)
    winner = found.project.winner_id
    found.correct(found.true(lambda order: order[:2] == (members[1], members[0])))
    project = found.project
    assert (project.state, project.winner_id, project.series) == (ProjectState.ANNOUNCED, winner, 2)
    events = session.scalars(sa.select(Event.tag).where(Event.project_code == found.code)).all()
    assert events.count("choice.made") == 1 and events.count("choice.stands") == 1


def test_other_bidders_come_to_the_ranking_and_stages_look_anew(session: Session, at: datetime) -> None:
    """Drawn three of five, one of them abnormally low and rejected; by the right order it is not even asked."""
    amounts = (3_000_000, 9_000_000, 9_100_000, 9_200_000, 9_300_000)
    found = mistyped(at, count=5, quotes=amounts, mode="random_bidding", draw_keep=3)
    low = found.agencies[0][0]
    first = found.true(lambda order: low in order[:3])
    if low not in (found.draw.order or [])[:3]:
        found.correct(first)
    assert found.project.state is ProjectState.SELECTING  # a cost statement is asked for
    settle(found.at + timedelta(days=7))
    rows = session.scalars(sa.select(Enrolment).where(Enrolment.state == EnrolmentState.EXCLUDED)).all()
    assert [(row.agency.uscc, row.exclusion_code) for row in rows] == [(low, "cost_statement_absent")]
    assert found.project.state is ProjectState.ANNOUNCED
    moment = found.at + timedelta(days=7, minutes=1)
    true = found.true(lambda order: low not in order[:3])
    found.correct(true, moment)
    assert found.project.state is ProjectState.ANNOUNCED
    kept = set(order_of(found.draw, true.numbers)[:3])
    assert {row.agency.uscc for row in ranks_of(found.project)} == kept
    session.expire_all()
    again = session.scalars(sa.select(Enrolment).where(Enrolment.state == EnrolmentState.EXCLUDED)).all()
    assert again == []
    winner = min((amount, uscc) for (uscc, _actor), amount in zip(found.agencies, amounts, strict=True) if uscc in kept)
    award = live_award(found.project.id)
    assert award is not None and (award.price, award.agency.uscc) == winner


def test_a_tie_drawn_among_others_cannot_be_repaired(session: Session, at: datetime) -> None:
    """Three of five go on; two of them tie. By the right order others would have tied: the purchase fails, publicly."""
    amounts = (9_000_000, 9_000_000, 9_000_000, 9_000_000, 9_000_000)
    found = mistyped(at, count=5, quotes=amounts, mode="random_bidding", draw_keep=3)
    project = found.project
    assert project.state is ProjectState.SELECTING
    settle(found.at)
    tie = next(row for row in draws_of(project.id) if row.purpose == "tie1")
    bulletin = replace(found.typed, closed_at=tie.draw_at)
    for actor in (found.owner, found.regulator):
        selection.enter_numbers(found.code, bulletin, purpose="tie1", actor=actor, at=tie.draw_at + timedelta(hours=3))
    assert found.project.state is ProjectState.ANNOUNCED
    members = set((found.draw.order or [])[:3])
    found.correct(found.true(lambda order: set(order[:3]) != members), tie.draw_at + timedelta(hours=4))
    project = found.project
    assert (project.state, project.series) == (ProjectState.FAILED, 2)
    failed = session.scalars(sa.select(Event).where(Event.tag == "project.failed")).one()
    assert failed.data["code"] == "not_repeatable"
    assert session.scalars(sa.select(Rank).where(Rank.series == 2)).all() == []
    assert session.scalars(sa.select(StageRun).where(StageRun.series == 2)).all() == []
    assert live_award(project.id) is None


def test_a_further_draw_under_way_comes_first(session: Session, at: datetime) -> None:
    found = mistyped(at, count=5, quotes=(9_000_000,) * 5, mode="random_bidding", draw_keep=3)
    settle(found.at)
    assert found.project.draw_locked
    with pytest.raises(MarketError) as refused:
        found.enter(another_winner(found), found.owner, found.at + timedelta(minutes=1))
    assert refused.value.status == 409
