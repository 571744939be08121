"""The unit of work: all or nothing, what waits for the commit waits, and a race is a conflict and no crash."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from supermarket.core.errors import Conflict, RuleBroken
from supermarket.core.unit import after_commit, after_refusal, race_code, unit
from supermarket.extensions import db
from supermarket.policies.models import Industry, JobSlot
from tests.factories.policies import count, make_industry

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def test_what_happens_inside_is_kept(session: Session) -> None:
    with unit():
        db.session.add(Industry(code="test-a", name="甲"))
    session.rollback()
    assert session.get(Industry, "test-a") is not None


@pytest.mark.parametrize("error", [RuleBroken("no"), ValueError("no"), KeyboardInterrupt()])
def test_nothing_is_kept_of_what_fails_whatever_the_reason(session: Session, error: BaseException) -> None:
    before = count(Industry)
    with pytest.raises(type(error)), unit():
        db.session.add(Industry(code="test-a", name="甲"))
        db.session.flush()
        raise error
    assert count(Industry) == before


def test_what_waits_for_the_commit_comes_after_it_in_order(session: Session) -> None:
    seen: list[object] = []
    with unit():
        db.session.add(Industry(code="test-a", name="甲"))
        after_commit(lambda: seen.append(session.get(Industry, "test-a") is not None))
        after_commit(lambda: seen.append("second"))
        assert seen == []
    assert seen == [True, "second"]


def test_what_waits_is_dropped_with_what_fails(session: Session) -> None:
    seen: list[str] = []
    with pytest.raises(RuleBroken), unit():
        after_commit(lambda: seen.append("mail"))
        raise RuleBroken("no")
    with unit():
        pass
    assert seen == []


def test_what_waits_runs_once(session: Session) -> None:
    seen: list[str] = []
    with unit():
        after_commit(lambda: seen.append("once"))
    with unit():
        pass
    assert seen == ["once"]


def test_a_savepoint_that_is_rolled_back_keeps_what_waits(session: Session) -> None:
    seen: list[str] = []
    with unit():
        after_commit(lambda: seen.append("mail"))
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(sa.insert(Industry).values(code=None, name="x"))
    assert seen == ["mail"]


def test_a_duplicate_is_a_conflict(session: Session) -> None:
    make_industry("transport")
    session.commit()
    with pytest.raises(Conflict) as refusal, unit():
        db.session.execute(sa.insert(Industry).values(code="transport", name="again"))
    assert (refusal.value.status, refusal.value.code) == (409, "conflict")
    assert isinstance(refusal.value.__cause__, IntegrityError)


def test_a_duplicate_found_at_the_commit_is_a_conflict_too(session: Session) -> None:
    with unit():
        db.session.add(JobSlot(job="nightly", slot="2026-03-02", started_at=AT))
    session.expunge_all()
    with pytest.raises(Conflict), unit():
        db.session.add(JobSlot(job="nightly", slot="2026-03-02", started_at=AT))


def test_a_broken_rule_of_the_database_is_no_conflict(session: Session) -> None:
    """A missing value is a mistake of ours: it must be seen as one."""
    with pytest.raises(IntegrityError) as failure, unit():
        db.session.execute(sa.insert(Industry).values(code="test-b", name=None))
    assert race_code(failure.value) is None


def test_after_a_failure_the_session_can_be_used_again(session: Session) -> None:
    with pytest.raises(IntegrityError), unit():
        db.session.execute(sa.insert(Industry).values(code="test-b", name=None))
    with unit():
        db.session.add(Industry(code="test-b", name="乙"))
    assert session.get(Industry, "test-b") is not None


def test_what_waits_for_a_refusal_is_done_once_everything_else_is_undone(session: Session) -> None:
    def note() -> None:
        with unit():
            db.session.add(Industry(code="test-n", name="记"))

    before = count(Industry)
    with pytest.raises(RuleBroken), unit():
        db.session.add(Industry(code="test-a", name="甲"))
        db.session.flush()
        after_refusal(note)
        raise RuleBroken("no")
    assert count(Industry) == before + 1
    assert session.get(Industry, "test-n") is not None
    # A crash is no refusal, and nothing is left over for the next unit.
    with pytest.raises(ValueError, match="crash"), unit():
        after_refusal(lambda: pytest.fail("noted"))
        raise ValueError("crash")
    with pytest.raises(RuleBroken), unit():
        raise RuleBroken("no")


def test_a_refusal_that_became_an_answer_is_noted_after_the_commit(session: Session) -> None:
    seen: list[str] = []
    with unit():
        after_refusal(lambda: seen.append("noted"))
        assert seen == []
    assert seen == ["noted"]
