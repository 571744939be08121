"""Sealed quotes for everybody: the public book of a project, and the check of a kept file in the reader's own browser."""

import orjson
from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.errors import NotFound
from supermarket.projects.queries import project_for
from supermarket.selection.quote_book import quote_book
from supermarket.web import listing
from supermarket.web.access import present_actor, public
from supermarket.web.public.blueprint import blueprint


@blueprint.get("/projects/<code>/quotes.json")
@public
def quotes_json(code: str) -> Response:
    """The public book: keys, the list with its countersignature, and from the announcement on the bodies."""
    book = quote_book(project_for(code, present_actor()))
    return Response(orjson.dumps(book, option=orjson.OPT_INDENT_2), mimetype="application/json")


def browser_words() -> dict[str, object]:
    """What the check in the reader's own browser says, by the codes of static/verify/quote.js."""
    return {
        "holds": _("This quote holds; nothing differs."),
        "differs": _("Something differs."),
        "working": _("Computing …"),
        "not_loaded": _("The public book could not be loaded. Download it and choose it here."),
        "proof_holds": _("This event stands in the log under this root; nothing differs."),
        "bad_proof": _("This is no proof from the log (log-proof-v1)."),
        "book_holds": _("The public book holds; nothing differs."),
        "bad_kept": _("This is no file of a sealed quote (quote-kept-v1)."),
        "bad_book": _("This is no public book of quotes (quote-book-v1)."),
        "amount": _("Amount in the body: {amount}"),
        "states": {"holds": _("✓ holds"), "differs": _("✗ differs"), "unknown": _("? not checked (yet)")},
        "steps": {
            "commitment": _("The commitment is the SHA-256 of the body."),
            "body": _("The body names this project, this bidder and this number."),
            "receipt": _("The operator signed the receipt of this commitment."),
            "project": _("The public book is that of this project."),
            "list_hash": _("The hash of the published list is that of its text."),
            "list": _("The commitment stands on the published list, with the time of the receipt."),
            "countersignature": _("The witness countersigned this list."),
            "opened": _("What was opened is this body."),
            "log": _("That the quote stands in the log whose head the witnesses signed: give the proof."),
            "log_event": _("The event of the proof is this one."),
            "log_inclusion": _("The event's own text leads, step by step, to this root of the log."),
            "log_head": _("The witnesses named signed this root and size of the log."),
            "log_keys": _(
                "Whether these are the witnesses' keys nobody can check for you: compare them with the witnesses' own pages."
            ),
            "keys": _("The witness signed its key for this project and keeps it shut until the deadline."),
            "bodies": _("Every opened body has the commitment that stands on the list, and the amount shown."),
        },
    }


@blueprint.get("/verify/quotes")
@public
def verify_quote() -> str:
    """Check a kept file against the public book; everything is computed in the reader's browser."""
    code, book = listing.clean(request.args.get("code", ""), 32), ""
    if code:
        try:
            book = url_for("public.quotes_json", code=project_for(code, present_actor()).code)
        except NotFound:
            code = ""
    return render_template("public/verify_quote.html", words=browser_words(), code=code, book=book)
