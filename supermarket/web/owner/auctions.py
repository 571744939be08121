"""The owner decides on cost statements for bids below the line, before the auction."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from supermarket.auctions.operations import decide_statement
from supermarket.auctions.queries import statements_of
from supermarket.core.clock import now
from supermarket.core.permissions import P
from supermarket.projects.ways import auction_terms_of
from supermarket.web import listing
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.owner.blueprint import blueprint
from supermarket.web.owner.drafting import Answer
from supermarket.web.owner.forms import LowQuoteForm
from supermarket.web.owner.ours import own_project


@blueprint.route("/projects/<code>/low-bids", methods=["GET", "POST"])
@needs(P.CHOOSE)
def low_bids(code: str) -> Answer:
    """Read and decide; silence accepts."""
    project = own_project(code)
    form = LowQuoteForm()
    status, uscc = 200, listing.clean(request.form.get("agency", ""), 18)
    if request.method == "POST":
        done, status = attempt(
            form,
            lambda: decide_statement(
                code,
                agency_uscc=uscc,
                accept=form.decision.data == "accept",
                reason=form.reason.data,
                actor=present_actor(),
                at=now(),
            ),
        )
        if done is not None:
            tell(_("Decided. The agency is told."))
            return redirect(url_for("owner.low_bids", code=code))
        project = own_project(code)
    rows = statements_of(project.id)
    waiting = next((row for row in rows if row.decided_at is None), None)
    terms = auction_terms_of(project)
    page = render_template(
        "owner/low_bids.html", project=project, rows=rows, form=form, waiting=waiting, terms=terms, answering=uscc
    )
    return page, status
