"""Ratings: asked for, sealed, published with P and stars."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from supermarket.accounts.models import OrganisationKind
from supermarket.contracts.queries import contract
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, WrongState
from supermarket.core.paging import Slice
from supermarket.core.permissions import ANONYMOUS, SYSTEM, Role
from supermarket.core.unit import unit
from supermarket.credit.models import PastPerformance, StarLevel
from supermarket.deliverables import operations as deliverables
from supermarket.deliverables.commands import RecordOutcome
from supermarket.deliverables.queries import deliverables_of
from supermarket.deliverables.states import ApprovalOutcome
from supermarket.extensions import db
from supermarket.payments.queries import items_of
from supermarket.projects.states import ProjectState
from supermarket.ratings import deadlines, operations
from supermarket.ratings.commands import Give
from supermarket.ratings.models import RaterKind
from supermarket.ratings.queries import (
    lines,
    ratings_of,
    rows_on,
    score,
    scores_of_agency,
    waiting_to_rate,
)
from supermarket.ratings.score import Dimension
from supermarket.ratings.states import RatingState
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.agencies import make_agency
from tests.factories.contracts import (
    NOTICE_AT,
    accept,
    make_deal,
    make_running,
    pay,
    submit,
)
from tests.factories.credit import make_performance
from tests.factories.policies import count
from tests.factories.ratings import INDUSTRY, Rated, make_offices, make_rated, points, state_of
from tests.factories.reading import tags, tick
from tests.threads import at_once, committing_app

DUE = datetime(2026, 3, 16, 16, 0, tzinfo=UTC)  # ten working days after 2 March
APPEAL_UNTIL = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)  # five working days after 2 March
DAY = timedelta(days=1)
Q, T, C, F, A = Dimension


@pytest.mark.usefixtures("session")
class TestInvite:
    def test_both_sides_and_the_nearest_offices_are_asked(self) -> None:
        near = make_organisation(OrganisationKind.AUTHORITY, region_code="510100", industry=INDUSTRY)
        make_organisation(OrganisationKind.AUTHORITY, region_code="510700", industry=INDUSTRY)
        make_organisation(OrganisationKind.AUTHORITY, region_code="510100", industry="housing-construction")
        made = make_rated()
        views = ratings_of(contract(made.deal.code), SYSTEM)
        assert [(view.rater, view.state, view.due_at) for view in views] == [
            (rater, RatingState.OPEN, DUE)
            for rater in (RaterKind.OWNER, RaterKind.AUTHORITY, RaterKind.OPERATOR, RaterKind.AGENCY)
        ]
        assert rows_on(contract(made.deal.code), RaterKind.AUTHORITY).organisation_id == near.id

    def test_without_offices_the_sides_are_asked(self) -> None:
        made = make_rated(offices=False)
        assert [view.rater for view in ratings_of(contract(made.deal.code), SYSTEM)] == [
            RaterKind.OWNER,
            RaterKind.AGENCY,
        ]

    def test_once_and_only_for_a_completed_contract(self) -> None:
        made = make_rated()
        with pytest.raises(Conflict):
            operations.invite(made.deal.code, at=NOTICE_AT)
        with pytest.raises(WrongState):
            operations.invite(make_running().code, at=NOTICE_AT)

    def test_what_waits_for_whom(self) -> None:
        made = make_rated()
        for rater in RaterKind:
            assert [(item.what, item.contract_code, item.due_at) for item in waiting_to_rate(made.actor(rater))] == [
                ("give_rating", made.deal.code, DUE)
            ]
        made.give(RaterKind.OWNER)
        assert waiting_to_rate(made.deal.owner) == []
        assert waiting_to_rate(make_actor(Role.OPERATOR)) == []


@pytest.mark.usefixtures("session")
class TestGive:
    def test_nobody_sees_anothers_before_the_publication(self) -> None:
        made = make_rated()
        operations.give(made.deal.code, Give(points(4, 4, 3), "按时交付"), actor=made.deal.owner, at=NOTICE_AT)
        row = contract(made.deal.code)
        for actor in (made.authority, made.operator, made.deal.agency, ANONYMOUS, SYSTEM, make_actor(Role.SUPERVISOR)):
            view = ratings_of(row, actor)[0]
            assert (view.state, view.points, view.comment, view.mine) == (RatingState.GIVEN, {}, "", False)
        mine = ratings_of(row, made.deal.owner)[0]
        assert (mine.points, mine.comment, mine.mine) == (
            {"quality": 4, "compliance": 4, "attitude": 3},
            "按时交付",
            True,
        )
        assert score(row) is None
        assert count(PastPerformance) == 0

    def test_once(self) -> None:
        made = make_rated()
        made.give(RaterKind.OWNER)
        with pytest.raises(WrongState):
            made.give(RaterKind.OWNER)

    @pytest.mark.parametrize("role", [Role.OWNER, Role.AGENCY, Role.REGULATOR, Role.OPERATOR, Role.SUPERVISOR])
    def test_only_who_was_asked(self, role: Role) -> None:
        made = make_rated()
        with pytest.raises(Forbidden):
            operations.give(made.deal.code, Give(points(5, 5, 5)), actor=make_actor(role), at=NOTICE_AT)
        with pytest.raises(Forbidden):
            operations.give(made.deal.code, Give(points(5, 5, 5)), actor=SYSTEM, at=NOTICE_AT)
        assert {view.state for view in ratings_of(contract(made.deal.code), SYSTEM)} == {RatingState.OPEN}

    def test_what_is_not_computed_must_be_given(self) -> None:
        made = make_rated()
        with pytest.raises(InvalidInput) as refused:
            made.give(RaterKind.OWNER, {A: 3})
        assert [error.field for error in refused.value.errors] == ["quality", "compliance"]
        with pytest.raises(InvalidInput) as refused:
            made.give(RaterKind.AGENCY, points(3, 3, 3))
        assert [error.field for error in refused.value.errors] == ["timeliness", "fees"]
        with pytest.raises(InvalidInput) as refused:
            made.give(RaterKind.OWNER, {**points(3, 3, 3), Q: 6, F: 0})
        assert sorted(error.field for error in refused.value.errors) == ["fees", "quality"]
        assert {view.state for view in ratings_of(contract(made.deal.code), SYSTEM)} == {RatingState.OPEN}

    def test_later_ones_are_refused(self) -> None:
        made = make_rated()
        made.give(RaterKind.OWNER, at=DUE - timedelta(microseconds=1))
        with pytest.raises(Conflict) as refused:
            made.give(RaterKind.OPERATOR, at=DUE)
        assert refused.value.code == "too_late"
        assert tick(deadlines.DUE, DUE) == ["ratings.publish"]
        with pytest.raises(WrongState):
            made.give(RaterKind.OPERATOR, at=DUE)


@pytest.mark.usefixtures("session")
class TestPublish:
    def test_the_worked_example(self) -> None:
        made = make_rated()
        made.give(RaterKind.OWNER, points(4, 4, 3))
        made.give(RaterKind.AUTHORITY, points(5, 5, 4))
        made.give(RaterKind.AGENCY)
        assert state_of(made, RaterKind.OWNER) is RatingState.GIVEN
        assert tick(deadlines.DUE, DUE - timedelta(microseconds=1)) == []
        assert tick(deadlines.DUE, DUE) == ["ratings.publish"]
        assert tick(deadlines.DUE, DUE + DAY) == []
        assert not operations.close(made.deal.code, at=DUE + DAY)
        row = contract(made.deal.code)
        found = score(row)
        assert found is not None
        assert (found.score, found.share, found.published_at) == (Decimal("88.1250"), Decimal("0.80"), DUE)
        assert found.explanation["known"] == {"timeliness": 5, "fees": 5, "quality": None}
        raters = found.explanation["raters"]
        assert isinstance(raters, list)
        assert [(part["rater"], Decimal(part["score"])) for part in raters] == [
            ("owner", Decimal("82.5")),
            ("authority", Decimal("97.5")),
        ]
        assert state_of(made, RaterKind.OPERATOR) is RatingState.MISSED
        assert made.deal.project.state is ProjectState.ARCHIVED
        performance = db.session.get_one(PastPerformance, made.deal.code)
        assert (performance.score, performance.share, performance.amount, performance.industry) == (
            Decimal("88.1250"),
            Decimal("0.80"),
            10_000_001,
            INDUSTRY,
        )
        assert (performance.accepted_at, performance.published_at) == (NOTICE_AT, DUE)
        assert tags(made.deal.code).count("rating.published") == 1

    def test_at_once_when_all_have_given(self) -> None:
        made = make_rated()
        made.all_give()
        assert {state_of(made, rater) for rater in RaterKind} == {RatingState.PUBLISHED}
        row = rows_on(contract(made.deal.code), RaterKind.OWNER)
        assert (row.published_at, row.appeal_until) == (NOTICE_AT, APPEAL_UNTIL)
        view = ratings_of(contract(made.deal.code), ANONYMOUS)[0]
        assert view.points == dict.fromkeys(Dimension, 4)
        assert tick(deadlines.DUE, DUE) == []

    def test_none_at_all_gives_no_score(self) -> None:
        made = make_rated()
        assert tick(deadlines.DUE, DUE) == ["ratings.publish"]
        found = score(contract(made.deal.code))
        assert found is not None
        assert (found.score, found.share) == (None, Decimal(0))
        assert db.session.get_one(PastPerformance, made.deal.code).score is None
        assert made.deal.project.state is ProjectState.ARCHIVED
        stars = db.session.get_one(StarLevel, made.deal.bodies[0].uscc)
        assert (stars.rating_count, stars.score, stars.score_level) == (0, Decimal("75.0000"), None)

    def test_what_the_system_knows_replaces_the_clicks(self) -> None:
        made_deal = make_running()
        late = datetime(2026, 3, 25, 2, 0, tzinfo=UTC)  # three days after the due date, of thirty: at most 10 %
        authority, operator = make_offices()
        submit(made_deal, at=late)
        accept(made_deal, at=late)
        deliverables.record_outcome(
            made_deal.code, 1, RecordOutcome(ApprovalOutcome.CORRECTED_MORE), actor=authority, at=late
        )
        first, second = items_of(contract(made_deal.code))
        pay(made_deal, 1, at=late)
        pay(made_deal, 2, at=late, amount=second.amount + first.amount // 6)  # 105 % of the price
        made = Rated(made_deal, authority, operator)
        made.give(RaterKind.OWNER, dict.fromkeys(Dimension, 5), at=late)
        made.give(RaterKind.AGENCY, at=late)
        made.give(RaterKind.AUTHORITY, {C: 5, A: 5}, at=late)
        made.give(RaterKind.OPERATOR, {C: 5, A: 5}, at=late)
        found = score(contract(made_deal.code))
        assert found is not None
        assert found.explanation["known"] == {"timeliness": 4, "fees": 4, "quality": 3}
        assert found.score == Decimal("75.0000")  # 15 + 18.75 + 20 + 11.25 + 10

    def test_the_stars_follow(self) -> None:
        agency = make_agency()
        for days, value in ((30, "92.5"), (400, "61.25"), (10, "100")):
            make_performance(agency.uscc, published_at=NOTICE_AT - days * DAY, score=Decimal(value), industry=INDUSTRY)
        made = make_rated(make_deal(agencies=[agency]))
        made.all_give()
        row = db.session.get_one(StarLevel, agency.uscc)
        assert row.rating_count == 4
        assert row.explanation["industry"] == INDUSTRY
        rows = row.explanation["rows"]
        assert isinstance(rows, list)
        assert [part["contract"] for part in rows][-1] == made.deal.code
        assert row.held_level is None
        before = row.score
        operations.refresh_stars(agency.uscc, at=NOTICE_AT)
        assert db.session.get_one(StarLevel, agency.uscc).score == before

    def test_the_worked_example_of_the_stars(self) -> None:
        agency = make_agency()
        for value, days, yuan in (
            ("92.5", 30, 80_000),
            ("61.25", 400, 250_000),
            ("100", 10, 20_000),
            ("45", 200, 1_000_000),
        ):
            make_performance(
                agency.uscc,
                published_at=NOTICE_AT - days * DAY,
                score=Decimal(value),
                amount=yuan * 100,
                industry=INDUSTRY,
            )
        operations.refresh_stars(agency.uscc, at=NOTICE_AT)
        row = db.session.get_one(StarLevel, agency.uscc)
        assert (row.score, row.score_level, row.rating_count) == (Decimal("71.9665"), 3, 4)

    def test_natural_persons_are_masked(self) -> None:
        owner = make_organisation(OrganisationKind.OWNER, name="欧阳明", is_natural_person=True)
        owner.uscc = None
        made = make_rated(make_deal(owner=owner))
        made.all_give()
        uscc = made.deal.bodies[0].uscc
        page = scores_of_agency(uscc, Slice())
        assert page.total == 1
        assert [(line.contract_code, line.owner_name, line.score) for line in lines(page.items)] == [
            (made.deal.code, "欧**", Decimal("85.0000"))
        ]
        assert ratings_of(contract(made.deal.code), ANONYMOUS)[0].organisation_name == "欧**"
        assert ratings_of(contract(made.deal.code), made.deal.agency)[0].organisation_name == "欧阳明"
        assert db.session.get_one(PastPerformance, made.deal.code).owner_uscc == f"person-{owner.id}"


@pytest.fixture(scope="module")
def market(worker_id: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application whose commits are real."""
    with committing_app(f"{worker_id}_ratings", redis_address, tmp_path_factory.mktemp("market")) as app:
        yield app


def test_the_last_two_give_at_once(market: Flask) -> None:
    with market.app_context(), unit():
        made = make_rated()
        made.give(RaterKind.OWNER)
        made.give(RaterKind.AUTHORITY)
        code = made.deal.code
    acts = [
        lambda: operations.give(code, Give(points(4, 4, 4)), actor=made.operator, at=NOTICE_AT),
        lambda: operations.give(code, Give(dict.fromkeys(Dimension, 4)), actor=made.deal.agency, at=NOTICE_AT),
        lambda: operations.close(code, at=NOTICE_AT),
    ]
    assert at_once(market, acts) == ["done", "done", "done"]
    with market.app_context():
        assert tags(code).count("rating.published") == 1
        assert count(PastPerformance) == 1
        assert len(deliverables_of(contract(code))) == 1
