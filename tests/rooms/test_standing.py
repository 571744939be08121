"""Monthly reviews, rectification, opinions and removal cases, on the real registers."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies.models import Agency
from supermarket.core.errors import Conflict, Forbidden, WrongState
from supermarket.core.events import Event
from supermarket.core.working_days import local_date
from supermarket.credit.queries import held_level
from supermarket.ratings.models import RaterKind, Rating
from supermarket.ratings.states import RatingState
from supermarket.standing import operations
from supermarket.standing.deadlines import DUE
from supermarket.standing.decisions import Move
from supermarket.standing.models import Rectification, Review
from supermarket.standing.monthly import review_all
from supermarket.standing.queries import holds, reviews_of
from supermarket.standing.states import RectificationState
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.contracts import make_running
from tests.factories.credit import make_performance, make_stars
from tests.factories.reading import tick
from tests.factories.standing import make_authority, make_operator, make_rated_agency, t


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
