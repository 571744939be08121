"""Sealed quotes, cost statements, and the answer to an award."""

import orjson
from flask import Response as Answer
from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.forms import CommandForm
from supermarket.core.permissions import P
from supermarket.projects.queries import project_for
from supermarket.selection.forms import CostStatementForm, DeclineForm, QuoteForm
from supermarket.selection.models import Quote
from supermarket.selection.operations import accept_award, decline_award, give_cost_statement, submit_quote
from supermarket.selection.queries import own_quotes
from supermarket.selection.quotes_body import commitment_of
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.agency.enrolling import forms, page
from supermarket.web.agency.forms import AcceptPageForm, BodyForm


@blueprint.post("/projects/<code>/quote")
@needs(P.QUOTE)
def quote(code: str) -> tuple[str, int]:
    """Seal the quote on arrival and show, this once, the body that was sealed."""
    form = QuoteForm(prefix="quote")
    done, status = attempt(form, lambda: submit_quote(code, form.fen(), actor=present_actor(), at=now()))
    if done is None:
        return page(code, forms(quote=form)), status
    project = project_for(code, present_actor())
    keep = BodyForm(formdata=None, body=done.body)
    return render_template("agency/quote.html", project=project, handed_in=done, keep=keep), 201


def _file(code: str, row: Quote, body: str | None) -> Answer:
    content = {
        "project": code,
        "seq": row.seq,
        "commitment": row.commitment,
        "received_at": row.received_at.isoformat(),
        "receipt": row.receipt,
        "body": body,
    }
    answer = Answer(orjson.dumps(content, option=orjson.OPT_INDENT_2), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{code}-quote-{row.seq}.json"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/projects/<code>/quote-file")
@needs(P.QUOTE)
def quote_file(code: str) -> Answer:
    """Body and receipt as one file. The body comes from the page: nothing but its seal was kept here."""
    project = project_for(code, present_actor())
    form: CommandForm = BodyForm()
    body = (form.body.data or "").replace("\r\n", "\n")
    commitment = commitment_of(body.encode("utf-8", "surrogatepass"))
    for row in own_quotes(project.id, own_agency().id):
        if form.validate() and row.commitment == commitment:
            return _file(project.code, row, body)
    raise NotFound(_("No quote of yours was sealed from this body."))


@blueprint.get("/projects/<code>/receipts/<int:seq>")
@needs(P.QUOTE)
def receipt(code: str, seq: int) -> Answer:
    """The signed receipt of one of our quotes, without the body."""
    project = project_for(code, present_actor())
    for row in own_quotes(project.id, own_agency().id):
        if row.seq == seq:
            return _file(project.code, row, None)
    raise NotFound(_("There is no such quote."))


@blueprint.post("/projects/<code>/cost-statement")
@needs(P.QUOTE)
def cost_statement(code: str) -> tuple[str, int] | Response:
    """Explain an abnormally low quote."""
    form = CostStatementForm(prefix="statement")
    done, status = attempt(
        form, lambda: give_cost_statement(code, text=form.text.data, actor=present_actor(), at=now())
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
