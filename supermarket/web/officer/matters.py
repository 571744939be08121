"""The list office: drafts of matters, editing, submitting, publishing, returning."""

import json

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor, P, may
from supermarket.core.working_days import local_date
from supermarket.matters import operations as matters
from supermarket.matters.forms import EditMatterForm, MatterForm, NewMatterForm, ReasonForm
from supermarket.matters.four_tests import publication_findings
from supermarket.matters.models import Matter, MatterState, MatterVersion
from supermarket.matters.operations import working_version
from supermarket.matters.queries import matter as find_matter
from supermarket.matters.queries import office_list, versions
from supermarket.matters.rules import change_kind_name
from supermarket.matters.states import MATTER, MatterAction
from supermarket.web import listing
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.officer.blueprint import blueprint

MATTERS = (P.MATTER_EDIT, P.MATTER_PUBLISH)


def region_of(actor: Actor) -> str | None:
    """The region of the reader's list office."""
    return next((grant.region_code for grant in actor.grants_with(P.MATTER_EDIT)), None)


def own_matter(code: str, actor: Actor) -> Matter:
    """A matter of the reader's own list. Raises NotFound."""
    row = find_matter(code)
    if not may(actor, P.MATTER_EDIT, region=row.region_code):
        raise NotFound(_("There is no such matter in your list."))
    return row


@blueprint.get("/matters")
@needs(*MATTERS)
def matter_list() -> str:
    """One's list by state."""
    asked = listing.asked(("state",), ("code",))
    state = MatterState(asked["state"]) if asked["state"] in set(MatterState) else None
    rows = office_list(region_of(present_actor()))
    return render_template(
        "officer/matters.html",
        rows=[(row, version) for row, version in rows if state in (None, row.state)],
        counts={item: sum(row.state is item for row, _version in rows) for item in MatterState},
        total=len(rows),
        chosen=state,
        address=listing.address,
    )


def _filled(version: MatterVersion) -> dict[str, object]:
    return {
        name: getattr(version, name)
        for name in MatterForm()._fields
        if name not in ("csrf_token", "requirement", "licences") and hasattr(version, name)
    } | {
        "commissioned_by": version.commissioned_by.value,
        "fee_kind": version.fee_kind.value,
        "requirement": json.dumps(version.requirement_tree, ensure_ascii=False, indent=1)
        if version.requirement_tree
        else "",
        "licences": json.dumps(version.personal_licences, ensure_ascii=False) if version.personal_licences else "",
    }


def _edit_form(row: Matter, version: MatterVersion) -> EditMatterForm:
    kind = version.change_kind if version.published_at is None else "wording"
    reason = version.change_reason if version.published_at is None else ""
    return EditMatterForm(
        formdata=None, **_filled(version), change_kind=kind, change_reason=reason, version=row.version
    )


def _page(row: Matter, form: EditMatterForm | None = None, returning: ReasonForm | None = None) -> str:
    version = working_version(row)
    return render_template(
        "officer/matter.html",
        matter=row,
        version=version,
        history=versions(row.code, public_only=False),
        change_kind_name=change_kind_name,
        tests=publication_findings(version),
        form=form or (_edit_form(row, version) if MATTER.can(row.state, MatterAction.EDIT) else None),
        returning=returning or ReasonForm(formdata=None, prefix="returning"),
        may_submit=MATTER.can(row.state, MatterAction.SUBMIT),
        may_decide=MATTER.can(row.state, MatterAction.PUBLISH),
    )


@blueprint.get("/matters/new")
@needs(P.MATTER_EDIT)
def new_matter() -> str:
    """The empty form."""
    region = region_of(present_actor()) or ""
    form = NewMatterForm(formdata=None, region=region, valid_from=local_date(now()))
    return render_template("officer/new_matter.html", form=form)


@blueprint.post("/matters/new")
@needs(P.MATTER_EDIT)
def draft_matter() -> tuple[str, int] | Response:
    """Begin a matter."""
    form = NewMatterForm()
    done, status = attempt(
        form,
        lambda: matters.draft_matter(
            form.command(), code=form.code.data, region_code=form.region.data, actor=present_actor(), at=now()
        ),
    )
    if done is None:
        return render_template("officer/new_matter.html", form=form), status
    tell(_("The draft is kept; nobody but your office sees it. Submit it when it is complete."))
    return redirect(url_for("office.matter", code=done.code), code=303)


@blueprint.get("/matters/<code>")
@needs(*MATTERS)
def matter(code: str) -> str:
    """One matter: its wording to edit, the four tests, its versions."""
    return _page(own_matter(code, present_actor()))


@blueprint.post("/matters/<code>")
@needs(P.MATTER_EDIT)
def edit_matter(code: str) -> tuple[str, int] | Response:
    """Change the draft, or begin a new version of what is published."""
    row = own_matter(code, present_actor())
    form = EditMatterForm()
    done, status = attempt(
        form,
        lambda: matters.edit_matter(
            code,
            form.command(),
            change_kind=form.change_kind.data,
            change_reason=form.change_reason.data,
            expected_version=form.version.data,
            actor=present_actor(),
            at=now(),
        ),
    )
    if done is None:
        return _page(row, form), status
    tell(_("Kept as a draft. The published wording, if any, stays in force until you publish this one."))
    return redirect(url_for("office.matter", code=code), code=303)


@blueprint.post("/matters/<code>/submit")
@needs(P.MATTER_EDIT)
def submit_matter(code: str) -> Response:
    """Hand the draft in."""
    perform(lambda: matters.submit_matter(code, actor=present_actor(), at=now()))
    tell(_("Submitted. It can now be published or returned."))
    return redirect(url_for("office.matter", code=code), code=303)


@blueprint.post("/matters/<code>/publish")
@needs(P.MATTER_PUBLISH)
def publish_matter(code: str) -> Response:
    """Put the wording in force, if it passes the four tests."""
    perform(lambda: matters.publish_matter(code, actor=present_actor(), at=now()))
    tell(_("In force and public. Purchases from now on use this wording; earlier ones keep theirs."))
    return redirect(url_for("office.matter", code=code), code=303)


@blueprint.post("/matters/<code>/return")
@needs(P.MATTER_PUBLISH)
def return_matter(code: str) -> tuple[str, int] | Response:
    """Give the draft back with the reason."""
    row = own_matter(code, present_actor())
    form = ReasonForm(prefix="returning")
    done, status = attempt(form, lambda: matters.return_matter(code, form.reason.data, actor=present_actor(), at=now()))
    if done is None:
        return _page(row, returning=form), status
    tell(_("Returned with the reason."))
    return redirect(url_for("office.matter", code=code), code=303)
