"""The draw as it happens: what is known of it now, for people and as small JSON that a page asks for again and again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, json, render_template, request, url_for
from flask_babel import gettext as _

from supermarket.agencies.queries import agencies_by_uscc
from supermarket.core.clock import now
from supermarket.core.draw import DrandSource, PartiesSource, parse_pool_file, parse_source
from supermarket.core.errors import NotFound
from supermarket.gateways import current
from supermarket.policies.queries import number
from supermarket.projects.queries import project_for
from supermarket.selection.bulletins import entries_of, lottery_of_draw, sales_close_from
from supermarket.selection.computed import computed, public_record
from supermarket.selection.drawing import receipt_time
from supermarket.selection.models import Draw
from supermarket.selection.parties import parties_of
from supermarket.selection.queries import draws_of
from supermarket.selection.receipts import receipts_of
from supermarket.selection.revealing import reveals_of
from supermarket.selection.states import DrawState
from supermarket.web import presenting
from supermarket.web.access import present_actor, public
from supermarket.web.public.blueprint import blueprint


def public_draw(code: str, purpose: str) -> Draw:
    """The draw of a project that the reader may see. Raises NotFound."""
    project = project_for(code, present_actor())
    draw = next((row for row in draws_of(project.id) if row.purpose == purpose), None)
    if draw is None:
        raise NotFound(_("There is no such draw (yet)."))
    return draw


@dataclass(frozen=True)
class Phase:
    """Where the ceremony stands: a code, the moment that is counted down to, what is going on, in a sentence."""

    code: str
    until: datetime | None
    sentence: str


def phase_of(draw: Draw, at: datetime) -> Phase:
    """What happens now, and until when."""
    source, lottery = parse_source(draw.source), lottery_of_draw(draw)
    if draw.state is DrawState.DRAWN:
        return Phase("drawn", None, _("The order is computed and public."))
    if draw.state is DrawState.RECEIPT_PENDING:
        return Phase(
            "receipt", None, _("The pool is fixed; the witness signs it next. Without its receipt nothing is drawn.")
        )
    if at < draw.draw_at:
        if lottery is not None:
            name = presenting.lottery_label(lottery.lottery)
            return Phase(
                "lottery",
                draw.draw_at,
                _("The first issue of %(name)s whose sales close then or later counts.", name=name),
            )
        return Phase(
            "countdown", draw.draw_at, _("The pool is fixed and signed by the witness. The value does not exist yet.")
        )
    if lottery is not None:
        return Phase(
            "typing", None, _("The owner and the authority each type the bulletin; equal entries are computed at once.")
        )
    if isinstance(source, DrandSource):
        return Phase("round", None, _("The beacon's round is fetched; anybody may hand it in."))
    minutes = timedelta(minutes=number(draw.project.policy, "draw_reveal_minutes"))
    return Phase("revealing", draw.reveal_until or draw.draw_at + minutes, _("Every party reveals its secret now."))


@dataclass(frozen=True)
class PartyShown:
    """A party of the draw and what it revealed; `state`: bound, revealed, refused."""

    name: str
    label: str
    commitment: str
    reveal: str
    at: datetime | None
    state: str


def parties_shown(draw: Draw) -> list[PartyShown]:
    """The parties in the order of the source line; none for another source."""
    source = parse_source(draw.source)
    if not isinstance(source, PartiesSource):
        return []
    kept = {row.commitment: row for row in reveals_of(draw.id)}
    shown = []
    for name, committed in parties_of(draw.project, source):
        row = kept.get(committed)
        state = "refused" if name in draw.refused else "revealed" if row is not None else "bound"
        shown.append(
            PartyShown(
                name,
                presenting.party_label(name),
                committed,
                row.reveal if row is not None else "",
                row.at if row is not None else None,
                state,
            )
        )
    return shown


@dataclass(frozen=True)
class BeaconShown:
    """The one round that a draw by drand takes."""

    number: int
    comes_at: datetime


def beacon_shown(draw: Draw) -> BeaconShown | None:
    """Which round; None for another source, and before the receipt."""
    source = parse_source(draw.source)
    if not isinstance(source, DrandSource) or draw.receipt is None:
        return None
    chain = current().beacon.chain(source.chain_hash)
    number_ = chain.round_for(receipt_time(draw.receipt))
    return BeaconShown(number_, chain.time_of(number_))


def _typed(draw: Draw) -> list[str]:
    """Which sides have typed the bulletin; what they typed is nobody's business before both agree."""
    return sorted(entries_of(draw.id)) if lottery_of_draw(draw) is not None else []


def _state(draw: Draw, at: datetime) -> Mapping[str, object]:
    """What the page shows, as JSON. Only what is public; the same bytes while nothing happens."""
    phase, lottery, known = phase_of(draw, at), lottery_of_draw(draw), computed(draw)
    return {
        "project": draw.project.code,
        "purpose": draw.purpose,
        "state": draw.state.value,
        "phase": phase.code,
        "until": None if phase.until is None else phase.until.isoformat(),
        "receipts": [receipt.content() for receipt in receipts_of(draw)],
        "parties": [
            {
                "name": each.name,
                "commitment": each.commitment,
                "reveal": each.reveal or None,
                "revealed_at": None if each.at is None else each.at.isoformat(),
                "state": each.state,
            }
            for each in parties_shown(draw)
        ],
        "refused_at": None if draw.refused_at is None else draw.refused_at.isoformat(),
        "lottery": None if lottery is None else lottery.lottery,
        "typed": _typed(draw),
        "issue": None if known is None else known.issue,
        "record": json.loads(public_record(draw).to_json()),
    }


@blueprint.get("/projects/<code>/draws/<purpose>/live.json")
@public
def ceremony_live(code: str, purpose: str) -> Response:
    """The state of a draw for a page that asks again every few seconds: 304 while nothing has changed."""
    answer = Response(json.dumps(_state(public_draw(code, purpose), now())), mimetype="application/json")
    answer.add_etag()
    answer.headers["Cache-Control"] = "no-cache"
    answer.make_conditional(request)
    return answer


@blueprint.get("/projects/<code>/draws/<purpose>/ceremony")
@public
def ceremony(code: str, purpose: str) -> str:
    """The draw as it happens; the reader's own browser computes each pick. Without script the page loads itself anew."""
    draw = public_draw(code, purpose)
    lottery, known = lottery_of_draw(draw), computed(draw)
    pool = parse_pool_file(draw.pool_file.encode("ascii"))
    return render_template(
        "public/ceremony.html",
        draw=draw,
        known=known,
        phase=phase_of(draw, now()),
        receipts=receipts_of(draw),
        parties=parties_shown(draw),
        beacon=beacon_shown(draw),
        lottery=None if lottery is None else presenting.lottery_label(lottery.lottery),
        closes_from=sales_close_from(draw) if lottery is not None and draw.receipt is not None else None,
        typed=_typed(draw),
        members=[(member.id, member.tickets) for member in pool.members],
        places={uscc: place for place, uscc in enumerate(known.order if known is not None else (), 1)},
        names=names_of([member.id for member in pool.members]),
        record=url_for("public.draw_json", code=code, purpose=purpose),
        words=_words(),
        presenting=presenting,
    )


def names_of(codes: list[str]) -> dict[str, str]:
    """The names of the members that are agencies, by code; an expert is known by the code alone."""
    return {uscc: row.name for uscc, row in agencies_by_uscc(codes).items()}


def _words() -> dict[str, object]:
    """What static/js/ceremony.js says."""
    return {
        "clock": {
            "receipt": _("Waiting for the witness's receipt"),
            "countdown": _("The draw is due in {time}"),
            "lottery": _("Sales of an issue that counts close in {time} at the earliest"),
            "typing": _("Waiting for the bulletin of the lottery"),
            "round": _("Waiting for the round of the beacon"),
            "revealing": _("The parties reveal: {time} left"),
            "over": _("The draw is due now."),
        },
        "days": _("{days} d {time}"),
        "computing": _("Your browser computes the picks …"),
        "picked": _("Place {place}: {name}"),
        "remainder": _("remainder {remainder} of {tickets}"),
        "done": _("Computed here, pick by pick. It is the order that was published."),
        "differs": _(
            "Your browser computed another order than the published one. Download the record and show it to the regulator."
        ),
        "lost": _("No connection now; the page goes on by itself when it is back."),
        "large": _("Show it large, for a screen in a hall"),
        "small": _("Back to the page"),
    }
