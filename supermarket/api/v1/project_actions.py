"""/projects/{code}/{action}: submit, approve, return, amend, withdraw, void, suspend, resume, reissue (lifecycle.md)."""

from datetime import datetime
from typing import Protocol

from flask_babel import gettext as _

from supermarket.api.routes import route
from supermarket.api.shapes import acting
from supermarket.api.v1.projects import ProjectShape, present_wording, shape_of
from supermarket.core.clock import now
from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.msgids import N_
from supermarket.core.permissions import Actor, P
from supermarket.projects import operations
from supermarket.projects.commands import PublicationSources
from supermarket.projects.forms import GroundForm, ProjectAmendForm, ReasonForm
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.projects.states import PROJECT, ProjectAction
from supermarket.selection.publication import sources_for
from supermarket.web.access import Access, present_actor


class Reasoned(Protocol):
    """An operation that takes a public reason."""

    def __call__(self, code: str, *, reason: str, actor: Actor, at: datetime) -> Project:
        """Do it."""


def _sources(code: str) -> PublicationSources:
    """Asked of the witness before the transaction; not at all where nothing can be published."""
    project = project_for(code, present_actor())
    publishes = (ProjectAction.PUBLISH, ProjectAction.APPROVE)
    if not any(PROJECT.can(project.state, action) for action in publishes):
        return PublicationSources()
    return sources_for(project, at=now())


def _answer(row: Project) -> ProjectShape:
    return shape_of(project_for(row.code, present_actor()))


@route(
    "POST",
    "/projects/{code}/submit",
    N_("Hand a draft in"),
    access=Access(permissions=(P.PROJECT_DRAFT,)),
    prepare=_sources,
    gives=ProjectShape,
)
def submit_project(code: str, prepared: PublicationSources) -> ProjectShape:
    """For review, or straight to open where the policy needs no review."""
    return _answer(operations.submit(code, sources=prepared, **acting()))


@route(
    "POST",
    "/projects/{code}/ground",
    N_("Hand in the document behind a direct selection"),
    access=Access(permissions=(P.PROJECT_DRAFT,)),
    form=GroundForm,
    upload=True,
    gives=ProjectShape,
)
def file_ground(code: str, form: GroundForm) -> ProjectShape:
    """Send it as `file` (multipart/form-data) while the project is a draft; its owner and the offices read it."""
    project_for(code, present_actor())
    attachment = form.attachment()
    if attachment is None:
        message = _("Please fill this in.")
        raise InvalidInput(message, errors=[FieldError("file", "missing", message)])
    return _answer(operations.file_ground(code, attachment, **acting()))


@route(
    "POST",
    "/projects/{code}/approve",
    N_("Publish after review"),
    access=Access(permissions=(P.PROJECT_REVIEW,)),
    prepare=_sources,
    gives=ProjectShape,
)
def approve_project(code: str, prepared: PublicationSources) -> ProjectShape:
    """The operator approves; every parameter is fixed."""
    return _answer(operations.approve(code, sources=prepared, **acting()))


@route(
    "POST",
    "/projects/{code}/amend",
    N_("Amend an open project"),
    access=Access(permissions=(P.PROJECT_DRAFT,)),
    form=ProjectAmendForm,
    changes=present_wording,
    needed=("version", "reason"),
    gives=ProjectShape,
)
def amend_project(code: str, form: ProjectAmendForm) -> ProjectShape:
    """A new version with the full enrolment time again; enrolments stay and are told (修订)."""
    command = form.command(project_for(code, present_actor()).owner_id)
    return _answer(operations.amend(code, command, reason=form.reason.data, version=form.version.data, **acting()))


def _with_reason(code: str, form: ReasonForm, act: Reasoned) -> ProjectShape:
    project_for(code, present_actor())
    return _answer(act(code, reason=form.reason.data, **acting()))


@route(
    "POST",
    "/projects/{code}/return",
    N_("Send a project back to its owner"),
    access=Access(permissions=(P.PROJECT_REVIEW,)),
    form=ReasonForm,
    gives=None,
    status=204,
)
def return_project(code: str, form: ReasonForm) -> None:
    """With the reasons; it is a draft again, which only its owner sees."""
    project_for(code, present_actor())
    operations.return_to_owner(code, reason=form.reason.data, **acting())


@route(
    "POST",
    "/projects/{code}/withdraw",
    N_("Give a purchase up"),
    access=Access(permissions=(P.PROJECT_WITHDRAW,)),
    form=ReasonForm,
    gives=ProjectShape,
)
def withdraw_project(code: str, form: ReasonForm) -> ProjectShape:
    """The reason is public; after the announcement it costs the owner's credit (废置)."""
    return _with_reason(code, form, operations.withdraw)


@route(
    "POST",
    "/projects/{code}/void",
    N_("Declare a purchase void"),
    access=Access(permissions=(P.PROJECT_VOID,)),
    form=ReasonForm,
    gives=ProjectShape,
)
def void_project(code: str, form: ReasonForm) -> ProjectShape:
    """The operator's decision, with a public reason (无效)."""
    return _with_reason(code, form, operations.void)


@route(
    "POST",
    "/projects/{code}/suspend",
    N_("Suspend a purchase"),
    access=Access(permissions=(P.PROJECT_SUSPEND,)),
    form=ReasonForm,
    gives=ProjectShape,
)
def suspend_project(code: str, form: ReasonForm) -> ProjectShape:
    """A supervisor's decision, with a public reason (暂停)."""
    return _with_reason(code, form, operations.suspend)


@route(
    "POST",
    "/projects/{code}/resume",
    N_("Let a purchase go on"),
    access=Access(permissions=(P.PROJECT_SUSPEND,)),
    form=ReasonForm,
    gives=ProjectShape,
)
def resume_project(code: str, form: ReasonForm) -> ProjectShape:
    """It goes on where it was; due moments move by the working days it stood still."""
    return _with_reason(code, form, operations.resume)


@route(
    "POST",
    "/projects/{code}/reissue",
    N_("Reissue an ended purchase"),
    access=Access(permissions=(P.PROJECT_DRAFT,)),
    gives=ProjectShape,
    status=201,
    location="/projects/{code}",
)
def reissue_project(code: str) -> ProjectShape:
    """A new linked draft."""
    project_for(code, present_actor())
    return _answer(operations.reissue(code, **acting()))
