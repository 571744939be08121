"""From publication to the award notice, through the operations and the deadlines."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.draw import verify_record
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, RuleBroken, WrongState
from supermarket.core.unit import unit
from supermarket.credit.models import CreditEntry
from supermarket.data import catalogue
from supermarket.data.facts import MatterStatus
from supermarket.gateways import current
from supermarket.modes.stored import repeat
from supermarket.projects import operations
from supermarket.projects.commands import Enrol
from supermarket.projects.models import Funding, Project
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.deadlines import DUE
from supermarket.selection.models import Award, Draw, OpenedQuote, Quote, Rank, StageRun
from supermarket.selection.queries import draw_record, live_award, public_quotes
from supermarket.selection.states import AwardState
from tests.factories.agencies import make_agency, make_agency_actor, make_related_party
from tests.factories.projects import make_enrolled, make_open_project, make_operator, needed_people
from tests.factories.quotes import make_quote


def settle(at: datetime) -> None:
    """Do everything of this room that is due at `at`, as the supervisor's tick does."""
    with unit():
        pass
    again = True
    while again:
        again = False
        for kind in DUE:
            for _due, number in kind.find(at, 100):
                prepared = kind.prepare(number, at) if kind.prepare else None
                with unit():
                    again = kind.act(number, at, prepared) or again


def present(project: Project) -> Project:
    """The project as it stands in the database."""
    with unit() as session:
        return session.scalars(sa.select(Project).where(Project.code == project.code)).one()


def until_selected(project: Project) -> datetime:
    """Play the freeze and the selection; gives the selection's moment."""
    row = present(project)
    assert row.enrol_until is not None
    settle(row.enrol_until)
    row = present(project)
    assert row.select_at is not None
    settle(row.select_at)
    return row.select_at


def test_a_random_draw_runs_to_the_award_notice(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    agencies = make_enrolled(project, 3, at + timedelta(hours=1))
    selected_at = until_selected(project)
    row = present(project)
    assert row.state is ProjectState.ANNOUNCED
    record = draw_record(project.code, "main")
    keys = {current().witness.name(): bytes.fromhex(current().witness.verify_key())}
    assert verify_record(record.to_json(), keys).ok
    assert record.order is not None
    assert set(record.order) == {agency.uscc for agency, _actor in agencies}
    award = live_award(row.id)
    assert award is not None
    assert award.agency.uscc == record.order[0]
    assert award.price == project.ceiling
    assert award.due_at is not None and award.due_at > selected_at
    settle(award.due_at)
    assert present(project).state is ProjectState.AWARDED
    award = live_award(row.id)
    assert award is not None
    assert award.state is AwardState.AWARDED
    assert award.notice_document_id is not None


def test_every_stage_run_can_be_repeated_from_what_is_stored(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    make_enrolled(project, 4, at)
    until_selected(project)
    runs = session.scalars(sa.select(StageRun).where(StageRun.project_id == project.id)).all()
    assert [run.stage for run in runs] == ["draw"]
    assert repeat(runs[0].parameters, runs[0].inputs) == runs[0].outputs


def test_settling_twice_changes_nothing(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    make_enrolled(project, 3, at)
    selected_at = until_selected(project)
    before = [(row.id, row.state) for row in session.scalars(sa.select(Award))]
    settle(selected_at)
    settle(selected_at)
    assert [(row.id, row.state) for row in session.scalars(sa.select(Award))] == before
    assert session.scalar(sa.select(sa.func.count()).select_from(Draw)) == 1


def test_bidding_selects_the_lowest_of_the_opened_quotes(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at, mode="bidding")
    bidders = make_enrolled(project, 3, at)
    for (_agency, actor), amount in zip(bidders, (9_000_000, 8_000_000, 8_500_000), strict=True):
        make_quote(project.code, amount, actor=actor, at=at)
    make_quote(project.code, 8_200_000, actor=bidders[0][1], at=at + timedelta(minutes=1))
    assert public_quotes(present(project)) is None
    stored = session.scalars(sa.select(Quote)).all()
    assert all(b"8000000" not in row.ciphertext for row in stored)
    until_selected(project)
    row = present(project)
    assert row.state is ProjectState.ANNOUNCED
    ranks = session.scalars(sa.select(Rank).order_by(Rank.position)).all()
    assert [rank.price for rank in ranks] == [8_000_000, 8_200_000, 8_500_000]
    assert row.award_price == 8_000_000
    quotes = public_quotes(row)
    assert quotes is not None
    assert [quote.amount for quote in quotes] == [8_000_000, 8_200_000, 8_500_000, None]


def test_tied_quotes_are_drawn(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at, mode="bidding")
    for _agency, actor in make_enrolled(project, 3, at):
        make_quote(project.code, 8_000_000, actor=actor, at=at)
    until_selected(project)
    assert present(project).state is ProjectState.ANNOUNCED
    record = draw_record(project.code, "tie1")
    assert verify_record(record.to_json(), None).ok
    ranks = session.scalars(sa.select(Rank).order_by(Rank.position)).all()
    assert tuple(rank.agency.uscc for rank in ranks) == record.order


def test_an_enrolment_without_a_quote_is_out_and_too_few_extends_once_then_fails(
    session: Session, at: datetime
) -> None:
    project, _owner = make_open_project(at, mode="bidding")
    bidders = make_enrolled(project, 3, at)
    for _agency, actor in bidders[:2]:
        make_quote(project.code, 8_000_000, actor=actor, at=at)
    first = present(project).enrol_until
    assert first is not None
    settle(first)
    row = present(project)
    assert (row.state, row.extended) == (ProjectState.OPEN, True)
    assert row.enrol_until is not None and row.enrol_until > first
    assert session.scalar(sa.select(sa.func.count()).select_from(OpenedQuote)) == 0
    settle(row.enrol_until)
    assert present(project).state is ProjectState.FAILED


def test_random_runs_with_two_after_the_extension(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    make_enrolled(project, 2, at)
    first = present(project).enrol_until
    assert first is not None
    settle(first)
    assert present(project).extended
    until_selected(project)
    assert present(project).state is ProjectState.ANNOUNCED


def test_merit_with_one_needs_the_owners_written_acceptance(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at, mode="merit", criteria=(("price", 60), ("credit", 40)))
    (_agency, actor), *_rest = make_enrolled(project, 1, at)
    make_quote(project.code, 9_000_000, actor=actor, at=at)
    for _round in range(2):
        until = present(project).due_at
        assert until is not None
        settle(until)
    row = present(project)
    assert (row.state, row.due_what) == (ProjectState.OPEN, "reduced_acceptance")
    assert row.enrol_until is not None
    when = row.enrol_until + timedelta(hours=1)
    operations.accept_reduced(project.code, reason="市场上只有一家", actor=owner, at=when)
    settle(when)
    settle(present(project).select_at or when)
    assert present(project).state is ProjectState.ANNOUNCED


def test_merit_with_one_fails_when_the_owner_is_silent(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at, mode="merit", criteria=(("price", 100),))
    (_agency, actor), *_rest = make_enrolled(project, 1, at)
    make_quote(project.code, 9_000_000, actor=actor, at=at)
    for _round in range(3):
        until = present(project).due_at
        assert until is not None
        settle(until)
    assert present(project).state is ProjectState.FAILED


def test_a_decline_goes_to_the_next_in_the_stored_order_and_costs_credit(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    actors = {agency.uscc: actor for agency, actor in make_enrolled(project, 3, at)}
    selected_at = until_selected(project)
    order = draw_record(project.code, "main").order
    assert order is not None
    for position, uscc in enumerate(order, 1):
        award = live_award(project.id)
        assert award is not None
        assert (award.agency.uscc, award.position) == (uscc, position)
        with unit():
            selection.decline_award(project.code, reason="人手不足，无法承接", actor=actors[uscc], at=selected_at)
    assert present(project).state is ProjectState.FAILED
    entries = session.scalars(sa.select(CreditEntry).order_by(CreditEntry.id)).all()
    assert [(entry.uscc, entry.points) for entry in entries] == [(uscc, -10) for uscc in order]


def test_a_direct_selection_is_offered_accepted_and_announced(session: Session, at: datetime) -> None:
    agency = make_agency()
    project, _owner = make_open_project(at, mode="direct", named_agency_uscc=agency.uscc)
    assert present(project).state is ProjectState.SELECTING
    run = session.scalars(sa.select(StageRun).where(StageRun.project_id == project.id)).one()
    assert run.outputs["order"] == [agency.uscc]
    assert repeat(run.parameters, run.inputs) == run.outputs
    with unit():
        selection.accept_award(project.code, actor=make_agency_actor(agency), at=at + timedelta(hours=2))
    assert present(project).state is ProjectState.ANNOUNCED
    settle(at + timedelta(hours=2))  # social and direct: no standstill
    assert present(project).state is ProjectState.AWARDED


def test_who_accepts_a_direct_selection_names_the_people_that_the_matter_asks_for(
    session: Session, at: datetime
) -> None:
    matter = next(row.code for row in catalogue.matters() if row.licences and row.status is MatterStatus.PUBLISHED)
    agency = make_agency(matters=(matter,), practitioners=needed_people(matter))
    actor = make_agency_actor(agency)
    project, _owner = make_open_project(at, mode="direct", matter_code=matter, named_agency_uscc=agency.uscc)
    with pytest.raises(RuleBroken) as refused:
        selection.accept_award(project.code, actor=actor, at=at)
    assert {finding.code for finding in refused.value.findings} == {"practitioners", "licences"}
    assert present(project).state is ProjectState.SELECTING
    stranger = make_agency(matters=(matter,), practitioners=1)
    with pytest.raises(InvalidInput):
        selection.accept_award(project.code, practitioner_ids=(stranger.practitioners[0].id,), actor=actor, at=at)
    people = tuple(person.id for person in agency.practitioners)
    with unit():
        selection.accept_award(project.code, practitioner_ids=people, actor=actor, at=at)
    settle(at)
    assert present(project).state is ProjectState.AWARDED


def test_a_direct_selection_fails_without_an_answer(session: Session, at: datetime) -> None:
    agency = make_agency()
    project, _owner = make_open_project(at, mode="direct", named_agency_uscc=agency.uscc)
    settle(at + timedelta(days=10))
    assert present(project).state is ProjectState.FAILED


def test_linked_agencies_are_all_out_at_the_freeze(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    enrolled = make_enrolled(project, 5, at)
    for agency, _actor in enrolled[:2]:
        make_related_party(agency, mark="same person")
    until_selected(project)
    row = present(project)
    out = {item.agency.uscc: item.exclusion_code for item in row.enrolments if item.state is EnrolmentState.EXCLUDED}
    assert out == {agency.uscc: "linked" for agency, _actor in enrolled[:2]}
    record = draw_record(project.code, "main")
    assert {item.id: item.code for item in record.excluded} == out


def test_an_abnormally_low_quote_waits_for_its_statement_and_the_owner(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at, mode="bidding")
    bidders = make_enrolled(project, 3, at)
    for (_agency, actor), amount in zip(bidders, (4_000_000, 8_000_000, 8_500_000), strict=True):
        make_quote(project.code, amount, actor=actor, at=at)
    selected_at = until_selected(project)
    assert present(project).state is ProjectState.SELECTING
    low, low_actor = bidders[0]
    with pytest.raises(InvalidInput):
        selection.give_cost_statement(project.code, text=" ", actor=low_actor, at=selected_at)
    with unit():
        selection.give_cost_statement(project.code, text="自有设备，人工成本低", actor=low_actor, at=selected_at)
    with unit():
        selection.decide_cost_statement(
            project.code, agency_uscc=low.uscc, accept=False, reason="说明不能成立", actor=owner, at=selected_at
        )
    row = present(project)
    assert (row.state, row.award_price) == (ProjectState.ANNOUNCED, 8_000_000)
    assert {item.agency.uscc: item.exclusion_code for item in row.enrolments if item.exclusion_code} == {
        low.uscc: "cost_statement_rejected"
    }


def test_what_is_refused_changes_nothing(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at, mode="bidding")
    (_agency, actor), *_rest = make_enrolled(project, 1, at)
    outsider = make_agency_actor(make_agency())
    late = present(project).enrol_until
    assert late is not None
    with pytest.raises(Conflict):
        operations.enrol(project.code, Enrol(), actor=actor, at=at)
    with pytest.raises(RuleBroken):
        make_quote(project.code, 100, actor=outsider, at=at)
    with pytest.raises(WrongState):
        make_quote(project.code, 100, actor=actor, at=late)
    with pytest.raises(WrongState):
        operations.enrol(project.code, Enrol(), actor=outsider, at=late)
    with pytest.raises(Forbidden):
        operations.void(project.code, reason="越权操作", actor=owner, at=at)
    assert session.scalar(sa.select(sa.func.count()).select_from(Quote)) == 0
    assert present(project).state is ProjectState.OPEN


def test_between_receipt_and_order_nothing_may_change_the_project(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at)
    make_enrolled(project, 3, at)
    until = present(project).enrol_until
    assert until is not None
    settle(until)
    assert present(project).draw_locked
    with pytest.raises(Conflict):
        operations.withdraw(project.code, reason="不再需要", actor=owner, at=until)
    with pytest.raises(Conflict):
        operations.void(project.code, reason="作废处理", actor=make_operator(), at=until)
    settle(present(project).select_at or until)
    assert not present(project).draw_locked


def test_fiscal_money_passes_the_operators_review_and_a_longer_standstill(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at, funding=Funding.FISCAL)
    make_enrolled(project, 3, at)
    selected_at = until_selected(project)
    award = live_award(project.id)
    assert award is not None and award.due_at is not None
    assert award.due_at - selected_at > timedelta(days=2)
