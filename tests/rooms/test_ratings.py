"""Ratings: asked for, sealed, published with P and stars, appealed, decided by somebody else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supermarket.accounts.models import OrganisationKind
from supermarket.contracts.queries import contract
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, WrongState
from supermarket.core.events import Event
from supermarket.core.paging import Slice
from supermarket.core.permissions import ANONYMOUS, SYSTEM, Actor, Role
from supermarket.core.unit import unit
from supermarket.credit.models import PastPerformance, StarLevel
from supermarket.data import catalogue
from supermarket.deliverables import operations as deliverables
from supermarket.deliverables.commands import RecordOutcome
from supermarket.deliverables.queries import deliverables_of
from supermarket.deliverables.states import ApprovalOutcome
from supermarket.extensions import db
from supermarket.payments.queries import items_of
from supermarket.projects.states import ProjectState
from supermarket.ratings import deadlines, operations
from supermarket.ratings.commands import DecideAppeal, Give
from supermarket.ratings.models import RaterKind, Rating
from supermarket.ratings.queries import (
    has_open_appeal,
    lines,
    mean_of,
    rated,
    ratings_of,
    rows_on,
    score,
    scores_of_agency,
    waiting_appeals,
    waiting_to_rate,
)
from supermarket.ratings.score import Dimension
from supermarket.ratings.states import RATING, RatingAction, RatingState
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.agencies import make_agency
from tests.factories.contracts import (
    NOTICE_AT,
    Deal,
    accept,
    make_completed,
    make_deal,
    make_running,
    pay,
    submit,
)
from tests.factories.credit import make_performance
from tests.factories.matters import SOME_MATTER
from tests.factories.policies import count
from tests.threads import at_once, committing_app

DUE = datetime(2026, 3, 16, 16, 0, tzinfo=UTC)  # ten working days after 2 March
APPEAL_UNTIL = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)  # five working days after 2 March
DAY = timedelta(days=1)
INDUSTRY = catalogue.matter(SOME_MATTER).industry
Q, T, C, F, A = Dimension


def points(quality: int, compliance: int, attitude: int) -> dict[Dimension, int]:
    """What a person clicks; timeliness and fees are computed."""
    return {Q: quality, C: compliance, A: attitude}


@dataclass(frozen=True)
class Rated:
    """A completed deal and everybody who was asked."""

    deal: Deal
    authority: Actor
    operator: Actor

    def actor(self, rater: RaterKind) -> Actor:
        return {
            RaterKind.OWNER: self.deal.owner,
            RaterKind.AUTHORITY: self.authority,
            RaterKind.OPERATOR: self.operator,
            RaterKind.AGENCY: self.deal.agency,
        }[rater]

    def give(self, rater: RaterKind, given: dict[Dimension, int] | None = None, *, at: datetime = NOTICE_AT) -> Rating:
        return operations.give(
            self.deal.code, Give(given or dict.fromkeys(Dimension, 4)), actor=self.actor(rater), at=at
        )

    def all_give(self) -> None:
        for rater in RaterKind:
            self.give(rater)


def make_offices() -> tuple[Actor, Actor]:
    """The authority of the matter's industry and the operator, both of Sichuan."""
    authority = make_organisation(OrganisationKind.AUTHORITY, region_code="510000", industry=INDUSTRY)
    operator = make_organisation(OrganisationKind.OPERATOR, region_code="510000")
    return make_actor(Role.REGULATOR, authority), make_actor(Role.OPERATOR, operator)


def make_rated(deal: Deal | None = None, *, offices: bool = True, at: datetime = NOTICE_AT) -> Rated:
    """A completed deal whose ratings were asked for at `at`."""
    authority, operator = make_offices() if offices else (ANONYMOUS, ANONYMOUS)
    return Rated(make_completed(deal, at=at), authority, operator)


def tags(code: str) -> list[str]:
    query = sa.select(Event.tag).where(Event.subject_kind == "contract", Event.subject_code == code).order_by(Event.id)
    return list(db.session.scalars(query))


def tick(at: datetime) -> list[str]:
    done = []
    for kind in deadlines.DUE:
        for due, number in kind.find(at, 100):
            assert due <= at
            if kind.act(number, at, None):
                done.append(kind.name)
    return done


def state_of(made: Rated, rater: RaterKind) -> RatingState:
    return rows_on(contract(made.deal.code), rater).state


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
        assert tick(DUE) == ["ratings.publish"]
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
        assert tick(DUE - timedelta(microseconds=1)) == []
        assert tick(DUE) == ["ratings.publish"]
        assert tick(DUE + DAY) == []
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
        assert tick(DUE) == []

    def test_none_at_all_gives_no_score(self) -> None:
        made = make_rated()
        assert tick(DUE) == ["ratings.publish"]
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


@pytest.mark.usefixtures("session")
class TestAppeal:
    def appealed(self, rater: RaterKind = RaterKind.OWNER) -> Rated:
        made = make_rated()
        made.all_give()
        operations.appeal(made.deal.code, rater, reason="与事实不符", actor=made.deal.agency, at=NOTICE_AT + DAY)
        return made

    def test_the_agency_appeals_in_five_working_days(self) -> None:
        made = self.appealed()
        row = rows_on(contract(made.deal.code), RaterKind.OWNER)
        assert (row.state, row.appeal_reason) == (RatingState.APPEALED, "与事实不符")
        assert row.decision_due_at == datetime(2026, 3, 17, 16, 0, tzinfo=UTC)
        assert has_open_appeal(made.deal.bodies[0].uscc)
        with pytest.raises(Conflict) as refused:
            operations.appeal(
                made.deal.code, RaterKind.OPERATOR, reason="不符", actor=made.deal.agency, at=APPEAL_UNTIL
            )
        assert refused.value.code == "too_late"

    def test_who_may_appeal_against_what(self) -> None:
        made = make_rated()
        with pytest.raises(WrongState):
            operations.appeal(made.deal.code, RaterKind.OWNER, reason="不符", actor=made.deal.agency, at=NOTICE_AT)
        made.all_give()
        for actor in (made.deal.owner, made.operator, make_actor(Role.AGENCY)):
            with pytest.raises(Forbidden):
                operations.appeal(made.deal.code, RaterKind.OWNER, reason="不符", actor=actor, at=NOTICE_AT)
        with pytest.raises(Forbidden):
            operations.appeal(made.deal.code, RaterKind.AGENCY, reason="不符", actor=made.deal.agency, at=NOTICE_AT)
        with pytest.raises(InvalidInput):
            operations.appeal(made.deal.code, RaterKind.OWNER, reason=" ", actor=made.deal.agency, at=NOTICE_AT)
        assert state_of(made, RaterKind.OWNER) is RatingState.PUBLISHED

    def test_nobody_was_asked(self) -> None:
        made = make_rated(offices=False)
        with pytest.raises(NotFound):
            operations.appeal(made.deal.code, RaterKind.OPERATOR, reason="不符", actor=made.deal.agency, at=NOTICE_AT)

    def test_upheld_changes_nothing(self) -> None:
        made = self.appealed()
        before = score(contract(made.deal.code))
        assert before is not None
        row = operations.decide_appeal(
            made.deal.code, RaterKind.OWNER, DecideAppeal("评价有据"), actor=made.operator, at=NOTICE_AT + 2 * DAY
        )
        assert (row.state, row.decision_due_at, row.decided_by) == (RatingState.UPHELD, None, made.operator.user_id)
        assert (before.score, before.revised_at) == (Decimal("85.0000"), None)
        assert not has_open_appeal(made.deal.bodies[0].uscc)

    def test_adjusted_points_change_the_score_and_the_stars_from_then_on(self) -> None:
        made = self.appealed()
        uscc = made.deal.bodies[0].uscc
        before = db.session.get_one(StarLevel, uscc).score
        at = NOTICE_AT + 2 * DAY
        row = operations.decide_appeal(
            made.deal.code, RaterKind.OWNER, DecideAppeal("应予更正", points(5, 5, 5)), actor=made.operator, at=at
        )
        assert row.state is RatingState.ADJUSTED
        assert row.given_points == dict.fromkeys(Dimension, 4)
        assert row.points == {"quality": 5, "compliance": 5, "attitude": 5}
        found = score(contract(made.deal.code))
        assert found is not None
        # The owner's 100, the others' 85 (4 throughout, but 5 for what is computed): half of each.
        assert (found.score, found.revised_at) == (Decimal("92.5000"), at)
        assert [item.score for item in rated(uscc, at)] == [Decimal("92.5000")]
        assert [item.score for item in rated(uscc, at - timedelta(microseconds=1))] == [Decimal("85.0000")]
        after = db.session.get_one(StarLevel, uscc).score
        assert before is not None
        assert after is not None
        assert after > before
        assert db.session.get_one(PastPerformance, made.deal.code).score == Decimal("85.0000")

    def test_the_mean_of_an_industry_knows_of_it(self) -> None:
        made = self.appealed()
        for _number in range(29):
            make_performance(make_agency().uscc, published_at=NOTICE_AT, score=Decimal(60), industry=INDUSTRY)
        at = NOTICE_AT + 2 * DAY
        before = mean_of(INDUSTRY, at)
        operations.decide_appeal(
            made.deal.code, RaterKind.OWNER, DecideAppeal("应予更正", points(5, 5, 5)), actor=made.operator, at=at
        )
        assert mean_of(INDUSTRY, at) - before == Decimal("7.5") / 30
        assert mean_of(INDUSTRY, at - DAY) == before

    def test_somebody_other_than_the_rater_decides(self) -> None:
        made = self.appealed(RaterKind.OPERATOR)
        colleague = make_actor(
            Role.OPERATOR, db.session.get_one(type(made.deal.project.owner), made.operator.organisation_id)
        )
        for actor in (made.operator, colleague, made.deal.owner, made.deal.agency, SYSTEM):
            with pytest.raises(Forbidden):
                operations.decide_appeal(
                    made.deal.code, RaterKind.OPERATOR, DecideAppeal("评价有据"), actor=actor, at=NOTICE_AT
                )
        assert state_of(made, RaterKind.OPERATOR) is RatingState.APPEALED
        assert [item.contract_code for item in waiting_appeals(made.authority)] == [made.deal.code]
        assert waiting_appeals(made.operator) == []
        operations.decide_appeal(
            made.deal.code, RaterKind.OPERATOR, DecideAppeal("评价有据"), actor=made.authority, at=NOTICE_AT
        )
        assert state_of(made, RaterKind.OPERATOR) is RatingState.UPHELD

    def test_a_decision_needs_reasons_and_whole_points(self) -> None:
        made = self.appealed()
        for command in (DecideAppeal(" "), DecideAppeal("应予更正", {Q: 5})):
            with pytest.raises(InvalidInput):
                operations.decide_appeal(made.deal.code, RaterKind.OWNER, command, actor=made.operator, at=NOTICE_AT)
        assert state_of(made, RaterKind.OWNER) is RatingState.APPEALED

    def test_an_overdue_decision_is_one_card(self) -> None:
        made = self.appealed()
        over = datetime(2026, 3, 17, 16, 0, tzinfo=UTC)
        assert tick(over - timedelta(microseconds=1)) == []
        assert tick(over) == ["ratings.appeal_overdue"]
        assert tick(over + DAY) == []
        assert tags(made.deal.code)[-1] == "rating.appeal_overdue"
        operations.decide_appeal(
            made.deal.code, RaterKind.OWNER, DecideAppeal("评价有据"), actor=made.operator, at=over + DAY
        )
        assert not operations.note_appeal_overdue(made.deal.code, RaterKind.OWNER, at=over + DAY)

    @pytest.mark.parametrize("state", list(RatingState))
    @pytest.mark.parametrize(
        "action", [RatingAction.GIVE, RatingAction.APPEAL, RatingAction.UPHOLD, RatingAction.ADJUST]
    )
    def test_every_state_and_action(self, state: RatingState, action: RatingAction) -> None:
        made = make_rated()
        made.give(RaterKind.OPERATOR)
        if state not in (RatingState.OPEN, RatingState.GIVEN):
            if state is not RatingState.MISSED:
                made.give(RaterKind.OWNER)
            operations.close(made.deal.code, at=DUE)
        elif state is RatingState.GIVEN:
            made.give(RaterKind.OWNER)
        code, late = made.deal.code, DUE + DAY
        if state in (RatingState.APPEALED, RatingState.UPHELD, RatingState.ADJUSTED):
            operations.appeal(code, RaterKind.OWNER, reason="不符", actor=made.deal.agency, at=late)
        decisions = {
            RatingAction.UPHOLD: DecideAppeal("评价有据"),
            RatingAction.ADJUST: DecideAppeal("应予更正", points(5, 5, 5)),
        }
        for made_state, step in (
            (RatingState.UPHELD, RatingAction.UPHOLD),
            (RatingState.ADJUSTED, RatingAction.ADJUST),
        ):
            if state is made_state:
                operations.decide_appeal(code, RaterKind.OWNER, decisions[step], actor=made.operator, at=late)
        assert state_of(made, RaterKind.OWNER) is state
        before = count(Event)

        def act() -> object:
            if action is RatingAction.GIVE:
                return made.give(RaterKind.OWNER, at=NOTICE_AT)
            if action is RatingAction.APPEAL:
                return operations.appeal(code, RaterKind.OWNER, reason="不符", actor=made.deal.agency, at=late)
            return operations.decide_appeal(code, RaterKind.OWNER, decisions[action], actor=made.operator, at=late)

        if RATING.can(state, action):
            act()
            assert state_of(made, RaterKind.OWNER) is RATING.table[state][action]
            return
        with pytest.raises(WrongState):
            act()
        assert (state_of(made, RaterKind.OWNER), count(Event)) == (state, before)


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
