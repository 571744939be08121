"""Cost statements, and the answer to an award."""

from flask import redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.core.permissions import P
from supermarket.selection.forms import CostStatementForm, DeclineForm
from supermarket.selection.operations import accept_award, decline_award, give_cost_statement
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.agency.blueprint import blueprint
from supermarket.web.agency.enrolling import forms, page
from supermarket.web.agency.forms import AcceptPageForm


@blueprint.post("/projects/<code>/cost-statement")
@needs(P.QUOTE)
def cost_statement(code: str) -> tuple[str, int] | Response:
    """Explain an abnormally low quote."""
    form = CostStatementForm(prefix="statement")
    done, status = attempt(
        form,
        lambda: give_cost_statement(code, text=form.text.data, file=form.attachment(), actor=present_actor(), at=now()),
    )
    if done is None:
        return page(code, forms(statement=form)), status
    tell(_("The statement is with the owner, who decides within 2 working days."))
    return redirect(url_for("agency.project", code=code), code=303)


@blueprint.post("/projects/<code>/accept")
@needs(P.AWARD_ANSWER)
def accept(code: str) -> tuple[str, int] | Response:
    """`direct`: accept to be selected."""
    form = AcceptPageForm(prefix="accept")
    done, status = attempt(
        form, lambda: accept_award(code, practitioner_ids=form.people(), actor=present_actor(), at=now())
    )
    if done is None:
        return page(code, forms(accept=form)), status
    tell(_("Accepted and announced. After the standstill comes the award notice, then the contract."))
    return redirect(url_for("agency.project", code=code), code=303)


@blueprint.post("/projects/<code>/decline")
@needs(P.AWARD_ANSWER)
def decline(code: str) -> tuple[str, int] | Response:
    """Give up an award, publicly."""
    form = DeclineForm(prefix="decline")
    done, status = attempt(form, lambda: decline_award(code, reason=form.reason.data, actor=present_actor(), at=now()))
    if done is None:
        return page(code, forms(decline=form)), status
    tell(_("You gave the award up; the reason is public, and the next in order follows."), "warning")
    return redirect(url_for("agency.project", code=code), code=303)
