"""The draw as it happens: what is known of it now, and the beacon's round from anybody who has it."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.core.draw import DrandSource, parse_source, parse_time
from supermarket.core.errors import NotFound
from supermarket.extensions import limiter
from supermarket.gateways import current
from supermarket.projects.queries import project_for
from supermarket.selection import operations as selection
from supermarket.selection.forms import RoundForm
from supermarket.selection.models import Draw
from supermarket.selection.queries import draws_of
from supermarket.selection.states import DrawState
from supermarket.web.access import present_actor, public
from supermarket.web.acting import attempt, tell
from supermarket.web.public.blueprint import blueprint


def _draw(code: str, purpose: str) -> Draw:
    project = project_for(code, present_actor())
    draw = next((row for row in draws_of(project.id) if row.purpose == purpose), None)
    if draw is None:
        raise NotFound(_("There is no such draw (yet)."))
    return draw


@blueprint.route("/projects/<code>/draws/<purpose>/round", methods=["GET", "POST"])
@public
@limiter.limit("20 per minute", methods=["POST"])
def round_of_beacon(code: str, purpose: str) -> tuple[str, int] | Response:
    """Which round this draw takes, where it is published, and a field for its signature."""
    draw = _draw(code, purpose)
    source = parse_source(draw.source)
    if not isinstance(source, DrandSource):
        raise NotFound(_("This draw takes no round of a beacon."))
    form, status = RoundForm(), 200
    if request.method == "POST":
        _done, status = attempt(
            form,
            lambda: selection.hand_in_round(
                code, purpose=purpose, signature=form.signature.data, actor=present_actor(), at=now()
            ),
        )
        if status == 200:
            tell(_("The signature holds; the order was computed from it and is public."))
            return redirect(url_for("public.project", code=code) + "#draw", code=303)
        draw = _draw(code, purpose)
    chain = current().beacon.chain(source.chain_hash)
    number = None if draw.receipt is None else chain.round_for(parse_time(draw.receipt["at"]))
    page = render_template(
        "public/round.html",
        draw=draw,
        form=form,
        chain=chain,
        number=number,
        comes_at=None if number is None else chain.time_of(number),
        waits=draw.state is DrawState.RECEIPTED,
    )
    return page, status
