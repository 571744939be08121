"""The plan that a panel of experts scores, handed in beside the quote."""

from collections.abc import Mapping, Sequence

from flask import redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.core.permissions import P
from supermarket.gateways.pdf_blind import Removed
from supermarket.selection.panels import operations as panels
from supermarket.selection.panels.forms import ProposalForm
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.agency.blueprint import blueprint
from supermarket.web.agency.enrolling import forms, page

# What a cookie can carry to the next page.
MOST_LISTED = 8
PROPERTIES: Mapping[str, object] = {
    "Author": _l("author"),
    "Company": _l("company"),
    "Title": _l("title"),
    "Subject": _l("subject"),
    "Keywords": _l("keywords"),
    "Creator": _l("program"),
    "Producer": _l("PDF program"),
}
KINDS: Mapping[str, object] = {
    "hidden_properties": _l("hidden properties"),
    "attachments": _l("attachments"),
    "signatures": _l("signatures"),
    "scripts": _l("scripts"),
    "links": _l("links"),
}


def removed_words(removed: Sequence[Removed]) -> str:
    """What was taken out, in words."""
    said = [_word(item) for item in removed[:MOST_LISTED]]
    if len(removed) > MOST_LISTED:
        said.append(str(_("and %(number)s more", number=len(removed) - MOST_LISTED)))
    return str(_(", ")).join(said)


def _word(item: Removed) -> str:
    if item.what == "property":
        return str(_("%(name)s “%(value)s”", name=PROPERTIES.get(item.name, item.name), value=item.value))
    if item.what == "author":
        return str(_("author of comments “%(value)s”", value=item.value))
    label = KINDS.get(item.what, item.what)
    return str(_("%(what)s (%(number)s)", what=label, number=item.count))


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
    tell(_("The plan is kept under number %(seq)s. You may replace it until enrolment ends.", seq=done.proposal.seq))
    if done.removed:
        tell(
            _(
                "Taken out of the PDF before it was stored, so that the experts do not see whose it is: %(what)s. Read the "
                "file once more as it is kept: what its pages show is still there.",
                what=removed_words(done.removed),
            ),
            "warning",
        )
    return redirect(url_for("agency.project", code=code) + "#plan", code=303)
