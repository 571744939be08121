"""The way in, step by step: saved at every step, left and resumed anywhere; nothing typed is lost, mistakes only warn."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.agencies import operations as agencies
from supermarket.agencies.change_queries import draft_of
from supermarket.agencies.commands import AgencyProfile
from supermarket.agencies.forms import RelatedPartyForm
from supermarket.agencies.models import Agency, Onboarding, Standing
from supermarket.agencies.queries import agency_of_actor
from supermarket.core.clock import now
from supermarket.core.forms import CommandForm
from supermarket.core.permissions import P
from supermarket.data.facts import Holder
from supermarket.web.access import needs, present_actor
from supermarket.web.account import regions
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.agency.blueprint import blueprint
from supermarket.web.agency.filing import service_form
from supermarket.web.agency.forms import FileForm, PledgeForm, ProfileForm, kind_choices
from supermarket.web.agency.frames import LATER, MORE, forget_draft, keep_draft, stored, typed
from supermarket.web.agency.mending import ShownNeeds, shown_needs
from supermarket.web.agency.steps import (
    AUTHORITY,
    DRAFTS,
    PARTIES,
    PEOPLE,
    PLEDGE,
    PROFILE,
    QUALIFICATIONS,
    SERVICES,
    Progress,
    draft_profile,
    progress_of,
)

Answer = str | tuple[str, int] | Response


def on_the_way() -> Progress:
    """Where the reader's organisation is; who is admitted or gone is led to the file. Raises the redirect."""
    return progress_of(present_actor(), now())


def not_here(row: Agency | None) -> Response | None:
    """The way out for whoever has come in already, or has left."""
    if row is not None and row.standing is not Standing.APPLIED:
        return redirect(url_for("agency.profile"), code=303)
    return None


def entered() -> tuple[Progress, Agency] | Response:
    """The organisation with its entry; without one the first step comes first."""
    found = on_the_way()
    if found.agency is None:
        tell(_("Save the profile first; then the other steps open."), "warning")
        return redirect(url_for("agency.step_profile"), code=303)
    away = not_here(found.agency)
    return away if away is not None else (found, found.agency)


def later() -> Response:
    """Everything is kept; the reader goes."""
    tell(_("Everything is kept. You can go on from any device: open “My desk”."))
    return redirect(url_for("home.home"), code=303)


def page(template: str, found: Progress, step: str, **more: object) -> str:
    """A step in its frame."""
    return render_template(
        f"agency/wizard/{template}.html", found=found, agency=found.agency, place=found.at(step), **more
    )


def onward(found: Progress, step: str) -> Response:
    """To the step after this one."""
    place = found.at(step)
    return redirect(place.after or url_for("agency.step_review"), code=303)


@blueprint.get("/onboarding")
@needs(P.AGENCY_EDIT)
def onboarding() -> Response:
    """The first step that is not done; after a refusal its reasons, while the checks run or wait what they find."""
    found = on_the_way()
    if away := not_here(found.agency):
        return away
    state = found.agency.onboarding if found.agency is not None else Onboarding.DRAFT
    after = {
        Onboarding.REFUSED: "agency.step_review",
        Onboarding.CHECKING: "agency.progress",
        Onboarding.WAITING: "agency.progress",
    }
    return redirect(url_for(after[state]) if state in after else found.first_open, code=303)


# -- the profile


def _first_form(found: Progress) -> ProfileForm:
    row = found.agency
    if row is None:
        form = ProfileForm(formdata=None, name=found.body.name, uscc=found.body.uscc, region=found.body.region_code)
    else:
        form = ProfileForm(formdata=None, obj=row, region=row.region_code)
        form.version.data = row.version
    regions.set_region(form, form.region.data or "")
    regions.offer(form)
    return form


@blueprint.get("/onboarding/profile")
@needs(P.AGENCY_EDIT)
def step_profile() -> Answer:
    """Name, region, head, scope: as it stands, or as it was begun with what is still wrong."""
    found = on_the_way()
    if away := not_here(found.agency):
        return away
    draft = found.drafts.get(PROFILE)
    if draft is None:
        return page("profile", found, PROFILE, form=_first_form(found), draft=None)
    form, looked_at = draft_profile(draft, to_send=True), draft_profile(draft)
    form.uscc.data = looked_at.uscc.data = found.body.uscc
    looked_at.validate()
    for field in looked_at:
        form[field.short_name].errors = field.errors
    form.version.data = found.agency.version if found.agency is not None else None
    return page("profile", found, PROFILE, form=form, draft=draft)


@blueprint.post("/onboarding/profile")
@needs(P.AGENCY_EDIT)
def save_step_profile() -> Answer:
    """Save the profile; what is not right yet is kept as it was typed, and only warns."""
    found = on_the_way()
    if away := not_here(found.agency):
        return away
    actor, row = present_actor(), found.agency
    form = ProfileForm()
    form.region.data = regions.offer(form) or ""
    form.uscc.data = found.body.uscc
    if request.form.get("act") == "region":
        return page("profile", found, PROFILE, form=form, draft=None)
    if row is None:
        _done, status = attempt(form, lambda: agencies.register(form.command(), actor=actor, at=now()))
    else:
        uscc = row.uscc
        _done, status = attempt(
            form,
            lambda: agencies.edit_profile(
                uscc, form.command(), expected_version=form.version.data, actor=actor, at=now()
            ),
        )
    if status == 200:
        forget_draft(found.body.id, PROFILE)
        return later() if request.form.get("act") == LATER else onward(on_the_way(), PROFILE)
    if status == 422:
        keep_draft(found.body.id, PROFILE, typed(form))
        if row is None and agency_of_actor(actor) is None:
            _open_the_steps(found)
        if request.form.get("act") == LATER:
            return later()
    found = on_the_way()
    form.version.data, form.version.raw_data = (found.agency.version if found.agency else None), None
    return page("profile", found, PROFILE, form=form, draft=found.drafts.get(PROFILE)), status


def _open_the_steps(found: Progress) -> None:
    """Enter the organisation with what its account knows, so that the other steps can be taken meanwhile."""
    body = found.body
    known = AgencyProfile(name=body.name, uscc=body.uscc or "", kind="enterprise", region_code=body.region_code or "")
    perform(lambda: agencies.register(known, actor=present_actor(), at=now()))


# -- steps of several rows: services, certificates, people, related parties


def _begun(found: Progress, step: str) -> dict[str, object]:
    draft = draft_of(found.body.id, DRAFTS[step])
    return {} if draft is None else dict(draft.fields)


def _is_empty(names: tuple[str, ...]) -> bool:
    return not any(request.form.get(name, "").strip() for name in names)


def _one_more(
    step: str, template: str, form: CommandForm, names: tuple[str, ...], act: Callable[[Agency], object], **more: object
) -> Answer:
    """File one more row of a step, or go on where the form is empty."""
    here = entered()
    if isinstance(here, Response):
        return here
    found, row = here
    wanted = request.form.get("act", "")
    if _is_empty(names) and wanted != MORE:
        forget_draft(found.body.id, DRAFTS[step])
        return later() if wanted == LATER else onward(found, step)
    _done, status = attempt(form, lambda: act(row))
    if status != 200:
        keep_draft(found.body.id, DRAFTS[step], typed(form))
        if wanted == LATER:
            return later()
        return page(template, on_the_way(), step, form=form, **more), status
    forget_draft(found.body.id, DRAFTS[step])
    if wanted == LATER:
        return later()
    tell(_("Saved."))
    return redirect(url_for(f"agency.step_{step}"), code=303) if wanted == MORE else onward(on_the_way(), step)


@blueprint.get("/onboarding/services")
@needs(P.AGENCY_EDIT)
def step_services() -> Answer:
    """What the agency offers; below each service what it asks, and what of it is there."""
    here = entered()
    if isinstance(here, Response):
        return here
    found, _row = here
    form = service_form(formdata=None, data=_begun(found, SERVICES))
    return _services(found, form)


def _trees(found: Progress, step: str) -> dict[str, ShownNeeds]:
    return {item.matter_code: shown_needs(item, found.kind_names, step) for item in found.covered}


def _services(found: Progress, form: CommandForm) -> str:
    return page("services", found, SERVICES, form=form, trees=_trees(found, SERVICES))


@blueprint.post("/onboarding/services")
@needs(P.AGENCY_EDIT)
def save_step_services() -> Answer:
    """Offer one more matter, or go on."""
    form = service_form()
    return _one_more(
        SERVICES,
        "services",
        form,
        ("matter", "fee_standard", "promised_days"),
        lambda row: agencies.add_service(row.uscc, form.command(), actor=present_actor(), at=now()),
        trees=_trees(on_the_way(), SERVICES),
    )


@blueprint.get("/onboarding/qualifications")
@needs(P.AGENCY_EDIT)
def step_qualifications() -> Answer:
    """The certificates on file, and those that the services ask and that are not there."""
    here = entered()
    if isinstance(here, Response):
        return here
    found, _row = here
    return page(
        "qualifications",
        found,
        QUALIFICATIONS,
        trees=_trees(found, QUALIFICATIONS),
        kinds=kind_choices(Holder.ORGANISATION),
    )


@blueprint.get("/onboarding/practitioners")
@needs(P.AGENCY_EDIT)
def step_practitioners() -> Answer:
    """Who works for the agency, and how many the services ask."""
    here = entered()
    if isinstance(here, Response):
        return here
    found, row = here
    people = [person for person in row.practitioners if person.released_at is None]
    return page("practitioners", found, PEOPLE, people=people)


@blueprint.get("/onboarding/related-parties")
@needs(P.AGENCY_EDIT)
def step_parties() -> Answer:
    """Head, controllers and managers."""
    here = entered()
    if isinstance(here, Response):
        return here
    found, _row = here
    form = RelatedPartyForm(formdata=None, data=_begun(found, PARTIES))
    return page("parties", found, PARTIES, form=form)


@blueprint.post("/onboarding/related-parties")
@needs(P.AGENCY_EDIT)
def save_step_parties() -> Answer:
    """File one more party, or go on."""
    form = RelatedPartyForm()
    return _one_more(
        PARTIES,
        "parties",
        form,
        ("name", "party_uscc", "identity_number"),
        lambda row: agencies.add_related_party(row.uscc, form.command(), actor=present_actor(), at=now()),
    )


# -- authority and pledge


@blueprint.get("/onboarding/authority")
@needs(P.AGENCY_EDIT)
def step_authority() -> Answer:
    """The head office's authority, for a branch."""
    here = entered()
    if isinstance(here, Response):
        return here
    found, row = here
    if not row.is_branch:
        return redirect(url_for("agency.step_pledge"), code=303)
    return page("authority", found, AUTHORITY, form=FileForm(formdata=None))


@blueprint.post("/onboarding/authority")
@needs(P.AGENCY_EDIT)
def save_step_authority() -> Answer:
    """File the authority, or go on with the one on file."""
    here = entered()
    if isinstance(here, Response):
        return here
    found, row = here
    form = FileForm()
    wanted = request.form.get("act", "")
    if not form.file.data and (wanted == LATER or row.branch_authority_id is not None):
        return later() if wanted == LATER else onward(found, AUTHORITY)

    def act() -> Agency:
        document = stored(form.file.data, row, "file")
        number = document.id if document is not None else 0
        return agencies.file_branch_authority(row.uscc, number, actor=present_actor(), at=now())

    _done, status = attempt(form, act)
    if status != 200:
        return page("authority", on_the_way(), AUTHORITY, form=form), status
    return later() if wanted == LATER else onward(on_the_way(), AUTHORITY)


@blueprint.get("/onboarding/pledge")
@needs(P.AGENCY_EDIT)
def step_pledge() -> Answer:
    """The public pledge."""
    here = entered()
    if isinstance(here, Response):
        return here
    found, _row = here
    return page("pledge", found, PLEDGE, form=PledgeForm(formdata=None))


@blueprint.post("/onboarding/pledge")
@needs(P.AGENCY_EDIT)
def save_step_pledge() -> Answer:
    """Sign the pledge, or go on where it is signed."""
    here = entered()
    if isinstance(here, Response):
        return here
    found, row = here
    form = PledgeForm()
    wanted = request.form.get("act", "")
    if row.pledge_signed_at is not None or (wanted == LATER and not form.agree.data):
        return later() if wanted == LATER else onward(found, PLEDGE)
    _done, status = attempt(form, lambda: agencies.sign_pledge(row.uscc, actor=present_actor(), at=now()))
    if status != 200:
        return page("pledge", found, PLEDGE, form=form), status
    return later() if wanted == LATER else onward(on_the_way(), PLEDGE)
