"""What an agency files ends and stays readable; forms begun are kept; what a matter asks is seen leaf by leaf."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies import operations
from supermarket.agencies.change_queries import (
    draft_of,
    ended_of,
)
from supermarket.agencies.commands import NewQualification, NewRelatedParty, NewService, Relation
from supermarket.agencies.covering import LeafState, coverage
from supermarket.agencies.models import (
    Agency,
    FormDraft,
    Qualification,
    RelatedParty,
    Service,
)
from supermarket.agencies.operations.onboarding import file_of
from supermarket.agencies.queries import agency_file
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from supermarket.data.invent import invented_identity_number
from supermarket.extensions import db
from tests.factories.agencies import (
    make_agency,
    make_agency_actor,
    make_qualification,
    make_related_party,
)
from tests.factories.matters import SOME_MATTER, make_matter
from tests.factories.policies import count

SURVEY = "ZJ051"


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
