"""Whole selections as `selection-v1` has them, made by the pure pipeline alone, and small damage to them."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from supermarket.core.draw import (
    DrandSource,
    Member,
    PartiesSource,
    PublishedSource,
    Receipt,
    Record,
    Source,
    draw_key,
    draw_order,
    lottery_value,
    parties_value,
    pool_file,
    pool_hash,
    reveal,
)
from supermarket.modes.auction import terms_for
from supermarket.modes.auction_chain import GENESIS, EntryBody, alias_commitment, chained, opening_body
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.modes.pipeline import advance
from supermarket.modes.rows import mode_to_json
from supermarket.modes.stages import (
    AcceptedBid,
    AuctionFact,
    Candidate,
    Choice,
    CreditLevel,
    Done,
    DrawFact,
    Facts,
    LowDecision,
    StageOutcome,
    Waiting,
    WaitingFor,
)
from supermarket.modes.stages.bounds import Bounds, validate_quote
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.stored import candidate_to_json, inputs_to_json, outcome_to_json, spec_to_json
from supermarket.modes.succession import next_in_order, passed_over
from supermarket.modes.table import MODES, Mode, Terms, pipeline_for
from supermarket.policies.defaults import DEFAULTS as POLICY
from supermarket.selection.quotes_body import ListedQuote, QuoteBody, commitment_of, list_hash, quote_list
from supermarket.selection.record.contents import published_numbers, published_terms

Made = dict[str, object]
PROJECT = "P-2026-000001"
AT = datetime(2026, 11, 27, 10, 0, 0, tzinfo=UTC)
SALT = "cd" * 32
FROZEN = "2026-11-27T10:00:00Z"
CRITERIA = (
    (CriterionKind.PRICE, "37.5"),
    (CriterionKind.STARS, "12.5"),
    (CriterionKind.CREDIT, "10"),
    (CriterionKind.EXPERIENCE, "10"),
    (CriterionKind.LEAD_TIME, "10"),
    (CriterionKind.PANEL, "20"),
)
KINDS = (*MODES, "live")
"""The nine modes, and the live form of the lowest quote."""


def make_draw(chance: random.Random, purpose: str, members: tuple[Member, ...]) -> Record:
    """The record of one draw over any of the sources."""
    reveals = [reveal(chance.randbytes(32), 3) for _party in range(2)]
    hashes = tuple(sha256(bytes.fromhex(each)).hexdigest() for each in reveals)
    sources: tuple[tuple[Source, str], ...] = (
        (PartiesSource(hashes), parties_value(reveals)),
        (DrandSource("ab" * 32), chance.randbytes(32).hex()),
        (PublishedSource("kl8", "2026001"), lottery_value(chance.sample(range(1, 81), 20))),
    )
    source, value = chance.choice(sources)
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
        excluded=(),
    )


def make_terms(chance: random.Random, row: Mode, *, live: bool) -> Terms:
    bounds = Bounds(1_000_000, chance.choice((1, 300_000)), low_of_ceiling=chance.choice((0, 40)), low_of_mean=70)
    auction = terms_for(
        1_000_000,
        1,
        step_permille=5,
        low_percent=60,
        seconds=600,
        extension_seconds=120,
        cap_seconds=3600,
        step_doubles_seconds=600,
    )
    return Terms(
        bounds=bounds,
        criteria=tuple(Criterion(k, Decimal(w), "方案" if k is CriterionKind.PANEL else "") for k, w in CRITERIA)
        if row.name == "merit"
        else (),
        panel_size=5 if row.name == "merit" else 0,
        shortlist_by=chance.choice(list(ShortlistBy)),
        keep=chance.randint(2, 5),
        draw_keep=chance.randint(1, 4),
        live=live,
        auction=auction if live else None,
    )


def make_candidate(chance: random.Random, place: int) -> Candidate:
    return Candidate(
        f"91510100MA61T2XX{place:02d}",
        credit_points=chance.choice((85, 85, 119)),
        credit_level=chance.choice(list(CreditLevel)),
        star_score=Decimal(chance.choice(("75", "85.00", "91.25"))),
        newcomer=chance.random() < 0.3,
        offered_days=chance.choice((None, 7, 10, 30)),
        experience=chance.randint(0, 12),
    )


def answer(chance: random.Random, waiting: Waiting, facts: Facts, terms: Terms, made: list[Record]) -> Facts:
    """The facts with what is waited for."""
    if waiting.for_ is WaitingFor.CHOICE:
        return replace(facts, choice=Choice(chance.choice(waiting.members), "经验更符合本项目"))
    if waiting.for_ is WaitingFor.COST_STATEMENT:
        decided = {uscc: chance.choice(list(LowDecision)) for uscc in waiting.members}
        return replace(facts, low_decisions={**facts.low_decisions, **decided})
    if waiting.for_ is WaitingFor.PANEL:
        points = {uscc: tuple(chance.randint(0, 100) for _expert in range(5)) for uscc in waiting.members}
        return replace(facts, panel={"方案": points})
    if waiting.for_ is WaitingFor.AUCTION and terms.auction is not None:
        bids, amount = [], terms.auction.start
        for _bid in range(chance.randint(0, 8)):
            amount -= terms.auction.step + chance.randint(0, 9_000)
            bids.append(AcceptedBid(chance.choice(waiting.members), amount))
        return replace(facts, auction=AuctionFact(tuple(bids), ""))
    purpose = waiting.purpose or "main"
    record = make_draw(chance, purpose, waiting.pool)
    made.append(record)
    fact = DrawFact(record.pool_file.encode(), receipted=True, value=record.value)
    return replace(facts, draws={**facts.draws, purpose: fact})


def make_quotes(chance: random.Random, usccs: list[str], bounds: Bounds) -> tuple[Made, list[Made]]:
    """The list, and every quote of it: some replaced by a later one, some out of bounds."""
    rows: list[Made] = []
    for uscc in usccs:
        last = chance.randint(1, 2)
        for seq in range(1, last + 1):
            amount = chance.choice((90_000, 330_000, 380_000, 500_000, 500_000, 520_000, 560_000, 600_000, 1_000_001))
            body = QuoteBody(PROJECT, uscc, seq, amount, chance.randbytes(32).hex()).to_bytes()
            opened: Made = {"body": body.decode(), "amount": amount}
            opened["invalid"] = validate_quote(amount, bounds.floor, bounds.ceiling)
            closed: Made = {"body": None, "amount": None, "invalid": None}
            place: Made = {"uscc": uscc, "seq": seq, "commitment": commitment_of(body), "received_at": FROZEN}
            rows.append(place | {"opened_at": FROZEN} | (opened if seq == last else closed))
    lines = [ListedQuote(str(r["uscc"]), int(str(r["seq"])), str(r["commitment"]), AT) for r in rows]
    data = quote_list(PROJECT, lines)
    return {"body": data.decode(), "hash": list_hash(data), "published_at": FROZEN, "countersignature": None}, rows


def make_auction(facts: Facts, terms: Terms) -> tuple[Made | None, Facts]:
    """The chain over the bids, and the facts with its head."""
    if facts.auction is None or terms.auction is None:
        return None, facts
    ends = AT + timedelta(hours=1)
    usccs = sorted({bid.uscc for bid in facts.auction.bids})
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
    bodies = [opening_body(PROJECT, terms.auction, fixed, AT, ends)]
    for seq, bid in enumerate(facts.auction.bids, 1):
        at = AT + timedelta(seconds=seq)
        bodies.append(EntryBody(PROJECT, seq, "bid", at, ends, alias[bid.uscc], bid.amount, terms.auction.step).text())
    bodies.append(EntryBody(PROJECT, len(bodies), "closed", ends, ends).text())
    head, entries = GENESIS, list[Made]()
    for seq, body in enumerate(bodies):
        head = chained(head, body)
        entries.append({"seq": seq, "body": body, "hash": head})
    made: Made = {"entries": entries, "bidders": bidders}
    return made, replace(facts, auction=replace(facts.auction, head=head))


def make_selection(chance: random.Random, kind: str, *, silenced: bool = False) -> Made:
    """A whole selection in the form `selection-v1`, as it was announced, with the first successors.

    `silenced`: a valid quote is said to be invalid, and all the rest follows from that: a forgery.
    """
    live = kind == "live"
    row = MODES["bidding"].live() if live else MODES[kind]
    terms = make_terms(chance, row, live=live)
    pool = [make_candidate(chance, place) for place in range(1 if kind == "direct" else chance.randint(2, 7))]
    listed, quotes = make_quotes(chance, [c.uscc for c in pool], terms.bounds) if row.needs_quotes else (None, [])
    asked = {str(q["uscc"]): int(str(q["amount"])) for q in quotes if q["body"] and not q["invalid"]}
    codes = {str(q["uscc"]): str(q["invalid"]) for q in quotes if q["invalid"]}
    if silenced:
        uscc, _amount = asked.popitem()
        codes[uscc] = "quote_below_floor"
        for row_of in quotes:
            if row_of["uscc"] == uscc and row_of["body"]:
                row_of["invalid"] = codes[uscc]
    entering = [replace(c, quote=asked.get(c.uscc)) for c in pool if c.uscc not in codes]
    specs, facts, draws = pipeline_for(row, terms), Facts(PROJECT), list[Record]()
    auction: Made | None = None
    while (state := advance(specs, entering, facts)).waiting is not None:
        facts = answer(chance, state.waiting, facts, terms, draws)
        if state.waiting.for_ is WaitingFor.AUCTION:
            auction, facts = make_auction(facts, terms)
    order = state.order or ()
    bids = {bid.uscc: bid.amount for bid in facts.auction.bids} if facts.auction else None
    prices = asked if bids is None else bids
    out = codes | {e.uscc: e.code for e in state.excluded}
    awards = make_awards(order, prices, terms.bounds.ceiling, priced=row.priced)
    figures: dict[str, Made] = {}
    for run in state.runs:
        for uscc, found in outcome_figures(run.outcome).items():
            figures.setdefault(uscc, {})[run.stage] = found
    return {
        "version": "selection-v1",
        "project": PROJECT,
        "name": "环境影响评价",
        "state": "announced",
        "public_from": FROZEN,
        "notice": {
            "mode": str(row.name),
            "rules": mode_to_json(row),
            "stages": [spec_to_json(spec) for spec in specs],
            "priced": row.priced,
            "needs_quotes": row.needs_quotes,
            "has_enrolment": row.has_enrolment,
            "ceiling": terms.bounds.ceiling,
            "floor": terms.bounds.floor,
            "terms": published_terms(terms),
            "numbers": {
                **published_numbers(str(row.name), POLICY),
                "low_of_ceiling_percent": terms.bounds.low_of_ceiling,
            },
            "named": pool[0].uscc if kind == "direct" else None,
            "draw_source": None,
            **dict.fromkeys(("published_at", "enrol_until", "frozen_at", "select_at", "ended_at"), FROZEN),
        },
        "draws": [json.loads(record.to_json()) for record in draws],
        "corrections": [],
        "quote_list": listed,
        "enrolments": [make_enrolment(c, out.get(c.uscc)) for c in pool],
        "quotes": quotes,
        "low_quotes": [make_low_quote(*item) for item in facts.low_decisions.items()],
        "auction": auction,
        "scores": {} if facts.panel else None,
        "choice": None
        if facts.choice is None
        else {"members": [], "uscc": facts.choice.uscc, "reason": facts.choice.reason, "chosen_at": FROZEN},
        "runs": [
            {
                "stage": run.stage,
                "parameters": spec_to_json(run.spec),
                "inputs": inputs_to_json(run, facts),
                "outputs": outcome_to_json(run.outcome),
                "started_at": FROZEN,
                "finished_at": FROZEN,
            }
            for run in state.runs
        ],
        "order": [
            {"position": n, "uscc": uscc, "price": prices.get(uscc), "figures": figures[uscc]}
            for n, uscc in enumerate(order, 1)
        ],
        "awards": awards,
        "passed_over": list(
            passed_over(order, [str(a["uscc"]) for a in awards], prices, int(str(awards[0]["price"])))
            if awards and row.priced
            else ()
        ),
        "superseded": [],
        "failure": None,
    }


def outcome_figures(outcome: StageOutcome) -> Mapping[str, Mapping[str, object]]:
    return outcome.figures if isinstance(outcome, Done) else {}


def make_enrolment(candidate: Candidate, code: str | None) -> Made:
    return {
        "uscc": candidate.uscc,
        "name": "机构",
        "state": "live" if code is None else "excluded",
        "enrolled_at": FROZEN,
        "cancelled_at": None,
        "figures": candidate_to_json(candidate),
        "excluded": None if code is None else {"code": code, "reason": "不符合要求"},
        "checks": [],
    }


def make_low_quote(uscc: str, decision: LowDecision) -> Made:
    given = decision is not LowDecision.ABSENT
    return {
        "uscc": uscc,
        "asked_at": FROZEN,
        "statement": "人工成本较低" if given else None,
        "file": None,
        "given_at": FROZEN if given else None,
        "accepted": decision is LowDecision.ACCEPTED if given else None,
        "reason": "",
        "decided_at": FROZEN,
    }


def make_awards(order: tuple[str, ...], prices: Mapping[str, int], ceiling: int, *, priced: bool) -> list[Made]:
    """The first of the order and everybody who can follow; all but the last declined."""
    gone: list[str] = []
    while True:
        limited = priced and bool(gone)
        found = next_in_order(order, gone, prices if limited else None, prices[gone[0]] if limited else None)
        if found.next is None:
            break
        gone.append(found.next)
    return [
        {
            "position": order.index(uscc) + 1,
            "uscc": uscc,
            "state": "announced" if uscc == gone[-1] else "declined",
            "price": prices.get(uscc, ceiling),
            "reason": None if uscc == gone[-1] else "人手不足",
            "announced_at": FROZEN,
            "standstill_until": FROZEN,
            "notice_number": None,
            "notice_at": None,
            "ended_at": None,
        }
        for uscc in gone
    ]


def leaves(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every single value."""
    if isinstance(value, dict):
        return [each for name, item in value.items() for each in leaves(item, (*path, name))]
    if isinstance(value, list):
        return [each for place, item in enumerate(value) for each in leaves(item, (*path, place))]
    return [path]


# Where whatever is changed must be named.
BOUND = {
    "draws": {"pool_file", "pool_hash", "value", "key", "order"},
    "order": {"position", "uscc", "price", "figures"},
}
BOUND |= {"quotes": {"uscc", "seq", "commitment", "amount", "body"}, "quote_list": {"body", "hash"}}
BOUND |= {"awards": {"position", "uscc", "price"}, "runs": {"parameters", "candidates", "outputs"}}
BOUND |= {"auction": {"seq", "body", "hash", "alias", "salt", "commitment"}}


def damaged(chance: random.Random, record: Made) -> tuple[tuple[str | int, ...], Made]:
    """The record with one bound value changed, and which."""
    content: Made = json.loads(json.dumps(record))
    path = chance.choice([path for path in leaves(content) if BOUND.get(str(path[0]), set()) & set(path)])
    place: object = content
    for step in path[:-1]:
        place = place[step]  # type: ignore[index] # – a path through lists and objects
    old = place[path[-1]]  # type: ignore[index] # – a path through lists and objects
    new = not old if isinstance(old, bool) else old + 1 if isinstance(old, int) else f"{old or ''}x"
    place[path[-1]] = new  # type: ignore[index] # – a path through lists and objects
    return path, content
