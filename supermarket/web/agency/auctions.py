"""The bidder's room: one button, one amount, the agent in the page and the agent on the server."""

import secrets
from dataclasses import dataclass

import orjson
from flask import Response as Answer
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.auctions.forms import AgentForm, BidForm, StatementForm
from supermarket.auctions.models import AuctionStatement
from supermarket.auctions.operations import give_statement, place_bid, set_agent, withdraw_agent
from supermarket.auctions.queries import Own, own_part, own_statement
from supermarket.auctions.refusals import amount_or_none
from supermarket.core.clock import now, real_now
from supermarket.core.errors import MarketError
from supermarket.core.money import format_yuan
from supermarket.core.permissions import P
from supermarket.projects.queries import own_enrolment, project_for
from supermarket.projects.states import EnrolmentState
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.auction_words import AGENT_ENDS, REFUSALS
from supermarket.web.errors import market_problem
from supermarket.web.live import Board, board_of


@dataclass(frozen=True)
class Room:
    """The board beside one's own part; `may_explain`: whether a cost statement can be given now."""

    board: Board
    own: Own | None
    statement: AuctionStatement | None
    enrolled: bool
    may_explain: bool


def _room(code: str) -> Room:
    agency = own_agency()
    at = now()
    project = project_for(code, present_actor())
    board = board_of(project, at)
    enrolment = own_enrolment(project.id, agency.id)
    enrolled = enrolment is not None and enrolment.state is EnrolmentState.LIVE
    statement = own_statement(project.id, agency.id)
    begun = board.view is not None and board.view.phase.value != "scheduled"
    open_to = statement is None or statement.state.value == "rejected"
    own = None if board.row is None else own_part(board.row, agency.id, at)
    return Room(board, own, statement, enrolled, enrolled and not begun and open_to)


def _page(code: str, **answered: BidForm | AgentForm | StatementForm) -> str:
    forms: dict[str, BidForm | AgentForm | StatementForm] = {
        "bid": BidForm(formdata=None, prefix="bid", key=secrets.token_hex(12)),
        "agent": AgentForm(formdata=None, prefix="agent"),
        "statement": StatementForm(formdata=None, prefix="statement"),
    }
    return render_template(
        "agency/auction.html", room=_room(code), forms_of=forms | answered, refusals=REFUSALS, agent_ends=AGENT_ENDS
    )


@blueprint.get("/projects/<code>/auction")
@needs(P.QUOTE)
def auction(code: str) -> str:
    """The room, before, while and after the auction runs."""
    return _page(code)


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


@blueprint.post("/projects/<code>/auction/bid")
@needs(P.QUOTE)
def auction_bid(code: str) -> tuple[str, int] | Response:
    """Bid; the script of the page gets JSON, a plain form the page with the refusal at its field."""
    form = BidForm(prefix="bid")
    if _wants_json():
        return _bid_json(code, form)
    done, status = attempt(
        form, lambda: place_bid(code, form.command(), actor=present_actor(), at=now(), real_at=real_now())
    )
    if done is None:
        return _page(code, bid=form), status
    tell(_("Accepted as number %(seq)s: %(amount)s.", seq=done.seq, amount=format_yuan(done.amount)))
    return redirect(url_for("agency.auction", code=code), code=303)


def _bid_json(code: str, form: BidForm) -> Response:
    try:
        command = form.checked().command()
        made = perform(lambda: place_bid(code, command, actor=present_actor(), at=now(), real_at=real_now()))
    except MarketError as error:
        return market_problem(error)
    content = {"seq": made.seq, "alias": made.alias, "amount": amount_or_none(made.amount)}
    return Answer(orjson.dumps(content), 201, mimetype="application/json")


@blueprint.post("/projects/<code>/auction/agent")
@needs(P.QUOTE)
def auction_agent(code: str) -> tuple[str, int] | Response:
    """Set the agent on the server."""
    form = AgentForm(prefix="agent")
    done, status = attempt(form, lambda: set_agent(code, floor=form.fen(), actor=present_actor(), at=now()))
    if done is None:
        return _page(code, agent=form), status
    tell(_("The agent on the server bids for you, one step at a time, down to your floor."))
    return redirect(url_for("agency.auction", code=code), code=303)


@blueprint.post("/projects/<code>/auction/agent/withdraw")
@needs(P.QUOTE)
def auction_agent_withdraw(code: str) -> Response:
    """Take it back."""
    perform(lambda: withdraw_agent(code, actor=present_actor(), at=now()))
    tell(_("The agent on the server has ended; its floor is erased."))
    return redirect(url_for("agency.auction", code=code), code=303)


@blueprint.post("/projects/<code>/auction/statement")
@needs(P.QUOTE)
def auction_statement(code: str) -> tuple[str, int] | Response:
    """Explain bids below the line beforehand."""
    form = StatementForm(prefix="statement")
    done, status = attempt(form, lambda: give_statement(code, form.command(), actor=present_actor(), at=now()))
    if done is None:
        return _page(code, statement=form), status
    tell(_("The statement is with the owner, who decides within 2 working days."))
    return redirect(url_for("agency.auction", code=code), code=303)
