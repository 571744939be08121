"""An agency leaves the market, with what follows from it told before; and comes back as an applicant."""

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.agencies import operations as agencies
from supermarket.agencies.models import Agency, Standing
from supermarket.agencies.states import STANDING, StandingAction
from supermarket.core.clock import now
from supermarket.core.permissions import P
from supermarket.standing import operations as standing
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.agency.forms import ReasonForm


def _page(row: Agency, form: ReasonForm) -> str:
    return render_template(
        "agency/leave.html",
        agency=row,
        form=form,
        gone=row.standing is Standing.LEFT,
        may_leave=STANDING.can(row.standing, StandingAction.LEAVE),
        may_come_back=STANDING.can(row.standing, StandingAction.COME_BACK),
        running=standing.what_runs(row.id),
    )


@blueprint.get("/leave")
@needs(P.AGENCY_EDIT)
def leave() -> str:
    """What leaving means, and what still runs; for who has left, the way back."""
    return _page(own_agency(), ReasonForm(formdata=None))


@blueprint.post("/leave")
@needs(P.AGENCY_EDIT)
def leave_now() -> tuple[str, int] | Response:
    """Leave the market."""
    row = own_agency()
    uscc, form = row.uscc, ReasonForm()
    _done, status = attempt(
        form, lambda: standing.leave(uscc, reason=form.reason.data, actor=present_actor(), at=now())
    )
    if status != 200:
        return _page(own_agency(), form), status
    tell(_("Your agency has left the market. It may come back as an applicant."))
    return redirect(url_for("agency.leave"), code=303)


@blueprint.post("/come-back")
@needs(P.AGENCY_EDIT)
def come_back() -> tuple[str, int] | Response:
    """Come back as an applicant."""
    row = own_agency()
    uscc, form = row.uscc, ReasonForm()
    _done, status = attempt(
        form, lambda: agencies.come_back(uscc, reason=form.reason.data, actor=present_actor(), at=now())
    )
    if status != 200:
        return _page(own_agency(), form), status
    tell(_("Welcome back. Look through your file, then send it in: the checks run again."))
    return redirect(url_for("agency.onboarding"), code=303)
