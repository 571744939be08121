"""The draw as it happens: what is known of it now, and the beacon's round from anybody who has it."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.agencies.queries import agencies_by_uscc
from supermarket.core.clock import now
from supermarket.core.draw import DrandSource, parse_pool_file, parse_source, parse_time
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


@dataclass(frozen=True)
class Part:
    """One of the four parts of a ceremony: what it is, whether it is there, what there is to see."""

    code: str
    title: str
    sentence: str
    there: bool
    shown: str = ""


def _parts(draw: Draw) -> list[Part]:
    receipt = "" if draw.receipt is None else f"{draw.receipt['by']} · {draw.receipt['at']}"
    return [
        Part("pool", _("The pool"), _("Who takes part, fixed before any value exists."), True, draw.pool_hash),
        Part("receipt", _("The receipt"), _("The witness signed this pool once and for good."), bool(receipt), receipt),
        Part("value", _("The value"), _("It came into being after the receipt."), bool(draw.value), draw.value or ""),
        Part("order", _("The order"), _("It follows from pool and value alone."), bool(draw.order), draw.key or ""),
    ]


@blueprint.get("/projects/<code>/draws/<purpose>/ceremony")
@public
def ceremony(code: str, purpose: str) -> str:
    """The draw as it happens; the reader's own browser computes each pick. Without script the page loads itself anew."""
    draw = _draw(code, purpose)
    pool = parse_pool_file(draw.pool_file.encode("ascii"))
    words = {
        "place": _("Place"),
        "computing": _("Your browser computes the picks …"),
        "done": _("Computed here, pick by pick. It is the order that was published."),
        "differs": _(
            "Your browser computed another order than the published one. Download the record and show it to the regulator."
        ),
        "waiting": _("Waiting for the next part …"),
        "countdown": _("The draw is due in {time}"),
        "due": _("The draw is due now."),
    }
    return render_template(
        "public/ceremony.html",
        draw=draw,
        parts=_parts(draw),
        members=[(member.id, member.tickets) for member in pool.members],
        names=names_of([member.id for member in pool.members]),
        record=url_for("public.draw_json", code=code, purpose=purpose),
        words=words,
    )


def names_of(codes: list[str]) -> dict[str, str]:
    """The names of the members that are agencies, by code; an expert is known by the code alone."""
    return {uscc: row.name for uscc, row in agencies_by_uscc(codes).items()}


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
