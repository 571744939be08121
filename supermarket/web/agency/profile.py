"""The agency's own profile: each field with its correction, what the checks found and where it is mended, what waits."""

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.agencies import operations as agencies
from supermarket.agencies.change_queries import open_changes
from supermarket.agencies.models import Agency, Onboarding, Standing
from supermarket.agencies.queries import agency_file, agency_of_actor, last_checks, standing_changes
from supermarket.core.clock import now
from supermarket.core.permissions import P
from supermarket.credit.queries import star_level
from supermarket.matters.queries import names
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.agency.corrections import profile_lines
from supermarket.web.agency.forms import FileForm, PledgeForm
from supermarket.web.agency.frames import stored
from supermarket.web.agency.hidden import hidden_services
from supermarket.web.agency.mending import findings
from supermarket.web.profile_words import shown_change

GONE = (Standing.EXPELLED, Standing.LEFT)


@blueprint.get("/profile")
@needs(P.AGENCY_EDIT)
def profile() -> str:
    """The file as it stands, what the checks found, what to do next."""
    return _page(own_agency().uscc)


def _page(uscc: str, *, pledge: PledgeForm | None = None, authority: FileForm | None = None) -> str:
    row = agency_file(uscc)
    waiting = open_changes(row.id)
    return render_template(
        "agency/profile.html",
        agency=row,
        lines=profile_lines(row, waiting),
        waiting=[shown_change(change) for change in waiting],
        checks=findings(last_checks(row.id)),
        changes=standing_changes(row.id),
        stars=star_level(row.uscc),
        matter_names=names([service.matter_code for service in row.services]),
        hidden={item.matter_code: item for item in hidden_services(row)},
        applicant=row.standing is Standing.APPLIED,
        begun=row.onboarding is not Onboarding.DRAFT,
        gone=row.standing in GONE,
        pledge=pledge or PledgeForm(formdata=None, prefix="pledge"),
        authority=authority or FileForm(formdata=None, prefix="authority"),
    )


@blueprint.get("/profile/edit")
@needs(P.AGENCY_EDIT)
def edit() -> Response:
    """An old address: newcomers and applicants go on with the way in, the others correct field by field."""
    row = agency_of_actor(present_actor())
    onward = row is None or row.standing is Standing.APPLIED
    return redirect(url_for("agency.onboarding" if onward else "agency.profile"), code=303)


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
    uscc = row.uscc
    form = FileForm(prefix="authority")

    def act() -> Agency:
        document = stored(form.file.data, row, "file")
        number = document.id if document is not None else 0
        return agencies.file_branch_authority(uscc, number, actor=present_actor(), at=now())

    done, status = attempt(form, act)
    if done is None:
        return _page(uscc, authority=form), status
    tell(_("The authority is filed; the checks run again by themselves."))
    return redirect(url_for("agency.profile"), code=303)
