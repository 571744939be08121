"""The plan that a panel of experts scores, handed in beside the quote."""

from flask import redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.core.permissions import P
from supermarket.selection.panels import operations as panels
from supermarket.selection.panels.forms import ProposalForm
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.agency.blueprint import blueprint
from supermarket.web.agency.enrolling import forms, page


@blueprint.post("/projects/<code>/plan")
@needs(P.QUOTE)
def propose(code: str) -> tuple[str, int] | Response:
    """Hand a plan in; a later one replaces it."""
    form = ProposalForm(prefix="proposal")
    done, status = attempt(
        form,
        lambda: panels.submit_proposal(
            code, text=form.text.data or "", file=form.attachment(), actor=present_actor(), at=now()
        ),
    )
    if done is None:
        return page(code, forms(proposal=form)), status
    tell(_("The plan is kept under number %(seq)s. You may replace it until enrolment ends.", seq=done.seq))
    return redirect(url_for("agency.project", code=code) + "#plan", code=303)
