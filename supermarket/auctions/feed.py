"""What watchers of an auction are sent, the same from the live process and from the page that polls: plain JSON."""

from collections.abc import Iterable
from datetime import datetime

from supermarket.auctions.models import Auction
from supermarket.auctions.queries import Line, View, lines_of, view_of
from supermarket.modes.auction_chain import write_time

Json = dict[str, object]


def entry_json(line: Line) -> Json:
    """One entry: amounts in fen, moments in UTC; who bid stands behind an alias."""
    return {
        "seq": line.seq,
        "kind": line.kind.value,
        "alias": line.alias,
        "amount": line.amount,
        "step": line.step,
        "at": write_time(line.at),
        "ends_at": write_time(line.ends_at),
        "hash": line.hash,
    }


def state_json(view: View, now: datetime) -> Json:
    """Where the auction stands at the server's time `now`; `next`: the highest amount that would be accepted."""
    standing = view.standing
    return {
        "now": write_time(now),
        "phase": view.phase.value,
        "starts_at": write_time(view.starts_at),
        "ends_at": None if standing.ends_at is None else write_time(standing.ends_at),
        "seq": standing.seq,
        "bids": standing.bids,
        "bidders": view.bidders,
        "lowest": standing.lowest,
        "leader": standing.leader,
        "step": view.step,
        "next": view.next_amount,
    }


def feed_of(row: Auction, code: str, *, after: int, now: datetime) -> Json:
    """Entries with a seq above `after`, and where the auction stands."""
    return {"state": state_json(view_of(row, code, now), now), "entries": entries_json(lines_of(row.id, after=after))}


def entries_json(lines: Iterable[Line]) -> list[Json]:
    """Entries in their order."""
    return [entry_json(line) for line in lines]
