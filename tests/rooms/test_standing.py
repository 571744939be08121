"""Monthly reviews, rectification, opinions and removal cases, on the real registers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.accounts.models import OrganisationKind
from supermarket.agencies.models import Agency, Standing
from supermarket.core.errors import Conflict, Forbidden, RuleBroken, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Actor, Grant, Role
from supermarket.core.working_days import local_date
from supermarket.credit.points import CreditEvent
from supermarket.credit.queries import held_level
from supermarket.documents.models import Document
from supermarket.projects.models import Enrolment
from supermarket.projects.states import EnrolmentState
from supermarket.ratings.models import RaterKind, Rating
from supermarket.ratings.states import RatingState
from supermarket.standing import operations
from supermarket.standing.deadlines import DUE
from supermarket.standing.decisions import Move, Office
from supermarket.standing.models import Rectification, RemovalCase, Review
from supermarket.standing.monthly import review_all
from supermarket.standing.queries import holds, reviews_of
from supermarket.standing.states import RectificationState, RemovalState
from supermarket.supervision.models import Finding, Level
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.contracts import make_running
from tests.factories.credit import make_credit_entry, make_performance, make_stars
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.reading import tick

INDUSTRY = "natural-resources"


def t(month: int, year: int = 2026) -> datetime:
    """The review moment of a month: the first, 02:30 local."""
    return datetime(year, month, 1, 2, 30, tzinfo=UTC) - timedelta(hours=8)


RATED_AT = t(1) - timedelta(days=20)


def make_rated_agency(*scores: str, at: datetime = RATED_AT, amount: int = 40_000_000) -> Agency:
    """An agency with so many scores, each of another owner."""
    agency = make_agency()
    for number, score in enumerate(scores):
        make_performance(agency.uscc, published_at=at + timedelta(hours=number), score=Decimal(score), amount=amount)
    return agency


def make_authority() -> Actor:
    """The industry authority of the province."""
    body = make_organisation(OrganisationKind.AUTHORITY, region_code="510000", industry=INDUSTRY)
    return make_actor(Role.REGULATOR, body, region_code="510000", industries=[INDUSTRY])


def make_operator() -> Actor:
    """The operator of the province."""
    body = make_organisation(OrganisationKind.OPERATOR, region_code="510000")
    return make_actor(Role.OPERATOR, body, region_code="510000")


def moves(agency: Agency) -> list[tuple[str, Move, int | None]]:
    """Period, move and level held of every review, oldest first."""
    return [(row.period, row.move, row.held_after) for row in reversed(reviews_of(agency.uscc))]


def rectification_of(agency: Agency, session: Session) -> Rectification:
    """The agency's only task."""
    return session.scalars(sa.select(Rectification).where(Rectification.agency_uscc == agency.uscc)).one()


def make_demoted(session: Session) -> Agency:
    """An agency that the reviews up to March demoted from 4 to 2."""
    agency = make_rated_agency("40.0000", "45.0000", "50.0000")
    make_stars(agency, 4)
    review_all(t(3))
    assert held_level(agency.uscc) == 2
    return agency


def test_the_first_review_with_three_ratings_sets_the_level_held(session: Session) -> None:
    agency = make_rated_agency("92.5000", "90.0000", "95.0000")
    review_all(t(1))
    assert moves(agency) == [("2026-01", Move.FIRST, 4)]
    assert held_level(agency.uscc) == 4


def test_with_two_ratings_no_level_is_held(session: Session) -> None:
    agency = make_rated_agency("92.5000", "90.0000")
    review_all(t(1))
    assert moves(agency) == [("2026-01", Move.NOT_RATED, None)]
    assert held_level(agency.uscc) is None


def test_a_month_is_reviewed_once(session: Session) -> None:
    agency = make_rated_agency("92.5000", "90.0000", "95.0000")
    assert review_all(t(1)) == {"reviews": 1, "first": 1}
    assert review_all(t(1) + timedelta(days=3)) == {"reviews": 0}
    assert operations.review_month(t(1), agency.uscc, at=t(1)) is None
    assert len(moves(agency)) == 1


def test_missed_months_are_reviewed_each_for_its_own_moment_in_order(session: Session) -> None:
    # Level 2 at each review from February on, 4 held: demoted once, then the run of two is counted anew.
    agency = make_rated_agency("92.5000", "90.0000", "95.0000")
    for hours, score in enumerate(("20.0000", "90.0000", "20.0000", "25.0000", "20.0000")):
        make_performance(
            agency.uscc,
            published_at=t(1) + timedelta(days=9, hours=hours),
            score=Decimal(score),
            amount=40_000_000,
        )
    at = t(5) + timedelta(days=2)
    review_all(at)
    assert moves(agency) == [
        ("2026-01", Move.FIRST, 4),
        ("2026-02", Move.DEMOTED, 3),  # the last three are all below 60
        ("2026-03", Move.HELD, 3),
        ("2026-04", Move.DEMOTED, 2),  # below at two reviews in a row
        ("2026-05", Move.HELD, 2),
    ]
    rows = reviews_of(agency.uscc)
    assert [row.review_at for row in reversed(rows)] == [t(1), t(2), t(3), t(4), t(5)]
    assert {row.ran_at for row in rows} == {at}
    # What one is told counts from the day of the telling, not from the missed month.
    tasks = session.scalars(sa.select(Rectification).where(Rectification.agency_uscc == agency.uscc)).all()
    assert {task.opened_at for task in tasks} == {at}


def test_months_reviewed_late_give_what_they_would_have_given_in_time(session: Session) -> None:
    early = make_rated_agency("92.5000", "90.0000", "95.0000")
    late = make_rated_agency("92.5000", "90.0000", "95.0000")
    for uscc in (early.uscc, late.uscc):
        make_performance(uscc, published_at=t(2) + timedelta(days=1), score=Decimal("10.0000"), amount=900_000_000)
    for month in (1, 2, 3, 4):
        operations.review_month(t(month), early.uscc, at=t(month))
    for month in (1, 2, 3, 4):
        operations.review_month(t(month), late.uscc, at=t(6))
    assert moves(early) == moves(late)


def test_a_stored_review_can_be_computed_again(session: Session) -> None:
    agency = make_rated_agency("92.5000", "40.0000", "95.0000")
    review_all(t(4))
    rows = reviews_of(agency.uscc)
    assert len(rows) == 4
    assert all(holds(row) for row in rows)
    rows[0].inputs = {**rows[0].inputs, "level": 1 if rows[0].inputs["level"] != 1 else 5}
    assert not holds(rows[0])
    session.expire(rows[0])


def test_a_demotion_opens_a_task_and_is_public(session: Session) -> None:
    agency = make_rated_agency("40.0000", "45.0000", "50.0000", at=t(2) - timedelta(days=5))
    make_stars(agency, 4)
    review_all(t(2))
    assert moves(agency) == [("2026-02", Move.DEMOTED, 3)]
    task = rectification_of(agency, session)
    # 15 working days after Sunday 1 February 2026, over the Spring Festival (off 15–23 February, 14 and 28 worked).
    assert task.state is RectificationState.OPEN
    assert local_date(task.due_at - timedelta(seconds=1)).isoformat() == "2026-02-27"
    event = session.scalars(sa.select(Event).where(Event.tag == "standing.demoted")).one()
    assert event.public
    assert event.data == {"period": "2026-02", "before": 4, "after": 3, "reasons": ["three_low"]}


def test_a_rise_needs_two_reviews_and_two_new_ratings(session: Session) -> None:
    agency = make_rated_agency("92.5000", "90.0000", "95.0000", "96.0000")
    make_stars(agency, 3)
    review_all(t(2))
    assert moves(agency) == [("2026-01", Move.HELD, 3), ("2026-02", Move.PROMOTED, 4)]


def test_an_open_appeal_holds_the_demotion_back(session: Session) -> None:
    deal = make_running(at=t(1) - timedelta(days=40))
    agency = deal.bodies[0] if deal.bodies else deal.award.agency
    for number in range(3):
        make_performance(
            agency.uscc, published_at=t(1) - timedelta(days=9 - number), score=Decimal("30.0000"), amount=10_000_000
        )
    make_stars(agency, 4)
    contract_id = session.scalar(sa.text("SELECT id FROM trade.contracts WHERE code = :code"), {"code": deal.code})
    rating = Rating(
        contract_id=contract_id,
        rater=RaterKind.OWNER,
        organisation_id=deal.project.owner_id,
        state=RatingState.APPEALED,
        due_at=t(1) - timedelta(days=9),
        given_at=t(1) - timedelta(days=9),
        published_at=t(1) - timedelta(days=9),
        appealed_at=t(1) - timedelta(days=1),
        decision_due_at=t(1) + timedelta(days=9),
    )
    session.add(rating)
    session.commit()
    review_all(t(1))
    assert moves(agency) == [("2026-01", Move.HELD, 4)]
    assert reviews_of(agency.uscc)[0].inputs["open_appeals"] == [deal.code]
    rating.state, rating.decided_at, rating.decision_due_at = RatingState.UPHELD, t(1) + timedelta(days=3), None
    session.commit()
    review_all(t(2))
    assert moves(agency)[-1] == ("2026-02", Move.DEMOTED, 3)


def test_reviews_take_only_new_rows(session: Session) -> None:
    make_rated_agency("92.5000", "90.0000", "95.0000")
    review_all(t(1))
    with pytest.raises(sa.exc.DBAPIError, match=r"permission denied|only takes new rows"), session.begin_nested():
        session.execute(sa.update(Review).values(period="2020-01"))


def test_a_rectification_is_handed_in_and_decided_on(session: Session) -> None:
    agency = make_demoted(session)
    tasks = session.scalars(sa.select(Rectification).where(Rectification.agency_uscc == agency.uscc)).all()
    task, actor, at = tasks[0], make_agency_actor(agency), t(3) + timedelta(days=2)
    with pytest.raises(Forbidden):
        operations.submit_rectification(
            task.id, statement="我们已经整改", actor=make_agency_actor(make_agency()), at=at
        )
    with pytest.raises(WrongState):
        operations.decide_rectification(task.id, accept=True, reason="已核实整改", actor=make_authority(), at=at)
    operations.submit_rectification(task.id, statement="我们已经整改", actor=actor, at=at)
    with pytest.raises(Forbidden):
        operations.decide_rectification(task.id, accept=True, reason="已核实整改", actor=make_operator(), at=at)
    operations.decide_rectification(task.id, accept=False, reason="整改不到位", actor=make_authority(), at=at)
    assert task.state is RectificationState.REFUSED


def test_an_overdue_rectification_is_noted_once(session: Session) -> None:
    agency = make_rated_agency("40.0000", "45.0000", "50.0000", at=t(2) - timedelta(days=5))
    make_stars(agency, 4)
    review_all(t(2))
    due = rectification_of(agency, session).due_at
    assert tick(DUE, due - timedelta(seconds=1)) == []
    assert tick(DUE, due) == ["standing.rectification_overdue"]
    assert tick(DUE, due) == []
    assert rectification_of(agency, session).state is RectificationState.OVERDUE


def test_an_accepted_opinion_demotes_at_the_next_review(session: Session) -> None:
    agency = make_rated_agency("92.5000", "90.0000", "95.0000")
    review_all(t(1))
    authority, operator, at = make_authority(), make_operator(), t(1) + timedelta(days=5)
    opinion = operations.file_opinion(
        agency.uscc, document_number="川自然资〔2026〕1号", reason="多次质量不合格", actor=authority, at=at
    )
    with pytest.raises(Conflict):
        operations.file_opinion(
            agency.uscc, document_number="川自然资〔2026〕1号", reason="多次质量不合格", actor=authority, at=at
        )
    with pytest.raises(Forbidden):
        operations.decide_opinion(opinion.id, accept=True, reason="意见成立", actor=authority, at=at)
    operations.decide_opinion(opinion.id, accept=True, reason="意见成立", actor=operator, at=at)
    review_all(t(3))
    assert moves(agency)[1:] == [("2026-02", Move.DEMOTED, 3), ("2026-03", Move.HELD, 3)]


# --- removal ---


def make_case(session: Session, at: datetime) -> tuple[Agency, RemovalCase]:
    """A case that a decided collusion opened by itself."""
    agency = make_rated_agency("82.0000", "84.0000", "86.0000")
    make_credit_entry(agency.uscc, CreditEvent.COLLUSION, at=at)
    return agency, session.scalars(sa.select(RemovalCase).where(RemovalCase.agency_uscc == agency.uscc)).one()


def test_a_decided_collusion_opens_a_case_at_once_and_only_one(session: Session, at: datetime) -> None:
    agency, case = make_case(session, at)
    assert case.state is RemovalState.HEARING
    assert [ground["code"] for ground in case.grounds] == ["collusion"]
    # 5 and 15 working days after Monday 2 March 2026.
    assert local_date(case.statement_due_at - timedelta(seconds=1)).isoformat() == "2026-03-09"
    assert local_date(case.decision_due_at - timedelta(seconds=1)).isoformat() == "2026-03-23"
    assert operations.open_case_if_grounds(agency.uscc, at=at) is None


def test_low_level_bad_credit_and_no_mending_open_a_case(session: Session) -> None:
    agency = make_rated_agency("40.0000", "45.0000", "50.0000")
    make_stars(agency, 3)
    review_all(t(4))  # 2 from January on, so low at four reviews; every task since is overdue or open
    assert moves(agency)[0] == ("2026-01", Move.DEMOTED, 2)
    for task in session.scalars(sa.select(Rectification)):
        operations.note_rectification_overdue(task.id, at=t(6))
    assert operations.open_case_if_grounds(agency.uscc, at=t(6)) is None  # credit is still good
    for _number in range(3):
        make_credit_entry(agency.uscc, CreditEvent.PENALTY_LIGHT, at=t(5))
    case = operations.open_case_if_grounds(agency.uscc, at=t(6))
    assert case is not None
    assert [ground["code"] for ground in case.grounds] == ["low_and_not_mended"]


def test_removal_takes_two_people_of_two_bodies(session: Session, at: datetime) -> None:
    agency, case = make_case(session, at)
    authority, operator = make_authority(), make_operator()
    both = Actor(user_id=authority.user_id, grants=(*authority.grants, *operator.grants))
    other_person_same_body = Actor(
        user_id=operator.user_id,
        grants=(Grant(Role.OPERATOR, authority.grants[0].organisation_id, "510000"),),
    )
    operations.state_in_removal(case.id, statement="我们没有串通", actor=make_agency_actor(agency), at=at)
    with pytest.raises(Forbidden):
        operations.answer_removal(case.id, Office.OPERATOR, approve=True, reason="同意清退", actor=authority, at=at)
    with pytest.raises(Forbidden):
        operations.answer_removal(case.id, Office.OPERATOR, approve=True, reason="同意清退", actor=SYSTEM, at=at)
    operations.answer_removal(case.id, Office.AUTHORITY, approve=True, reason="事实清楚", actor=authority, at=at)
    with pytest.raises(RuleBroken) as same_person:
        operations.answer_removal(case.id, Office.OPERATOR, approve=True, reason="同意清退", actor=both, at=at)
    with pytest.raises(RuleBroken) as same_body:
        operations.answer_removal(
            case.id, Office.OPERATOR, approve=True, reason="同意清退", actor=other_person_same_body, at=at
        )
    assert {same_person.value.code, same_body.value.code} == {"same_person_or_body"}
    with pytest.raises(Conflict):
        operations.answer_removal(case.id, Office.AUTHORITY, approve=True, reason="再次同意", actor=authority, at=at)
    assert case.state is RemovalState.DECIDING
    operations.answer_removal(case.id, Office.OPERATOR, approve=True, reason="同意清退", actor=operator, at=at)
    assert case.state is RemovalState.APPROVED
    assert agency.standing is Standing.ACTIVE  # the job carries it out, not the second click


def test_the_job_carries_an_approved_removal_out_once(session: Session, at: datetime) -> None:
    project, _owner = make_open_project(at)
    agency, _actor = make_enrolled(project, 1, at)[0]
    make_credit_entry(agency.uscc, CreditEvent.FALSE_MATERIAL, at=at)
    case = session.scalars(sa.select(RemovalCase)).one()
    operations.state_in_removal(case.id, statement="材料是真实的", actor=make_agency_actor(agency), at=at)
    for office, actor in ((Office.AUTHORITY, make_authority()), (Office.OPERATOR, make_operator())):
        operations.answer_removal(case.id, office, approve=True, reason="事实清楚，同意清退", actor=actor, at=at)
    assert tick(DUE, at) == ["standing.removal"]
    assert tick(DUE, at) == []
    session.expire_all()
    assert agency.standing is Standing.EXPELLED
    assert session.scalars(sa.select(Enrolment.state)).all() == [EnrolmentState.EXCLUDED]
    notice = session.get_one(Document, case.notice_document_id)
    assert (notice.public, notice.subject_code) == (True, agency.uscc)
    event = session.scalars(sa.select(Event).where(Event.tag == "standing.removed")).one()
    assert (event.public, event.data["enrolments"], event.data["contracts"]) == (True, 1, 0)
    assert case.appeal_until is not None


def test_running_contracts_are_shown_to_their_owners_who_choose(session: Session, at: datetime) -> None:
    deal = make_running(at=at)
    agency = deal.award.agency
    make_credit_entry(agency.uscc, CreditEvent.COLLUSION, at=at)
    case = session.scalars(sa.select(RemovalCase)).one()
    with pytest.raises(Conflict):
        operations.choose_contract(deal.code, go_on=True, reason="还没有清退", actor=deal.owner, at=at)
    operations.close_hearing(case.id, at=case.statement_due_at)
    for office, actor in ((Office.AUTHORITY, make_authority()), (Office.OPERATOR, make_operator())):
        operations.answer_removal(
            case.id, office, approve=True, reason="事实清楚，同意清退", actor=actor, at=case.statement_due_at
        )
    tick(DUE, case.statement_due_at)
    with pytest.raises(Forbidden):
        operations.choose_contract(deal.code, go_on=True, reason="继续履行", actor=deal.agency, at=at)
    operations.choose_contract(deal.code, go_on=False, reason="另行委托机构", actor=deal.owner, at=case.decision_due_at)
    session.expire_all()
    assert deal.project.state.value == "terminated"
    with pytest.raises(Conflict):
        operations.choose_contract(deal.code, go_on=True, reason="改变主意了", actor=deal.owner, at=at)


def test_one_refusal_closes_the_case(session: Session, at: datetime) -> None:
    agency, case = make_case(session, at)
    operations.answer_removal(
        case.id, Office.OPERATOR, approve=False, reason="证据不足，不同意", actor=make_operator(), at=at
    )
    assert case.state is RemovalState.REFUSED
    # The same decision opens no second case.
    assert operations.open_case_if_grounds(agency.uscc, at=at + timedelta(days=1)) is None


def test_undecided_in_time_freezes_and_cards_the_offices(session: Session, at: datetime) -> None:
    agency, case = make_case(session, at)
    authority, operator = make_authority(), make_operator()
    operations.answer_removal(case.id, Office.AUTHORITY, approve=True, reason="事实清楚", actor=authority, at=at)
    assert tick(DUE, case.statement_due_at) == ["standing.hearing_over"]
    assert tick(DUE, case.decision_due_at) == ["standing.removal_overdue"]
    assert tick(DUE, case.decision_due_at) == []
    session.expire_all()
    assert agency.standing is Standing.FROZEN
    cards = session.scalars(sa.select(Finding)).all()
    assert [(card.code, card.level, card.organisation_id) for card in cards] == [
        ("removal_undecided_by_operator", Level.RED, operator.grants[0].organisation_id)
    ]
    operations.answer_removal(
        case.id, Office.OPERATOR, approve=False, reason="证据不足", actor=operator, at=case.decision_due_at
    )
    session.expire_all()
    assert agency.standing is Standing.ACTIVE


def test_the_time_for_the_statement_ends(session: Session, at: datetime) -> None:
    agency, case = make_case(session, at)
    actor = make_agency_actor(agency)
    with pytest.raises(RuleBroken) as late:
        operations.state_in_removal(case.id, statement="我们没有串通", actor=actor, at=case.statement_due_at)
    assert late.value.code == "too_late"
