"""/exceptions: exceptions to the rules on requirements; /requirement-checks: the wording looked at before it is stored."""

from collections.abc import Callable

from flask_babel import gettext as _
from pydantic import Field

from supermarket.api.parameters import PageQuery, RegionCode, Words
from supermarket.api.routes import SIGNED_IN, route
from supermarket.api.shapes import Listing, Moment, Shape, acting, cursor_at, number_after
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.projects import operations
from supermarket.projects.exception_forms import AskExceptionForm, WordingForm
from supermarket.projects.exception_models import RequirementException
from supermarket.projects.exception_queries import (
    ExceptionFilter,
    after,
    exception_for,
    exceptions_of,
    sees_all,
)
from supermarket.projects.forms import ReasonForm
from supermarket.projects.queries import project_for
from supermarket.projects.requirement_rules import RULES, Barred
from supermarket.projects.requirements import check_requirements
from supermarket.projects.states import EXCEPTION, ExceptionState
from supermarket.web.access import Access, present_actor

OWNERS = Access(permissions=(P.PROJECT_DRAFT,))
OPERATORS = Access(permissions=(P.REQUIREMENT_EXCEPT,))


class ExceptionsQuery(PageQuery):
    """What the list of exceptions in force is narrowed to."""

    q: Words = ""
    region: RegionCode | None = None
    rule: Barred | None = None


class ExceptionShape(Shape):
    """An exception: what is demanded against which rule, why, by which law, and who allowed it."""

    id: int
    project: str
    project_name: str
    region: str
    state: ExceptionState
    allowed: list[str] = Field(description="actions that the state table knows now; who may is another question")
    rule: Barred
    rule_name: str
    text: str = Field(description="the exact sentence; changed by one character it is not covered")
    text_hash: str = Field(description="SHA-256 of the sentence's UTF-8 bytes")
    reason: str
    legal_basis: str
    asked_at: Moment
    due_at: Moment | None = Field(description="until when the operator decides")
    decided_at: Moment | None
    decided_by: str | None = Field(description="the office, never the person")
    decision_reason: str
    in_force_at: Moment | None = Field(description="since when it is public")
    end_reason: str


class RuleShape(Shape):
    """A rule on requirements."""

    code: Barred
    name: str
    sentence: str
    basis: str
    instead: str
    exceptable: bool


class FoundShape(Shape):
    """One refused demand; `start` and `end` count characters (code points) of the field."""

    code: Barred
    field: str
    found: str
    start: int
    end: int
    passage: str = Field(description="the sentence around it, to which an exception is bound")
    message: str
    basis: str
    instead: str
    exceptable: bool


class CheckedShape(Shape):
    """What a check of the wording found."""

    ok: bool
    findings: list[FoundShape]


def exception_shape(row: RequirementException) -> ExceptionShape:
    """The exception as the API shows it."""
    office = row.decided_by_organisation
    return ExceptionShape(
        id=row.id,
        project=row.project.code,
        project_name=row.project.name,
        region=row.project.region_code,
        state=row.state,
        allowed=[action.value for action in EXCEPTION.allowed(row.state)],
        rule=row.rule,
        rule_name=_(RULES[row.rule].label),
        text=row.text,
        text_hash=row.text_hash,
        reason=row.reason,
        legal_basis=row.legal_basis,
        asked_at=row.asked_at,
        due_at=row.due_at if row.state is ExceptionState.ASKED else None,
        decided_at=row.decided_at,
        decided_by=office.name if office is not None else None,
        decision_reason=row.decision_reason,
        in_force_at=row.in_force_at,
        end_reason=row.end_reason,
    )


@route("GET", "/exceptions", N_("Exceptions in force"), gives=ExceptionShape, many=True, query=ExceptionsQuery)
def list_exceptions(query: ExceptionsQuery) -> Listing[ExceptionShape]:
    """Everything that owners may demand against a rule, with reason and law; newest record first."""
    wanted = ExceptionFilter(q=query.q, region=query.region or "", rule=query.rule or "")
    rows = after(wanted, last_id=number_after(query.after), limit=query.size + 1)
    shown = rows[: query.size]
    following = shown[-1].id if len(rows) > query.size else None
    return Listing([exception_shape(row) for row in shown], cursor_at(following))


@route("GET", "/exceptions/{id}", N_("An exception"), gives=ExceptionShape)
def show_exception(id: int) -> ExceptionShape:  # the name of the path's place
    """In force: everybody's. Before that its owner's and the office's in charge."""
    return exception_shape(exception_for(id, present_actor()))


@route("GET", "/projects/{code}/exceptions", N_("Exceptions of a project"), gives=ExceptionShape, many=True)
def list_project_exceptions(code: str) -> Listing[ExceptionShape]:
    """Those in force; for its owner and the office in charge every one that was asked for."""
    actor = present_actor()
    project = project_for(code, actor)
    rows = exceptions_of(project.id, public_only=not sees_all(project, actor))
    return Listing([exception_shape(row) for row in rows])


@route(
    "POST",
    "/projects/{code}/exceptions",
    N_("Ask for an exception"),
    access=OWNERS,
    form=AskExceptionForm,
    upload=True,
    gives=ExceptionShape,
    status=201,
    location="/exceptions/{id}",
)
def ask_exception(code: str, form: AskExceptionForm) -> ExceptionShape:
    """For one exact sentence of the draft; the operator decides within its working days."""
    project_for(code, present_actor())
    return exception_shape(operations.ask(code, form.command(), **acting()))


Decide = Callable[..., RequirementException]


def _decided(id: int, form: ReasonForm, decide: Decide) -> ExceptionShape:  # as the views name it
    exception_for(id, present_actor())
    return exception_shape(decide(id, reason=form.reason.data, **acting()))


@route(
    "POST",
    "/exceptions/{id}/grant",
    N_("Grant an exception"),
    access=OPERATORS,
    form=ReasonForm,
    gives=ExceptionShape,
)
def grant_exception(id: int, form: ReasonForm) -> ExceptionShape:  # the name of the path's place
    """The reason becomes public with the notice."""
    return _decided(id, form, operations.grant)


@route(
    "POST", "/exceptions/{id}/deny", N_("Deny an exception"), access=OPERATORS, form=ReasonForm, gives=ExceptionShape
)
def deny_exception(id: int, form: ReasonForm) -> ExceptionShape:  # the name of the path's place
    """The owner is told why."""
    return _decided(id, form, operations.deny)


@route(
    "POST",
    "/exceptions/{id}/revoke",
    N_("Take an exception back"),
    access=OPERATORS,
    form=ReasonForm,
    gives=ExceptionShape,
)
def revoke_exception(id: int, form: ReasonForm) -> ExceptionShape:  # the name of the path's place
    """Only before the publication: after that agencies rely on the notice."""
    return _decided(id, form, operations.revoke)


@route(
    "POST", "/exceptions/{id}/withdraw", N_("Withdraw a request for an exception"), access=OWNERS, gives=ExceptionShape
)
def withdraw_exception(id: int) -> ExceptionShape:  # the name of the path's place
    """The owner no longer wants it; before the publication."""
    exception_for(id, present_actor())
    return exception_shape(operations.withdraw_exception(id, **acting()))


@route("GET", "/requirement-rules", N_("Rules on requirements"), gives=RuleShape, many=True)
def list_rules() -> Listing[RuleShape]:
    """What must not be demanded, by which law, how to write it instead, and whether there are exceptions."""
    return Listing(
        [
            RuleShape(
                code=rule.code,
                name=_(rule.label),
                sentence=_(rule.sentence, basis=rule.basis, what="…"),
                basis=rule.basis,
                instead=_(rule.instead),
                exceptable=rule.exceptable,
            )
            for rule in RULES.values()
        ]
    )


@route("POST", "/requirement-checks", N_("Check a wording"), access=SIGNED_IN, form=WordingForm, gives=CheckedShape)
def check_wording(form: WordingForm) -> CheckedShape:
    """Nothing is stored; the same findings would refuse a draft."""
    found = [
        FoundShape(
            code=each.code,
            field=each.field,
            found=each.found,
            start=each.start,
            end=each.end,
            passage=each.passage,
            message=each.sentence.text(_),
            basis=each.rule.basis,
            instead=_(each.rule.instead),
            exceptable=each.rule.exceptable,
        )
        for each in check_requirements(form.texts())
    ]
    return CheckedShape(ok=not found, findings=found)
