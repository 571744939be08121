"""An owner words a purchase, changes it, amends it: one form, kept whatever happens."""

import re
from dataclasses import replace
from secrets import token_urlsafe

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from werkzeug.wrappers import Response as BaseResponse

from supermarket.accounts.models import Organisation
from supermarket.core.clock import now
from supermarket.core.errors import FieldError, InvalidInput, MarketError
from supermarket.core.permissions import P
from supermarket.projects import operations
from supermarket.projects.commands import Attachment, ProjectDraft
from supermarket.projects.models import Project
from supermarket.projects.queries import draft_of_form
from supermarket.projects.states import PROJECT, ProjectAction
from supermarket.web import rule_words
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import perform, tell
from supermarket.web.listing import clean
from supermarket.web.owner.blueprint import blueprint
from supermarket.web.owner.criteria import criteria_changed, editor_of, only_where_scored, without_dropped
from supermarket.web.owner.forms import (
    LISTS,
    PurchaseForm,
    asked_in,
    filled_from,
    list_errors,
    refuse_purchase,
)
from supermarket.web.owner.ours import own_organisation, own_project
from supermarket.web.owner.ways import cards_of, only_asked, parts_of, plan_from
from supermarket.web.owner.wording import FIELDS, holding_of, leaves_of, version_of, wordings_of

Answer = str | BaseResponse | tuple[str, int]
# What makes a row of a list count as filled in.
ROW_FIELDS = {
    "deliverables": ("name", "due_days"),
    "payment_terms": ("name", "percent"),
    "avoid": ("agency", "reason"),
    "criteria": ("weight", "name", "description"),
    "qualifications": ("level", "speciality"),
}
_FORM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def _filled_rows(form: "MultiDict[str, str]") -> "MultiDict[str, str]":
    """What was sent, without rows of lists in which nothing is filled in; the first row of a list stays."""
    kept: MultiDict[str, str] = without_dropped(form)
    for name in LISTS:
        indices = {key.split("-")[1] for key in form if key.startswith(f"{name}-") and key.count("-") == 2}
        for index in indices:
            if index == "0" and name in ("deliverables", "payment_terms"):
                continue
            if not any(form.get(f"{name}-{index}-{part}", "").strip() for part in ROW_FIELDS[name]):
                for key in [key for key in kept if key.startswith(f"{name}-{index}-")]:
                    kept.poplist(key)
    return kept


def sent_form() -> PurchaseForm:
    """The form as it came, without empty rows."""
    return PurchaseForm(formdata=CombinedMultiDict([_filled_rows(request.form), request.files]))


def ways_part(form: PurchaseForm, owner: Organisation) -> dict[str, object]:
    """What the part of the form about the way of selection needs."""
    at = now()
    return {
        "cards": cards_of(form, owner, at),
        "parts": parts_of(form, owner, at),
        "plan": plan_from(form, owner, at),
    }


def criteria_part(form: PurchaseForm, stored: Project | None) -> dict[str, object]:
    """What the part of the form about criteria needs: the editor, and what is wrong with the lists."""
    return {"editor": editor_of(form, stored), "list_errors": list_errors(form)}


def _form_id() -> str:
    """The form's own mark, by which it makes one draft however often it is sent."""
    sent = request.form.get("form_id", "")
    return sent if _FORM_ID.fullmatch(sent) else token_urlsafe(12)


def _stays(form: PurchaseForm, act: str) -> bool:
    """Whether nothing is to be stored yet: a row is added or dropped, or only the wording is looked at."""
    return act == "check" or criteria_changed(form, act) or _rows_changed(form, act)


def _rows_changed(form: PurchaseForm, act: str) -> bool:
    """Add or drop a row of a list, without JavaScript; whether that was what was wanted."""
    verb, _dash, rest = act.partition("-")
    name, _dash, place = rest.partition("-")
    if verb not in ("add", "drop") or name not in LISTS:
        return False
    field = form[name]
    if verb == "add" and len(field.entries) < 50:
        field.append_entry()
    elif (
        verb == "drop" and place.isascii() and place.isdecimal() and len(place) < 4 and int(place) < len(field.entries)
    ):
        field.entries.pop(int(place))
    return True


def _page(
    form: PurchaseForm, owner: Organisation, *, title: str, kind: str, project: Project | None = None, status: int = 200
) -> tuple[str, int]:
    form.offer(owner, project if kind == "amend" else None)
    version = project.matter_version if project and kind == "amend" else version_of(form.matter.data or "")
    asked = asked_in(form)
    texts = {name: form[name].data or "" for name in FIELDS}
    page = render_template(
        "owner/purchase.html",
        form=form,
        owner=owner,
        title=title,
        kind=kind,
        project=project,
        **criteria_part(form, project if request.method == "GET" else None),
        form_id=_form_id(),
        wordings=wordings_of(texts, project, version, asked),
        checked=request.form.get("act") == "check" or (project is not None and request.method == "GET"),
        leaves=leaves_of(version),
        holding=holding_of(form.matter.data or "", form.region.data or ""),
        chosen={item.leaf: item for item in asked},
        version=version,
        rules=rule_words,
        **ways_part(form, owner),
        answered=request.method == "POST",
        drafts="keep" if request.method == "POST" else "settle",
    )
    return page, status


def _command(form: PurchaseForm, owner: Organisation) -> ProjectDraft:
    return only_where_scored(only_asked(form, replace(form.command(owner.id), draft_key=_form_id())))


def _with_ground(form: PurchaseForm, project: Project) -> Project:
    """The document behind a direct selection, in the same unit as the draft."""
    upload = form.direct_file.data
    if not upload or not upload.filename or project.direct_ground is None:
        return project
    file = Attachment(upload.stream, upload.filename)
    try:
        return operations.file_ground(project.code, file, actor=present_actor(), at=now())
    except InvalidInput as error:
        renamed = [FieldError("direct_file", item.code, item.message) for item in error.errors]
        raise InvalidInput(error.message, errors=renamed) from error


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
    form = sent_form()
    if _stays(form, request.form.get("act", "")):
        return _page(form, owner, title=title, kind="new")
    if (known := draft_of_form(owner.id, _form_id())) is not None:  # the same form sent twice
        return redirect(url_for("owner.edit", code=known))
    form.offer(owner)
    if not form.validate():
        return _page(form, owner, title=title, kind="new", status=422)
    try:
        project = perform(lambda: _with_ground(form, operations.draft(_command(form, owner), actor=actor, at=now())))
    except MarketError as error:
        refuse_purchase(form, error)
        return _page(form, owner, title=title, kind="new", status=error.status)
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
    form = sent_form()
    if _stays(form, request.form.get("act", "")):
        return _page(form, owner, title=title, kind=kind, project=project)
    form.offer(owner, project if kind == "amend" else None)
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
        saved = perform(
            lambda: _with_ground(
                form, operations.edit(code, _command(form, owner), version=version, actor=actor, at=now())
            )
        )
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


@blueprint.post("/projects/plan")
@needs(P.PROJECT_DRAFT)
def plan() -> str:
    """What will happen with the purchase that is being worded; nothing is stored."""
    owner, form = own_organisation(present_actor()), sent_form()
    form.offer(owner)
    return render_template("owner/_plan.html", plan=plan_from(form, owner, now()))


@blueprint.post("/projects/ways")
@needs(P.PROJECT_DRAFT)
def ways() -> str:
    """The ways of selection of the region that is being chosen, with what was said beside them."""
    owner, form = own_organisation(present_actor()), sent_form()
    form.offer(owner)
    return render_template(
        "owner/_ways.html",
        form=form,
        project=None,
        **ways_part(form, owner),
        **criteria_part(form, None),
    )
