"""The rules run three times: what changed is kept, stars and credit stand as frozen, linked agencies are told and then out."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies.models import Agency, Qualification
from supermarket.core.errors import RuleBroken
from supermarket.core.events import Event
from supermarket.core.permissions import Actor, Role
from supermarket.core.unit import unit
from supermarket.credit.models import StarLevel
from supermarket.credit.points import CreditEvent, CreditLevel
from supermarket.credit.queries import credit_of
from supermarket.notices.models import Notice
from supermarket.projects import operations
from supermarket.projects.commands import Avoided, Enrol
from supermarket.projects.models import EligibilityCheck, Enrolment, Project, WeakLink
from supermarket.projects.people import loads
from supermarket.projects.queries import weak_links_for
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.models import Award, Rank
from supermarket.selection.publication import sources_for
from supermarket.selection.queries import live_award
from supermarket.selection.states import AwardState
from tests.factories.accounts import make_actor
from tests.factories.agencies import make_agency, make_agency_actor, make_related_party
from tests.factories.credit import make_credit_entry, make_stars
from tests.factories.matters import SOME_MATTER
from tests.factories.policies import make_policy
from tests.factories.projects import SICHUAN, make_enrolled, make_open_project, make_operator
from tests.factories.quotes import make_quote
from tests.rooms.test_selection import present, settle, until_selected


def checks_of(uscc: str) -> list[EligibilityCheck]:
    """Every run of the rules over an agency's enrolments, oldest first."""
    query = (
        sa.select(EligibilityCheck)
        .join(Enrolment, Enrolment.id == EligibilityCheck.enrolment_id)
        .join(Agency, Agency.id == Enrolment.agency_id)
        .where(Agency.uscc == uscc)
        .order_by(EligibilityCheck.id)
    )
    with unit() as session:
        return list(session.scalars(query))


def changed(check: EligibilityCheck) -> list[tuple[object, object, object]]:
    return [(item["code"], item["was"], item["now"]) for item in check.changes]


def test_the_winner_is_looked_at_three_times_and_what_changed_is_kept(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    enrolled = make_enrolled(project, 3, at)
    for agency, _actor in enrolled:
        make_stars(agency, 4)
    until_selected(project)
    award = live_award(project.id)
    assert award is not None and award.due_at is not None
    settle(award.due_at)
    runs = checks_of(award.agency.uscc)
    assert [(run.moment, run.ok) for run in runs] == [("enrolment", True), ("freeze", True), ("award", True)]
    # No stars at the enrolment, four at the freeze: the rule says the same, on other grounds.
    assert [changed(run) for run in runs] == [[], [("stars", True, True)], []]
    assert runs[1].changes[0]["before"] == {"floor": None, "stars": None}
    assert all(item["words"] for run in runs for item in run.findings)
    assert runs[0].findings[0]["words"] == "机构状态正常。"


def test_who_lost_a_certificate_is_out_and_the_record_says_what_was_lost(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    enrolled = make_enrolled(project, 4, at)
    loser = enrolled[0][0]
    session.execute(sa.update(Qualification).where(Qualification.agency_id == loser.id).values(verified_at=None))
    session.expire_all()
    until_selected(project)
    first, second = checks_of(loser.uscc)
    assert (first.ok, second.ok) == (True, False)
    assert changed(second) == [("qualifications", True, False)]
    row = session.scalars(sa.select(Enrolment).where(Enrolment.agency_id == loser.id)).one()
    assert (row.state, row.exclusion_code) == (EnrolmentState.EXCLUDED, "qualifications")


def test_stars_and_credit_count_as_they_stood_at_the_freeze(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at, min_credit="B", min_stars=3)
    enrolled = make_enrolled(project, 3, at)
    for agency, _actor in enrolled:
        make_stars(agency, 3)
    selected_at = until_selected(project)
    award = live_award(project.id)
    assert award is not None and award.due_at is not None
    stars = session.scalars(sa.select(StarLevel).where(StarLevel.agency_uscc == award.agency.uscc)).one()
    stars.held_level = 1
    while credit_of(award.agency.uscc, selected_at).level.at_least(CreditLevel.B):
        make_credit_entry(award.agency.uscc, CreditEvent.DID_NOT_SIGN, at=selected_at)
    settle(award.due_at)
    assert present(project).state is ProjectState.AWARDED
    assert present(project).winner_id == award.agency_id


def test_an_agency_that_is_closed_before_the_notice_is_passed_over_with_the_reason(
    session: Session, at: datetime
) -> None:
    project, _owner = make_open_project(at)
    make_enrolled(project, 3, at)
    until_selected(project)
    award = live_award(project.id)
    assert award is not None and award.due_at is not None
    first, until = award, award.due_at
    session.execute(sa.update(Qualification).where(Qualification.agency_id == first.agency_id).values(verified_at=None))
    session.expire_all()
    settle(until)
    following = live_award(project.id)
    assert following is not None
    assert (first.state, following.position) == (AwardState.DISQUALIFIED, 2)
    # Every reason at once: the service is hidden without its certificate.
    assert first.reason.startswith("机构没有提供事项 ZJ004 的服务，或该服务目前被隐藏。 缺少要求的资质")
    assert following.standstill_until is not None and following.standstill_until > until
    # Not by its own doing: it is not barred from a reissue.
    assert present(project).decliners == []


# -- linked agencies


def told(uscc: str) -> int:
    query = (
        sa.select(sa.func.count()).select_from(Event).where(Event.tag == "enrolment.linked", Event.agency_uscc == uscc)
    )
    with unit() as session:
        return session.scalar(query) or 0


def linked_pair(project: Project, at: datetime) -> list[tuple[Agency, Actor]]:
    """Two agencies of the same head, both enrolled in their turn."""
    pair = [make_agency(matters=(project.matter_code,)) for _number in range(2)]
    actors = [make_agency_actor(agency) for agency in pair]
    for agency in pair:
        make_related_party(agency, mark="the same head")
    for actor in actors:
        operations.enrol(project.code, Enrol(), actor=actor, at=at)
    return list(zip(pair, actors, strict=True))


def test_linked_agencies_are_both_told_and_neither_is_named(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    (first, _actor), (second, _other) = linked_pair(project, at)
    (stranger, _one), *_rest = make_enrolled(project, 1, at)
    assert [told(agency.uscc) for agency in (first, second, stranger)] == [1, 1, 0]
    for agency, other in ((first, second), (second, first)):
        finding = next(item for item in checks_of(agency.uscc)[0].findings if item["code"] == "linked")
        assert other.uscc not in str(finding)
        assert finding["warning"] is (agency is second)  # who came first had nobody to be warned of then
    mail = session.scalars(sa.select(Notice).join(Event).where(Event.tag == "enrolment.linked")).all()
    assert {(row.organisation_id, row.event.data["agency_uscc"]) for row in mail} == {
        (first.organisation_id, first.uscc),
        (second.organisation_id, second.uscc),
    }


def test_one_of_the_linked_may_go_before_the_freeze_and_the_other_stays(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    (first, actor), (second, _other) = linked_pair(project, at)
    make_enrolled(project, 2, at)
    operations.cancel_enrolment(project.code, actor=actor, at=at + timedelta(hours=1))
    until_selected(project)
    states = {row.agency.uscc: row.state for row in session.scalars(sa.select(Enrolment))}
    assert (states[first.uscc], states[second.uscc]) == (EnrolmentState.CANCELLED, EnrolmentState.LIVE)


def test_a_link_that_came_about_after_the_freeze_is_seen_before_the_notice(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    make_enrolled(project, 3, at)
    until_selected(project)
    award = live_award(project.id)
    assert award is not None and award.due_at is not None
    third = session.scalars(sa.select(Rank).where(Rank.project_id == project.id, Rank.position == 3)).one()
    for agency in (award.agency, third.agency):
        make_related_party(agency, mark="bought in the meantime")
    settle(award.due_at)
    assert award.state is AwardState.DISQUALIFIED
    assert third.agency.uscc in award.reason
    run = checks_of(award.agency.uscc)[-1]
    assert changed(run) == [("linked", True, False)]


def test_weak_links_are_kept_and_bar_nobody(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at)
    pair = [agency for agency, _actor in make_enrolled(project, 3, at)]
    for number, agency in enumerate(pair):
        agency.address, agency.public_contact = f"示范大道{number // 2}号", f"028-{number}"
    session.flush()
    until_selected(project)
    rows = session.scalars(sa.select(WeakLink).where(WeakLink.project_id == project.id)).all()
    first, second = sorted(agency.uscc for agency in pair[:2])
    assert [(row.first, row.second, row.kind) for row in rows] == [(first, second, "same_address")]
    assert present(project).state is ProjectState.ANNOUNCED
    supervisor = make_actor(Role.SUPERVISOR, region_code=SICHUAN)
    assert [row.kind for row in weak_links_for(present(project), supervisor)] == ["same_address"]
    assert [weak_links_for(present(project), actor) for actor in (make_operator(), owner)] == [(), ()]


# -- avoidance, work before, people


def test_avoiding_a_head_office_avoids_its_branches(session: Session, at: datetime) -> None:
    head = make_agency()
    project, _owner = make_open_project(at, avoid=(Avoided(head.uscc, "项目负责人任其董事"),))
    branch = make_agency()
    branch.is_branch, branch.head_office_uscc = True, head.uscc
    session.flush()
    with pytest.raises(RuleBroken) as refused:
        operations.enrol(project.code, Enrol(), actor=make_agency_actor(branch), at=at)
    assert [finding.code for finding in refused.value.findings] == ["avoidance"]


INVESTMENT = "2602-510107-04-01-123456"


@pytest.mark.parametrize("state", [ProjectState.IN_SERVICE, ProjectState.SUSPENDED, ProjectState.TERMINATED])
def test_who_did_the_preceding_work_stays_out_with_its_branches(
    session: Session, at: datetime, state: ProjectState
) -> None:
    """Also where that contract is suspended or was ended early."""
    compiled, _owner = make_open_project(at, matter_code="ZJ002", investment_project_code=INVESTMENT)
    make_enrolled(compiled, 3, at)
    until_selected(compiled)
    row = present(compiled)
    award = live_award(row.id)
    assert award is not None
    row.state = state
    if state is ProjectState.SUSPENDED:
        row.suspended_from, row.suspended_at = ProjectState.IN_SERVICE, at
    branch = make_agency(matters=("ZJ003",))
    branch.is_branch, branch.head_office_uscc = True, award.agency.uscc
    session.flush()
    evaluated, _other = make_open_project(at, matter_code="ZJ003", investment_project_code=INVESTMENT)
    with pytest.raises(RuleBroken) as refused:
        operations.enrol(evaluated.code, Enrol(), actor=make_agency_actor(branch), at=at)
    assert "preceding_work" in [finding.code for finding in refused.value.findings]


def test_of_two_that_take_a_persons_last_place_the_first_announced_keeps_it(session: Session, at: datetime) -> None:
    make_policy("practitioner_load", 1)
    agency = make_agency(practitioners=1)
    actor, people = make_agency_actor(agency), (agency.practitioners[0].id,)
    codes = []
    for _number in range(2):
        project, _owner = make_open_project(at, mode="bidding")
        operations.enrol(project.code, Enrol(practitioner_ids=people), actor=actor, at=at)
        make_quote(project.code, 7_000_000, actor=actor, at=at)
        for _agency, other in make_enrolled(project, 2, at):
            make_quote(project.code, 8_000_000, actor=other, at=at)
        codes.append(project.code)
    until_selected(project)
    rows = [present_code(code) for code in codes]
    assert [row.winner_id for row in rows] == [agency.id, agency.id]
    assert loads(people) == {people[0]: 2}
    assert [loads(people, beside=row, before_it=True).get(people[0], 0) for row in rows] == [0, 1]
    award = live_award(rows[0].id)
    assert award is not None and award.due_at is not None
    settle(award.due_at)
    assert [row.winner_id == agency.id for row in map(present_code, codes)] == [True, False]
    reasons = session.scalars(sa.select(Award.reason).where(Award.agency_id == agency.id).order_by(Award.id)).all()
    assert reasons == ["", "指派的从业人员中有 1 名在手合同已满。"]


# -- the deadline with too few, the reissue


def test_too_few_at_the_deadline_tells_each_why_it_was_invalid(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at, mode="bidding")
    bidders = make_enrolled(project, 3, at)
    make_quote(project.code, 8_000_000, actor=bidders[0][1], at=at)
    for _round in range(2):
        until = present(project).due_at
        assert until is not None
        settle(until)
    row = present(project)
    assert (row.state, row.frozen_at) == (ProjectState.FAILED, None)
    found = {item.agency.uscc: (item.state.value, item.exclusion_code) for item in row.enrolments}
    assert found == {
        bidders[0][0].uscc: ("live", None),
        bidders[1][0].uscc: ("excluded", "no_quote"),
        bidders[2][0].uscc: ("excluded", "no_quote"),
    }
    assert [run.moment for run in checks_of(bidders[1][0].uscc)] == ["enrolment", "freeze"]


def test_who_declined_is_barred_from_the_reissue_and_from_the_reissue_of_that(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at)
    actors = {agency.uscc: actor for agency, actor in make_enrolled(project, 3, at)}
    selected_at = until_selected(project)
    award = live_award(project.id)
    assert award is not None
    decliner = award.agency
    selection.decline_award(project.code, reason="人手不足，无法承接", actor=actors[decliner.uscc], at=selected_at)
    linked = make_agency(matters=(SOME_MATTER,))
    for agency in (decliner, linked):
        make_related_party(agency, mark="one family")
    code, when = project.code, selected_at
    for _round in range(2):
        operations.void(code, reason="项目内容有重大变化", actor=make_operator(), at=when)
        code = operations.reissue(code, actor=owner, at=when).code
        when += timedelta(hours=1)
        _publish(code, owner, when)
        for agency in (decliner, linked):
            actor = actors.get(agency.uscc) or make_agency_actor(agency)
            with pytest.raises(RuleBroken) as refused:
                operations.enrol(code, Enrol(), actor=actor, at=when)
            assert "reissue" in [finding.code for finding in refused.value.findings]
    make_enrolled(session.scalars(sa.select(Project).where(Project.code == code)).one(), 1, when)


def _publish(code: str, owner: Actor, at: datetime) -> None:
    row = present_code(code)
    operations.submit(code, sources=sources_for(row, at=at), actor=owner, at=at)


def present_code(code: str) -> Project:
    with unit() as session:
        return session.scalars(sa.select(Project).where(Project.code == code)).one()


def test_who_is_disqualified_is_not_barred(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    make_enrolled(project, 3, at)
    selected_at = until_selected(project)
    selection.disqualify_award(project.code, reason="质疑成立", actor=make_operator(), at=selected_at)
    assert present(project).decliners == []
    assert [row.state for row in session.scalars(sa.select(Award).order_by(Award.id))] == [
        AwardState.DISQUALIFIED,
        AwardState.ANNOUNCED,
    ]
