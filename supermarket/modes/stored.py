"""Stage runs as JSON and back, so that a run that was stored can be repeated from what was stored.

Decimals are written as texts, pool files as their ASCII text; nothing is rounded. What cannot be read back raises
StageError: a stored run is ours, so that is damage.
"""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation

from supermarket.core.draw import TicketRule
from supermarket.modes.auction import AuctionTerms
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.modes.pipeline import StageRun, StageSpec, run_stage, stage_name
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
    Figure,
    LowDecision,
    StageError,
    StageOutcome,
    Waiting,
)
from supermarket.modes.stages.auction import AuctionParams
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.stages.choose import ChooseParams
from supermarket.modes.stages.draw import DrawParams
from supermarket.modes.stages.price import PriceParams, PriceRule
from supermarket.modes.stages.score import ScoreParams
from supermarket.modes.stages.shortlist import ShortlistBy, ShortlistParams

Stored = dict[str, object]
AUCTION_TERMS = tuple(part.name for part in fields(AuctionTerms))


# -- writing


def _decimal_text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _stored_bounds(bounds: Bounds) -> Stored:
    return {
        "ceiling": bounds.ceiling,
        "floor": bounds.floor,
        "min_rate": _decimal_text(bounds.min_rate),
        "max_rate": _decimal_text(bounds.max_rate),
        "low_of_ceiling": bounds.low_of_ceiling,
        "low_of_mean": bounds.low_of_mean,
    }


def criterion_to_json(criterion: Criterion) -> Stored:
    """A criterion with its weight; a description only where there is one."""
    content: Stored = {"kind": str(criterion.kind), "weight": str(criterion.weight), "name": criterion.name}
    return content | ({"description": criterion.description} if criterion.description else {})


def spec_to_json(spec: StageSpec) -> Stored:
    """A stage with its parameters: `{"stage": name, …}`."""
    content: Stored = {"stage": stage_name(spec)}
    match spec:
        case ShortlistParams():
            content |= {"by": str(spec.by), "keep": spec.keep}
        case DrawParams():
            content |= {"tickets": str(spec.tickets), "keep": spec.keep}
        case PriceParams():
            content |= {"rule": str(spec.rule), "bounds": _stored_bounds(spec.bounds)}
        case AuctionParams():
            content |= {"terms": {name: getattr(spec.terms, name) for name in AUCTION_TERMS}}
        case ScoreParams():
            criteria = [criterion_to_json(c) for c in spec.criteria]
            content |= {"criteria": criteria, "bounds": _stored_bounds(spec.bounds), "panel_size": spec.panel_size}
        case ChooseParams():
            pass
    return content


def candidate_to_json(candidate: Candidate) -> Stored:
    """A candidate as it stood at the freeze."""
    return {
        "uscc": candidate.uscc,
        "credit_points": candidate.credit_points,
        "credit_level": str(candidate.credit_level),
        "star_score": str(candidate.star_score),
        "star_level": candidate.star_level,
        "newcomer": candidate.newcomer,
        "quote": candidate.quote,
        "rate": _decimal_text(candidate.rate),
        "offered_days": candidate.offered_days,
        "experience": candidate.experience,
    }


def facts_to_json(facts: Facts) -> Stored:
    """What had come in when the stage ran."""
    return {
        "project": facts.project,
        "draws": {
            purpose: {
                "pool_file": fact.pool_file.decode("ascii"),
                "receipted": fact.receipted,
                "value": fact.value,
                "refused": fact.refused,
            }
            for purpose, fact in sorted(facts.draws.items())
        },
        "choice": None if facts.choice is None else {"uscc": facts.choice.uscc, "reason": facts.choice.reason},
        "low_decisions": {uscc: str(decision) for uscc, decision in sorted(facts.low_decisions.items())},
        "panel": {
            name: {uscc: list(points) for uscc, points in sorted(given.items())}
            for name, given in sorted(facts.panel.items())
        },
        # Facts of before there were live auctions have no such key; what was stored then repeats to the letter.
        **({} if facts.auction is None else {"auction": _stored_auction(facts.auction)}),
    }


def _stored_auction(fact: AuctionFact) -> Stored:
    return {"bids": [{"uscc": bid.uscc, "amount": bid.amount} for bid in fact.bids], "head": fact.head}


def inputs_to_json(run: StageRun, facts: Facts) -> Stored:
    """All that went into the run, besides its parameters."""
    return {"candidates": [candidate_to_json(c) for c in run.candidates], "facts": facts_to_json(facts)}


def outcome_to_json(outcome: StageOutcome) -> Stored:
    """What came out: `{"waiting": …}` or the order with its figures and exclusions."""
    if isinstance(outcome, Waiting):
        return {
            "waiting": str(outcome.for_),
            "members": list(outcome.members),
            "purpose": outcome.purpose,
            "detail": outcome.detail,
        }
    return {
        "order": list(outcome.order),
        "passed_on": list(outcome.passed_on),
        "figures": {uscc: dict(figure) for uscc, figure in outcome.figures.items()},
        "excluded": [{"uscc": e.uscc, "code": e.code} for e in outcome.excluded],
    }


def repeat(spec: Mapping[str, object], inputs: Mapping[str, object]) -> Stored:
    """Run a stored stage again from its stored parameters and inputs; equal to what was stored, or something is
    wrong.
    """
    candidates = [candidate_from_json(_map(c)) for c in _list(inputs["candidates"])]
    return outcome_to_json(run_stage(spec_from_json(spec), candidates, facts_from_json(_map(inputs["facts"]))))


# -- reading


def _map(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise StageError("an object was stored here")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise StageError("a list was stored here")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise StageError("a text was stored here")
    return value


def _int(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise StageError("a whole number was stored here")
    return value


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise StageError("true or false was stored here")
    return value


def _decimal(value: object) -> Decimal:
    try:
        return Decimal(_text(value))
    except InvalidOperation:
        raise StageError("a decimal number was stored here") from None


def _optional_int(value: object) -> int | None:
    return None if value is None else _int(value)


def _optional_decimal(value: object) -> Decimal | None:
    return None if value is None else _decimal(value)


def _bounds(value: object) -> Bounds:
    content = _map(value)
    return Bounds(
        ceiling=_int(content["ceiling"]),
        floor=_int(content["floor"]),
        min_rate=_optional_decimal(content["min_rate"]),
        max_rate=_optional_decimal(content["max_rate"]),
        low_of_ceiling=_int(content["low_of_ceiling"]),
        low_of_mean=_int(content["low_of_mean"]),
    )


def criterion_from_json(value: object) -> Criterion:
    """The criterion as it was stored. Raises StageError, KeyError or ValueError for a damaged one."""
    content = _map(value)
    return Criterion(
        CriterionKind(_text(content["kind"])),
        _decimal(content["weight"]),
        _text(content["name"]),
        _text(content.get("description", "")),
    )


def spec_from_json(content: Mapping[str, object]) -> StageSpec:
    """The stage with its parameters. Raises StageError, KeyError or ValueError for a damaged one."""
    stage = _text(content["stage"])
    match stage:
        case "shortlist":
            return ShortlistParams(ShortlistBy(_text(content["by"])), _int(content["keep"]))
        case "draw":
            return DrawParams(TicketRule(_text(content["tickets"])), _optional_int(content["keep"]))
        case "price":
            return PriceParams(PriceRule(_text(content["rule"])), _bounds(content["bounds"]))
        case "auction":
            terms = _map(content.get("terms"))
            return AuctionParams(AuctionTerms(*(_int(terms[name]) for name in AUCTION_TERMS)))
        case "score":
            criteria = tuple(criterion_from_json(c) for c in _list(content["criteria"]))
            return ScoreParams(criteria, _bounds(content["bounds"]), _int(content["panel_size"]))
        case "choose":
            return ChooseParams()
        case _:
            raise StageError(f"no such stage: {stage}")


def candidate_from_json(content: Mapping[str, object]) -> Candidate:
    """The candidate as it stood. Raises StageError, KeyError or ValueError for a damaged one."""
    return Candidate(
        uscc=_text(content["uscc"]),
        credit_points=_int(content["credit_points"]),
        credit_level=CreditLevel(_text(content["credit_level"])),
        star_score=_decimal(content["star_score"]),
        star_level=_optional_int(content["star_level"]),
        newcomer=_bool(content["newcomer"]),
        quote=_optional_int(content["quote"]),
        rate=_optional_decimal(content["rate"]),
        offered_days=_optional_int(content["offered_days"]),
        experience=_int(content["experience"]),
    )


def done_from_json(content: Mapping[str, object]) -> Done:
    """What came out of a stage that is done. Raises StageError, KeyError or ValueError for anything else."""
    return Done(
        order=tuple(_text(uscc) for uscc in _list(content["order"])),
        passed_on=tuple(_text(uscc) for uscc in _list(content["passed_on"])),
        figures={uscc: _figure(figure) for uscc, figure in _map(content["figures"]).items()},
        excluded=tuple(
            Exclusion(_text(item["uscc"]), _text(item["code"])) for item in map(_map, _list(content["excluded"]))
        ),
    )


def _figure(value: object) -> dict[str, Figure]:
    return {name: item if isinstance(item, int) else _text(item) for name, item in _map(value).items()}


def _draw_fact(value: object) -> DrawFact:
    content = _map(value)
    drawn = content["value"]
    return DrawFact(
        pool_file=_text(content["pool_file"]).encode("ascii"),
        receipted=_bool(content["receipted"]),
        value=None if drawn is None else _text(drawn),
        refused=_bool(content["refused"]),
    )


def _auction_fact(value: object) -> AuctionFact:
    content = _map(value)
    bids = tuple(AcceptedBid(_text(_map(bid)["uscc"]), _int(_map(bid)["amount"])) for bid in _list(content["bids"]))
    return AuctionFact(bids, _text(content["head"]))


def facts_from_json(content: Mapping[str, object]) -> Facts:
    """The facts as they were. Raises StageError, KeyError or ValueError for damaged ones."""
    choice, auction = content["choice"], content.get("auction")
    return Facts(
        project=_text(content["project"]),
        draws={purpose: _draw_fact(fact) for purpose, fact in _map(content["draws"]).items()},
        choice=None if choice is None else Choice(_text(_map(choice)["uscc"]), _text(_map(choice)["reason"])),
        low_decisions={u: LowDecision(_text(d)) for u, d in _map(content["low_decisions"]).items()},
        panel={
            name: {uscc: tuple(_int(p) for p in _list(points)) for uscc, points in _map(given).items()}
            for name, given in _map(content["panel"]).items()
        },
        auction=None if auction is None else _auction_fact(auction),
    )
