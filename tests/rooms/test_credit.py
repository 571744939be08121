"""Register 3: ledger, levels, lists, past performance, stars."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies.checks import sources
from supermarket.agencies.models import Onboarding, Standing
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.events import Event
from supermarket.core.paging import Slice
from supermarket.core.permissions import SYSTEM, Actor, Role
from supermarket.core.tables import RowOutcome
from supermarket.credit import operations
from supermarket.credit.commands import NewListEntry, Performance
from supermarket.credit.forms import CreditEntryForm, ListEntryForm
from supermarket.credit.models import CreditEntry, Ledger, ListEntry, ListKind, PastPerformance
from supermarket.credit.points import CreditEvent, CreditLevel, EntryState, OwnerEvent
from supermarket.credit.queries import (
    barred,
    barred_among,
    credit_of,
    experience,
    held_level,
    industry_scores,
    ledger,
    list_page,
    owner_credit_of,
    performances,
    star_level,
)
from tests.factories.accounts import fresh_uscc, make_actor
from tests.factories.agencies import make_agency
from tests.factories.credit import make_credit_entry, make_list_entry, make_performance
from tests.factories.policies import count


def enter(event: CreditEvent | OwnerEvent, uscc: str, actor: Actor, at: datetime, **more: object) -> CreditEntry:
    fields: dict[str, object] = {
        "source": "四川省某主管部门",
        "basis": "行政处罚法",
        "document_number": "川罚〔2026〕1号",
        "evidence": "处罚决定书",
    }
    return operations.enter(event, uscc=uscc, actor=actor, at=at, **(fields | more))  # type: ignore[arg-type]  # keyword arguments of enter


def decision(uscc: str, **changes: object) -> NewListEntry:
    plain = NewListEntry(
        ListKind.BLACK, uscc, "测试机构", "某主管部门", "失信名单办法", "川失信〔2026〕1号", date(2026, 3, 1)
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # tests name fields of the dataclass only


def test_an_entry_takes_points_and_months_from_the_table(session: Session, at: datetime) -> None:
    uscc = fresh_uscc()
    row = enter(CreditEvent.PENALTY_HEAVY, uscc, make_actor(Role.REGULATOR), at)
    assert (row.points, row.from_date, row.until_date) == (-20, date(2026, 3, 2), date(2028, 3, 2))
    assert (credit_of(uscc, at).points, credit_of(uscc, at).level) == (80, CreditLevel.B)
    kept = star_level(uscc)
    assert kept is not None
    assert (kept.credit_points, kept.credit_level) == (80, "B")
    event = session.scalars(sa.select(Event).where(Event.tag == "credit.entered")).one()
    assert event.data == {
        "entry_id": row.id,
        "event": "penalty_heavy",
        "points": -20,
        "from_date": "2026-03-02",
        "until_date": "2028-03-02",
    }


def test_a_late_deliverable_brings_its_own_points_and_no_other_event_does(session: Session, at: datetime) -> None:
    uscc = fresh_uscc()
    assert enter(CreditEvent.LATE_DELIVERABLE, uscc, SYSTEM, at, points=-6).points == -6
    for event, points in (
        (CreditEvent.LATE_DELIVERABLE, None),
        (CreditEvent.LATE_DELIVERABLE, -12),
        (CreditEvent.DID_NOT_SIGN, -1),
    ):
        with pytest.raises(InvalidInput) as refused:
            enter(event, uscc, SYSTEM, at, points=points, evidence="other")
        assert [error.field for error in refused.value.errors] == ["points"]
    assert count(CreditEntry) == 1


def test_people_enter_what_people_decide(session: Session, at: datetime) -> None:
    for role in (Role.OWNER, Role.AGENCY, Role.EDITOR, Role.SUPERVISOR, Role.EXPERT):
        with pytest.raises(Forbidden):
            enter(CreditEvent.COLLUSION, fresh_uscc(), make_actor(role), at)
    with pytest.raises(InvalidInput) as refused:
        enter(CreditEvent.DID_NOT_SIGN, fresh_uscc(), make_actor(Role.OPERATOR), at)
    assert [error.code for error in refused.value.errors] == ["by_system"]
    with pytest.raises(InvalidInput) as refused:
        enter(CreditEvent.COLLUSION, "1", make_actor(Role.OPERATOR), at, source=" ", evidence="")
    assert [error.field for error in refused.value.errors] == ["source", "evidence", "uscc"]
    assert count(CreditEntry) == 0


def test_the_same_thing_is_entered_once(session: Session, at: datetime) -> None:
    uscc, operator = make_agency(matters=()).uscc, make_actor(Role.OPERATOR)
    first = enter(CreditEvent.COLLUSION, uscc, operator, at)
    assert enter(CreditEvent.COLLUSION, uscc, SYSTEM, at).id == first.id
    with pytest.raises(Conflict):
        enter(CreditEvent.COLLUSION, uscc, operator, at)
    assert count(CreditEntry) == 1


def test_an_entry_is_reversed_by_another_and_never_edited(session: Session, at: datetime) -> None:
    uscc, operator = fresh_uscc(), make_actor(Role.OPERATOR)
    row = make_credit_entry(uscc, at=at)
    reason = {"source": "运营机构", "basis": "异议成立", "document_number": "川异〔2026〕1号"}
    with pytest.raises(Forbidden):
        operations.reverse(row.id, **reason, actor=make_actor(Role.AGENCY), at=at)
    with pytest.raises(InvalidInput):
        operations.reverse(row.id, **(reason | {"basis": ""}), actor=operator, at=at)
    with pytest.raises(NotFound):
        operations.reverse(10**9, **reason, actor=operator, at=at)
    later = at + timedelta(days=30)
    back = operations.reverse(row.id, **reason, actor=operator, at=later)
    assert (back.reverses_id, back.points) == (row.id, 8)
    assert (credit_of(uscc, at).points, credit_of(uscc, later).points) == (92, 100)
    assert [item.state for item in credit_of(uscc, later).rows] == [EntryState.REVERSED, EntryState.REVERSAL]
    with pytest.raises(Conflict):
        operations.reverse(row.id, **reason, actor=operator, at=later)
    with pytest.raises(sa.exc.DBAPIError, match=r"only takes new rows|permission denied"), session.begin_nested():
        session.execute(sa.update(CreditEntry).values(points=0))


def test_what_has_run_out_is_not_reversed(session: Session, at: datetime) -> None:
    row = make_credit_entry(fresh_uscc(), at=at)
    with pytest.raises(RuleBroken):
        operations.reverse(
            row.id, source="a", basis="b", document_number="c", actor=SYSTEM, at=at + timedelta(days=366)
        )


def test_newcomers_are_at_most_b_until_three_ratings_of_two_owners(session: Session, at: datetime) -> None:
    uscc, owner = fresh_uscc(), fresh_uscc()
    for number in range(3):
        make_performance(uscc, published_at=at, owner_uscc=owner if number < 2 else None)
        expected = CreditLevel.A if number == 2 else CreditLevel.B
        assert credit_of(uscc, at).level is expected
    assert credit_of(uscc, at - timedelta(seconds=1)).level is CreditLevel.B


def test_owners_have_a_ledger_of_their_own(session: Session, at: datetime) -> None:
    uscc = fresh_uscc()
    make_credit_entry(uscc, OwnerEvent.LATE_PAYMENT, at=at)
    assert (owner_credit_of(uscc, at).points, credit_of(uscc, at).points) == (95, 100)
    assert [row.event for row in ledger(uscc, Ledger.OWNER)] == ["late_payment"]
    assert list(ledger(uscc)) == []
    assert star_level(uscc) is None


def test_a_nightly_run_lets_entries_run_out_in_batches_and_may_be_repeated(session: Session, at: datetime) -> None:
    codes = sorted(fresh_uscc() for _ in range(3))
    for uscc in codes:
        make_credit_entry(uscc, at=at)
    later = at + timedelta(days=400)
    reached = operations.refresh_all(later, batch=2)
    assert reached == codes[1]
    assert operations.refresh_all(later, after=reached, batch=2) is None
    assert [getattr(star_level(uscc), "credit_points", None) for uscc in codes] == [100] * 3
    events = count(Event)
    operations.refresh_all(later)
    assert count(Event) == events


def test_who_is_listed_is_out_and_comes_back_as_an_applicant(session: Session, at: datetime) -> None:
    agency = make_agency(matters=())
    regulator = make_actor(Role.REGULATOR)
    row = operations.list_add(decision(agency.uscc), actor=regulator, at=at)
    assert agency.standing is Standing.BLACKLISTED
    assert barred(agency.uscc, date(2026, 3, 2))
    assert barred_among([agency.uscc, fresh_uscc()], date(2026, 3, 2)) == {agency.uscc}
    with pytest.raises(Conflict):
        operations.list_add(decision(agency.uscc), actor=regulator, at=at)
    operations.list_end(row.id, actor=regulator, at=at)
    assert (agency.standing, agency.onboarding) == (Standing.APPLIED, Onboarding.DRAFT)
    assert not barred(agency.uscc, date(2026, 3, 2))
    with pytest.raises(WrongState):
        operations.list_end(row.id, actor=regulator, at=at)


def test_list_entries_begin_and_run_out_by_date(session: Session, at: datetime) -> None:
    agency = make_agency(matters=())
    entry = make_list_entry(agency.uscc, from_date=date(2026, 3, 10), until_date=date(2026, 4, 10))
    assert [barred(agency.uscc, date(2026, month, day)) for month, day in ((3, 9), (3, 10), (4, 9), (4, 10))] == [
        False,
        True,
        True,
        False,
    ]
    assert operations.follow_all(at) == 0
    assert operations.follow_all(at + timedelta(days=10)) == 1
    assert operations.follow_all(at + timedelta(days=10)) == 0
    assert agency.standing is Standing.BLACKLISTED
    assert operations.follow_all(at + timedelta(days=60)) == 1
    assert (agency.standing, entry.ended_at) == (Standing.APPLIED, None)


def test_lists_are_the_authorities_and_say_what_is_wrong(session: Session, at: datetime) -> None:
    for role in (Role.OPERATOR, Role.AGENCY, Role.OWNER, Role.EDITOR, Role.SUPERVISOR):
        with pytest.raises(Forbidden):
            operations.list_add(decision(fresh_uscc()), actor=make_actor(role), at=at)
    bad = decision("1", name="", document_number="", until_date=date(2026, 3, 1))
    with pytest.raises(InvalidInput) as refused:
        operations.list_add(bad, actor=make_actor(Role.REGULATOR), at=at)
    assert [error.field for error in refused.value.errors] == ["name", "document_number", "uscc", "until_date"]
    assert count(ListEntry) == 0


def test_the_red_list_bars_nobody(session: Session, at: datetime) -> None:
    agency = make_agency(matters=())
    operations.list_add(decision(agency.uscc, kind=ListKind.RED), actor=make_actor(Role.REGULATOR), at=at)
    assert (agency.standing, barred(agency.uscc, date(2026, 3, 2))) == (Standing.ACTIVE, False)
    page = list_page(ListKind.RED, date(2026, 3, 2), Slice(), q="测试")
    assert ([row.uscc for row in page.items], page.total, page.next) == ([agency.uscc], 1, None)


def test_the_market_lists_answer_the_checks_of_register_2(session: Session, at: datetime) -> None:
    uscc = fresh_uscc()
    terms = {"uscc": uscc, "on": "2026-03-02"}
    own = sources.registry(sources.MARKET_LISTS, at)
    assert getattr(own.ask("dishonesty", terms), "rows", None) == ()
    entry = make_list_entry(uscc, from_date=date(2026, 3, 1))
    rows = ({"uscc": uscc, "document_number": entry.document_number, "authority": entry.authority},)
    assert getattr(own.ask("dishonesty", terms), "rows", None) == rows


def test_decisions_are_imported_all_or_nothing(session: Session, at: datetime, tmp_path: Path) -> None:
    agency, regulator = make_agency(matters=()), make_actor(Role.REGULATOR)
    path = tmp_path / "black.csv"
    heading = "uscc,name,authority,basis,document_number,from_date,until_date\n"
    first = f"{agency.uscc},测试,某厅,办法,川失信1号,2026-03-01,2027-03-01\n"
    path.write_text(heading + first + f"{fresh_uscc()},测试,某厅,办法,川失信2号,2026-3-1,\n", encoding="utf-8")
    report = operations.import_lists(path, ListKind.BLACK, actor=regulator, at=at)
    assert (report.written, count(ListEntry), agency.standing) == (False, 0, Standing.ACTIVE)
    assert [(row.line, row.errors[0].field) for row in report.refused] == [(3, "from_date")]
    kept = operations.import_lists(path, ListKind.BLACK, actor=regulator, at=at, keep_good=True)
    assert (kept.counts[RowOutcome.CREATED], agency.standing) == (1, Standing.BLACKLISTED)
    with pytest.raises(Forbidden):
        operations.import_lists(path, ListKind.BLACK, actor=make_actor(Role.OPERATOR), at=at)


def test_a_performance_is_recorded_once_and_counts_as_experience(session: Session, at: datetime) -> None:
    uscc = fresh_uscc()
    command = Performance(
        contract_code="C-2026-000001",
        agency_uscc=uscc,
        owner_uscc=fresh_uscc(),
        matter_code="ZJ051",
        industry="natural-resources",
        amount=8_000_000,
        score=Decimal("88.1250"),
        share=Decimal("0.80"),
        accepted_at=at - timedelta(days=10),
        published_at=at,
    )
    row = operations.record_performance(command, at=at)
    assert operations.record_performance(command, at=at) is row
    assert [item.score for item in performances(uscc)] == [Decimal("88.1250")]
    assert (experience(uscc, "ZJ051", at), experience(uscc, "ZJ051", at + timedelta(days=1100))) == (1, 0)
    found = industry_scores("natural-resources", since=at - timedelta(days=1), until=at)
    assert (found.count, found.total) == (1, Decimal("88.1250"))
    assert count(PastPerformance) == 1


def test_stars_are_kept_with_their_explanation_and_the_held_level_apart(session: Session, at: datetime) -> None:
    uscc = fresh_uscc()
    explanation: dict[str, object] = {"mean": "75.0000"}
    operations.set_star_score(uscc, score=Decimal("71.9665"), level=3, count=4, explanation=explanation, at=at)
    assert held_level(uscc) is None
    operations.set_held_level(uscc, 3, at=at)
    row = operations.set_held_level(uscc, 3, at=at)
    assert (row.score, row.score_level, row.held_level, row.explanation) == (Decimal("71.9665"), 3, 3, explanation)
    tags = session.scalars(sa.select(Event.tag).where(Event.agency_uscc == uscc).order_by(Event.id)).all()
    assert tags == ["credit.stars_computed", "credit.held_level_set"]
    with pytest.raises(ValueError, match="from 1 to 5"):
        operations.set_held_level(uscc, 6, at=at)


def test_the_forms_give_commands_and_name_what_is_wrong(session: Session) -> None:
    uscc = fresh_uscc()
    fields = {
        "uscc": uscc.lower(),
        "event": "penalty_light",
        "source": "某局",
        "basis": "处罚法",
        "document_number": "1号",
        "evidence": "决定书",
    }
    command = CreditEntryForm.from_json(fields).command()
    assert (command.uscc, command.event) == (uscc, CreditEvent.PENALTY_LIGHT)
    with pytest.raises(InvalidInput) as refused:
        CreditEntryForm.from_json(fields | {"event": "did_not_sign", "uscc": "1"}).command()
    assert [error.field for error in refused.value.errors] == ["uscc", "event"]
    listed = {
        "kind": "black",
        "uscc": uscc,
        "name": "测试",
        "authority": "某厅",
        "basis": "办法",
        "document_number": "2号",
        "from_date": "2026-03-01",
    }
    assert ListEntryForm.from_json(listed).command().from_date == date(2026, 3, 1)
