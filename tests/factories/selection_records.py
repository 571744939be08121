"""Whole selections as `selection-v1` has them, made by the pure pipeline alone, and small damage to them."""

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from supermarket.core.draw import (
    Excluded,
    Member,
    Record,
)
from supermarket.modes.auction import terms_for
from supermarket.modes.combining import StageWanted, combine
from supermarket.modes.discount import rate_of
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
    Exclusion,
    Facts,
    LowDecision,
    StageOutcome,
    Waiting,
    WaitingFor,
)
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.stages.price import PriceRule
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.stored import candidate_to_json, inputs_to_json, outcome_to_json, spec_to_json
from supermarket.modes.succession import next_in_order, passed_over
from supermarket.modes.table import MODES, Mode, StageName, Terms, pipeline_for
from supermarket.policies.defaults import DEFAULTS as POLICY
from supermarket.selection.record.contents import published_numbers, published_terms
from tests.factories.selection_draws import (
    ANNOUNCED,
    ENROLLED,
    FROZEN,
    OBJECTED,
    PROJECT,
    PUBLISHED,
    SELECTED,
    Made,
    Sources,
    make_auction,
    make_draw,
    make_quotes,
)
from tests.factories.selection_grounds import make_checks, make_people, make_scores

CRITERIA = (
    (CriterionKind.PRICE, "37.5"),
    (CriterionKind.STARS, "12.5"),
    (CriterionKind.CREDIT, "10"),
    (CriterionKind.EXPERIENCE, "10"),
    (CriterionKind.LEAD_TIME, "10"),
    (CriterionKind.PANEL, "20"),
)
KINDS = (*MODES, "live", "discount")
"""The nine modes, the live form of the lowest quote, and a region's own mode of the highest discount."""
DISCOUNT = combine(
    "m1",
    [StageWanted(StageName.PRICE, rule=PriceRule.HIGHEST_DISCOUNT)],
    label="Highest discount",
    label_zh="最高折扣",
    sentence="Agencies offer a discount of the ceiling. The highest is selected.",
    sentence_zh="机构按最高限价报下浮率，下浮率最高者中选。",
    fewest_valid=3,
    fewest_after_extension=3,
    owner_accepts_fewer=False,
)


def make_terms(chance: random.Random, row: Mode, *, live: bool) -> Terms:
    # Of an odd ceiling a discount leaves parts of a fen.
    ceiling = chance.choice((1_000_000, 987_655)) if row.by_rate else 1_000_000
    bounds = Bounds(ceiling, chance.choice((1, 300_000)), low_of_ceiling=chance.choice((0, 40)), low_of_mean=70)
    if not (row.needs_quotes or live):
        bounds = Bounds(1_000_000, low_of_ceiling=0, low_of_mean=0)
    auction = terms_for(
        1_000_000,
        bounds.floor,
        step_permille=5,
        low_percent=bounds.low_of_ceiling,
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
        shortlist_by=chance.choice(list(ShortlistBy)) if row.asks(StageName.SHORTLIST, "by") else ShortlistBy.CREDIT,
        keep=chance.randint(2, 5) if row.asks(StageName.SHORTLIST, "keep") else None,
        draw_keep=chance.randint(1, 4) if row.asks_draw_keep else None,
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


@dataclass
class Making:
    """A selection in the making: what comes of its waiting."""

    chance: random.Random
    terms: Terms
    sources: Sources
    facts: Facts
    codes: Mapping[str, str]
    draws: list[Record] = field(default_factory=list)
    auction: Made | None = None
    scores: Made | None = None

    def answer(self, waiting: Waiting, out: Iterable[Exclusion]) -> None:
        """Whatever is waited for comes."""
        chance, facts = self.chance, self.facts
        if waiting.for_ is WaitingFor.CHOICE:
            self.facts = replace(facts, choice=Choice(chance.choice(waiting.members), "经验更符合本项目"))
        elif waiting.for_ is WaitingFor.COST_STATEMENT:
            decided = {uscc: chance.choice(list(LowDecision)) for uscc in waiting.members}
            self.facts = replace(facts, low_decisions={**facts.low_decisions, **decided})
        elif waiting.for_ is WaitingFor.PANEL:
            self._panel(waiting)
        elif waiting.for_ is WaitingFor.AUCTION and self.terms.auction is not None:
            bids, amount = [], self.terms.auction.start
            for _bid in range(chance.randint(1, 8)):
                amount -= self.terms.auction.step + chance.randint(0, 9_000)
                bids.append(AcceptedBid(chance.choice(waiting.members), amount))
            fact = replace(facts, auction=AuctionFact(tuple(bids), ""))
            self.auction, self.facts = make_auction(fact, self.terms, waiting.members)
        else:
            purpose = waiting.purpose or "main"
            gone = dict(self.codes) | {each.uscc: each.code for each in out}
            named = [Excluded(uscc, gone[uscc]) for uscc in sorted(gone)] if purpose == "main" else []
            self._draw(purpose, waiting.pool, named)

    def _draw(self, purpose: str, pool: tuple[Member, ...], out: Iterable[Excluded]) -> Record:
        record = make_draw(self.sources, purpose, pool, out)
        self.draws.append(record)
        fact = DrawFact(record.pool_file.encode(), receipted=True, value=record.value)
        self.facts = replace(self.facts, draws={**self.facts.draws, purpose: fact})
        return record

    def _panel(self, waiting: Waiting) -> None:
        people = make_people(self.chance, PROJECT, 8)
        drawn = self._draw("panel", tuple(sorted(Member(each) for each in people)), ()).order or ()
        points = {uscc: tuple(self.chance.randint(0, 100) for _expert in range(5)) for uscc in waiting.members}
        panel = [item for item in self.terms.criteria if item.kind is CriterionKind.PANEL]
        passed = self.chance.choice(((), (2,), (1, 6)))
        self.scores = make_scores(PROJECT, panel, people, drawn, passed, {"方案": points}, ANNOUNCED)
        self.facts = replace(self.facts, panel={"方案": points})


def make_selection(chance: random.Random, kind: str, *, silenced: bool = False) -> Made:
    """A whole selection in the form `selection-v1`, as it was announced, with the first successors.

    `silenced`: a valid quote is said to be invalid, and all the rest follows from that: a forgery.
    """
    live = kind == "live"
    row = MODES["bidding"].live() if live else DISCOUNT if kind == "discount" else MODES[kind]
    terms = make_terms(chance, row, live=live)
    pool = [make_candidate(chance, place) for place in range(1 if kind == "direct" else chance.randint(3, 7))]
    listed, quotes = None, list[Made]()
    if row.needs_quotes:
        listed, quotes = make_quotes(chance, [c.uscc for c in pool], terms.bounds, by_rate=row.by_rate)
    asked = {str(q["uscc"]): int(str(q["amount"])) for q in quotes if q["body"] and not q["invalid"]}
    codes = {str(q["uscc"]): str(q["invalid"]) for q in quotes if q["invalid"]}
    if silenced:
        uscc, _amount = asked.popitem()
        codes[uscc] = "quote_below_floor"
        for row_of in quotes:
            if row_of["uscc"] == uscc and row_of["body"]:
                row_of["invalid"] = codes[uscc]
    entering = [replace(c, quote=asked.get(c.uscc)) for c in pool if c.uscc not in codes]
    if row.by_rate:
        entering = [replace(c, rate=rate_of(asked[c.uscc], terms.bounds.ceiling)) for c in entering]
    specs, sources = pipeline_for(row, terms), Sources(chance)
    source = str(sources.source()) if row.has_enrolment else None
    making = Making(chance, terms, sources, Facts(PROJECT), codes)
    if kind == "direct":
        making.facts = replace(making.facts, choice=Choice(pool[0].uscc, "由业主在公告中指定。"))
    while (state := advance(specs, entering, making.facts)).waiting is not None:
        making.answer(state.waiting, state.excluded)
    facts, draws, auction = making.facts, making.draws, making.auction
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
        "state": "announced" if order else "failed",
        "public_from": ANNOUNCED,
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
            "numbers": published_numbers(row, POLICY | {"low_of_ceiling_percent": terms.bounds.low_of_ceiling}),
            "named": pool[0].uscc if kind == "direct" else None,
            "draw_source": source,
            "published_at": PUBLISHED if row.has_enrolment else FROZEN,
            "enrol_until": FROZEN if row.has_enrolment else None,
            "frozen_at": FROZEN,
            "select_at": SELECTED if row.has_enrolment else None,
            "ended_at": None if order else ANNOUNCED,
        },
        "draws": [json.loads(record.to_json()) for record in draws],
        "corrections": [],
        "quote_list": listed,
        "enrolments": [make_enrolment(c, out.get(c.uscc), row) for c in pool],
        "quotes": quotes,
        "low_quotes": [make_low_quote(*item) for item in sorted(facts.low_decisions.items())],
        "auction": auction,
        "scores": making.scores,
        "choice": None
        if facts.choice is None
        else {
            "members": [c.uscc for c in state.runs[-1].candidates],
            "uscc": facts.choice.uscc,
            "reason": facts.choice.reason,
            "chosen_at": ANNOUNCED if row.has_enrolment else FROZEN,
        },
        "runs": [
            {
                "stage": run.stage,
                "parameters": spec_to_json(run.spec),
                "inputs": inputs_to_json(run, facts),
                "outputs": outcome_to_json(run.outcome),
                "started_at": SELECTED if row.has_enrolment else FROZEN,
                "finished_at": ANNOUNCED if row.has_enrolment else FROZEN,
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
        "failure": None if order else {"code": "nobody_valid", "reason": "没有有效的报名。", "at": ANNOUNCED},
    }


def outcome_figures(outcome: StageOutcome) -> Mapping[str, Mapping[str, object]]:
    return outcome.figures if isinstance(outcome, Done) else {}


def make_enrolment(candidate: Candidate, code: str | None, row: Mode) -> Made:
    enrolled = ENROLLED if row.has_enrolment else FROZEN
    moments = {"enrolment": enrolled, "freeze": FROZEN if row.has_enrolment else ANNOUNCED}
    return {
        "uscc": candidate.uscc,
        "name": "机构",
        "state": "live" if code is None else "excluded",
        "enrolled_at": enrolled,
        "cancelled_at": None,
        "figures": candidate_to_json(candidate),
        "excluded": None if code is None else {"code": code, "reason": "不符合要求"},
        "checks": make_checks(candidate.credit_level.value, candidate.star_level, moments),
    }


def make_low_quote(uscc: str, decision: LowDecision) -> Made:
    given = decision is not LowDecision.ABSENT
    return {
        "uscc": uscc,
        "asked_at": SELECTED,
        "statement": "人工成本较低" if given else None,
        "file": None,
        "given_at": SELECTED if given else None,
        "accepted": decision is LowDecision.ACCEPTED,
        "reason": "",
        "decided_at": ANNOUNCED,
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
            "reason": "" if uscc == gone[-1] else "人手不足",
            "announced_at": ANNOUNCED,
            "standstill_until": OBJECTED,
            "notice_number": None,
            "notice_at": None,
            "ended_at": None if uscc == gone[-1] else ANNOUNCED,
        }
        for uscc in gone
    ]
