"""Exceptions to the rules on requirements: an owner asks, the operator decides, the publication makes them public."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import (
    Conflict,
    FieldError,
    Forbidden,
    InvalidInput,
    NotFound,
    RuleBroken,
    RuleFinding,
    WrongState,
)
from supermarket.core.events import Tag
from supermarket.core.permissions import SYSTEM, Actor, P, authorise
from supermarket.documents.operations import store
from supermarket.extensions import db
from supermarket.policies.queries import calendar, number, policies_for
from supermarket.projects import events
from supermarket.projects.commands import AskException
from supermarket.projects.exception_models import RequirementException
from supermarket.projects.exception_queries import refusals_of
from supermarket.projects.models import Project
from supermarket.projects.operations.common import locked, locked_by_id, reasoned
from supermarket.projects.operations.exception_steps import record_of, withdraw
from supermarket.projects.requirement_rules import RULES, Barred
from supermarket.projects.requirements import refused_words, text_hash
from supermarket.projects.states import EXCEPTION, PROJECT, ExceptionAction, ExceptionState, ProjectAction

LONGEST_TEXT = 1000
LIVE = (ExceptionState.ASKED, ExceptionState.GRANTED, ExceptionState.IN_FORCE)


def ask(code: str, command: AskException, *, actor: Actor, at: datetime) -> RequirementException:
    """An owner asks for an exception for one sentence, while the draft can be edited or the notice amended.

    Raises Forbidden, WrongState, InvalidInput at the fields, RuleBroken for a rule without exceptions, Conflict if the
    same was asked already.
    """
    project = locked(code)
    authorise(actor, P.PROJECT_DRAFT, organisation_id=project.owner_id)
    _while_wording(project, at)
    text = command.text.strip()
    errors = list(_field_errors(project, command, text))
    if errors:
        raise InvalidInput(_("Some fields need to be mended."), errors=errors)
    rule = RULES[command.rule]
    if not rule.exceptable:
        finding = RuleFinding(
            "never_exceptable",
            _("This rule has no exception: %(rule)s", rule=_(rule.sentence, basis=rule.basis)),
            {"rule": rule.code.value, "instead": _(rule.instead)},
        )
        raise RuleBroken(finding.message, findings=[finding])
    digest = text_hash(text)
    same = sa.select(RequirementException.id).where(
        RequirementException.project_id == project.id,
        RequirementException.rule == command.rule,
        RequirementException.text_hash == digest,
        RequirementException.state.in_(LIVE),
    )
    if db.session.scalar(same) is not None:
        raise Conflict(_("An exception for this sentence was asked for already."), code="asked_already")
    document = None
    if command.file is not None:
        document = store(
            command.file.stream,
            command.file.name,
            subject_kind="project",
            subject_code=project.code,
            owner_organisation_id=project.owner_id,
            public=False,
            actor=actor,
            at=at,
            field="file",
        )
    days = number(policies_for(project.region_code, at), "exception_decision_days")
    row = RequirementException(
        project=project,
        state=ExceptionState.ASKED,
        rule=command.rule,
        text=text,
        text_hash=digest,
        reason=command.reason.strip(),
        legal_basis=command.legal_basis.strip(),
        document=document,
        asked_at=at,
        asked_by=actor.user_id,
        due_at=calendar().due_after(at, days),
    )
    db.session.add(row)
    db.session.flush()
    record_of(events.EXCEPTION_ASKED, row, actor=actor, at=at)
    return row


def _while_wording(project: Project, at: datetime) -> None:
    if PROJECT.can(project.state, ProjectAction.EDIT):
        return
    PROJECT.next(project.state, ProjectAction.AMEND)
    if project.due_what != "freeze" or project.enrol_until is None or at >= project.enrol_until:
        raise WrongState(
            _("Enrolment has ended; a project can no longer be amended."), state=project.state.value, allowed=[]
        )


def _field_errors(project: Project, command: AskException, text: str) -> Iterable[FieldError]:
    if not 1 <= len(text) <= LONGEST_TEXT:
        yield FieldError(
            "text", "length", _("Give the exact sentence, at most %(most)s characters.", most=LONGEST_TEXT)
        )
    elif command.rule not in _refused_in(project, command.rule, text):
        yield FieldError(
            "text", "not_refused", _("This rule does not refuse this sentence; you need no exception for it.")
        )
    if len(command.reason.strip()) < 10:
        yield FieldError("reason", "needed", _("Say why this purchase needs it; the reason will be public."))
    if len(command.legal_basis.strip()) < 4:
        yield FieldError("legal_basis", "needed", _("Name the law and the article that demand it."))


def _refused_in(project: Project, rule: Barred, text: str) -> frozenset[Barred]:
    """The rules that refuse exactly this sentence: alone, or a qualification of the draft."""
    if rule is Barred.BEYOND_MATTER:
        digest = text_hash(text)
        return frozenset(each.code for each in refusals_of(project) if each.key == (rule, digest))
    return frozenset(each.code for each in refused_words(text) if each.passage == text)


def grant(number_: int, *, reason: str, actor: Actor, at: datetime) -> RequirementException:
    """The operator allows it. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    return _decide(number_, ExceptionAction.GRANT, events.EXCEPTION_GRANTED, reason=reason, actor=actor, at=at)


def deny(number_: int, *, reason: str, actor: Actor, at: datetime) -> RequirementException:
    """The operator does not allow it. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    return _decide(number_, ExceptionAction.DENY, events.EXCEPTION_DENIED, reason=reason, actor=actor, at=at)


def _decide(
    number_: int, action: ExceptionAction, tag: Tag, *, reason: str, actor: Actor, at: datetime
) -> RequirementException:
    row = _locked(number_)
    given = authorise(actor, P.REQUIREMENT_EXCEPT, region=row.project.region_code)
    if given is None or (actor.user_id is not None and actor.user_id == row.asked_by):
        raise Forbidden(_("Who asked for an exception cannot decide on it; a colleague must."))
    after = EXCEPTION.next(row.state, action)
    row.decision_reason = reasoned(reason)
    row.state, row.decided_at, row.decided_by = after, at, actor.user_id
    row.decided_by_organisation_id = given.organisation_id
    if after is ExceptionState.DENIED:
        row.ended_at = at
    db.session.flush()
    record_of(tag, row, actor=actor, at=at)
    return row


def revoke(number_: int, *, reason: str, actor: Actor, at: datetime) -> RequirementException:
    """The operator takes it back, before the publication. Raises NotFound, Forbidden, WrongState, InvalidInput."""
    row = _locked(number_)
    authorise(actor, P.REQUIREMENT_EXCEPT, region=row.project.region_code)
    after = EXCEPTION.next(row.state, ExceptionAction.REVOKE)
    row.end_reason = reasoned(reason)
    row.state, row.ended_at = after, at
    db.session.flush()
    record_of(events.EXCEPTION_REVOKED, row, actor=actor, at=at)
    return row


def withdraw_exception(number_: int, *, actor: Actor, at: datetime) -> RequirementException:
    """The owner no longer wants it. Raises NotFound, Forbidden, WrongState."""
    row = _locked(number_)
    authorise(actor, P.PROJECT_DRAFT, organisation_id=row.project.owner_id)
    withdraw(row, actor=actor, at=at)
    return row


def remind(number_: int, at: datetime) -> bool:
    """Tell the operator, once, that a decision is overdue; whether there was anything to tell."""
    row = db.session.get(
        RequirementException, number_, with_for_update={"of": RequirementException}, populate_existing=True
    )
    if row is None or row.state is not ExceptionState.ASKED or row.reminded_at is not None or row.due_at > at:
        return False
    row.reminded_at = at
    db.session.flush()
    record_of(events.EXCEPTION_OVERDUE, row, actor=SYSTEM, at=at)
    return True


def _locked(number_: int) -> RequirementException:
    """The exception and its project, both locked, the project first as everywhere. Raises NotFound."""
    project_id = db.session.scalar(sa.select(RequirementException.project_id).where(RequirementException.id == number_))
    if project_id is None:
        raise NotFound(_("There is no such exception."))
    locked_by_id(project_id)
    return db.session.get_one(
        RequirementException, number_, with_for_update={"of": RequirementException}, populate_existing=True
    )
