"""The list office: drafts of matters, editing, submitting, publishing, returning, what changed."""

from dataclasses import dataclass

from flask import current_app, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.forms import Needed
from supermarket.core.permissions import Actor, P, may
from supermarket.core.working_days import local_date
from supermarket.matters import operations as matters
from supermarket.matters.forms import EditMatterForm, MatterForm, NewMatterForm, ReasonForm
from supermarket.matters.four_tests import checklist
from supermarket.matters.models import Matter, MatterState, MatterVersion
from supermarket.matters.operations import working_version
from supermarket.matters.queries import matter as find_matter
from supermarket.matters.queries import office_list, regional_office_list, regional_regions, versions
from supermarket.matters.rules import change_kind_name
from supermarket.matters.states import MATTER, MatterAction
from supermarket.policies.queries import ancestors, region_names
from supermarket.web import listing
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.matter_words import compare, field_label, words_of
from supermarket.web.officer import requirement_editor as editors
from supermarket.web.officer.blueprint import blueprint

MATTERS = (P.MATTER_EDIT, P.MATTER_PUBLISH)
PAGE_SIZE = 50
MOST = 100_000


def region_of(actor: Actor) -> str | None:
    """The region of the reader's list office."""
    return next((grant.region_code for grant in actor.grants_with(P.MATTER_EDIT)), None)


def list_region(actor: Actor) -> str:
    """The region whose list the reader keeps; who keeps the whole country's, the market's home."""
    return region_of(actor) or str(current_app.config["HOME_REGION"])


def own_matter(code: str, actor: Actor) -> Matter:
    """A matter of the reader's own list. Raises NotFound."""
    row = find_matter(code)
    if not may(actor, P.MATTER_EDIT, region=row.region_code):
        raise NotFound(_("There is no such matter in your list."))
    return row


@dataclass(frozen=True)
class Waiting:
    """How many things of the office's lists stand where: the tabs over its lists."""

    own: int
    entries: int
    submitted: int


def waiting(actor: Actor) -> Waiting:
    """The counts of the office's tabs: two statements."""
    region = region_of(actor)
    rows, entries = office_list(region, limit=MOST), regional_office_list(region)
    submitted = sum(row.state is MatterState.SUBMITTED for row, _version in rows)
    submitted += sum(entry.state is MatterState.SUBMITTED for entry, _name in entries)
    return Waiting(len(rows), len(entries), submitted)


@blueprint.get("/matters")
@needs(*MATTERS)
def matter_list() -> str | Response:
    """One's own list by state."""
    wanted = listing.asked(("state",), ("code", "name"))
    state = MatterState(wanted["state"]) if wanted["state"] in set(MatterState) else None
    rows = office_list(region_of(present_actor()), limit=MOST)
    words = wanted.q.casefold().split()
    found = [
        (row, version)
        for row, version in rows
        if state in (None, row.state)
        and all(word in f"{row.code} {version.name} {version.approval_item}".casefold() for word in words)
    ]
    if wanted.sort == "name":
        found.sort(key=lambda pair: (pair[1].name, pair[0].code))
    pages = max(1, -(-len(found) // PAGE_SIZE))
    if wanted.page > pages:
        return redirect(listing.page_address(pages))
    shown = found[(wanted.page - 1) * PAGE_SIZE : wanted.page * PAGE_SIZE]
    return render_template(
        "officer/matters.html",
        rows=shown,
        wanted=wanted,
        pages=pages,
        found=len(found),
        page_size=PAGE_SIZE,
        counts={item: sum(row.state is item for row, _version in rows) for item in MatterState},
        total=len(rows),
        chosen=state,
        address=listing.address,
        waiting=waiting(present_actor()),
    )


@blueprint.get("/matters/queue")
@needs(*MATTERS)
def matter_queue() -> str:
    """What is submitted and waits for a decision: matters, and regions' entries over inherited ones."""
    region = region_of(present_actor())
    return render_template(
        "officer/matter_queue.html",
        matters=office_list(region, state=MatterState.SUBMITTED, limit=MOST),
        entries=regional_office_list(region, state=MatterState.SUBMITTED),
        change_kind_name=change_kind_name,
        waiting=waiting(present_actor()),
    )


def _filled(version: MatterVersion) -> dict[str, object]:
    return {
        name: getattr(version, name)
        for name in MatterForm()._fields
        if name not in ("csrf_token", "requirement", "licences") and hasattr(version, name)
    } | {"commissioned_by": version.commissioned_by.value, "fee_kind": version.fee_kind.value}


def _edit_form(row: Matter, version: MatterVersion) -> EditMatterForm:
    kind = version.change_kind if version.published_at is None else "wording"
    reason = version.change_reason if version.published_at is None else ""
    return EditMatterForm(
        formdata=None, **_filled(version), change_kind=kind, change_reason=reason, version=row.version
    )


def _page(
    row: Matter, form: EditMatterForm | None = None, returning: ReasonForm | None = None, *, answered: bool = False
) -> str:
    version = working_version(row)
    if form is not None:
        editors.reworded(form)
    tests = checklist(version)
    history = versions(row.code, public_only=False)
    published = row.published_version
    new = published is not None and published.id != version.id
    return render_template(
        "officer/matter.html",
        matter=row,
        version=version,
        history=history,
        change_kind_name=change_kind_name,
        field_label=field_label,
        words=words_of(version),
        tests=tests,
        passed=all(test.passed for test in tests),
        changes=compare(history, str(published.number), str(version.number)) if published is not None and new else None,
        form=form or (_edit_form(row, version) if MATTER.can(row.state, MatterAction.EDIT) else None),
        editor=(editors.sent() if form is not None else None) or editors.editor_of(version),
        editor_options=editors.options,
        answered=answered,
        regions=regional_regions(row.id),
        returning=returning or ReasonForm(formdata=None, prefix="returning"),
        may_submit=MATTER.can(row.state, MatterAction.SUBMIT),
        may_decide=MATTER.can(row.state, MatterAction.PUBLISH),
    )


class NewMatterPageForm(NewMatterForm):
    """The form of a new matter on the page: regions by name, and nothing chosen before somebody chose."""

    region = SelectField(_l("Region"), validators=[Needed()])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        actor, names = present_actor(), region_names()
        own = sorted(code for code in names if may(actor, P.MATTER_EDIT, region=code))
        self.region.choices = [
            SelectChoice(code, "\u3000" * (len(ancestors(code)) - 1) + names[code][0]) for code in own
        ]
        for name in ("industry", "stage", "commissioned_by", "fee_bearer", "fee_kind"):
            self[name].choices = [SelectChoice("", _("– choose –")), *self[name].choices]


def _new_page(form: NewMatterForm, *, answered: bool = False) -> str:
    editors.reworded(form)
    return render_template(
        "officer/new_matter.html",
        form=form,
        editor=editors.sent() or editors.editor_of(None),
        editor_options=editors.options,
        answered=answered,
    )


@blueprint.get("/matters/new")
@needs(P.MATTER_EDIT)
def new_matter() -> str:
    """The empty form."""
    region = list_region(present_actor())
    return _new_page(NewMatterPageForm(formdata=None, region=region, valid_from=local_date(now())))


@blueprint.post("/matters/new")
@needs(P.MATTER_EDIT)
def draft_matter() -> str | tuple[str, int] | Response:
    """Begin a matter; a button of the requirement editor only changes the form."""
    form = NewMatterPageForm(formdata=editors.formdata())
    if editors.wanted():
        return _new_page(form, answered=True)
    done, status = attempt(
        form,
        lambda: matters.draft_matter(
            form.command(), code=form.code.data, region_code=form.region.data, actor=present_actor(), at=now()
        ),
    )
    if done is None:
        return _new_page(form), status
    tell(_("The draft is kept; nobody but your office sees it. Submit it when it is complete."))
    return redirect(url_for("office.matter", code=done.code), code=303)


@blueprint.get("/matters/<code>")
@needs(*MATTERS)
def matter(code: str) -> str:
    """One matter: its wording to edit, the four tests, its versions."""
    return _page(own_matter(code, present_actor()))


@blueprint.get("/matters/<code>/compare")
@needs(*MATTERS)
def compare_matter(code: str) -> str:
    """What two versions of a matter differ in, drafts too."""
    row = own_matter(code, present_actor())
    history = versions(code, public_only=False)
    wanted = listing.asked(("from", "to"), ("code",))
    return render_template(
        "officer/matter_comparison.html",
        made=compare(history, wanted["from"], wanted["to"]),
        history=history,
        lead=history[0].name,
        code=row.code,
        change_kind_name=change_kind_name,
        field_label=field_label,
        trail=[
            (_("My work"), "/home"),
            (_("Matters list"), url_for("office.matter_list")),
            (row.code, url_for("office.matter", code=code)),
            (_("Difference of two versions"), None),
        ],
    )


@blueprint.post("/matters/<code>")
@needs(P.MATTER_EDIT)
def edit_matter(code: str) -> str | tuple[str, int] | Response:
    """Change the draft, or begin a new version of what is published; a button of the editor only changes the form."""
    row = own_matter(code, present_actor())
    form = EditMatterForm(formdata=editors.formdata())
    if editors.wanted():
        return _page(row, form, answered=True)
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
