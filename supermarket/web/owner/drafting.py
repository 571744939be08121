"""An owner words a purchase, changes it, amends it: one form, kept whatever happens."""

from dataclasses import replace
from secrets import token_urlsafe

from flask import Response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from supermarket.accounts.models import Organisation
from supermarket.accounts.queries import organisation
from supermarket.core.clock import now
from supermarket.core.errors import MarketError, NotFound
from supermarket.core.permissions import Actor, P, may
from supermarket.projects import operations
from supermarket.projects.commands import ProjectDraft
from supermarket.projects.forms import CRITERION_LABELS
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.projects.states import PROJECT, ProjectAction
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import perform, tell
from supermarket.web.listing import clean
from supermarket.web.owner.blueprint import blueprint
from supermarket.web.owner.forms import (
    LISTS,
    PurchaseForm,
    filled_from,
    list_errors,
    one_sentence_each,
    refuse_purchase,
)
from supermarket.web.project_page import criteria_of

Answer = str | BaseResponse | tuple[str, int]
# What makes a row of a list count as filled in.
ROW_FIELDS = {
    "deliverables": ("name", "due_days"),
    "payment_terms": ("name", "percent"),
    "avoid": ("agency", "reason"),
    "criteria": ("weight",),
}


def own_organisation(actor: Actor) -> Organisation:
    """The organisation for which the actor buys; with several, the one of the oldest membership."""
    return organisation(next(iter(grant.organisation_id for grant in actor.grants_with(P.PROJECT_DRAFT))))


def own_project(code: str) -> Project:
    """A purchase of the reader's own. Raises NotFound for everybody else's."""
    actor = present_actor()
    project = project_for(code, actor)
    if not may(actor, P.PROJECT_DRAFT, organisation_id=project.owner_id):
        raise NotFound(_("There is no such project."))
    return project


def _filled_rows(form: "MultiDict[str, str]") -> "MultiDict[str, str]":
    """What was sent, without rows of lists in which nothing is filled in; the first row of a list stays."""
    kept: MultiDict[str, str] = MultiDict(form)
    for name in LISTS:
        indices = {key.split("-")[1] for key in form if key.startswith(f"{name}-") and key.count("-") == 2}
        for index in indices:
            if index == "0" and name in ("deliverables", "payment_terms"):
                continue
            if not any(form.get(f"{name}-{index}-{part}", "").strip() for part in ROW_FIELDS[name]):
                for key in [key for key in kept if key.startswith(f"{name}-{index}-")]:
                    kept.poplist(key)
    return kept


def _sent() -> PurchaseForm:
    return PurchaseForm(formdata=_filled_rows(request.form))


def _rows_changed(form: PurchaseForm, act: str) -> bool:
    """Add or drop a row of a list, without JavaScript; whether that was what was wanted."""
    verb, _dash, rest = act.partition("-")
    name, _dash, place = rest.partition("-")
    if verb not in ("add", "drop") or name not in LISTS:
        return False
    field = form[name]
    if verb == "add" and len(field.entries) < 50:
        field.append_entry()
    elif verb == "drop" and place.isascii() and place.isdecimal() and int(place) < len(field.entries):
        field.entries.pop(int(place))
    return True


def _page(
    form: PurchaseForm, owner: Organisation, *, title: str, kind: str, project: Project | None = None, status: int = 200
) -> tuple[str, int]:
    form.offer(owner)
    one_sentence_each(form)
    weights = {row["criterion"]: row["weight"] for row in form.criteria.data if row["criterion"]}
    if request.method == "GET" and project is not None:
        weights = dict(criteria_of(project))
    page = render_template(
        "owner/purchase.html",
        form=form,
        owner=owner,
        title=title,
        kind=kind,
        project=project,
        criteria=[(kind.value, label, weights.get(kind.value)) for kind, label in CRITERION_LABELS.items()],
        list_errors=list_errors(form),
        form_id=request.form.get("form_id") or token_urlsafe(12),
        answered=request.method == "POST",
        drafts="keep" if request.method == "POST" else "settle",
    )
    return page, status


def _command(form: PurchaseForm, owner: Organisation) -> ProjectDraft:
    command = form.command(owner.id)
    return command if command.mode == "merit" else replace(command, criteria=())


def _after(project: Project) -> BaseResponse:
    """To the last look if the reader wants to go on, else back to the draft."""
    if request.form.get("act") == "next":
        return redirect(url_for("owner.submit", code=project.code))
    tell(_("The draft is saved. Hand it in when it is complete."))
    return redirect(url_for("owner.edit", code=project.code))


@blueprint.route("/projects/new", methods=["GET", "POST"])
@needs(P.PROJECT_DRAFT)
def new() -> Answer:
    """Word a new purchase."""
    actor = present_actor()
    owner = own_organisation(actor)
    title = _("New purchase")
    if request.method == "GET":
        form = PurchaseForm(formdata=None)
        form.region.data, form.mode.data, form.funding.data = owner.region_code, "random", "fiscal"
        form.matter.data = clean(request.args.get("matter", ""), 16)
        return _page(form, owner, title=title, kind="new")
    form = _sent()
    if _rows_changed(form, request.form.get("act", "")):
        return _page(form, owner, title=title, kind="new")
    known = session.get("drafted", {}).get(request.form.get("form_id", ""))
    if known:  # the same form sent twice
        return redirect(url_for("owner.edit", code=known))
    form.offer(owner)
    if not form.validate():
        return _page(form, owner, title=title, kind="new", status=422)
    try:
        project = perform(lambda: operations.draft(_command(form, owner), actor=actor, at=now()))
    except MarketError as error:
        refuse_purchase(form, error)
        return _page(form, owner, title=title, kind="new", status=error.status)
    session["drafted"] = {request.form.get("form_id", ""): project.code}
    return _after(project)


@blueprint.route("/projects/<code>/edit", methods=["GET", "POST"])
@needs(P.PROJECT_DRAFT)
def edit(code: str) -> Answer:
    """Change a draft."""
    project = own_project(code)
    PROJECT.next(project.state, ProjectAction.EDIT)
    return _change(project, title=_("Draft"), kind="edit")


@blueprint.route("/projects/<code>/amend", methods=["GET", "POST"])
@needs(P.PROJECT_DRAFT)
def amend(code: str) -> Answer:
    """Amend an open purchase, publicly."""
    project = own_project(code)
    PROJECT.next(project.state, ProjectAction.AMEND)
    return _change(project, title=_("Amend the notice"), kind="amend")


def _change(project: Project, *, title: str, kind: str) -> Answer:
    actor, owner, code = present_actor(), project.owner, project.code
    if request.method == "GET":
        form = PurchaseForm(formdata=None)
        filled_from(form, project)
        return _page(form, owner, title=title, kind=kind, project=project)
    form = _sent()
    if _rows_changed(form, request.form.get("act", "")):
        return _page(form, owner, title=title, kind=kind, project=project)
    form.offer(owner)
    if not form.validate():
        return _page(form, owner, title=title, kind=kind, project=project, status=422)
    version = form.version.data or 0
    try:
        if kind == "amend":
            perform(
                lambda: operations.amend(
                    code, _command(form, owner), reason=form.reason.data or "", version=version, actor=actor, at=now()
                )
            )
            tell(_("The amendment is public. The enrolment time runs anew; those who enrolled are told."))
            return redirect(url_for("public.project", code=code))
        saved = perform(lambda: operations.edit(code, _command(form, owner), version=version, actor=actor, at=now()))
    except MarketError as error:
        refuse_purchase(form, error)
        return _page(form, owner, title=title, kind=kind, project=own_project(code), status=error.status)
    return _after(saved)


@blueprint.post("/projects/<code>/delete")
@needs(P.PROJECT_DRAFT)
def delete(code: str) -> Response | BaseResponse:
    """Drop a draft."""
    project = own_project(code)
    perform(lambda: operations.delete(project.code, actor=present_actor(), at=now()))
    tell(_("The draft is deleted. It was never public."))
    return redirect(url_for("owner.projects"))
