"""The agency's own profile: seen as the public sees it, edited, pledged, submitted; what the checks found."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.accounts.queries import organisation
from supermarket.agencies import operations as agencies
from supermarket.agencies.models import Agency, Onboarding, Standing
from supermarket.agencies.queries import agency_file, agency_of_actor, last_checks, standing_changes
from supermarket.core.clock import now
from supermarket.core.permissions import SYSTEM, P
from supermarket.credit.queries import star_level
from supermarket.documents.operations import store
from supermarket.gateways.filetypes import JPEG, PDF, PNG
from supermarket.matters.queries import names
from supermarket.web.access import needs, present_actor
from supermarket.web.account import regions
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.agency.forms import ConfirmForm, FileForm, PledgeForm, ProfileForm
from supermarket.web.checks import shown_checks

SCANS = frozenset({PDF, PNG, JPEG})
GONE = (Standing.EXPELLED, Standing.LEFT)


def may_submit(row: Agency) -> bool:
    """Whether the form can be sent in now."""
    return row.standing is Standing.APPLIED and row.onboarding in (Onboarding.DRAFT, Onboarding.REFUSED)


@blueprint.get("/profile")
@needs(P.AGENCY_EDIT)
def profile() -> str:
    """The file as it stands, what the checks found, what to do next."""
    return _page(own_agency().uscc)


def _page(uscc: str, *, submit: ConfirmForm | None = None, pledge: PledgeForm | None = None) -> str:
    row = agency_file(uscc)
    return render_template(
        "agency/profile.html",
        agency=row,
        checks=shown_checks(last_checks(row.id)),
        changes=standing_changes(row.id),
        stars=star_level(row.uscc),
        matter_names=names([service.matter_code for service in row.services]),
        missing=missing_of(row),
        may_submit=may_submit(row),
        gone=row.standing in GONE,
        submit=submit or ConfirmForm(formdata=None, prefix="submit"),
        pledge=pledge or PledgeForm(formdata=None, prefix="pledge"),
        authority=FileForm(formdata=None, prefix="authority"),
    )


def missing_of(row: Agency) -> list[tuple[str, str]]:
    """What a form still lacks before it is worth sending in: (what, where)."""
    wanted = (
        (row.legal_representative, _("The legal representative"), "agency.edit"),
        (row.business_scope, _("The scope of business"), "agency.edit"),
        (row.address, _("The address"), "agency.edit"),
        (row.services, _("At least one service"), "agency.services"),
        (row.pledge_signed_at, _("The signed pledge"), "agency.profile"),
        (
            not row.is_branch or row.branch_authority_id,
            _("The head office's authority for the branch"),
            "agency.profile",
        ),
    )
    return [(label, url_for(endpoint)) for there, label, endpoint in wanted if not there]


@blueprint.get("/profile/edit")
@needs(P.AGENCY_EDIT)
def edit() -> str:
    """The profile's form; empty but for what the account knows where there is no entry yet."""
    actor = present_actor()
    row = agency_of_actor(actor)
    if row is None:
        body = organisation(min(actor.organisations_with(P.AGENCY_EDIT)))
        form = ProfileForm(formdata=None, name=body.name, uscc=body.uscc, region=body.region_code)
    else:
        form = ProfileForm(formdata=None, obj=row, region=row.region_code)
        form.version.data = row.version
    regions.set_region(form, form.region.data or "")
    regions.offer(form)
    return render_template("agency/edit.html", form=form, agency=row)


@blueprint.post("/profile/edit")
@needs(P.AGENCY_EDIT)
def save() -> tuple[str, int] | str | Response:
    """Enter or change the profile. Without JavaScript `act=region` fills the lists of regions."""
    actor = present_actor()
    row = agency_of_actor(actor)
    form = ProfileForm()
    form.region.data = regions.offer(form) or ""
    if row is not None:
        form.uscc.data = row.uscc
    if request.form.get("act") == "region":
        return render_template("agency/edit.html", form=form, agency=row)
    if row is None:
        done, status = attempt(form, lambda: agencies.register(form.command(), actor=actor, at=now()))
    else:
        uscc = row.uscc
        done, status = attempt(
            form,
            lambda: agencies.edit_profile(
                uscc, form.command(), expected_version=form.version.data, actor=actor, at=now()
            ),
        )
    if done is None:
        return render_template("agency/edit.html", form=form, agency=agency_of_actor(actor)), status
    if row is None:
        tell(_("Your agency is in the register as an applicant. Next, add services and certificates, then submit."))
    else:
        tell(_("The profile is changed; the checks run again by themselves."))
    return redirect(url_for("agency.profile"), code=303)


@blueprint.post("/profile/pledge")
@needs(P.AGENCY_EDIT)
def pledge() -> tuple[str, int] | Response:
    """Sign the public pledge."""
    uscc = own_agency().uscc
    form = PledgeForm(prefix="pledge")
    done, status = attempt(form, lambda: agencies.sign_pledge(uscc, actor=present_actor(), at=now()))
    if done is None:
        return _page(uscc, pledge=form), status
    tell(_("The pledge is signed and public."))
    return redirect(url_for("agency.profile"), code=303)


@blueprint.post("/profile/authority")
@needs(P.AGENCY_EDIT)
def authority() -> tuple[str, int] | Response:
    """File the head office's authority for a branch."""
    row = own_agency()
    uscc, body = row.uscc, row.organisation_id
    form = FileForm(prefix="authority")

    def act() -> Agency:
        upload = form.file.data
        document = store(
            upload.stream if upload else b"",
            upload.filename if upload else "",
            subject_kind="agency",
            subject_code=uscc,
            owner_organisation_id=body,
            public=False,
            actor=present_actor(),
            at=now(),
            allow=SCANS,
        )
        return agencies.file_branch_authority(uscc, document.id, actor=present_actor(), at=now())

    done, status = attempt(form, act)
    if done is None:
        return render_template("agency/authority.html", form=form), status
    tell(_("The authority is filed; the checks run again by themselves."))
    return redirect(url_for("agency.profile"), code=303)


@blueprint.post("/profile/submit")
@needs(P.AGENCY_EDIT)
def submit() -> tuple[str, int] | Response:
    """Send the form in and run the checks at once; who passes them all is listed right away."""
    uscc = own_agency().uscc
    form = ConfirmForm(prefix="submit")
    actor, at = present_actor(), now()
    done, status = attempt(form, lambda: agencies.submit_for_checks(uscc, actor=actor, at=at))
    if done is None:
        return _page(uscc, submit=form), status
    # The registries are asked between the two transactions: nothing is held while they think.
    answers = agencies.ask_registries(uscc, at)
    perform(lambda: agencies.run_checks(uscc, actor=SYSTEM, at=at, answers=answers))
    row = agency_file(uscc)
    if row.onboarding is Onboarding.ADMITTED:
        tell(_("All checks are passed: your agency is listed. Next, look at the open purchases."))
    elif row.onboarding is Onboarding.REFUSED:
        tell(_("Some checks are not passed; each says what to mend. Mend it and submit again."), "warning")
    else:
        tell(
            _("A registry does not answer. The checks are repeated every hour; the operator decides in time."),
            "warning",
        )
    return redirect(url_for("agency.profile"), code=303)
