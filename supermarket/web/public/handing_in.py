"""What anybody may hand in for a draw: the beacon's round, or what a party revealed. Only what checks out is taken."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.core.draw import DrandSource, PartiesSource, parse_source
from supermarket.core.errors import NotFound
from supermarket.extensions import limiter
from supermarket.gateways import current
from supermarket.selection import operations as selection
from supermarket.selection.drawing import receipt_time
from supermarket.selection.forms import RevealForm, RoundForm
from supermarket.selection.states import DrawState
from supermarket.web import presenting
from supermarket.web.access import present_actor, public
from supermarket.web.acting import attempt, tell
from supermarket.web.public.blueprint import blueprint
from supermarket.web.public.ceremony import parties_shown, public_draw


@blueprint.route("/projects/<code>/draws/<purpose>/round", methods=["GET", "POST"])
@public
@limiter.limit("20 per minute", methods=["POST"])
def round_of_beacon(code: str, purpose: str) -> tuple[str, int] | Response:
    """Which round this draw takes, where it is published, and a field for its signature."""
    draw = public_draw(code, purpose)
    source = parse_source(draw.source)
    if not isinstance(source, DrandSource):
        raise NotFound(_("This draw takes no round of a beacon."))
    form, status = RoundForm(), 200
    if request.method == "POST":
        _done, status = attempt(
            form,
            lambda: selection.hand_in_round(
                code,
                purpose=purpose,
                signature=form.signature.data,
                previous=form.previous.data or "",
                actor=present_actor(),
                at=now(),
            ),
        )
        if status == 200:
            tell(_("The signature holds; the order was computed from it and is public."))
            return redirect(url_for("public.ceremony", code=code, purpose=purpose), code=303)
        draw = public_draw(code, purpose)
    chain = current().beacon.chain(source.chain_hash)
    number = None if draw.receipt is None else chain.round_for(receipt_time(draw.receipt))
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


@blueprint.route("/projects/<code>/draws/<purpose>/reveal", methods=["GET", "POST"])
@public
@limiter.limit("20 per minute", methods=["POST"])
def reveal_of_party(code: str, purpose: str) -> tuple[str, int] | Response:
    """Who has revealed, and a field for what a party shows elsewhere: nobody is called silent who was not."""
    draw = public_draw(code, purpose)
    if not isinstance(parse_source(draw.source), PartiesSource):
        raise NotFound(_("No party reveals anything for this draw."))
    form, status = RevealForm(), 200
    if request.method == "POST":
        _done, status = attempt(
            form,
            lambda: selection.hand_in_reveal(
                code, purpose=purpose, reveal=form.reveal.data, actor=present_actor(), at=now()
            ),
        )
        if status == 200:
            tell(_("It hashes to the party's commitment and is kept."))
            return redirect(url_for("public.ceremony", code=code, purpose=purpose), code=303)
        draw = public_draw(code, purpose)
    page = render_template(
        "public/reveal.html",
        draw=draw,
        form=form,
        parties=parties_shown(draw),
        waits=draw.state is DrawState.RECEIPTED and now() >= draw.draw_at,
        presenting=presenting,
    )
    return page, status
