"""The live auction for everybody: the board, the feed for pages that poll, the record that anybody can check."""

import orjson
from flask import Response, render_template, request
from flask_babel import gettext as _

from supermarket.auctions.feed import feed_of
from supermarket.auctions.queries import auction_of, bidders_of, lines_of, public_statements, refused_of
from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.modes.auction_chain import write_time
from supermarket.projects.queries import project_for
from supermarket.web.access import present_actor, public
from supermarket.web.live import board_of
from supermarket.web.public.blueprint import blueprint


@blueprint.get("/projects/<code>/auction")
@public
def auction(code: str) -> str:
    """The board of a live auction, before, while and after it runs."""
    board = board_of(project_for(code, present_actor()), now())
    return render_template("public/auction.html", board=board)


@blueprint.get("/projects/<code>/auction/bids")
@public
def auction_bids(code: str) -> Response:
    """Entries after a seq and where the auction stands, for pages whose live connection is down."""
    project = project_for(code, present_actor())
    row = auction_of(project.id)
    if row is None:
        raise NotFound(_("There is no live auction here (yet)."))
    text = request.args.get("after", "-1")
    after = int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() and len(text) < 10 else -1
    answer = Response(orjson.dumps(feed_of(row, code, after=after, now=now())), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/projects/<code>/auction.json")
@public
def auction_json(code: str) -> Response:
    """The chain to the byte; from the announcement on also who stood behind each alias, and the refused bids."""
    project = project_for(code, present_actor())
    row = auction_of(project.id)
    if row is None:
        raise NotFound(_("There is no live auction here (yet)."))
    named = project.announced_at is not None
    record = {
        "version": "auction-v1",
        "project": project.code,
        "state": row.state.value,
        "entries": [{"seq": line.seq, "body": line.body, "hash": line.hash} for line in lines_of(row.id)],
        "aliases": [
            {"alias": bidder.alias, "id": bidder.agency.uscc, "salt": bidder.salt} for bidder in bidders_of(row.id)
        ]
        if named
        else None,
        "statements": public_statements(project.id) if named else None,
        "refused": [
            {
                "id": bid.agency.uscc,
                "amount": bid.amount,
                "code": bid.code,
                "would_be_accepted": bid.would_be_accepted,
                "after_seq": bid.after_seq,
                "at": write_time(bid.at),
            }
            for bid in reversed(refused_of(row.id))
        ]
        if named
        else None,
    }
    return Response(orjson.dumps(record, option=orjson.OPT_INDENT_2), mimetype="application/json")
