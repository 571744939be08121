"""Changes of an admitted agency's profile: field by field through the registries; what is filed ends and stays readable."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies import operations
from supermarket.agencies.change_queries import (
    changes_waiting,
    draft_of,
    earlier_values,
    ended_of,
    findings_of,
    open_changes,
)
from supermarket.agencies.change_states import CHANGE, ChangeAction
from supermarket.agencies.checks import sources
from supermarket.agencies.commands import NewQualification, NewRelatedParty, NewService, Relation
from supermarket.agencies.covering import LeafState, coverage
from supermarket.agencies.deadlines import DUE
from supermarket.agencies.models import (
    Agency,
    ChangeState,
    FormDraft,
    Outcome,
    ProfileChange,
    Qualification,
    RelatedParty,
    Service,
    Standing,
)
from supermarket.agencies.operations.onboarding import file_of
from supermarket.agencies.queries import agency_file
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Actor, Role
from supermarket.data.invent import invented_identity_number
from supermarket.extensions import db
from tests.factories.accounts import make_actor
from tests.factories.agencies import (
    make_agency,
    make_agency_actor,
    make_qualification,
    make_related_party,
)
from tests.factories.matters import SOME_MATTER, make_matter
from tests.factories.policies import count

SURVEY = "ZJ051"
NEW = "四川改名测绘有限公司"
KIND = next(kind for kind in DUE if kind.name == "profile_change_checks")


def tell_register(agency: Agency, at: datetime, **register: str) -> None:
    """The enterprise register's row of an agency: as filed but for `register`'s fields."""
    row = {
        "uscc": agency.uscc,
        "name": agency.name,
        "status": "存续",
        "legal_representative": agency.legal_representative,
        "business_scope": agency.business_scope,
    } | register
    operations.load_registry(sources.DATA_SHARING, sources.ENTERPRISES, [row], label="t.csv", actor=SYSTEM, at=at)


def correct(
    agency: Agency, at: datetime, values: Mapping[str, str | bool | None], actor: Actor | None = None
) -> object:
    return operations.correct_profile(
        agency.uscc, values, expected_version=None, actor=actor or make_agency_actor(agency), at=at
    )


def check(change: ProfileChange, at: datetime) -> ProfileChange:
    answers = operations.ask_about_change(change.id, at)
    return operations.check_change(change.id, answers=answers, actor=SYSTEM, at=at)


def proposed(agency: Agency, at: datetime, **values: str | bool | None) -> ProfileChange:
    correct(agency, at, values)
    return open_changes(agency.id)[-1]


def test_a_name_that_the_register_confirms_is_public_at_once_and_the_old_one_stays_readable(
    session: Session, at: datetime
) -> None:
    agency = make_agency()
    old = agency.name
    tell_register(agency, at, name=NEW)
    change = proposed(agency, at, name=NEW)
    assert (agency.name, change.state, change.number) == (old, ChangeState.CHECKING, 1)
    check(change, at)
    assert (agency.name, change.state, change.decided_at) == (NEW, ChangeState.APPLIED, at)
    assert [(item.field, item.value) for item in earlier_values(agency.id)] == [("name", old)]
    tags = session.scalars(sa.select(Event.tag).where(Event.agency_uscc == agency.uscc).order_by(Event.id)).all()
    assert tags == ["agency.change_proposed", "agency.change_applied"]
    assert agency.checks_due_at == at


def test_a_name_that_the_register_denies_is_refused_and_the_old_one_stands(session: Session, at: datetime) -> None:
    agency = make_agency()
    old = agency.name
    tell_register(agency, at)
    change = check(proposed(agency, at, name=NEW), at)
    assert (agency.name, change.state, agency.standing) == (old, ChangeState.REFUSED, Standing.ACTIVE)
    assert [item.outcome for item in findings_of(change)] == [Outcome.FAIL]
    assert earlier_values(agency.id) == []


def test_silence_waits_for_the_operator_is_repeated_hourly_and_changes_nothing(session: Session, at: datetime) -> None:
    agency = make_agency()
    old = agency.name
    change = check(proposed(agency, at, name=NEW), at)
    assert (change.state, agency.name) == (ChangeState.WAITING, old)
    assert change.decision_due_at == datetime.fromisoformat("2026-03-05T00:00+08:00")
    assert [row.id for row in changes_waiting()] == [change.id]
    later, due = at + timedelta(hours=1), change.decision_due_at
    assert KIND.find(later - timedelta(seconds=1), 10) == []
    assert KIND.find(later, 10) == [(later, change.id)]
    assert KIND.prepare is not None
    assert KIND.act(change.id, later, KIND.prepare(change.id, later)) is True
    assert (change.state, change.decision_due_at) == (ChangeState.WAITING, due)
    tell_register(agency, at, name=NEW)
    latest = later + timedelta(hours=1)
    assert KIND.act(change.id, latest, KIND.prepare(change.id, latest)) is True
    assert KIND.act(change.id, latest, {}) is False
    assert (change.state, agency.name) == (ChangeState.APPLIED, NEW)


def test_without_answers_nothing_is_applied(session: Session, at: datetime) -> None:
    agency = make_agency()
    change = proposed(agency, at, legal_representative="张三丰")
    operations.check_change(change.id, answers={}, actor=SYSTEM, at=at)
    assert (change.state, agency.legal_representative) == (ChangeState.WAITING, "测试负责人")


def test_name_and_head_changed_one_after_the_other_do_not_refuse_each_other(session: Session, at: datetime) -> None:
    agency = make_agency()
    tell_register(agency, at, name=NEW, legal_representative="张三丰")
    assert check(proposed(agency, at, name=NEW), at).state is ChangeState.APPLIED
    assert check(proposed(agency, at, legal_representative="张三丰"), at).state is ChangeState.APPLIED
    assert (agency.name, agency.legal_representative) == (NEW, "张三丰")
    # A person's name is in nobody's public list.
    assert [item.field for item in earlier_values(agency.id)] == ["name"]


def test_a_body_out_of_business_changes_nothing(session: Session, at: datetime) -> None:
    agency = make_agency()
    tell_register(agency, at, name=NEW, status="注销")
    assert check(proposed(agency, at, name=NEW), at).state is ChangeState.REFUSED


def test_what_no_registry_knows_applies_at_once_and_is_in_the_history(session: Session, at: datetime) -> None:
    agency = make_agency()
    correct(agency, at, {"public_contact": "028-7654321"})
    change = session.scalars(sa.select(ProfileChange)).one()
    assert (change.state, change.before) == (ChangeState.APPLIED, {"public_contact": "028-01234567"})
    assert agency.public_contact == "028-7654321"


def test_one_form_with_both_kinds_of_field_makes_two_changes(session: Session, at: datetime) -> None:
    agency = make_agency()
    correct(agency, at, {"address": "别处1号", "name": NEW})
    found = session.scalars(sa.select(ProfileChange).order_by(ProfileChange.number)).all()
    assert [(row.number, row.state, sorted(row.after)) for row in found] == [
        (1, ChangeState.APPLIED, ["address"]),
        (2, ChangeState.CHECKING, ["name"]),
    ]


def test_an_applicant_edits_freely(session: Session, at: datetime) -> None:
    agency = make_agency(standing=Standing.APPLIED)
    assert correct(agency, at, {"name": NEW}) == ()
    assert (agency.name, count(ProfileChange)) == (NEW, 0)


def test_who_may_and_what_is_wrong(session: Session, at: datetime) -> None:
    agency, other = make_agency(), make_agency()
    for stranger in (make_agency_actor(other), make_actor(Role.OPERATOR), make_actor(Role.OWNER)):
        with pytest.raises(Forbidden):
            correct(agency, at, {"name": NEW}, stranger)
    with pytest.raises(InvalidInput):
        correct(agency, at, {"name": " "})
    with pytest.raises(InvalidInput):
        correct(agency, at, {"is_branch": True, "head_office_uscc": None})
    with pytest.raises(Conflict):
        operations.correct_profile(
            agency.uscc, {"name": NEW}, expected_version=0, actor=make_agency_actor(agency), at=at
        )
    assert count(ProfileChange) == 0


def test_a_field_is_checked_once_at_a_time_and_sending_twice_makes_one_change(session: Session, at: datetime) -> None:
    agency = make_agency()
    seen = agency.version
    actor = make_agency_actor(agency)
    operations.correct_profile(agency.uscc, {"name": NEW}, expected_version=seen, actor=actor, at=at)
    with pytest.raises(Conflict):
        operations.correct_profile(agency.uscc, {"name": NEW}, expected_version=seen, actor=actor, at=at)
    with pytest.raises(Conflict):
        correct(agency, at, {"name": "另一个名字有限公司"})
    assert count(ProfileChange) == 1


def test_the_operator_decides_only_what_waits_with_a_reason_in_its_region(session: Session, at: datetime) -> None:
    agency, operator = make_agency(), make_actor(Role.OPERATOR)
    change = proposed(agency, at, name=NEW)
    with pytest.raises(WrongState):
        operations.decide_change(change.id, admit=True, reason="营业执照已核验", actor=operator, at=at)
    check(change, at)
    with pytest.raises(Forbidden):
        operations.decide_change(change.id, admit=True, reason="x", actor=make_agency_actor(agency), at=at)
    with pytest.raises(Forbidden):
        elsewhere = make_actor(Role.OPERATOR, region_code="110000")
        operations.decide_change(change.id, admit=True, reason="x", actor=elsewhere, at=at)
    with pytest.raises(InvalidInput):
        operations.decide_change(change.id, admit=True, reason=" ", actor=operator, at=at)
    operations.decide_change(change.id, admit=True, reason="营业执照已核验", actor=operator, at=at)
    assert (agency.name, change.reason, change.decided_by_id) == (NEW, "营业执照已核验", operator.user_id)
    with pytest.raises(WrongState):
        operations.decide_change(change.id, admit=False, reason="晚了", actor=operator, at=at)


def test_a_refusal_by_the_operator_leaves_the_old_value(session: Session, at: datetime) -> None:
    agency = make_agency()
    old = agency.name
    change = check(proposed(agency, at, name=NEW), at)
    operations.decide_change(change.id, admit=False, reason="材料不符", actor=make_actor(Role.OPERATOR), at=at)
    assert (agency.name, change.state) == (old, ChangeState.REFUSED)


def test_an_open_change_can_be_taken_back_by_its_own_agency(session: Session, at: datetime) -> None:
    agency, other = make_agency(), make_agency()
    change = proposed(agency, at, name=NEW)
    with pytest.raises(NotFound):
        operations.withdraw_change(other.uscc, change.number, actor=make_agency_actor(other), at=at)
    with pytest.raises(Forbidden):
        operations.withdraw_change(agency.uscc, change.number, actor=make_agency_actor(other), at=at)
    operations.withdraw_change(agency.uscc, change.number, actor=make_agency_actor(agency), at=at)
    assert change.state is ChangeState.WITHDRAWN
    with pytest.raises(WrongState):
        operations.withdraw_change(agency.uscc, change.number, actor=make_agency_actor(agency), at=at)


@pytest.mark.parametrize("state", list(ChangeState))
@pytest.mark.parametrize("action", list(ChangeAction))
def test_every_pair_of_change_and_action(session: Session, state: ChangeState, action: ChangeAction) -> None:
    if CHANGE.can(state, action):
        assert CHANGE.next(state, action) in ChangeState
    else:
        with pytest.raises(WrongState):
            CHANGE.next(state, action)


# -- what is filed ends and stays


def test_fee_and_days_change_without_removing_and_the_old_ones_stay(session: Session, at: datetime) -> None:
    agency = make_agency()
    actor = make_agency_actor(agency)
    new = NewService(SOME_MATTER, "指导价的八折", 10)
    operations.change_service(agency.uscc, new, expected_version=agency.version, actor=actor, at=at)
    row = agency_file(agency.uscc)
    assert [(item.fee_standard, item.promised_days, item.hidden_reason) for item in row.services] == [
        ("指导价的八折", 10, None)
    ]
    assert [item.fee_standard for item in ended_of(agency.id).services] == ["按合同约定"]
    with pytest.raises(Conflict):
        operations.change_service(agency.uscc, new, expected_version=0, actor=actor, at=at)
    with pytest.raises(NotFound):
        other = NewService(SURVEY, "x", 1)
        operations.change_service(agency.uscc, other, expected_version=None, actor=actor, at=at)


def test_a_removed_service_may_be_offered_again_and_is_kept(session: Session, at: datetime) -> None:
    agency = make_agency()
    actor = make_agency_actor(agency)
    operations.remove_service(agency.uscc, SOME_MATTER, actor=actor, at=at)
    assert agency_file(agency.uscc).services == []
    with pytest.raises(NotFound):
        operations.remove_service(agency.uscc, SOME_MATTER, actor=actor, at=at)
    operations.add_service(agency.uscc, NewService(SOME_MATTER, "面议", 5), actor=actor, at=at)
    assert (count(Service), len(agency_file(agency.uscc).services)) == (2, 1)
    assert session.scalars(sa.select(Service.hidden_reason).where(Service.ended_at.is_not(None))).all() == ["ended"]


def certificate(number: str = "测-9", speciality: str | None = None, until: date | None = None) -> NewQualification:
    return NewQualification("Q021", number, "四川省自然资源厅", speciality, "甲级", until)


def test_one_certificate_with_several_specialities(session: Session, at: datetime) -> None:
    agency = make_agency(matters=(), qualified=False)
    make_qualification(agency)
    actor = make_agency_actor(agency)
    kinds = file_of(agency.uscc, at)
    assert len(kinds.qualifications) == 1
    for speciality in ("工程测量", "海洋测绘"):
        operations.add_qualification(agency.uscc, certificate(speciality=speciality), actor=actor, at=at)
    with pytest.raises(Conflict):
        operations.add_qualification(agency.uscc, certificate(speciality="工程测量"), actor=actor, at=at)
    assert len(agency_file(agency.uscc).qualifications) == 3


def test_a_verified_certificate_counts_until_its_renewal_is_verified(session: Session, at: datetime) -> None:
    agency = make_agency(matters=(), qualified=False)
    old = make_qualification(agency)
    actor = make_agency_actor(agency)
    assert old.verified_at is not None
    command = certificate(old.number, until=date(2040, 1, 1))
    new = operations.replace_qualification(
        agency.uscc, old.id, command, expected_version=agency.version, actor=actor, at=at
    )
    assert (old.ended_at, new.replaces_id, new.verified_at) == (None, old.id, None)
    with pytest.raises(Conflict):
        operations.replace_qualification(agency.uscc, old.id, command, expected_version=None, actor=actor, at=at)
    assert operations.end_replaced(agency.uscc, at=at) == 0
    new.verified_at = at
    session.flush()
    assert operations.end_replaced(agency.uscc, at=at) == 1
    assert old.ended_at == at
    assert [row.id for row in agency_file(agency.uscc).qualifications] == [new.id]
    assert [row.id for row in ended_of(agency.id).qualifications] == [old.id]


def test_an_unverified_certificate_gives_way_at_once(session: Session, at: datetime) -> None:
    agency = make_agency(matters=(), qualified=False)
    make_qualification(agency)
    actor = make_agency_actor(agency)
    wrong = operations.add_qualification(agency.uscc, certificate("错号"), actor=actor, at=at)
    operations.replace_qualification(
        agency.uscc, wrong.id, certificate("对号"), expected_version=None, actor=actor, at=at
    )
    assert wrong.ended_at == at
    assert "对号" in {row.number for row in agency_file(agency.uscc).qualifications}


def test_a_related_party_is_corrected_without_its_number(session: Session, at: datetime) -> None:
    agency = make_agency()
    party = make_related_party(agency)
    actor = make_agency_actor(agency)
    command = NewRelatedParty(Relation.LEGAL_REPRESENTATIVE, "改正的名字")
    row = operations.correct_related_party(agency.uscc, party.id, command, expected_version=None, actor=actor, at=at)
    assert (row.name, row.party_hash, party.ended_at) == ("改正的名字", party.party_hash, at)
    assert [item.name for item in agency_file(agency.uscc).related_parties] == ["改正的名字"]
    with pytest.raises(NotFound):
        operations.correct_related_party(agency.uscc, party.id, command, expected_version=None, actor=actor, at=at)
    assert count(RelatedParty) == 2


def test_nobody_touches_anothers_rows(session: Session, at: datetime) -> None:
    mine, other = make_agency(), make_agency()
    party, held = (
        make_related_party(other),
        db.session.scalars(sa.select(Qualification).where(Qualification.agency_id == other.id)).first(),
    )
    if held is None:
        held = make_qualification(other)
    actor = make_agency_actor(mine)
    with pytest.raises(NotFound):
        operations.replace_qualification(mine.uscc, held.id, certificate(), expected_version=None, actor=actor, at=at)
    with pytest.raises(NotFound):
        operations.remove_qualification(mine.uscc, held.id, actor=actor, at=at)
    with pytest.raises(NotFound):
        operations.remove_related_party(mine.uscc, party.id, actor=actor, at=at)
    for act in (
        lambda: operations.remove_qualification(other.uscc, held.id, actor=actor, at=at),
        lambda: operations.remove_service(other.uscc, SOME_MATTER, actor=actor, at=at),
        lambda: operations.change_service(
            other.uscc, NewService(SOME_MATTER, "x", 1), expected_version=None, actor=actor, at=at
        ),
    ):
        with pytest.raises(Forbidden):
            act()
    assert (held.ended_at, party.ended_at) == (None, None)


# -- forms begun


def test_a_form_begun_is_kept_without_secrets_and_belongs_to_its_organisation(session: Session, at: datetime) -> None:
    agency, other = make_agency(), make_agency()
    actor, body = make_agency_actor(agency), agency.organisation_id or 0
    fields = {"name": "甲", "identity_number": invented_identity_number(3), "party_uscc": ""}
    row = operations.save_draft(body, "party", fields, expected_version=None, actor=actor, at=at)
    assert row.fields == {"name": "甲"}
    with pytest.raises(Forbidden):
        operations.save_draft(body, "party", {}, expected_version=None, actor=make_agency_actor(other), at=at)
    seen = row.version
    operations.save_draft(body, "party", {"name": "乙"}, expected_version=seen, actor=actor, at=at)
    with pytest.raises(Conflict):
        operations.save_draft(body, "party", {"name": "丙"}, expected_version=seen, actor=actor, at=at)
    with pytest.raises(InvalidInput):
        operations.save_draft(body, "party", {"name": "x" * 20_001}, expected_version=None, actor=actor, at=at)
    with pytest.raises(Forbidden):
        operations.drop_draft(body, "party", actor=make_agency_actor(other))
    draft = draft_of(body, "party")
    assert draft is not None and draft.fields == {"name": "乙"}
    assert operations.drop_draft(body, "party", actor=actor) is True
    assert (operations.drop_draft(body, "party", actor=actor), count(FormDraft)) == (False, 0)


# -- leaf by leaf


def test_leaves_are_verified_on_file_missing_run_out_or_of_a_wrong_level(session: Session, at: datetime) -> None:
    make_matter(SURVEY)

    def leaf_of(agency: Agency) -> LeafState:
        node = coverage(file_of(agency.uscc, at))[0].node
        while node is not None and not hasattr(node, "state"):
            node = node.parts[0]
        assert node is not None
        return node.state

    def holding(**fields: object) -> Agency:
        agency = make_agency(matters=(SURVEY,))
        for row in session.scalars(sa.select(Qualification).where(Qualification.agency_id == agency.id)):
            for name, value in fields.items():
                setattr(row, name, value)
        session.flush()
        return agency

    assert leaf_of(make_agency(matters=(SURVEY,), qualified=False)) is LeafState.MISSING
    assert leaf_of(holding()) is LeafState.VERIFIED
    assert leaf_of(holding(verified_at=None)) is LeafState.ON_FILE
    assert leaf_of(holding(valid_until=at.date() - timedelta(days=1))) is LeafState.EXPIRED
