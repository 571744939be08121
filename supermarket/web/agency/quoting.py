"""Sealed quotes: handed in by the bidder's own browser, their receipts, and what a bidder does when something is missing."""

from collections.abc import Mapping

import orjson
from flask import Response as Answer
from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.core.draw import format_time
from supermarket.core.errors import MarketError, NotFound
from supermarket.core.forms import CommandForm
from supermarket.core.permissions import P
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.projects.ways import mode_of
from supermarket.selection import operations as selection
from supermarket.selection.forms import QuoteForm, RateForm, SealedQuoteForm
from supermarket.selection.models import Quote
from supermarket.selection.queries import own_quotes, receipt_of
from supermarket.selection.quotes_body import commitment_of
from supermarket.selection.quotes_kept import kept_file
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.agency.enrolling import forms, page
from supermarket.web.agency.quote_forms import HandInPageForm, MissingPageForm, SealedBodyForm
from supermarket.witnesses.log_queries import next_head_at, proof_of_quote, provable


def _json(content: Mapping[str, object], status: int = 200, name: str = "") -> Answer:
    answer = Answer(orjson.dumps(content, option=orjson.OPT_INDENT_2), status=status, mimetype="application/json")
    answer.headers["Cache-Control"] = "private, no-store"
    if name:
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@blueprint.post("/projects/<code>/quote")
@needs(P.QUOTE)
def quote(code: str) -> Answer:
    """Take a quote that the page has sealed; answers the page's own script with the receipt, or with what is wrong."""
    form = SealedQuoteForm()
    try:
        done, status = attempt(
            form, lambda: selection.submit_quote(code, form.command(), actor=present_actor(), at=now())
        )
    except MarketError as error:  # raised on the way to the form, such as by an unknown project
        return _json({"errors": [error.message]}, error.status)
    if done is None:
        told = [*form.form_errors, *(message for field in form for message in field.errors)]
        return _json({"errors": [str(message) for message in told]}, status)
    return _json({"seq": done.seq, "commitment": done.commitment, "receipt": receipt_of(done)}, 201)


@blueprint.post("/projects/<code>/open-quote")
@needs(P.QUOTE)
def open_quote(code: str) -> tuple[str, int]:
    """Where the owner opted out: seal on arrival and show, this once, the body that was sealed."""
    project = project_for(code, present_actor())
    name = "rate" if mode_of(project).by_rate else "quote"
    form = RateForm(prefix=name) if name == "rate" else QuoteForm(prefix=name)
    done, status = attempt(
        form,
        lambda: selection.submit_open_quote(
            code,
            form.fen(project.ceiling) if isinstance(form, RateForm) else form.fen(),
            actor=present_actor(),
            at=now(),
        ),
    )
    if done is None:
        return page(code, forms(**{name: form})), status
    keep = SealedBodyForm(formdata=None, body=done.body)
    return render_template("agency/quote.html", project=project, handed_in=done, keep=keep), 201


def _own(project: Project) -> list[Quote]:
    return list(own_quotes(project.id, own_agency().id))


@blueprint.post("/projects/<code>/quote-file")
@needs(P.QUOTE)
def quote_file(code: str) -> Answer:
    """Body and receipt as one file. The body comes from the page: nothing but its seal was kept here."""
    project = project_for(code, present_actor())
    form: CommandForm = SealedBodyForm()
    body = (form.body.data or "").replace("\r\n", "\n").encode("utf-8", "surrogatepass")
    for row in _own(project):
        if form.validate() and row.commitment == commitment_of(body) and project.quote_keys is not None:
            kept = kept_file(project.code, body, row.ciphertext, project.quote_keys, receipt_of(row))
            return _json(kept, name=f"{project.code}-quote-{row.seq}.json")
    raise NotFound(_("No quote of yours was sealed from this body."))


@blueprint.get("/projects/<code>/receipts/<int:seq>")
@needs(P.QUOTE)
def receipt(code: str, seq: int) -> Answer:
    """The signed receipt of one of our quotes, without the body; and where its proof from the log is, or from when on."""
    project = project_for(code, present_actor())
    for row in _own(project):
        if row.seq == seq:
            content = {
                "format": "quote-receipt-v1",
                "project": project.code,
                "uscc": row.agency.uscc,
                "seq": row.seq,
                "commitment": row.commitment,
                "receipt": receipt_of(row),
                "log": _log_of(row, code),
            }
            return _json(content, name=f"{project.code}-receipt-{seq}.json")
    raise NotFound(_("There is no such quote."))


def _log_of(row: Quote, code: str) -> dict[str, str]:
    if row.commitment in provable([row.commitment]):
        return {"proof": url_for("agency.quote_proof", code=code, seq=row.seq)}
    return {"next_head_at": format_time(next_head_at(now()))}


@blueprint.get("/projects/<code>/quotes/<int:seq>/proof")
@needs(P.QUOTE)
def quote_proof(code: str, seq: int) -> Answer:
    """The proof that one of our quotes stands in the log whose head the witnesses signed, as a file (log-proof-v1)."""
    project = project_for(code, present_actor())
    for row in _own(project):
        if row.seq == seq:
            proof = proof_of_quote(row.commitment, actor=present_actor())
            return _json(proof.content(), name=f"{project.code}-proof-{seq}.json")
    raise NotFound(_("There is no such quote."))


@blueprint.post("/projects/<code>/quote-body")
@needs(P.QUOTE)
def quote_body(code: str) -> tuple[str, int] | Response:
    """Hand in the body of a quote that could not be opened."""
    form = HandInPageForm(prefix="body")
    done, status = attempt(
        form, lambda: selection.hand_in_body(code, form.data_bytes(), actor=present_actor(), at=now())
    )
    if done is None:
        return page(code, forms(body=form)), status
    tell(_("The body is the one that was sealed; your quote counts as if its box had opened."))
    return redirect(url_for("agency.project", code=code), code=303)


@blueprint.post("/projects/<code>/quote-missing")
@needs(P.QUOTE)
def quote_missing(code: str) -> tuple[str, int] | Response:
    """Show a receipt that the published list leaves out."""
    form = MissingPageForm(prefix="missing")
    done, status = attempt(
        form, lambda: selection.report_missing(code, form.command(code), actor=present_actor(), at=now())
    )
    if done is None:
        return page(code, forms(missing=form)), status
    tell(_("Your receipt holds and is not on the list: the opening is stopped for good, and this is public."))
    return redirect(url_for("agency.project", code=code), code=303)
