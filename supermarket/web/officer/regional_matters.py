"""The list office of a region: what it inherits from the lists above, and its own entries over that."""

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.paging import Slice
from supermarket.core.permissions import P, may
from supermarket.matters import operations as matters
from supermarket.matters.forms import ReasonForm, RegionalForm
from supermarket.matters.models import Matter, RegionalEntry, RegionalVersion
from supermarket.matters.queries import (
    MatterFilter,
    above,
    effective_in,
    newest_regional,
    published,
    regional_entry,
    regional_office_list,
    regional_states,
    regional_versions,
)
from supermarket.matters.queries import matter as find_matter
from supermarket.matters.regional import FIELDS, lies_below
from supermarket.matters.rules import change_kind_name
from supermarket.matters.states import REGIONAL, MatterAction
from supermarket.policies.queries import children, region_exists
from supermarket.web import listing
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.matter_words import compare, field_label, regional_words_of
from supermarket.web.officer.blueprint import blueprint
from supermarket.web.officer.matters import MATTERS, list_region, region_of, waiting

PAGE_SIZE = 50


def _matter_for(code: str, region: str) -> Matter:
    """An inherited matter in a region of the reader's. Raises NotFound."""
    row = find_matter(code)
    known = row.published_version is not None and region_exists(region) and lies_below(region, row.region_code)
    if not known or not may(present_actor(), P.MATTER_EDIT, region=region):
        raise NotFound(_("There is no such matter in your list."))
    return row


@blueprint.get("/matters/inherited")
@needs(*MATTERS)
def inherited_list() -> str | Response:
    """The matters of the lists above, with the own entry over each; for an office above, the entries of its regions."""
    actor = present_actor()
    wanted = listing.asked(("region",), ("code", "name"))
    home = list_region(actor)
    region = wanted["region"] if may(actor, P.MATTER_EDIT, region=wanted["region"]) else home
    region = region if region_exists(region) else home
    chosen = MatterFilter(q=wanted.q, region=region, sort=wanted.sort, inherited=True)
    found, _facets = published(chosen, Slice(size=PAGE_SIZE, number=wanted.page))
    if not found.items and found.total and wanted.page > 1:
        return redirect(listing.page_address(found.pages))
    return render_template(
        "officer/inherited_matters.html",
        found=found,
        wanted=wanted,
        region=region,
        regions=[home, *(row.code for row in children(home))],
        states=regional_states([row.id for row in found.items], region),
        entries=regional_office_list(region_of(actor)),
        waiting=waiting(actor),
    )


def _edit_form(entry: RegionalEntry | None, version: RegionalVersion | None) -> RegionalForm:
    if entry is None or version is None:
        return RegionalForm(formdata=None, change_kind="new", version=0)
    draft = version.published_at is None
    plain = {name: getattr(version, name) for name in ("not_carried_out_reason", "not_carried_out_basis", *FIELDS)}
    return RegionalForm(
        formdata=None,
        **plain,
        not_carried_out=not version.carried_out,
        change_kind=version.change_kind if draft else "wording",
        change_reason=version.change_reason if draft else "",
        version=entry.version,
    )


def _page(row: Matter, region: str, form: RegionalForm | None = None, returning: ReasonForm | None = None) -> str:
    entry = regional_entry(row.code, region)
    version = newest_regional(entry) if entry is not None else None
    history = regional_versions(row.code, region, public_only=False)
    may_edit = entry is None or REGIONAL.can(entry.state, MatterAction.EDIT)
    published_id = entry.published_version_id if entry is not None else None
    changed = published_id is not None and version is not None and version.id != published_id
    public = next((item for item in history if item.id == published_id), None)
    return render_template(
        "officer/regional_matter.html",
        matter=row,
        region=region,
        entry=entry,
        version=version,
        inherited=above(row.code, region),
        effective=effective_in(row, region),
        history=history,
        words=regional_words_of(version) if version is not None else {},
        changes=compare(history, str(public.number), str(version.number)) if changed and public and version else None,
        change_kind_name=change_kind_name,
        field_label=field_label,
        form=form or (_edit_form(entry, version) if may_edit else None),
        returning=returning or ReasonForm(formdata=None, prefix="returning"),
        may_submit=entry is not None and REGIONAL.can(entry.state, MatterAction.SUBMIT),
        may_decide=entry is not None and REGIONAL.can(entry.state, MatterAction.PUBLISH),
    )


def _address(code: str, region: str) -> str:
    return url_for("office.regional_matter", code=code, region=region)


@blueprint.get("/matters/<code>/regions/<region>")
@needs(*MATTERS)
def regional_matter(code: str, region: str) -> str:
    """One inherited matter in one region: what is inherited, what the region says, its versions."""
    return _page(_matter_for(code, region), region)


@blueprint.post("/matters/<code>/regions/<region>")
@needs(P.MATTER_EDIT)
def word_regional(code: str, region: str) -> tuple[str, int] | Response:
    """Begin or change the region's own entry."""
    row, form = _matter_for(code, region), RegionalForm()
    done, status = attempt(
        form,
        lambda: matters.word_regional(
            code,
            region,
            form.command(),
            change_kind=form.change_kind.data,
            change_reason=form.change_reason.data,
            expected_version=form.version.data,
            actor=present_actor(),
            at=now(),
        ),
    )
    if done is None:
        return _page(row, region, form), status
    tell(_("Kept as a draft. What is in force stays until you publish this."))
    return redirect(_address(code, region), code=303)


@blueprint.post("/matters/<code>/regions/<region>/submit")
@needs(P.MATTER_EDIT)
def submit_regional(code: str, region: str) -> Response:
    """Hand the entry in."""
    perform(lambda: matters.submit_regional(code, region, actor=present_actor(), at=now()))
    tell(_("Submitted. It can now be published or returned."))
    return redirect(_address(code, region), code=303)


@blueprint.post("/matters/<code>/regions/<region>/publish")
@needs(P.MATTER_PUBLISH)
def publish_regional(code: str, region: str) -> Response:
    """Put the entry in force in the region and what lies below."""
    perform(lambda: matters.publish_regional(code, region, actor=present_actor(), at=now()))
    tell(_("In force in this region and public. Earlier purchases keep their wording."))
    return redirect(_address(code, region), code=303)


@blueprint.post("/matters/<code>/regions/<region>/return")
@needs(P.MATTER_PUBLISH)
def return_regional(code: str, region: str) -> tuple[str, int] | Response:
    """Give the entry back with the reason."""
    row, form = _matter_for(code, region), ReasonForm(prefix="returning")
    done, status = attempt(
        form, lambda: matters.return_regional(code, region, form.reason.data, actor=present_actor(), at=now())
    )
    if done is None:
        return _page(row, region, returning=form), status
    tell(_("Returned with the reason."))
    return redirect(_address(code, region), code=303)


@blueprint.get("/matters/<code>/regions/<region>/compare")
@needs(*MATTERS)
def compare_regional(code: str, region: str) -> str:
    """What two wordings of a region's entry differ in, drafts too."""
    row = _matter_for(code, region)
    history = regional_versions(code, region, public_only=False)
    wanted = listing.asked(("from", "to"), ("code",))
    return render_template(
        "officer/matter_comparison.html",
        made=compare(history, wanted["from"], wanted["to"]),
        history=history,
        lead=row.published_version.name if row.published_version else "",
        code=row.code,
        change_kind_name=change_kind_name,
        field_label=field_label,
        trail=[
            (_("My work"), "/home"),
            (_("Lists above and regions' entries"), url_for("office.inherited_list", region=region)),
            (row.code, _address(code, region)),
            (_("Difference of two versions"), None),
        ],
    )
