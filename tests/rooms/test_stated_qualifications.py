"""What an owner states of its matter's qualifications: at least a level, a speciality; beyond the matter only by exception."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from supermarket.core.errors import InvalidInput, RuleBroken
from supermarket.data import catalogue
from supermarket.data.requirements import AllOf, AnyOf, KindNeeded
from supermarket.matters.operations import enter_starting_matter
from supermarket.projects import operations
from supermarket.projects.commands import QualificationAsked
from supermarket.projects.exception_queries import refusals_of
from supermarket.projects.qualifications import asked_tree, stated, stated_in
from supermarket.projects.requirement_rules import Barred
from supermarket.projects.states import ExceptionState, ProjectState
from supermarket.selection.publication import sources_for
from tests.factories.accounts import MADE_AT
from tests.factories.exceptions import ask_command
from tests.factories.matters import make_kinds
from tests.factories.policies import make_industry, make_region
from tests.factories.projects import draft_command, make_open_project, make_operator, make_owner_actor

OTHER_MATTER = "ZJ001"
DESIGN = KindNeeded("Q009")


def make_demanding_matter(level: str) -> str:
    """A published matter that demands at least that level; its code."""
    item = replace(catalogue.matter(OTHER_MATTER), requirement=KindNeeded("Q009", None, level))
    make_region("510000")
    make_industry(item.industry)
    make_kinds()
    return enter_starting_matter(item, region_code="510000", at=MADE_AT).code


def test_a_level_that_the_matter_leaves_open_is_stated_and_published(session: Session, at: datetime) -> None:
    asked = (QualificationAsked(1, level="行业乙级", speciality="市政行业"),)
    project, owner = make_open_project(at, qualifications=asked)
    assert asked_tree(project) == KindNeeded("Q009", "市政行业", "行业乙级")
    assert stated_in(project) == asked
    with pytest.raises(InvalidInput) as refused:
        operations.amend(
            project.code,
            draft_command(project.owner),
            reason="修改资质等级",
            version=project.version,
            actor=owner,
            at=at,
        )
    assert [(error.field, error.code) for error in refused.value.errors] == [("qualifications", "fixed")]
    operations.amend(
        project.code,
        draft_command(project.owner, qualifications=asked, description="补充说明"),
        reason="补充服务说明",
        version=project.version,
        actor=owner,
        at=at,
    )
    assert stated_in(project) == asked


def test_a_higher_level_than_the_matters_needs_an_exception(session: Session, at: datetime) -> None:
    owner, actor = make_owner_actor()
    code = make_demanding_matter("专业乙级")
    command = draft_command(owner, matter_code=code, qualifications=(QualificationAsked(1, level="专业甲级"),))
    with pytest.raises(RuleBroken) as refused:
        operations.draft(command, actor=actor, at=at)
    (finding,) = refused.value.findings
    assert (finding.code, finding.evidence["field"]) == ("beyond_matter", "qualifications")
    kept = replace(command, keep_refused=True)
    project = operations.draft(kept, actor=actor, at=at)
    (refusal,) = refusals_of(project)
    assert refusal.passage == "工程设计资质 专业甲级"
    with pytest.raises(RuleBroken):
        operations.submit(project.code, sources=sources_for(project, at=at), actor=actor, at=at)
    asked = ask_command(rule=Barred.BEYOND_MATTER, text=refusal.passage)
    row = operations.ask(project.code, asked, actor=actor, at=at)
    operations.grant(row.id, reason="工程规模依法须甲级", actor=make_operator(), at=at)
    operations.submit(project.code, sources=sources_for(project, at=at), actor=actor, at=at)
    assert (project.state, row.state) == (ProjectState.OPEN, ExceptionState.IN_FORCE)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ((QualificationAsked(2, level="行业乙级"),), "unknown"),
        ((QualificationAsked(0, level="行业乙级"),), "unknown"),
        ((QualificationAsked(1, level="行业乙级"), QualificationAsked(1, speciality="市政行业")), "unknown"),
        ((QualificationAsked(1, level="特级"),), "unknown_level"),
        ((QualificationAsked(1, speciality="海洋测绘"),), "unknown_speciality"),
    ],
)
def test_what_the_matter_does_not_know_is_refused_at_the_field(
    asked: tuple[QualificationAsked, ...], code: str, session: Session, at: datetime
) -> None:
    owner, actor = make_owner_actor()
    with pytest.raises(InvalidInput) as refused:
        operations.draft(draft_command(owner, qualifications=asked), actor=actor, at=at)
    assert [(error.field, error.code) for error in refused.value.errors] == [("qualifications", code)]


def test_stating_keeps_the_shape_of_the_tree() -> None:
    own = AnyOf((AllOf((DESIGN, KindNeeded("Q021", "工程测量", "乙级"))), KindNeeded("Q010")))
    asked = [QualificationAsked(3, level="甲级"), QualificationAsked(1, speciality="市政行业")]
    assert stated(own, asked) == AnyOf(
        (
            AllOf((KindNeeded("Q009", "市政行业"), KindNeeded("Q021", "工程测量", "乙级"))),
            KindNeeded("Q010", None, "甲级"),
        )
    )
    assert stated(own, [QualificationAsked(9, level="甲级")]) == own
    assert stated(None, asked) is None


def test_a_reissue_keeps_what_was_stated_while_the_matter_stands(session: Session, at: datetime) -> None:
    asked = (QualificationAsked(1, level="行业乙级"),)
    project, owner = make_open_project(at, qualifications=asked)
    operations.withdraw(project.code, reason="项目取消了", actor=owner, at=at)
    assert stated_in(operations.reissue(project.code, actor=owner, at=at)) == asked
