"""Drafts with refused requirements, and exceptions for them, made through the operations."""

from datetime import datetime

from supermarket.core.permissions import Actor
from supermarket.projects import operations
from supermarket.projects.commands import AskException
from supermarket.projects.exception_models import RequirementException
from supermarket.projects.models import Project
from supermarket.projects.requirement_rules import Barred
from tests.factories.projects import draft_command, make_operator, make_owner_actor

SENTENCE = "注册资本不低于500万元"
BASIS = "《测试特别管理条例》第七条"


def make_refused_draft(at: datetime, *, notes: str = f"{SENTENCE}。", **changes: object) -> tuple[Project, Actor]:
    """A draft that keeps a refused requirement, and its owner's actor."""
    owner, actor = make_owner_actor()
    command = draft_command(owner, requirement_notes=notes, keep_refused=True, **changes)
    return operations.draft(command, actor=actor, at=at), actor


def ask_command(**changes: object) -> AskException:
    """A complete request for the registered capital."""
    values: dict[str, object] = {
        "rule": Barred.REGISTERED_CAPITAL,
        "text": SENTENCE,
        "reason": "该项目由特别法规定资本条件",
        "legal_basis": BASIS,
    }
    return AskException(**(values | changes))  # type: ignore[arg-type]  # the caller names real fields


def make_asked(at: datetime, **changes: object) -> tuple[RequirementException, Actor]:
    """A request that waits for the operator, and its owner's actor."""
    project, actor = make_refused_draft(at)
    return operations.ask(project.code, ask_command(**changes), actor=actor, at=at), actor


def make_granted(at: datetime) -> tuple[RequirementException, Actor]:
    """A granted request whose draft is not published yet."""
    row, actor = make_asked(at)
    operations.grant(row.id, reason="特别法有明确规定", actor=make_operator(), at=at)
    return row, actor
