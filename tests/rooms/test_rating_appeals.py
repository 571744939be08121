"""Appeals on ratings: in time, decided by somebody else, and what they change; every state and action."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from supermarket.contracts.queries import contract
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Role
from supermarket.credit.models import PastPerformance, StarLevel
from supermarket.extensions import db
from supermarket.ratings import deadlines, operations
from supermarket.ratings.commands import DecideAppeal
from supermarket.ratings.models import RaterKind
from supermarket.ratings.queries import (
    has_open_appeal,
    mean_of,
    rated,
    rows_on,
    score,
    waiting_appeals,
)
from supermarket.ratings.score import Dimension
from supermarket.ratings.states import RATING, RatingAction, RatingState
from tests.factories.accounts import make_actor
from tests.factories.agencies import make_agency
from tests.factories.contracts import (
    NOTICE_AT,
)
from tests.factories.credit import make_performance
from tests.factories.policies import count
from tests.factories.ratings import INDUSTRY, Rated, make_rated, points, state_of
from tests.factories.reading import tags, tick

DUE = datetime(2026, 3, 16, 16, 0, tzinfo=UTC)  # ten working days after 2 March
APPEAL_UNTIL = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)  # five working days after 2 March
DAY = timedelta(days=1)
Q, T, C, F, A = Dimension


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
        assert tick(deadlines.DUE, over - timedelta(microseconds=1)) == []
        assert tick(deadlines.DUE, over) == ["ratings.appeal_overdue"]
        assert tick(deadlines.DUE, over + DAY) == []
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
