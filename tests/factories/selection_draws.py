"""Parts of a made selection that stand by themselves: draws whose sources follow each other, sealed quotes, an auction's chain."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from supermarket.core.draw import (
    DrandSource,
    Excluded,
    Member,
    PartiesSource,
    PublishedSource,
    Receipt,
    Record,
    Source,
    draw_key,
    draw_order,
    lottery_value,
    parse_time,
    parties_value,
    pool_file,
    pool_hash,
    reveal,
)
from supermarket.modes.auction_chain import GENESIS, EntryBody, alias_commitment, chained, opening_body
from supermarket.modes.discount import amount_of, wrong_offer
from supermarket.modes.stages import (
    Facts,
)
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.table import Terms
from supermarket.selection.quotes_body import ListedQuote, QuoteBody, commitment_of, list_hash, quote_list

Made = dict[str, object]
PROJECT = "P-2026-000001"
AT = datetime(2026, 11, 27, 10, 0, 0, tzinfo=UTC)
SALT = "cd" * 32
PUBLISHED, ENROLLED, FROZEN = "2026-11-20T02:00:00Z", "2026-11-23T08:30:00Z", "2026-11-27T10:00:00Z"
AMOUNTS = (90_000, 330_000, 380_000, 500_000, 500_000, 520_000, 560_000, 600_000, 1_000_001)
RATES = ("0", "0.05", "12.5", "33.33", "33.33", "47.99", "50", "61.07", "66.67", "75")
"""Discounts in percent."""
SELECTED, ANNOUNCED, OBJECTED = "2026-11-27T11:00:00Z", "2026-11-27T13:00:00Z", "2026-12-02T16:00:00Z"


class Sources:
    """The source of one selection and what comes of it: of parties, what a draw reveals is fixed for the next one."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.kind, self.shown = chance, chance.randrange(3), 0
        self.seeds = [chance.randbytes(32), chance.randbytes(32)]

    def source(self) -> Source:
        """Of the next draw."""
        if self.kind == 0:
            revealed = [reveal(seed, self.shown) for seed in self.seeds]
            return PartiesSource(tuple(sha256(bytes.fromhex(each)).hexdigest() for each in revealed))
        return DrandSource("ab" * 32) if self.kind == 1 else PublishedSource("kl8", "2026001")

    def next(self) -> tuple[Source, str]:
        """The source of a draw with its value; the one after it follows from both."""
        if self.kind == 1:
            return self.source(), self.chance.randbytes(32).hex()
        if self.kind == 2:
            return self.source(), lottery_value(self.chance.sample(range(1, 81), 20))
        source, revealed = self.source(), [reveal(seed, self.shown) for seed in self.seeds]
        self.shown += 1
        return source, parties_value(revealed)


def make_draw(sources: Sources, purpose: str, members: tuple[Member, ...], out: Iterable[Excluded] = ()) -> Record:
    """The record of one draw."""
    source, value = sources.next()
    file = pool_file(PROJECT, purpose, source, members)
    key = draw_key(pool_hash(file), value)
    return Record(
        pool_file=file.decode(),
        pool_hash=pool_hash(file),
        receipt=Receipt(AT, "witness", "ab" * 64),
        source_time=AT + timedelta(hours=1),
        value=value,
        entered_by=("operator", "witness"),
        refused=(),
        drawn_at=AT + timedelta(hours=2),
        key=key,
        order=draw_order(members, key),
        excluded=tuple(out),
    )


def make_quotes(
    chance: random.Random, usccs: list[str], bounds: Bounds, *, by_rate: bool = False
) -> tuple[Made, list[Made]]:
    """The list, and every quote of it: some replaced by a later one, some out of bounds.

    `by_rate`: amounts that discounts of two decimals leave, and one that none does.
    """
    rows: list[Made] = []
    amounts = AMOUNTS
    if by_rate:
        amounts = (*(amount_of(Decimal(each), bounds.ceiling) for each in RATES), bounds.ceiling * 2 // 3, 1_000_001)
    for uscc in usccs:
        last = chance.randint(1, 2)
        for seq in range(1, last + 1):
            amount = chance.choice(amounts)
            body = QuoteBody(PROJECT, uscc, seq, amount, chance.randbytes(32).hex()).to_bytes()
            opened: Made = {"body": body.decode(), "amount": amount}
            opened["invalid"] = wrong_offer(amount, bounds, by_rate=by_rate)
            closed: Made = {"body": None, "amount": None, "invalid": None}
            place: Made = {"uscc": uscc, "seq": seq, "commitment": commitment_of(body), "received_at": ENROLLED}
            rows.append(place | {"opened_at": SELECTED if seq == last else None} | (opened if seq == last else closed))
    lines = [ListedQuote(str(r["uscc"]), int(str(r["seq"])), str(r["commitment"]), parse_time(ENROLLED)) for r in rows]
    data = quote_list(PROJECT, lines)
    return {"body": data.decode(), "hash": list_hash(data), "published_at": FROZEN, "countersignature": None}, rows


def make_auction(facts: Facts, terms: Terms, members: Iterable[str]) -> tuple[Made | None, Facts]:
    """The chain over the bids, and the facts with its head."""
    if facts.auction is None or terms.auction is None:
        return None, facts
    opened, usccs = parse_time(SELECTED), sorted(members)
    ends = opened + timedelta(seconds=terms.auction.seconds)
    alias = {uscc: str(number) for number, uscc in enumerate(usccs, 1)}
    bidders: list[Made] = [
        {
            "uscc": uscc,
            "alias": alias[uscc],
            "salt": SALT,
            "commitment": alias_commitment(PROJECT, alias[uscc], uscc, SALT),
        }
        for uscc in usccs
    ]
    fixed = {str(each["alias"]): str(each["commitment"]) for each in bidders}
    bodies = [opening_body(PROJECT, terms.auction, fixed, opened, ends)]
    for seq, bid in enumerate(facts.auction.bids, 1):
        at = opened + timedelta(seconds=70 * seq)
        ends = max(ends, at + timedelta(seconds=terms.auction.extension_seconds))
        bodies.append(EntryBody(PROJECT, seq, "bid", at, ends, alias[bid.uscc], bid.amount, terms.auction.step).text())
    bodies.append(EntryBody(PROJECT, len(bodies), "closed", ends, ends).text())
    head, entries = GENESIS, list[Made]()
    for seq, body in enumerate(bodies):
        head = chained(head, body)
        entries.append({"seq": seq, "body": body, "hash": head})
    made: Made = {"entries": entries, "bidders": bidders, "statements": []}
    return made, replace(facts, auction=replace(facts.auction, head=head))
