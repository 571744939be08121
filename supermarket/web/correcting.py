"""The form by which owner and authority claim a typing error in a drawn bulletin, or answer such a claim; both share it."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.selection.bulletins import lottery_of_draw, sales_close_from, typing_role
from supermarket.selection.computed import computed
from supermarket.selection.corrections import correct_numbers, last_entries, open_claim, takes_corrections
from supermarket.selection.forms import CorrectionForm
from supermarket.selection.queries import draws_of
from supermarket.selection.states import CorrectionState
from supermarket.web import presenting
from supermarket.web.access import present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.project_page import read

TOLD: dict[CorrectionState, Callable[[], str]] = {
    CorrectionState.OPEN: lambda: _(
        "Entered. The other side types the bulletin anew; until then the award notice waits."
    ),
    CorrectionState.TAKEN: lambda: _(
        "Both entries are equal: the draw was computed again, and everything that rests on it."
    ),
    CorrectionState.REFUTED: lambda: _("Both typed what was drawn: the numbers were right, and nothing changes."),
}


def correction_page(code: str, purpose: str, *, back: str) -> Response | tuple[str, int]:
    """Shows and takes the form; `back` is where its page's reader came from. Raises NotFound."""
    actor, at = present_actor(), now()
    page = read(code, actor=actor, now=at)
    draw = next((row for row in draws_of(page.project.id) if row.purpose == purpose), None)
    lottery = None if draw is None else lottery_of_draw(draw)
    role = typing_role(page.project, actor)
    if draw is None or lottery is None or role is None:
        raise NotFound(_("There is no such draw (yet)."))
    form, status = CorrectionForm(), 200
    if request.method == "POST":
        done, status = attempt(
            form,
            lambda: correct_numbers(
                code,
                form.bulletin(),
                reason=form.reason.data,
                file=form.attachment(),
                purpose=purpose,
                actor=actor,
                at=at,
            ),
        )
        if done is not None:
            tell(TOLD[done.state]())
            return redirect(url_for("public.project", code=code) + "#draw", code=303)
    claim = open_claim(draw)
    entries = {} if claim is None else last_entries(claim)
    return render_template(
        "projects/correction.html",
        p=page,
        draw=draw,
        form=form,
        back=back,
        lottery=presenting.lottery_label(lottery.lottery),
        closes_from=sales_close_from(draw),
        known=computed(draw),
        takes=takes_corrections(draw),
        claim=claim,
        own=entries.get(role.value),
        differs=len(entries) == 2,
        presenting=presenting,
    ), status
