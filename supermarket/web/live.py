"""Where a page finds the live process, and what every page of an auction knows (board, words of its script)."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import orjson
from flask import current_app, g, request, url_for
from flask_babel import gettext as _

from supermarket.auctions.feed import state_json
from supermarket.auctions.models import Auction
from supermarket.auctions.queries import Line, View, auction_of, lines_of, view_of
from supermarket.core.errors import NotFound
from supermarket.modes.auction import AuctionTerms
from supermarket.modes.table import StageName
from supermarket.projects.models import Project
from supermarket.projects.ways import auction_terms_of, mode_of


def live_address() -> str:
    """The live process as this reader's browser reaches it: a path, a port of the same host, or another origin; "": none.

    Settings: LIVE_ADDRESS (docs/auction.md). The page may connect there and nowhere else.
    """
    address = str(current_app.config["LIVE_ADDRESS"])
    if address.startswith(":"):
        host = urlsplit(request.host_url).hostname or "127.0.0.1"
        shown = f"[{host}]" if ":" in host else host
        address = f"{request.scheme}://{shown}{address}"
    if address and not address.startswith("/"):
        g.connect_src = address
    return address


@dataclass(frozen=True)
class Board:
    """What the page of an auction shows. Without `view` the pool is not fixed yet."""

    project: Project
    terms: AuctionTerms
    row: Auction | None
    view: View | None
    lines: list[Line]
    now: datetime

    @property
    def bids(self) -> list[Line]:
        """Accepted bids, newest first."""
        return [line for line in reversed(self.lines) if line.amount is not None]

    @property
    def out(self) -> list[Line]:
        """When it went on after nobody could bid."""
        return [line for line in self.lines if line.kind.value == "resumed"]

    @property
    def named(self) -> bool:
        """Whether who bid is public."""
        return self.project.announced_at is not None

    @property
    def data(self) -> dict[str, str]:
        """What the script reads from the page."""
        code = self.project.code
        live = live_address()
        known = {
            "feed": url_for("public.auction_bids", code=code),
            "live": f"{live}/live/auctions/{code}" if live else "",
            "words": orjson.dumps(script_words()).decode(),
        }
        if self.view is not None:
            known["state"] = orjson.dumps(state_json(self.view, self.now)).decode()
        return known


def board_of(project: Project, at: datetime) -> Board:
    """The project's auction at `at`. Raises NotFound where its way of selection has none."""
    if not mode_of(project).uses(StageName.AUCTION) or project.published_at is None:
        raise NotFound(_("This project has no live auction."))
    row = auction_of(project.id)
    if row is None:
        return Board(project, auction_terms_of(project), None, None, [], at)
    lines = lines_of(row.id, named=project.announced_at is not None)
    view = view_of(row, project.code, at)
    return Board(project, view.terms, row, view, lines, at)


def script_words() -> dict[str, str]:
    """The sentences that the page's script shows."""
    return {
        "begins_in": _("Begins in {time}"),
        "ends_in": _("Ends in {time} if nobody bids"),
        "waiting": _("It begins any moment."),
        "closing": _("The end is being written down …"),
        "paused": _("The project is suspended; the auction stands still."),
        "closed": _("The auction is over."),
        "cancelled": _("The auction was cancelled."),
        "none": _("No bid yet"),
        "bottom": _("Nobody can bid lower"),
        "live": _("Live: every bid appears here within a second."),
        "polling": _("The live connection is down. This page asks every 3 seconds instead; bidding works as before."),
        "offline": _(
            "No connection. The page goes on as soon as the network is back; bids made meanwhile are not lost."
        ),
        "bidder": _("Bidder {alias}"),
        "you": _("you"),
        "ahead": _("You are ahead"),
        "behind": _("You are not ahead"),
        "resumed": _("Nobody could bid for a while; the auction went on with a full extension."),
        "bid_now": _("Bid {amount}"),
        "accepted": _("Accepted as number {seq}: {amount}."),
        "would": _("What would be accepted now: {amount}."),
        "failed": _("Not sent: no connection. Nothing was entered; try again."),
        "agent_on": _("The agent in this page bids down to {amount}. Keep this page open."),
        "agent_off": _("The agent in this page is off."),
        "agent_end": _("The agent stopped: the next bid would be below your floor of {amount}."),
        "bad_amount": _("Give an amount in yuan with at most two decimals, for example 35000.50."),
        "chart": _("{count} bids, from {first} down to {last}"),
    }
