"""A bidder's agent on the server: one step at a time down to its floor, at most one bid a second in an auction."""

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.auctions import events
from supermarket.auctions.models import Auction, AuctionAgent, AuctionBidder, AuctionStatement
from supermarket.auctions.operations.bidding import AGENT_PAUSE, enter_bid
from supermarket.auctions.operations.common import (
    end_agents,
    go_on_after_outage,
    locked,
    locked_or_none,
    note_beat,
    standing_of,
    terms_of,
)
from supermarket.auctions.states import AUCTION, BidBy, StatementState
from supermarket.core.errors import FieldError, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.events import record
from supermarket.core.money import format_yuan
from supermarket.core.permissions import Actor, P
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.modes.auction import Accepted, Bidder, Phase, is_open, judge, least_of, offer_to
from supermarket.projects.models import Project
from supermarket.projects.operations.enrolling import acting_agency


def set_agent(code: str, *, floor: int, actor: Actor, at: datetime) -> AuctionAgent:
    """Let the server bid for the agency down to `floor` fen; replaces an agent that it has set before.

    Raises Forbidden, NotFound, WrongState (over), RuleBroken (not in the pool), InvalidInput (a floor that cannot be).
    """
    agency = acting_agency(actor, P.QUOTE)
    row, _code = locked(Project.code == code)
    bidder, alias = _own(row, agency)
    _not_over(row)
    terms = terms_of(row)
    least = least_of(terms, Bidder(alias, explained_from=_explained(row, agency.id)))
    if not least <= floor <= terms.start:
        message = _(
            "Give a floor between %(least)s and %(most)s.", least=format_yuan(least), most=format_yuan(terms.start)
        )
        raise InvalidInput(message, errors=[FieldError("floor", "out_of_range", message)])
    end_agents(row, code, why="replaced", at=at, only=bidder.id)
    agent = AuctionAgent(bidder=bidder, floor=current().keys.encrypt(str(floor)), set_at=at, set_by=actor.user_id)
    db.session.add(agent)
    row.agents += 1
    if row.state is Phase.RUNNING:
        row.agents_due_at = at
    db.session.flush()
    record(
        events.AGENT_SET,
        code,
        actor=actor,
        at=at,
        data={"agency_uscc": agency.uscc},
        agency_uscc=agency.uscc,
        organisation_id=agency.organisation_id,
    )
    return agent


def withdraw_agent(code: str, *, actor: Actor, at: datetime) -> None:
    """Take the agency's agent back; its floor is erased. Raises Forbidden, NotFound, WrongState, RuleBroken."""
    agency = acting_agency(actor, P.QUOTE)
    row, _code = locked(Project.code == code)
    bidder, _alias = _own(row, agency)
    _not_over(row)
    live = db.session.scalar(
        sa.select(AuctionAgent.id).where(AuctionAgent.bidder_id == bidder.id, AuctionAgent.ended_at.is_(None))
    )
    if live is None:
        raise NotFound(_("Your agency has no agent at work here."))
    end_agents(row, code, why="withdrawn", at=at, only=bidder.id)


def let_agents_bid(auction_id: int, *, at: datetime, real_at: datetime) -> bool:
    """One agent that is not ahead bids the highest accepted amount, the one set first; those below their floor end.

    False if there is nothing to do (any more).
    """
    found = locked_or_none(Auction.id == auction_id)
    if found is None:
        return False
    row, code = found
    if row.state is not Phase.RUNNING or row.agents_due_at is None or row.agents_due_at > at:
        return False
    go_on_after_outage(row, code, at=at, real_at=real_at)
    row.agents_due_at = None
    if is_open(standing_of(row), at):
        for agent, bidder in _agents(row):
            offer = offer_to(terms_of(row), standing_of(row), bidder, at)
            if bidder.alias == row.leader:
                continue
            if offer is None or offer < int(current().keys.decrypt(agent.floor or b"")):
                end_agents(row, code, why="floor_reached", at=at, only=agent.bidder_id)
                continue
            judged = judge(terms_of(row), standing_of(row), bidder, offer, at)
            if isinstance(judged, Accepted):
                enter_bid(row, code, judged, agent.bidder_id, BidBy.SERVER_AGENT, user_id=agent.set_by)
                row.agents_due_at = at + AGENT_PAUSE if row.agents > 1 else None
                break
    note_beat(row, at=at, real_at=real_at)
    db.session.flush()
    return True


def _agents(row: Auction) -> list[tuple[AuctionAgent, Bidder]]:
    query = (
        sa.select(AuctionAgent)
        .join(AuctionBidder, AuctionBidder.id == AuctionAgent.bidder_id)
        .where(AuctionBidder.auction_id == row.id, AuctionAgent.ended_at.is_(None))
        .order_by(AuctionAgent.id)
    )
    return [
        (agent, Bidder(agent.bidder.alias, explained_from=_explained(row, agent.bidder.agency_id)))
        for agent in db.session.scalars(query)
    ]


def _explained(row: Auction, agency_id: int) -> int | None:
    return db.session.scalar(
        sa.select(AuctionStatement.explains_from).where(
            AuctionStatement.project_id == row.project_id,
            AuctionStatement.agency_id == agency_id,
            AuctionStatement.state == StatementState.ACCEPTED,
        )
    )


def _own(row: Auction, agency: Agency) -> tuple[AuctionBidder, str]:
    bidder = db.session.scalar(
        sa.select(AuctionBidder).where(AuctionBidder.auction_id == row.id, AuctionBidder.agency_id == agency.id)
    )
    if bidder is None:
        raise RuleBroken(_("Only agencies in this auction's pool may bid."), code="not_in_pool")
    return bidder, bidder.alias


def _not_over(row: Auction) -> None:
    if AUCTION.is_end(row.state):
        raise WrongState(_("The auction is over; nothing was entered."), state=row.state.value, allowed=[])
