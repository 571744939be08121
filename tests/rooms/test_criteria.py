"""Criteria and panel of a merit selection: what may be published, and that it stays as it was published."""

from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.errors import InvalidInput
from supermarket.extensions import db
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.projects import operations
from supermarket.projects.commands import CriterionAsked
from supermarket.projects.models import Project
from supermarket.projects.ways import terms_of
from tests.factories.experts import make_experts
from tests.factories.policies import make_policy
from tests.factories.projects import draft_command, make_open_project, make_owner_actor

PLAN = CriterionAsked("panel", 40, "技术方案", "针对性、可行性")
PRICE = CriterionAsked("price", 60)


def test_what_a_panel_scores_is_published_with_its_words(session: Session, at: datetime) -> None:
    make_experts(3)
    project, _owner = make_open_project(at, mode="merit", criteria=(PRICE, PLAN), panel_size=3)
    terms = terms_of(project)
    assert terms.panel_size == 3
    assert terms.criteria == (
        Criterion(CriterionKind.PRICE, 60),
        Criterion(CriterionKind.PANEL, 40, "技术方案", "针对性、可行性"),
    )
    score = {key: value for key, value in project.stages[0].items() if key != "criteria"}
    assert score == {"stage": "score", "panel_size": 3}
    assert project.stages[0]["criteria"] == [
        {"kind": "price", "weight": "60", "name": ""},
        {"kind": "panel", "weight": "40", "name": "技术方案", "description": "针对性、可行性"},
    ]


@pytest.mark.parametrize(
    ("criteria", "size", "found"),
    [
        ((PRICE, PLAN), 0, ("panel_size", "out_of_range")),
        ((PRICE, PLAN), 2, ("panel_size", "out_of_range")),
        ((PRICE, PLAN), 4, ("panel_size", "out_of_range")),
        ((PRICE, PLAN), 11, ("panel_size", "out_of_range")),
        ((CriterionAsked("price", 100),), 3, ("panel_size", "no_panel")),
        ((PRICE, PLAN._replace(name="  ")), 3, ("criteria", "needs_name")),
        ((PRICE, PLAN._replace(name="长" * 41)), 3, ("criteria", "too_long")),
        ((PRICE._replace(name="价格"), PLAN), 3, ("criteria", "no_name")),
        ((PRICE, PLAN._replace(weight=20), PLAN._replace(weight=20)), 3, ("criteria", "twice")),
        ((PRICE._replace(weight=30), PRICE._replace(weight=30), PLAN), 3, ("criteria", "twice")),
        ((PRICE, PLAN._replace(weight=39)), 3, ("criteria", "not_100")),
        ((PRICE._replace(weight=0), PLAN._replace(weight=100)), 3, ("criteria", "out_of_range")),
        ((PRICE._replace(weight=-1), PLAN._replace(weight=101)), 3, ("criteria", "out_of_range")),
        ((PRICE, PLAN._replace(kind="looks")), 3, ("criteria", "unknown")),
        ((), 3, ("criteria", "needed")),
    ],
)
def test_wrong_criteria_are_refused_at_their_field(
    criteria: tuple[CriterionAsked, ...], size: int, found: tuple[str, str], session: Session, at: datetime
) -> None:
    owner, actor = make_owner_actor()
    command = draft_command(owner, mode="merit", criteria=criteria, panel_size=size)
    with pytest.raises(InvalidInput) as refused:
        operations.draft(command, actor=actor, at=at)
    assert [(error.field, error.code) for error in refused.value.errors] == [found]
    assert session.scalar(sa.select(sa.func.count()).select_from(Project)) == 0


def test_two_panel_criteria_differ_by_their_names(session: Session, at: datetime) -> None:
    make_experts(5)
    second = PLAN._replace(name="团队", weight=20)
    project, _owner = make_open_project(
        at, mode="merit", criteria=(PRICE, PLAN._replace(weight=20), second), panel_size=5
    )
    assert [item.code for item in terms_of(project).criteria] == ["price", "panel:技术方案", "panel:团队"]


def test_a_region_says_how_large_a_panel_is(session: Session, at: datetime) -> None:
    make_policy("panel_least", 5)
    owner, actor = make_owner_actor()
    command = draft_command(owner, mode="merit", criteria=(PRICE, PLAN), panel_size=3)
    with pytest.raises(InvalidInput):
        operations.draft(command, actor=actor, at=at)
    operations.draft(replace(command, panel_size=5), actor=actor, at=at)


def test_an_amendment_changes_neither_criteria_nor_panel(session: Session, at: datetime) -> None:
    make_experts(3)
    project, actor = make_open_project(at, mode="merit", criteria=(PRICE, PLAN), panel_size=3)
    same = draft_command(project.owner, mode="merit", criteria=(PRICE, PLAN), panel_size=3, description="修订")
    for changed, field in (
        (replace(same, criteria=(PRICE._replace(weight=50), PLAN._replace(weight=50))), "criteria"),
        (replace(same, criteria=(PRICE, PLAN._replace(description="别的"))), "criteria"),
        (replace(same, panel_size=5), "panel_size"),
    ):
        with pytest.raises(InvalidInput) as refused:
            operations.amend(project.code, changed, reason="调整标准", version=project.version, actor=actor, at=at)
        assert [(error.field, error.code) for error in refused.value.errors] == [(field, "fixed")]
    operations.amend(project.code, same, reason="补充说明", version=project.version, actor=actor, at=at)
    assert db.session.get_one(Project, project.id).description == "修订"
