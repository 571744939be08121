"""The stand-alone check of an auction holds whatever the rules let happen – pauses, outages, doubled steps – and names each change."""

import json
import random
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from supermarket.modes.auction import (
    Accepted,
    AuctionTerms,
    Bidder,
    Standing,
    after_bid,
    closed,
    judge,
    least_of,
    offer_to,
    opened,
    paused,
    resumed,
)
from supermarket.modes.auction_chain import GENESIS, EntryBody, alias_commitment, chained, opening_body, write_time
from supermarket.selection.record.verifying import Kind, verdict_on
from tests.factories.selection_damage import damages

Made = dict[str, object]
PROJECT, SALT = "P-2026-000007", "ab" * 32
AT = datetime(2026, 11, 27, 10, 0, 0, tzinfo=UTC)
USCCS = ("91510100MA61T2XX00", "91510100MA61T2XX01", "91510100MA61T2XX02")
TERMS = AuctionTerms(
    ceiling=1_000_000,
    floor=100_000,
    start=1_000_000,
    step=5_000,
    low_line=700_000,
    seconds=60,
    extension_seconds=40,
    cap_seconds=120,
    step_doubles_seconds=50,
)


def make_auction(chance: random.Random) -> Made:
    """An auction by the rules themselves: bids, pauses with the project, outages, until its end."""
    who = {str(place): Bidder(str(place)) for place in range(1, 4)}
    explained = chance.choice((None, 650_000))
    who["1"] = replace(who["1"], explained_from=explained)
    ids = dict(zip(who, USCCS, strict=True))
    fixed = {alias: alias_commitment(PROJECT, alias, uscc, SALT) for alias, uscc in ids.items()}
    standing = opened(TERMS, AT)
    assert standing.ends_at is not None
    bodies, at = [opening_body(PROJECT, TERMS, fixed, AT, standing.ends_at)], AT
    while standing.ends_at is not None and at < standing.ends_at and len(bodies) < 60:
        at += timedelta(seconds=chance.randint(1, 25), microseconds=chance.randint(0, 999_999))
        if at >= standing.ends_at:
            break
        what = chance.random()
        if what < 0.08:
            standing = paused(standing, at)
            bodies.append(_plain(standing, "paused"))
            since, at = at, at + timedelta(seconds=chance.randint(1, 300))
            standing = resumed(TERMS, standing, since, at)
            bodies.append(_plain(standing, "resumed"))
        elif what < 0.16:
            since, at = at, at + timedelta(seconds=chance.randint(31, 300))
            standing = resumed(TERMS, standing, since, at)
            bodies.append(_plain(standing, "resumed"))
        else:
            standing = _bid(chance, standing, chance.choice(list(who.values())), at, bodies)
    assert standing.ends_at is not None
    bodies.append(_plain(closed(standing, standing.ends_at), "closed"))
    head, entries = GENESIS, list[Made]()
    for seq, body in enumerate(bodies):
        head = chained(head, body)
        entries.append({"seq": seq, "body": body, "hash": head})
    early = write_time(AT - timedelta(hours=1))
    statement: Made = {"uscc": USCCS[0], "explains_from": explained, "accepted": True}
    return {
        "version": "auction-v1",
        "project": PROJECT,
        "state": "closed",
        "entries": entries,
        "aliases": [{"alias": alias, "id": ids[alias], "salt": SALT} for alias in ids],
        "statements": [statement | {"given_at": early, "decided_at": early}] if explained else [],
        "refused": [],
    }


def _bid(chance: random.Random, standing: Standing, bidder: Bidder, at: datetime, bodies: list[str]) -> Standing:
    most = offer_to(TERMS, standing, bidder, at)
    if most is None:
        return standing
    amount = max(least_of(TERMS, bidder), most - chance.choice((0, 0, 7, 20_000)))
    said = judge(TERMS, standing, bidder, amount, at)
    if not isinstance(said, Accepted):
        return standing
    body = EntryBody(PROJECT, said.seq, "bid", said.at, said.ends_at, said.alias, said.amount, said.step)
    bodies.append(body.text())
    return after_bid(standing, said)


def _plain(standing: Standing, kind: str) -> str:
    assert standing.last_at is not None
    assert standing.ends_at is not None
    return EntryBody(PROJECT, standing.seq, kind, standing.last_at, standing.ends_at).text()


def test_whatever_the_rules_let_happen_holds() -> None:
    chance, kinds, doubled, below = random.Random(20261129), set[str](), 0, 0
    for _auction in range(400):
        record = make_auction(chance)
        found = verdict_on(json.dumps(record).encode())
        assert (found.kind, found.differs) == (Kind.AUCTION, ())
        for line in (str(entry["body"]).split("\n") for entry in record["entries"][1:]):  # type: ignore[index]
            kinds.add(line[3])
            doubled += line[3] == "bid" and int(line[6]) > TERMS.step
            below += line[3] == "bid" and int(line[5]) < TERMS.low_line
    assert kinds == {"bid", "paused", "resumed", "closed"}
    assert doubled > 50
    assert below > 20


def rechained(record: Made, seq: int, line: int, value: str) -> Made:
    """The record with one line of one entry changed, and every hash made to fit: a forger's."""
    changed: Made = json.loads(json.dumps(record))
    head = GENESIS
    for entry in changed["entries"]:  # type: ignore[attr-defined]
        if entry["seq"] == seq:
            lines = entry["body"].split("\n")
            lines[line] = value
            entry["body"] = "\n".join(lines)
        head = entry["hash"] = chained(head, entry["body"])
    return changed


def test_what_the_rules_do_not_let_happen_is_named_though_every_hash_fits() -> None:
    chance, program = random.Random(5), sys.modules
    verdict_on(b"")  # loads the programs
    codes = set[str]()
    for _auction in range(40):
        record = make_auction(chance)
        entries: list[Made] = record["entries"]  # type: ignore[assignment]
        bids = [entry for entry in entries if str(entry["body"]).split("\n")[3] == "bid"]
        if not bids:
            continue
        entry = chance.choice(bids)
        lines, seq = str(entry["body"]).split("\n"), int(str(entry["seq"]))
        forged = (
            (5, str(int(lines[5]) + 400_000), {"bid"}),
            (6, str(int(lines[6]) + 1), {"step"}),
            (8, write_time(AT + timedelta(days=1)), {"end", "bid", "entry"}),
            (4, "9", {"bid"}),
            (1, "P-2026-000008", {"entry"}),
        )
        for line, value, expected in forged:
            differs = program["auction_verify"].differences(rechained(record, seq, line, value))
            assert expected & {code for _step, code, _about in differs}, (line, value, differs)
            codes |= {code for _step, code, _about in differs}
    assert {"bid", "step", "end", "entry"} <= codes


def test_a_bid_below_the_line_needs_its_statement() -> None:
    chance = random.Random(11)
    below = next(
        record
        for record in iter(lambda: make_auction(chance), None)
        if record["statements"]
        and any(
            line[3] == "bid" and int(line[5]) < TERMS.low_line
            for line in (str(entry["body"]).split("\n") for entry in record["entries"][1:])  # type: ignore[index]
        )
    )
    found = verdict_on(json.dumps({**below, "statements": []}).encode())
    assert {each.code for each in found.differs} == {"line"}


def test_every_single_change_but_of_what_is_told_is_named() -> None:
    record = make_auction(random.Random(3))
    told = {"state", "refused"}
    for damage in damages(record):
        if damage.path[0] not in told and not verdict_on(json.dumps(damage.done_to(record)).encode()).differs:
            assert damage.path[0] == "statements", damage
