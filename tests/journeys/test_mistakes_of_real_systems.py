"""What systems of this kind got wrong, one test each: what they let through must not pass here (onboarding.md)."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.agencies import operations
from supermarket.agencies.checks import sources
from supermarket.agencies.commands import NewQualification
from supermarket.agencies.models import Onboarding, Outcome, Qualification, Standing
from supermarket.agencies.queries import last_checks
from supermarket.core.errors import Conflict, InvalidInput, RuleBroken
from supermarket.core.permissions import SYSTEM
from supermarket.core.working_days import local_date
from supermarket.data import catalogue
from supermarket.matters.operations import edit_matter, publish_matter, submit_matter
from supermarket.matters.requirement_tree import HeldQualification, all_of, evaluate, from_json, leaf
from supermarket.matters.rules import kinds_by_code
from supermarket.projects import operations as projects
from supermarket.projects.commands import Enrol
from supermarket.projects.models import Enrolment
from supermarket.projects.requirements import check_requirements
from supermarket.projects.states import EnrolmentState
from tests.factories.agencies import make_agency, make_agency_actor, make_qualification
from tests.factories.matters import make_draft, make_matter
from tests.factories.projects import make_enrolled, make_open_project
from tests.rooms.test_onboarding import applicant, outcomes, tell_registries
from tests.rooms.test_selection import present, settle

DAY = date(2026, 3, 2)


def test_all_of_with_no_qualification_on_file_is_not_met_and_nobody_enrols_by_it(
    session: Session, at: datetime
) -> None:
    """There an empty list “fulfilled all”: nothing was missing from nothing."""
    make_matter("ZJ004")
    tree = all_of(leaf("Q021"), leaf("Q008"))
    edit_matter(
        "ZJ004",
        make_draft("ZJ004", requirement=tree),
        change_kind="requirement",
        change_reason="两项资质都要",
        expected_version=None,
        actor=SYSTEM,
        at=at,
    )
    submit_matter("ZJ004", actor=SYSTEM, at=at)
    publish_matter("ZJ004", actor=SYSTEM, at=at)
    project, _owner = make_open_project(at)
    bare = make_agency(matters=("ZJ004",), qualified=False)
    half = make_agency(matters=("ZJ004",), qualified=False)
    make_qualification(half, "Q021")
    for agency in (bare, half):
        with pytest.raises(RuleBroken) as refused:
            projects.enrol(project.code, Enrol(), actor=make_agency_actor(agency), at=at)
        assert "qualifications" in {finding.code for finding in refused.value.findings}
    make_qualification(half, "Q008")
    projects.enrol(project.code, Enrol(), actor=make_agency_actor(half), at=at)
    assert session.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == 1


def test_what_stands_first_counts_like_what_stands_later() -> None:
    """There a search that found something at position 0 was taken for “not found”."""
    kinds = kinds_by_code()
    kind = catalogue.qualification_kind("Q021")
    assert len(kind.levels) > 1
    highest = kind.levels[0]
    held = [HeldQualification("Q021", None, highest, None), HeldQualification("Q008", None, None, None)]
    for order in (held, held[::-1]):
        assert evaluate(leaf("Q021", level=highest), order, DAY, kinds).met
    # A level at position 0 is a demand, not its absence.
    second = [HeldQualification("Q021", None, kind.levels[1], None)]
    assert not evaluate(leaf("Q021", level=highest), second, DAY, kinds).met
    # Words at the very beginning of a text are found; so is a leaf that is the first of its tree.
    (found,) = check_requirements({"description": "注册资本不低于500万元。"})
    assert (found.code.value, found.start) == ("registered_capital", 0)
    tree = from_json({"any_of": [{"kind": "Q021", "level": highest}, {"kind": "Q008"}]})
    assert evaluate(tree, held[:1], DAY, kinds).met


def test_an_abolished_kind_is_refused_with_its_reason_wherever_it_comes(session: Session, at: datetime) -> None:
    """There 工程造价咨询企业资质 was demanded, and expelled agencies, years after it was abolished (国发〔2021〕7号)."""
    make_matter("ZJ004")
    agency = make_agency(matters=("ZJ004",))
    filed = NewQualification("Q001", "甲1号", "住房城乡建设部", level="甲级", valid_until=date(2030, 1, 1))
    with pytest.raises(InvalidInput) as refused:
        operations.add_qualification(agency.uscc, filed, actor=make_agency_actor(agency), at=at)
    assert [(error.field, error.code) for error in refused.value.errors] == [("kind", "abolished")]
    assert "国发〔2021〕7号" in str(refused.value.errors[0].message)
    with pytest.raises(InvalidInput) as refused:
        edit_matter(
            "ZJ004",
            make_draft("ZJ004", requirement=leaf("Q001")),
            change_kind="requirement",
            change_reason="要甲级",
            expected_version=None,
            actor=SYSTEM,
            at=at,
        )
    assert "国发〔2021〕7号" in str(refused.value.errors[0].message)
    assert not evaluate(leaf("Q001"), [HeldQualification("Q001", None, "甲级", None)], DAY, kinds_by_code()).met


def test_a_certificate_that_runs_out_before_the_freeze_takes_the_enrolment_out(session: Session, at: datetime) -> None:
    """There what was valid on the day of enrolment stayed valid for ever."""
    project, _owner = make_open_project(at)
    agencies = [agency for agency, _actor in make_enrolled(project, 4, at)]
    until = present(project).enrol_until
    assert until is not None
    for held in agencies[0].qualifications:
        held.valid_until = local_date(until) - timedelta(days=1)
    session.commit()
    settle(until)
    row = session.scalars(sa.select(Enrolment).where(Enrolment.agency_id == agencies[0].id)).one()
    assert (row.state, row.exclusion_code) == (EnrolmentState.EXCLUDED, "qualifications_valid")


def test_one_agency_cannot_cancel_anothers_enrolment(session: Session, at: datetime) -> None:
    """There the number of the enrolment in the address was enough."""
    project, _owner = make_open_project(at)
    (mine, me), (theirs, _they) = make_enrolled(project, 2, at)
    projects.cancel_enrolment(project.code, actor=me, at=at)
    with pytest.raises(Conflict):
        projects.cancel_enrolment(project.code, actor=me, at=at)
    states = {row.agency_id: row.state for row in session.scalars(sa.select(Enrolment))}
    assert states == {mine.id: EnrolmentState.CANCELLED, theirs.id: EnrolmentState.LIVE}


def test_a_certificate_that_nobody_confirmed_counts_for_nothing(session: Session, at: datetime) -> None:
    """There a scan was enough: what was uploaded counted until somebody looked."""
    project, _owner = make_open_project(at)
    agency = make_agency(matters=(project.matter_code,))
    session.execute(sa.update(Qualification).values(verified_at=None))
    session.expire_all()
    with pytest.raises(RuleBroken) as refused:
        projects.enrol(project.code, Enrol(), actor=make_agency_actor(agency), at=at)
    assert "qualifications" in {finding.code for finding in refused.value.findings}


@pytest.mark.parametrize("silent", [sources.DATA_SHARING, sources.SOCIAL_CREDIT, sources.NATIONAL_DISHONESTY])
def test_a_missing_answer_never_passes(session: Session, at: datetime, silent: str) -> None:
    """There a registry that did not answer was “no objection”."""
    agency = applicant()
    tell_registries(agency, at)
    session.execute(sa.text("DELETE FROM agencies.registry_rows WHERE registry_name = :name"), {"name": silent})
    session.execute(sa.text("DELETE FROM agencies.registry_lists WHERE registry_name = :name"), {"name": silent})
    operations.submit_for_checks(agency.uscc, actor=make_agency_actor(agency), at=at)
    operations.run_checks(agency.uscc, actor=SYSTEM, at=at)
    assert (agency.standing, agency.onboarding) == (Standing.APPLIED, Onboarding.WAITING)
    unknown = [check for check in last_checks(agency.id) if check.outcome is Outcome.UNKNOWN]
    assert silent in {check.registry_name for check in unknown}


def test_every_reason_is_told_at_once(session: Session, at: datetime) -> None:
    """There each mended fault brought the next one to light, a week later."""
    agency = applicant()
    agency.legal_representative, agency.pledge_signed_at = "另一人", None
    tell_registries(agency, at, legal_representative="登记的人", status="吊销")
    operations.submit_for_checks(agency.uscc, actor=make_agency_actor(agency), at=at)
    operations.run_checks(agency.uscc, actor=SYSTEM, at=at)
    assert agency.onboarding is Onboarding.REFUSED
    failed = {code for code, found in outcomes(agency).items() if "fail" in found}
    assert {"registration", "legal_representative", "pledge"} <= failed


def test_the_same_number_filed_by_another_takes_nothing_from_its_holder(session: Session, at: datetime) -> None:
    """There whoever typed a number first owned it, and the true holder was refused."""
    holder, thief = make_agency(matters=()), make_agency(matters=())
    real = make_qualification(holder, "Q021")
    filed = NewQualification("Q021", real.number, "四川省自然资源厅", level=real.level, valid_until=date(2030, 1, 1))
    stolen = operations.add_qualification(thief.uscc, filed, actor=make_agency_actor(thief), at=at)
    assert (real.verified_at is not None, stolen.verified_at) == (True, None)
    again = replace(filed, number=real.number)
    with pytest.raises(Conflict):
        operations.add_qualification(thief.uscc, again, actor=make_agency_actor(thief), at=at)
